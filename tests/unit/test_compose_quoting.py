"""What an answer takes over: one "Re:", the whole chain, the quoted text; and nothing that was said inside."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.mail import Letter
from bridge.core.quoting import (
    attribution,
    html_quote,
    plain_answer,
    quote,
    references,
    reply_subject,
    text_to_html,
)
from bridge.core.subjects import SUBJECT_MAX


def letter(text: str = "Hi", name: str = "Bob Iwu", refs: tuple[str, ...] = (), mid: str = "<p@x>") -> Letter:
    """A letter from Bob."""
    bob = Address("bob", "x.example", name)
    return Letter("l1", "c1", mid, refs, (bob,), (), (), (), "Order", 1_794_000_000.0, text)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Order", "Re: Order"),
        ("Re: Order", "Re: Order"),
        ("RE: re: Re:Order", "Re: Order"),
        ("AW: WG: Order", "Re: WG: Order"),
        ("Antw: Order", "Re: Order"),
        ("SV: Vs: Odp: Order", "Re: Order"),
        ("Re[2]: Order", "Re: Order"),
        ("Re (3): Order", "Re: Order"),
        ("Re : Order", "Re: Order"),
        ("RE：Order", "Re: Order"),
        ("回复：Order", "Re: Order"),
        ("[list] Re: Order", "Re: [list] Re: Order"),
        ("Reference: Order", "Re: Reference: Order"),
        ("Re", "Re: Re"),
        ("", "Re: your message"),
        (" Re: ", "Re: your message"),
        ("a\t b\r\n\u2028c\0", "Re: a b c"),
        ("=?utf-8?q?x=0ABcc:_e?=", "Re: = ?utf-8?q?x=0ABcc:_e?="),
    ],
)
def test_a_reply_has_exactly_one_re(subject: str, expected: str) -> None:
    assert reply_subject(subject) == expected


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=600))
def test_answering_an_answer_changes_no_subject(subject: str) -> None:
    once = reply_subject(subject)
    assert reply_subject(once) == once
    assert once.startswith("Re: ")
    assert len(once) <= SUBJECT_MAX + 4
    assert once.isprintable() or not subject.isprintable()


@pytest.mark.parametrize("subject", ["Re: " * 100_000, "Re" + " " * 200_000 + "x", "re[" * 100_000])
def test_hostile_subjects_are_cut_in_linear_time(subject: str) -> None:
    assert len(reply_subject(subject)) <= SUBJECT_MAX + 4


@pytest.mark.parametrize(
    ("refs", "mid", "expected"),
    [
        ((), "<p@x>", ("<p@x>",)),
        (("<a@x>", "<b@x>"), "<p@x>", ("<a@x>", "<b@x>", "<p@x>")),
        (("<a@x>", "<a@x>", "<p@x>", "<b@x>"), "<p@x>", ("<a@x>", "<b@x>", "<p@x>")),
        (("<a@x>",), "", ("<a@x>",)),
    ],
)
def test_the_chain_ends_with_the_parent(refs: tuple[str, ...], mid: str, expected: tuple[str, ...]) -> None:
    assert references(letter(refs=refs, mid=mid)) == expected


def test_a_quotation_has_its_attribution_and_deeper_marks_for_what_was_quoted() -> None:
    assert quote(letter("Hello,\r\n\n> earlier\nBob\n\n")) == (
        "On Fri, 6 Nov 2026 at 21:20 UTC, Bob Iwu wrote:\n> Hello,\n>\n>> earlier\n> Bob"
    )


def test_without_text_nothing_is_quoted() -> None:
    assert quote(letter(" \n".strip(" "))) == ""
    assert html_quote("") == ""


def test_a_name_cannot_break_the_attribution_line() -> None:
    assert "\n" not in attribution(letter(name="Bob\nBcc: x\u2028y"))
    assert "bob@x.example wrote:" in attribution(letter(name=""))


def test_a_quoted_mail_adds_no_markup() -> None:
    quoted = html_quote(quote(letter("<script>alert(1)</script>\n</blockquote>", name="<b>Bob")))
    assert "<script" not in quoted
    assert quoted.count("</blockquote>") == 1
    assert "<b>" not in quoted


def test_the_html_of_a_quotation_keeps_its_lines() -> None:
    assert html_quote("On a day, Bob wrote:\n> One\n>\n> Two\n>> deeper") == (
        '<p>On a day, Bob wrote:</p>\n<blockquote type="cite">\n<p>One</p>\n<p>Two<br>\n&gt; deeper</p>\n</blockquote>'
    )


def test_text_becomes_paragraphs_and_addresses_become_links() -> None:
    assert text_to_html("a & b\nc\n\nsee https://x.example/?a=1&b=2.") == (
        "<p>a &amp; b<br>\nc</p>\n"
        '<p>see <a href="https://x.example/?a=1&amp;b=2">https://x.example/?a=1&amp;b=2</a>.</p>'
    )


PILL = "https://matrix.to/#/@ann:corp.example"


@pytest.mark.parametrize(
    ("body", "html", "expected"),
    [
        ("> <@ann:corp.example> secret note\n> more\n\nYes", "", "Yes"),
        ("> * <@ann:corp.example> waves\n\nYes", "", "Yes"),
        ("> secret\n\nYes", "<mx-reply><blockquote>secret</blockquote></mx-reply>Yes", "Yes"),
        ("> as you wrote\n\nYes", "", "> as you wrote\n\nYes"),
        (f"ask [Ann Berg]({PILL})", "", "ask Ann Berg"),
        (f"ask {PILL} or <{PILL}>.", "", "ask ann or ann."),
        ("ask https://matrix.to/#/%40ann%3Acorp.example?via=x now", "", "ask ann now"),
        ("ask @ann:corp.example", f'ask <a href="{PILL}">Ann Berg</a>', "ask Ann Berg"),
        ("ask @ann:corp.example", f'ask <a href="{PILL}">@ann:corp.example</a>', "ask ann"),
    ],
)
def test_nothing_said_inside_and_no_user_id_leaves(body: str, html: str, expected: str) -> None:
    assert plain_answer(body, html) == expected
