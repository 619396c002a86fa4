"""HTTP as homeservers and the proxies before them speak it: every way to frame an answer, and every way to end."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.chat.http import Http, Nonsense
from tests.servers.tls import Authority
from tests.waiting import eventually

Reply = Callable[[asyncio.StreamWriter], None]
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n" + b'{"a":1}'
CHUNKS = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    b'3;name="x"\r\n{"a\r\n4\r\n":1}\r\n0\r\nTrailer: left out\r\n\r\n'
)
UNTIL_END = b'HTTP/1.0 200 OK\r\n\r\n{"a":1}'


class Peer:
    """A server that answers each request with the next script: pieces of octets, None to close. `seen`: requests."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[bytes] = []
        self.script: list[list[bytes | None]] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                self.seen.append(head + await reader.readexactly(length))
                for piece in self.script.pop(0) if self.script else [WHOLE]:
                    if piece is None:
                        writer.close()
                        return
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
        writer.close()


@contextlib.asynccontextmanager
async def talking(
    trust: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Http, Peer]]:
    peer = Peer()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0, ssl=tls)
    peer.url = f"http{'s' if tls else ''}://localhost:{server.sockets[0].getsockname()[1]}"
    http = Http(trust)
    try:
        yield http, peer
    finally:
        await http.close()
        server.close()


async def put(http: Http, peer: Peer, method: str = "PUT", seconds: float | None = 20.0) -> bytes:
    return (await http.request(method, peer.url, "/a?b=c", "Host: x\r\n", b"{}", seconds)).body


async def test_requests_share_a_connection_and_are_written_as_asked() -> None:
    async with talking() as (http, peer):
        assert [await put(http, peer) for _ in range(3)] == [b'{"a":1}'] * 3
        assert peer.seen == [b"PUT /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"] * 3
        assert peer.connections == 1


async def test_requests_at_once_have_a_connection_each() -> None:
    async with talking() as (http, peer):
        assert await asyncio.gather(*(put(http, peer) for _ in range(5))) == [b'{"a":1}'] * 5
        assert peer.connections == 5


@given(
    answer=st.sampled_from([WHOLE, CHUNKS, b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE]),
    cuts=st.lists(st.integers(1, 200), max_size=6),
)
def test_an_answer_means_the_same_however_it_is_cut(answer: bytes, cuts: list[int]) -> None:
    async def ask() -> None:
        async with talking() as (http, peer):
            ends = sorted({*(cut for cut in cuts if cut < len(answer)), len(answer)})
            pieces = [answer[a:b] for a, b in zip([0, *ends], ends, strict=False)]
            peer.script = [list(pieces), list(pieces)]
            assert [await put(http, peer) for _ in range(2)] == [b'{"a":1}'] * 2
            assert peer.connections == 1

    asyncio.run(ask())


async def test_an_answer_without_length_ends_with_its_connection() -> None:
    async with talking() as (http, peer):
        peer.script = [[UNTIL_END, None], [WHOLE]]
        assert [await put(http, peer) for _ in range(2)] == [b'{"a":1}'] * 2
        assert peer.connections == 2


async def test_a_server_that_says_close_is_not_used_again() -> None:
    async with talking() as (http, peer):
        peer.script = [[WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)], [WHOLE]]
        assert [await put(http, peer) for _ in range(2)] == [b'{"a":1}'] * 2
        assert peer.connections == 2


async def test_an_answer_without_body_is_whole() -> None:
    async with talking() as (http, peer):
        peer.script = [[b"HTTP/1.1 204 No Content\r\n\r\n"], [WHOLE]]
        assert [await put(http, peer) for _ in range(2)] == [b"", b'{"a":1}']
        assert peer.connections == 1


async def test_what_may_be_repeated_is_when_a_kept_connection_turns_out_closed() -> None:
    async with talking() as (http, peer):
        await put(http, peer)
        peer.script = [[None], [WHOLE]]
        assert await put(http, peer) == b'{"a":1}'
        assert len(peer.seen) == 3


async def test_what_may_have_been_done_is_not_repeated() -> None:
    async with talking() as (http, peer):
        await put(http, peer)
        peer.script = [[None]]
        with pytest.raises(ConnectionError):
            await put(http, peer, "POST")
        assert len(peer.seen) == 2


async def test_an_answer_that_breaks_off_is_a_failure_and_not_repeated() -> None:
    async with talking() as (http, peer):
        await put(http, peer)
        peer.script = [[WHOLE[:-1], None]]
        with pytest.raises(ConnectionError):
            await put(http, peer)
        assert len(peer.seen) == 2


async def test_a_silent_server_is_given_up_and_its_connection_with_it() -> None:
    async with talking() as (http, peer):
        peer.script = [[], [WHOLE]]
        with pytest.raises(TimeoutError):
            await put(http, peer, seconds=0.05)
        assert await put(http, peer) == b'{"a":1}'
        assert peer.connections == 2


async def test_who_stops_waiting_does_not_leave_the_answer_to_the_next() -> None:
    async with talking() as (http, peer):
        peer.script = [[], [WHOLE]]
        waiting = asyncio.create_task(put(http, peer))
        await eventually(lambda: bool(peer.seen))
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert await put(http, peer) == b'{"a":1}'
        assert peer.connections == 2


@pytest.mark.parametrize(
    "said",
    [
        b"* OK IMAP4rev1 ready\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,
    ],
)
async def test_what_does_not_speak_http_is_a_failure(said: bytes) -> None:
    async with talking() as (http, peer):
        peer.script = [[said]]
        with pytest.raises(Nonsense):
            await put(http, peer)


async def test_tls_is_spoken_with_who_can_show_a_trusted_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue("localhost")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(issued.certificate, issued.key)
    trust = ssl.create_default_context(cafile=str(authority.certificate))
    async with talking(trust, tls) as (http, peer):
        assert await put(http, peer) == b'{"a":1}'
    async with talking(None, tls) as (http, peer):
        with pytest.raises(ssl.SSLCertVerificationError):
            await put(http, peer)
