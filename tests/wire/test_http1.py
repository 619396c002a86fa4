"""Requests over kept connections: each gets its own answer, whole, or an error; nothing is left open."""

import asyncio
import socket
import ssl
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from bridge.chat import http1
from bridge.chat.http1 import Answer, Cut, Http1, NotHttp
from tests.fakes.http_server import OK, HttpServer, Peer, answers, echoes, silent
from tests.loops import watching_loop
from tests.waiting import eventually
from tests.wire.http1_asking import asking, cut_at_the_second, get

FORMS: dict[str, bytes] = {
    "with a length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Said: a\r\n\r\nhello",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Said: a\r\n\r\n"
    b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
    "chunked with a trailer": b"HTTP/1.1 200 OK\r\nX-Said: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
    "after interim ones": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nx-said: a\r\ncontent-length: 5\r\n\r\nhello",
    "of HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nX-Said: a\r\n\r\nhello",
    "the last over it": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\nX-Said: a\r\n\r\nhello",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("pieces", ["whole", "by the octet"])
async def test_an_answer_of_any_form_is_read_again_and_again(form: bytes, pieces: str) -> None:
    parts = [form] if pieces == "whole" else [form[at : at + 1] for at in range(len(form))]
    async with HttpServer(answers(*parts)) as server, asking(server) as http:
        for _ in range(3):
            answer = await http.exchange("GET", "/", "")
            assert (answer.status, answer.body, answer.header("X-SAID")) == (200, b"hello", "a")


@given(
    form=st.sampled_from(sorted(FORMS.values())), cuts=st.sets(st.integers(1, 200), max_size=12), endless=st.booleans()
)
@settings(max_examples=60)
def test_an_answer_is_the_same_in_pieces_of_any_sizes(form: bytes, cuts: set[int], endless: bool) -> None:
    if endless:
        form = b"HTTP/1.1 200 OK\r\nX-Said: a\r\n\r\nhello"
    at = [0, *sorted(cut for cut in cuts if cut < len(form)), len(form)]
    parts = [form[begin:end] for begin, end in pairwise(at)]

    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.say(*parts)
        if not endless:
            await peer.wait_gone()

    async def ask() -> Answer:
        async with HttpServer(play) as server, asking(server) as http:
            return await http.exchange("GET", "/", "")

    with asyncio.Runner(loop_factory=watching_loop) as runner:
        answer = runner.run(ask())
    assert (answer.status, answer.body, answer.header("x-said")) == (200, b"hello", "a")


async def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo")

    async with HttpServer(play) as server, asking(server) as http:
        assert [await get(http) for _ in range(2)] == [b"hello", b"hello"]
        assert len(server.peers) == 2


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_an_answer_that_has_no_body_needs_no_length(status: bytes) -> None:
    async with HttpServer(answers(b"HTTP/1.1 %b\r\n\r\n" % status)) as server, asking(server) as http:
        for _ in range(2):
            answer = await http.exchange("DELETE", "/", "")
            assert (answer.status, answer.body) == (int(status[:3]), b"")
        assert len(server.peers) == 1


async def test_many_requests_take_one_connection() -> None:
    async with HttpServer(echoes) as server, asking(server) as http:
        assert [await get(http, f"/{number}") for number in range(50)] == [b"/%d" % number for number in range(50)]
        assert len(server.peers) == 1


async def test_requests_at_once_each_get_their_own_answer() -> None:
    async with HttpServer(echoes) as server, asking(server) as http:
        for _ in range(3):
            told = await asyncio.gather(*(get(http, f"/{number}") for number in range(20)))
            assert told == [b"/%d" % number for number in range(20)]
        assert len(server.peers) == 20


@pytest.mark.parametrize("kind", [b"HTTP/1.1 200 OK\r\nConnection: close", b"HTTP/1.0 200 OK"])
async def test_a_connection_that_is_not_to_be_kept_is_ended(kind: bytes) -> None:
    async with HttpServer(answers(kind + b"\r\nContent-Length: 2\r\n\r\nok")) as server, asking(server) as http:
        for _ in range(2):
            assert await get(http) == b"ok"
            await server.peers[-1].gone.wait()
        assert len(server.peers) == 2


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
async def test_a_connection_that_ended_while_idle_is_replaced_unnoticed(method: str) -> None:
    async def half_closes(peer: Peer) -> None:
        await peer.request()
        await peer.say(OK)
        peer.writer.write_eof()
        await peer.wait_gone()

    async with HttpServer(half_closes, echoes) as server, asking(server) as http:
        assert (await http.exchange(method, "/1", "")).body == b"ok"
        await server.peers[0].gone.wait()
        assert (await http.exchange(method, "/2", "")).body == b"/2"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_what_may_be_asked_again_is_when_a_kept_connection_ends_upon_it(method: str) -> None:
    async with HttpServer(cut_at_the_second, echoes) as server, asking(server) as http:
        await get(http, "/1")
        assert (await http.exchange(method, "/2", "", b"{}")).body == b"/2"
        assert [request.split(b" HTTP")[0].split()[1] for request in server.asked] == [b"/1", b"/2", b"/2"]


async def test_what_may_not_be_asked_again_is_not() -> None:
    async with HttpServer(cut_at_the_second, echoes) as server, asking(server) as http:
        await get(http)
        with pytest.raises(Cut):
            await http.exchange("POST", "/", "", b"{}")
        assert len(server.asked) == 2


async def test_a_request_whose_answer_had_begun_is_not_made_again() -> None:
    async def begins(peer: Peer) -> None:
        await peer.request()
        await peer.say(OK)
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")

    async with HttpServer(begins, echoes) as server, asking(server) as http:
        await get(http)
        with pytest.raises(Cut):
            await http.exchange("PUT", "/", "", b"{}")
        assert len(server.asked) == 2


async def test_a_request_over_a_new_connection_that_ends_is_not_made_again() -> None:
    async def ends(peer: Peer) -> None:
        await peer.request()

    async with HttpServer(ends) as server, asking(server) as http:
        with pytest.raises(Cut):
            await get(http)
        assert len(server.asked) == 1


async def test_several_stale_connections_are_passed_over() -> None:
    together = asyncio.Barrier(3)

    async def stale(peer: Peer) -> None:
        await peer.request()
        await together.wait()
        await peer.say(OK)
        await peer.request()

    async with HttpServer(stale, stale, stale, echoes) as server, asking(server) as http:
        await asyncio.gather(*(get(http) for _ in range(3)))
        assert await get(http, "/fresh") == b"/fresh"
        assert len(server.peers) == 4


async def test_connections_that_are_idle_for_long_are_ended_though_others_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with HttpServer(echoes) as server, asking(server) as http:
        await asyncio.gather(*(get(http) for _ in range(2)))
        monkeypatch.setattr(http1, "KEPT", 0.5)

        while not any(peer.gone.is_set() for peer in server.peers):
            await get(http)


GARBAGE: dict[str, bytes] = {
    "another protocol": b"220 mail.example ESMTP\r\n",
    "nothing of the kind": b"\x15\x03\x01\x00\x02\x02\x50",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "a length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
    "a bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "another protocol from now on": b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nabc",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
async def test_what_is_not_http_is_said_to_be_that(garbage: bytes) -> None:
    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.say(garbage)
        await peer.wait_gone()

    async with HttpServer(play) as server, asking(server) as http:
        with pytest.raises(NotHttp):
            await get(http)
        await server.peers[0].gone.wait()


ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "a body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a header section": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "a field": (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 1000),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize(("first", "more"), ENDLESS.values(), ids=ENDLESS.keys())
async def test_an_answer_without_end_is_given_up(first: bytes, more: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "LARGEST", 10_000)

    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.say(first)
        while True:
            await peer.say(more)

    async with HttpServer(play) as server, asking(server) as http:
        with pytest.raises(NotHttp):
            await get(http, seconds=20)


async def test_a_second_answer_in_the_same_packet_answers_nothing() -> None:
    async with HttpServer(answers(OK + OK.replace(b"ok", b"no"))) as server, asking(server) as http:
        for _ in range(3):
            assert await get(http) == b"ok"
            await server.peers[-1].gone.wait()
        assert len(server.peers) == 3


async def test_half_of_a_second_answer_answers_nothing() -> None:
    async with HttpServer(answers(OK + b"HTT"), echoes) as server, asking(server) as http:
        assert await get(http) == b"ok"
        await server.peers[0].gone.wait()
        assert await get(http, "/2") == b"/2"


async def test_an_answer_that_comes_while_nobody_asks_answers_nothing() -> None:
    late = asyncio.Event()

    async def play(peer: Peer) -> None:
        await peer.request()
        await peer.say(OK)
        await late.wait()
        await peer.say(OK)
        await peer.wait_gone()

    async with HttpServer(play, echoes) as server, asking(server) as http:
        assert await get(http) == b"ok"
        late.set()
        await server.peers[0].gone.wait()
        assert await get(http, "/2") == b"/2"


async def test_silence_is_not_waited_for_beyond_the_time_given() -> None:
    async with HttpServer(silent, echoes) as server, asking(server) as http:
        with pytest.raises(TimeoutError):
            await get(http, seconds=0.05)
        await server.peers[0].gone.wait()
        assert await get(http, "/2") == b"/2"


async def test_whoever_gives_up_leaves_no_answer_for_the_next() -> None:
    given_up = asyncio.Event()

    async def late(peer: Peer) -> None:
        await peer.request()
        await given_up.wait()
        await peer.say(OK)
        await peer.wait_gone()

    async with HttpServer(late, echoes) as server, asking(server) as http:
        waiting = asyncio.create_task(get(http))
        await eventually(lambda: server.asked)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        given_up.set()
        assert await get(http, "/2") == b"/2"
        await server.peers[0].gone.wait()


async def test_whoever_gives_up_while_connecting_leaves_nothing_open() -> None:
    async def mute(peer: Peer) -> None:
        await peer.wait_gone()

    async with (
        HttpServer(mute) as server,
        asking(server, ssl.create_default_context(), server.url.replace("http", "https")) as http,
    ):
        waiting = asyncio.create_task(get(http))
        await eventually(lambda: server.peers)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await server.peers[0].gone.wait()


async def test_a_server_that_is_not_there_is_an_oserror() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        http = Http1(URL(f"http://127.0.0.1:{deaf.getsockname()[1]}"), None)
        with pytest.raises(ConnectionRefusedError):
            await get(http)
        await http.close()


@pytest.mark.parametrize("host", ["a..b", "a" * 70 + ".example"])
async def test_a_host_that_can_have_no_address_is_an_oserror(host: str) -> None:
    http = Http1(URL(f"http://{host}"), None)
    with pytest.raises(OSError, match="host"):
        await get(http)
    await http.close()


async def test_a_server_that_does_not_take_the_connection_is_an_oserror(monkeypatch: pytest.MonkeyPatch) -> None:
    async def mute(peer: Peer) -> None:
        await peer.wait_gone()

    monkeypatch.setattr(http1, "CONNECTING", 0.05)
    async with (
        HttpServer(mute) as server,
        asking(server, ssl.create_default_context(), server.url.replace("http", "https")) as http,
    ):
        with pytest.raises(TimeoutError):
            await get(http)
        await server.peers[0].gone.wait()
