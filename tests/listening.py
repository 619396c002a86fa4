"""Ending servers of asyncio's without leaving anything behind. Nothing here knows what they serve."""

import asyncio


async def stop_listening(server: asyncio.Server) -> None:
    """Close `server`; whoever was accepted until then has been given to its callback.

    A server that is closed in the moment in which the event loop has accepted someone leaves their socket open
    (CPython issue 109564), which a later test is blamed for. From accepting to the callback it takes three rounds.
    """
    for listening in server.sockets:
        asyncio.get_running_loop().remove_reader(listening.fileno())
    for _ in range(3):
        await asyncio.sleep(0)
    server.close()
