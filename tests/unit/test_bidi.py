"""Text that changes the direction of writing turns nothing but itself."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.mail.bidi import contained, leading, turned
from bridge.mail.html import sanitise
from bridge.mail.parse import read_mail

CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_overrides_are_left_out_and_the_rest_ends_in_its_line() -> None:
    assert contained("a\u202egpj.exe") == "agpj.exe"
    assert contained("\u2067שלום\nx") == "\u2067שלום\u2069\nx"
    assert contained("\u202bשלום\u202c x") == "\u202bשלום\u202c x"
    assert contained("x\u2069y\u202c") == "xy"
    assert contained("\u200fשלום 1") == "\u200fשלום 1"


@given(st.text(alphabet=CONTROLS + "aא\n", max_size=60))
def test_contained_text_is_balanced_line_by_line_and_stays_so(text: str) -> None:
    once = contained(text)
    assert contained(once) == once
    assert [line.translate(dict.fromkeys(map(ord, CONTROLS))) for line in once.split("\n")] == [
        line.translate(dict.fromkeys(map(ord, CONTROLS))) for line in text.split("\n")
    ]
    for line in once.split("\n"):
        assert sum(line.count(mark) for mark in "\u2066\u2067\u2068") == line.count("\u2069")
        assert line.count("\u202a") + line.count("\u202b") == line.count("\u202c")


def test_right_to_left_stays_right_where_no_attribute_says_so() -> None:
    assert sanitise("<div dir=rtl>Mailroom הוא גשר</div>") == "<div>\u200fMailroom הוא גשר</div>"
    assert sanitise("<div dir=rtl>שלום Ann</div>") == "<div>שלום Ann</div>"
    assert sanitise("<body dir=rtl><p>12 abc</p><p dir=ltr>abc</p></body>") == "<p>\u200f12 abc</p><p>abc</p>"
    assert sanitise("<p dir=rtl>a<b>b</b></p>") == "<p>\u200fa<b>b</b></p>"


def test_what_is_forced_from_right_to_left_reads_as_people_saw_it() -> None:
    assert sanitise("<p>To <bdo dir='rtl'>moc.live</bdo></p>") == "<p>To evil.com</p>"
    assert sanitise("<bdo dir=rtl>שלום</bdo>") == "שלום"
    assert sanitise("<bdo dir=ltr>abc</bdo>") == "abc"
    assert turned("a\u0301b") == "ba\u0301"
    assert (leading("1 a"), leading("1 א"), leading("1")) == ("L", "R", "")


def test_a_plain_text_turns_nothing_beside_it_either() -> None:
    mail = read_mail("From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n\u2067one\ntwo\u202eowt\n".encode())
    assert mail.text == "\u2067one\u2069\ntwoowt"
