"""The event loops of tests, which end with nothing open. What is done on them is no business of this module."""

import asyncio
import selectors


class _Watching(selectors.DefaultSelector):
    def close(self) -> None:
        """Raises AssertionError when a connection or a listener is still watched: somebody has not closed it."""
        left = [key.data for key in self.get_map().values()]
        super().close()
        if left:
            raise AssertionError(f"left open at the end of the event loop: {left}")


def watching_loop() -> asyncio.AbstractEventLoop:
    """A loop whose closing fails while something is open: there, and not where the garbage collector comes upon it."""
    return asyncio.SelectorEventLoop(_Watching())
