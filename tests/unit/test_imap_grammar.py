"""Server octets become the same responses however they are cut, and hostile ones end in PeerLied within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mail.imap.failures import PeerLied
from bridge.mail.imap.grammar import Continuation, Reader, Response, Status, Untagged

TALK = (
    b"* OK [CAPABILITY IMAP4rev1 IDLE] ready {5}\r\n"
    b"* 3 EXISTS\r\n"
    b'* 1 FETCH (UID 7 FLAGS (\\Seen) BODY[HEADER.FIELDS (TO CC)] "a \\"* q\\" b" '
    b"BODY[] {13}\r\nab)\r\n(* x {3} X NIL)\r\n"
    b"+ idling\r\n"
    b'* LIST (\\Sent) "/" {4}\r\nSe/t\r\n'
    b"A1 OK [READ-ONLY] done\r\n"
)


def read(octets: bytes, *cuts: int, limit: int = 1000) -> list[Response]:
    reader = Reader(max_octets=limit, max_line=2000)
    out: list[Response] = []
    last = 0
    for cut in [*sorted(cuts), len(octets)]:
        out += reader.feed(octets[last:cut])
        last = max(last, cut)
    assert reader.idle
    return out


def test_each_kind_of_response_is_understood() -> None:
    ok, exists, fetch, more, listing, done = read(TALK)
    assert ok == Status("*", "OK", "CAPABILITY", "IMAP4rev1 IDLE", "ready {5}")
    assert isinstance(exists, Untagged)
    assert (exists.kind, exists.number) == ("EXISTS", 3)
    assert isinstance(fetch, Untagged)
    (items,) = fetch.values()
    assert isinstance(items, tuple)
    assert items[:4] == (b"UID", b"7", b"FLAGS", (b"\\Seen",))
    assert items[4:] == (b"BODY[HEADER.FIELDS (TO CC)]", b'a "* q" b', b"BODY[]", b"ab)\r\n(* x {3}", b"X", None)
    assert more == Continuation(b"idling")
    assert isinstance(listing, Untagged)
    assert listing.values() == ((b"\\Sent",), b"/", b"Se/t")
    assert done == Status("A1", "OK", "READ-ONLY", "", "done")


@given(st.lists(st.integers(0, len(TALK)), max_size=8))
def test_cuts_between_packets_make_no_difference(cuts: list[int]) -> None:
    assert read(TALK, *cuts) == read(TALK)


def test_ten_thousand_responses_in_one_packet_are_no_recursion() -> None:
    assert len(read(b"* 1 EXISTS\r\n" * 10_000)) == 10_000


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"* 1 FETCH (BODY[] {9999999999}\r\n", id="huge literal"),
        pytest.param(b"* 1 FETCH (X {600}\r\n" + b"y" * 600 + b" Y {600}\r\n", id="literals huge together"),
        pytest.param(b"* " + b"x" * 5000, id="endless line"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n", id="another protocol"),
    ],
)
def test_what_is_no_imap_or_too_much_is_refused_before_it_is_stored(octets: bytes) -> None:
    with pytest.raises(PeerLied):
        read(octets)


@pytest.mark.parametrize("text", [b"(((", b")", b"(a", b'"open', b"a[b", b"(" * 60 + b")" * 60])
def test_malformed_lists_are_refused(text: bytes) -> None:
    (response,) = read(b"* 1 FETCH " + text + b"\r\n")
    assert isinstance(response, Untagged)
    with pytest.raises(PeerLied):
        response.values()


@given(st.binary(max_size=300))
def test_any_octets_end_in_responses_or_in_peer_lied(octets: bytes) -> None:
    try:
        for response in Reader(max_octets=1000).feed(octets + b"\r\n"):
            if isinstance(response, Untagged):
                response.values()
    except PeerLied:
        pass
