"""Kept connections that are closed, over TLS, or asked for what would add to a header: nothing is left open."""

import asyncio
import ssl
import tracemalloc
from pathlib import Path

import pytest
from yarl import URL

from bridge.chat import http1
from bridge.chat.client import Wire
from bridge.chat.connection import Identity, connected
from bridge.chat.http1 import Cut, Http1
from bridge.core.errors import Permanent
from tests.fakes.http_server import OK, HttpServer, Peer, answers, echoes, silent
from tests.servers.tls import Authority, server_context
from tests.waiting import eventually
from tests.wire.http1_asking import HOSTS, asking, get


@pytest.mark.parametrize("kept", [False, True])
async def test_closing_ends_what_is_waited_for_and_opens_nothing(kept: bool) -> None:
    async def play(peer: Peer) -> None:
        if kept:
            await peer.request()
            await peer.say(OK)
        await silent(peer)

    async with HttpServer(play) as server, asking(server) as http:
        if kept:
            await get(http)
        waiting = asyncio.create_task(get(http, "/waits"))
        await eventually(lambda: server.asked and b"/waits" in server.asked[-1])
        await http.close()
        with pytest.raises(Cut):
            await waiting
        with pytest.raises(Cut):
            await get(http)
        assert len(server.peers) == 1


async def test_closing_makes_no_whole_answer_of_half_a_one() -> None:
    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\n\r\nhel")
        begun.set()
        await peer.wait_gone()

    begun = asyncio.Event()
    async with HttpServer(play) as server, asking(server) as http:
        waiting = asyncio.create_task(get(http))
        await begun.wait()
        for _ in range(5):  # that it is read
            await asyncio.sleep(0)
        await http.close()
        with pytest.raises(Cut):
            await waiting


async def test_closing_ends_who_is_still_connecting() -> None:
    async def mute(peer: Peer) -> None:
        await peer.wait_gone()

    async with HttpServer(mute) as server:
        http = Http1(URL(server.url.replace("http", "https")), ssl.create_default_context())
        waiting = asyncio.create_task(get(http))
        await eventually(lambda: server.peers)
        await http.close()
        with pytest.raises(Cut):
            await waiting
        await server.peers[0].gone.wait()


async def test_an_answer_cut_in_its_header_after_an_interim_one_is_none() -> None:
    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-A")

    async with HttpServer(play) as server, asking(server) as http:
        with pytest.raises(Cut):
            await get(http)


async def test_a_server_that_says_goodbye_before_it_took_the_request_is_not_waited_for() -> None:
    async def play(peer: Peer) -> None:
        peer.writer.write_eof()
        await over.wait()

    over = asyncio.Event()
    async with HttpServer(play) as server, asking(server) as http:
        with pytest.raises(Cut):
            await http.exchange("POST", "/", "", bytes(30_000_000), 20)
        over.set()


async def test_a_large_body_goes_both_ways_and_is_not_kept() -> None:
    body = bytes(range(250)) * 20_000

    async def play(peer: Peer) -> None:
        while True:
            sent = (await peer.request()).split(b"\r\n\r\n", 1)[1]
            peer.asked.clear()
            await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(sent), sent)
            del sent

    async with HttpServer(play) as server, asking(server) as http:
        assert (await http.exchange("PUT", "/", "", b"small")).body == b"small"
        tracemalloc.start()
        try:
            for _ in range(2):
                whole = (await http.exchange("PUT", "/", "", body)).body == body
                assert whole
                await asyncio.sleep(0)  # the loop lets go of what it called last
            assert tracemalloc.get_traced_memory()[0] < 2_000_000
        finally:
            tracemalloc.stop()
        assert len(server.peers) == 1


async def test_a_server_with_a_certificate_of_our_authority_is_spoken_to(authority: Authority) -> None:
    body = bytes(range(250)) * 20_000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    trust = server_context(authority.issue("http1"))
    async with HttpServer(answers(answer), trust=trust) as server, asking(server, authority.client_context()) as http:
        for _ in range(2):
            assert (await http.exchange("PUT", "/", "", body)).body == body
        assert len(server.peers) == 1
        assert server.asked[0].endswith(body)


async def test_over_tls_an_end_is_an_end_like_any_other(authority: Authority) -> None:
    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.say(OK)
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello")

    trust = server_context(authority.issue("http1-ends"))
    async with HttpServer(play, trust=trust) as server, asking(server, authority.client_context()) as http:
        assert [await get(http) for _ in range(4)] == [b"ok", b"hello"] * 2


async def test_over_tls_silence_and_giving_up_and_closing_leave_nothing_open(authority: Authority) -> None:
    trust = server_context(authority.issue("http1-silent"))
    async with HttpServer(silent, trust=trust) as server, asking(server, authority.client_context()) as http:
        with pytest.raises(TimeoutError):
            await get(http, seconds=0.05)
        given_up, waiting = (asyncio.create_task(get(http)) for _ in range(2))
        await eventually(lambda: len(server.asked) >= 2)
        given_up.cancel()
        await asyncio.wait([given_up])
        await http.close()
        with pytest.raises(Cut):
            await waiting


async def test_a_certificate_of_another_authority_is_refused(authority: Authority, tmp_path: Path) -> None:
    trust = server_context(Authority(tmp_path).issue("foreign"))
    async with HttpServer(echoes, trust=trust) as server, asking(server, authority.client_context()) as http:
        with pytest.raises(ssl.SSLCertVerificationError):
            await get(http)
        assert not server.asked


async def test_a_certificate_of_another_host_is_refused(authority: Authority) -> None:
    trust = server_context(authority.issue("elsewhere", "elsewhere.example"))
    async with HttpServer(echoes, trust=trust) as server, asking(server, authority.client_context()) as http:
        with pytest.raises(ssl.SSLCertVerificationError):
            await get(http)
        assert not server.asked


async def test_nothing_goes_in_clear_where_https_was_asked() -> None:
    first: list[bytes] = []

    async def play(peer: Peer) -> None:
        first.append(await peer.reader.read(1))

    async with HttpServer(play) as server, asking(server, None, server.url.replace("http", "https")) as http:
        with pytest.raises(ConnectionError):
            await get(http)
    assert first == [b"\x16"], "a handshake"


class _Hasty(asyncio.Protocol):
    """Speaks before it is asked: in the very packet that ends the handshake."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(OK)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set()

    def __init__(self) -> None:
        self.lost = asyncio.Event()


async def test_what_comes_with_the_handshake_answers_nothing(authority: Authority) -> None:
    trust = server_context(authority.issue("hasty"))
    trust.maximum_version = ssl.TLSVersion.TLSv1_2  # where the server has the last word of the handshake
    hasty = _Hasty()
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: hasty, "127.0.0.1", 0, ssl=trust) as listener:
        port = listener.sockets[0].getsockname()[1]
        http = Http1(URL(f"https://127.0.0.1:{port}"), authority.client_context())
        with pytest.raises(Cut):
            await get(http)
        await http.close()
        await hasty.lost.wait()


@pytest.mark.parametrize("host", HOSTS)
async def test_the_host_is_said_with_its_port_unless_that_is_the_usual(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with HttpServer(echoes, host=host) as server:
        name = f"[{host}]" if ":" in host else host
        for usual, said in ((80, f"{name}:{server.port}"), (server.port, name)):
            monkeypatch.setitem(http1._PORTS, "http", usual)
            async with asking(server) as http:
                await http.exchange("GET", "/a?b=%20", "X: y\r\n")
            head, more = f"GET /a?b=%20 HTTP/1.1\r\nHost: {said}\r\n", "Accept-Encoding: identity\r\nX: y\r\n\r\n"
            assert server.asked.pop() == f"{head}{more}".encode()


@pytest.mark.parametrize(
    ("method", "body", "size"),
    [("POST", None, b"0"), ("PUT", b"", b"0"), ("PUT", b"{}", b"2"), ("DELETE", b"{}", b"2")],
)
async def test_a_body_is_sent_with_its_length(method: str, body: bytes | None, size: bytes) -> None:
    async with HttpServer(echoes) as server, asking(server) as http:
        await http.exchange(method, "/", "", body)
        assert server.asked[0].endswith(b"\r\nContent-Length: " + size + b"\r\n\r\n" + (body or b""))


@pytest.mark.parametrize("target", ["/a b", "/a\r\nX: y", "/a\n", "/\rb", "/\0", "/\t", "/ä", "/\x7f", ""])
async def test_a_target_that_is_not_quoted_is_not_asked_for(target: str) -> None:
    async with HttpServer(echoes) as server, asking(server) as http:
        with pytest.raises(ValueError, match="quoted"):
            await get(http, target)
        assert not server.peers


@pytest.mark.parametrize("token", ["a\r\nX: y", "a\n", "a\rb", "a\0"])
async def test_a_token_cannot_add_to_the_header(token: str) -> None:
    async with connected("http://127.0.0.1") as server:
        with pytest.raises(Permanent, match="control characters"):
            Wire(server, Identity(token))


async def test_what_a_request_is_about_cannot_add_to_the_header() -> None:
    evil = "x HTTP/1.1\r\nX: y\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n" + b'{"event_id": "e"}'
    async with HttpServer(answers(answer)) as server, connected(server.url) as to:
        wire = Wire(to, Identity("token", evil, evil, masquerade=True))
        await wire.send(evil, {"body": evil}, evil, at=1.0)
        await wire.call("GET", evil, query={evil: evil})
    for request in server.asked:
        head = request.split(b"\r\n\r\n")[0]
        assert head.count(b"HTTP/1.1") == 1
        assert b"\nX:" not in head
