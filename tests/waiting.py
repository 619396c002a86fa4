"""Waiting for something that only looking again can tell: another process's files, rooms, mailboxes."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

T = TypeVar("T")


async def eventually(
    look: Callable[[], Awaitable[T]] | Callable[[], T], within: float = 30.0, every: float = 0.02
) -> T:
    """Call `look` until it returns something true, and return that. Raises `AssertionError` with the last answer
    after `within` seconds, which bounds a failure and never measures speed."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        seen = look()
        answer = cast(T, await seen if inspect.isawaitable(seen) else seen)
        if answer:
            return answer
        if loop.time() > deadline:
            raise AssertionError(f"still {answer!r} after {within:.0f} s: {inspect.getsource(look).strip()}")
        await asyncio.sleep(every)
