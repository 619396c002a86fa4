"""A homeserver stub that answers what an application service asks, as fast as plain asyncio can, and counts.

It checks nothing and stores nothing but room ids behind aliases; it notes when each message came.
"""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import unquote

BOT = "@mailroom:corp.example"
MARK = b"mark:"
"""Stands in the text of mails whose messages are counted."""

_PAGE = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


@dataclass
class Stub:
    """`requests` by method and endpoint; `sends`: moment (monotonic), room and content of each mail's message."""

    url: str = ""
    requests: Counter[str] = field(default_factory=Counter)
    sends: list[tuple[float, str, bytes]] = field(default_factory=list)
    rooms: dict[str, str] = field(default_factory=dict)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    users: set[str] = field(default_factory=set)
    wanted: int = 0

    async def until(self, count: int, within: float = 60.0) -> None:
        """Return once so many messages have come. Raises TimeoutError."""
        self.wanted = count
        async with asyncio.timeout(within):
            while len(self.sends) < count:
                self.moved.clear()
                await self.moved.wait()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        """The answer to one request."""
        parts = path.partition("?")[0].split("/")[4:]
        self.requests[f"{method} {_endpoint(parts)}"] += 1
        match parts:
            case ["rooms", room, "send", _, transaction]:
                if MARK in body:
                    self.sends.append((time.monotonic(), room, body))
                    if len(self.sends) >= self.wanted:
                        self.moved.set()
                return 200, {"event_id": f"${transaction}"}
            case ["createRoom"]:
                alias = str(json.loads(body).get("room_alias_name", len(self.rooms)))
                if alias in self.rooms:
                    return 400, {"errcode": "M_ROOM_IN_USE", "error": "taken"}
                self.rooms[alias] = f"!room{len(self.rooms)}"
                return 200, {"room_id": self.rooms[alias]}
            case ["directory", "room", alias]:
                localpart = unquote(alias)[1:].partition(":")[0]
                if localpart in self.rooms:
                    return 200, {"room_id": self.rooms[localpart]}
                return (404, {"errcode": "M_NOT_FOUND", "error": "none"}) if method == "GET" else (200, {})
            case ["register"]:
                name = json.loads(body)["username"]
                if name in self.users:
                    return 400, {"errcode": "M_USER_IN_USE", "error": "there"}
                self.users.add(name)
                return 200, {"user_id": f"@{name}:corp.example"}
            case ["account", "whoami"]:
                return 200, {"user_id": BOT, "device_id": "MAILROOM"}
            case ["upload"]:
                return 200, {"content_uri": f"mxc://corp.example/{self.requests['POST upload']}"}
            case ["capabilities"]:
                return 200, {"capabilities": {"m.room_versions": {"default": "12"}}}
            case ["rooms", _, "members"]:
                return 200, {"chunk": []}
            case ["rooms", _, "state", "m.room.encryption", *_]:
                return 404, {"errcode": "M_NOT_FOUND", "error": "none"}
            case ["rooms", _, "state", "m.room.create", *_]:
                return 200, {"sender": BOT}
            case _:
                return 200, {"event_id": "$state"}


def _endpoint(parts: list[str]) -> str:
    return "/".join(parts[:1] if parts[0] != "rooms" else [*parts[2:3], *(parts[3:4] if parts[2] == "state" else [])])


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with kept connections and Content-Length, nothing else."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._data = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._data[:end])
            mark = head.lower().find(b"content-length:")
            length = int(head[mark + 15 :].split(b"\r\n", 1)[0]) if mark >= 0 else 0
            if len(self._data) < end + 4 + length:
                return
            body = bytes(self._data[end + 4 : end + 4 + length])
            del self._data[: end + 4 + length]
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            status, value = self._stub.answer(method, path, body)
            octets = json.dumps(value).encode()
            self._transport.write(_PAGE % (status, len(octets), octets))


@contextlib.asynccontextmanager
async def stub_homeserver() -> AsyncIterator[Stub]:
    """Listening on a free loopback port."""
    stub = Stub()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(stub), "127.0.0.1", 0)
    stub.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield stub
    finally:
        server.close()
