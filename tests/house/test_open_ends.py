"""A test that leaves a connection or a listener open fails by itself; no later test is blamed for it."""

import asyncio

import pytest

from tests.loops import watching_loop


def test_a_loop_that_ends_with_something_open_says_so() -> None:
    loop = watching_loop()
    listening = loop.run_until_complete(loop.create_server(asyncio.Protocol, "127.0.0.1", 0))
    with pytest.raises(AssertionError, match="left open"):
        loop.close()
    listening.close()


def test_a_loop_that_ends_with_nothing_open_says_nothing() -> None:
    loop = watching_loop()
    listening = loop.run_until_complete(loop.create_server(asyncio.Protocol, "127.0.0.1", 0))
    listening.close()
    loop.close()


async def test_tests_run_on_such_loops() -> None:
    assert type(asyncio.get_running_loop()._selector).__module__ == "tests.loops"
