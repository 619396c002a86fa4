"""Message identifiers are found in whatever way a program wrote them, and nothing else is taken for one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mail.identifiers import message_ids
from bridge.mail.parse import read_mail


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"<a@b> <c@d>", ("<a@b>", "<c@d>")),
        (b"<a@b>,<c@d>;<e@f>", ("<a@b>", "<c@d>", "<e@f>")),
        (b"<a@b><c@d>", ("<a@b>", "<c@d>")),
        (b"<a@b>\r\n\t<c@d>\r\n <a@b>", ("<a@b>", "<c@d>")),
        (b"<0102018b-long-\r\n tail@eu-west.mail.example>", ("<0102018b-long-tail@eu-west.mail.example>",)),
        (b"<\r\n a@b\r\n >", ("<a@b>",)),
        (b"a@b c@d", ("<a@b>", "<c@d>")),
        (b"a@b,c@d", ("<a@b>", "<c@d>")),
        (b"<a@b> c@d", ("<a@b>", "<c@d>")),
        (b"<a@b, <c@d>", ("<a@b>", "<c@d>")),
        (b"a@b> <c@d", ("<a@b>", "<c@d>")),
        (b"<<a@b>>", ("<a@b>",)),
        (b'"<a@b>" <c@d>', ("<a@b>", "<c@d>")),
        (b'<"x y"@b>', ('<"xy"@b>',)),
        (b"=?utf-8?q?=3Ca-very-long-one=40b=3E?=", ("<a-very-long-one@b>",)),
        (b"=?us-ascii?Q?=3Ca-very-long-?=\r\n =?us-ascii?Q?one=40b=3E?=", ("<a-very-long-one@b>",)),
    ],
)
def test_every_identifier_of_a_field_is_found_in_order_and_once(written: bytes, expected: tuple[str, ...]) -> None:
    assert message_ids(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        b"<a@b> (Ann's message of Monday <ann@corp.example>)",
        b"<a@b> (see (also <x@y>) there)",
        b'Your message of "Mon, 2 Nov 2026 10:00:00 <x@y>" <a@b>',
        b"Message of ann@corp.example from Monday <a@b>",
        b'"Ann <ann@corp.example> wrote" <a@b>',
        b'"Ann \\"the boss\\" wrote <a@b>',
        b"<a@b> (never closed",
        b"closed) <a@b>",
    ],
)
def test_what_people_said_around_an_identifier_is_none(written: bytes) -> None:
    assert message_ids(written) == ("<a@b>",)


@pytest.mark.parametrize("written", [b"", b"<>", b"< >", b"()", b"<a b", b"ann wrote", b'"', b"<a\0b@c>", b"\xff\xfe"])
def test_a_field_without_an_identifier_gives_none(written: bytes) -> None:
    assert message_ids(written) == ()


def test_an_address_of_the_mail_itself_is_never_an_ancestor() -> None:
    """Else all who answer Ann would seem to answer the same mail."""
    mail = read_mail(
        b"From: Carl <carl@client.example>\r\nTo: Ann Berg <ann@corp.example>\r\nMessage-ID: <m@client.example>\r\n"
        b"In-Reply-To: Message from Ann Berg <ANN@corp.example> of Monday <a@corp.example>\r\n"
        b"References: <ann@corp.example> <a@corp.example>\r\n\r\nyes\r\n"
    )
    assert mail.in_reply_to == ("<a@corp.example>",)
    assert mail.references == ("<a@corp.example>",)


_IDS = st.from_regex(r"[a-z0-9+$=._-]{1,60}@[a-z0-9.-]{1,40}", fullmatch=True)


@given(st.lists(_IDS, unique=True, max_size=8), st.data())
def test_identifiers_come_back_however_they_are_set_apart_and_folded(ids: list[str], data: st.DataObject) -> None:
    written = ""
    for one in ids:
        at = data.draw(st.integers(0, len(one)))
        fold = data.draw(st.sampled_from(["", "\r\n ", "\r\n\t"]))
        comment = data.draw(st.sampled_from(["", "(c <x@y>) ", '"q <x@y> q" ']))
        between = data.draw(st.sampled_from([" ", ",", ", ", "\r\n ", ";\t"]))
        written += f"{comment}<{one[:at]}{fold}{one[at:]}>{between}"
    assert message_ids(written.encode()) == tuple(f"<{one}>" for one in ids)


@given(st.binary(max_size=400))
def test_no_field_raises_and_every_identifier_is_one_clean_word(data: bytes) -> None:
    for one in message_ids(data):
        one.encode()
        assert one.startswith("<")
        assert one.endswith(">")
        assert len(one.split()) == 1
        assert not set(one[1:-1]) & set("<>")


@pytest.mark.parametrize("seed", [b'"', b"(", b"<", b'\\"', b"<a", b"a@", b'"(', b"=?utf-8?q?", b"<a@b>,", b"( <a@b> "])
def test_reading_takes_time_in_proportion_to_the_field(seed: bytes) -> None:
    """Four times the field takes about four times as long, never sixteen; shown by a wide margin."""

    def cost(copies: int) -> float:
        field = seed * copies
        times = []
        for _ in range(3):
            begun = time.process_time()
            message_ids(field)
            times.append(time.process_time() - begun)
        return min(times)

    assert cost(40_000) < 12 * cost(10_000) + 0.05
