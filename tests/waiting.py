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
    after `within` seconds, which bounds a failure and never measures speed.

    Between two looks lie `every` seconds, and more (up to four times that) the longer nothing is seen: each look at a
    homeserver is work for it, which what is waited for then lacks.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while True:
        seen = look()
        answer = cast(T, await seen if inspect.isawaitable(seen) else seen)
        if answer:
            return answer
        waited = loop.time() - begun
        if waited > within:
            raise AssertionError(f"still {answer!r} after {within:.0f} s: {inspect.getsource(look).strip()}")
        await asyncio.sleep(min(max(every, waited / 10), 4 * every))
