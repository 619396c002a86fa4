"""The HTML that leaves is a small safe subset: it loads nothing, runs nothing and names no Matrix user."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.mail.compose import compose
from bridge.mail.outhtml import DEPTH_MAX, SIZE_MAX, clean
from bridge.mail.outtext import readings
from tests.unit.test_compose import change, read

PIECES = st.sampled_from(
    [
        *(
            "<b>",
            "</b>",
            "<div>",
            "<a href='https://matrix.to/#/@a:s'>@a:s</a>",
            "<a href='https://x.example'>",
            "</a>",
        ),
        *(
            "<img src=https://t.example/p.gif alt='&quot;x'>",
            "<script>x</script>",
            "<mx-reply>no</mx-reply>",
            "<!-- x -->",
        ),
        *("text", "&lt;b&gt;", "<p onclick=x style=y>", "<blockquote type=cite>", "<svg/onload=x>", "<", "</p>", "\0"),
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES | st.text(max_size=20), max_size=20).map("".join))
def test_only_the_subset_survives_and_cleaning_twice_is_cleaning_once(html: str) -> None:
    safe = clean(html)
    assert clean(safe) == safe
    tags = re.findall(r"<[^>]*>", safe)
    for tag in tags:
        assert re.fullmatch(
            r'</?[a-z][a-z0-9]*>|<a href="(https?://|mailto:)?[^"]*">|<blockquote type="cite">|<ol start="\d+">', tag
        )
    assert not any("matrix.to" in tag for tag in tags)
    assert not any(word in "".join(tags) for word in ("script", "img", "onclick", "style", "svg", "mx-reply"))


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<b>Hi</b>", "<b>Hi</b>"),
        ('<span data-mx-color="#f00"><font color=red>Hi</font></span>', "Hi"),
        ("<mx-reply><blockquote>secret</blockquote></mx-reply>Yes", "Yes"),
        ('<a href="https://matrix.to/#/@ann:corp.example">Ann</a>', "Ann"),
        ('<a href="https://matrix.to/#/@ann:corp.example">@ann:corp.example</a>', "ann"),
        ('<a href="matrix:u/ann:corp.example">Ann</a>', "Ann"),
        ('<a href="javascript:x">Ann</a>', "Ann"),
        ('<a href="https://x.example/?a&amp;b">x</a>', '<a href="https://x.example/?a&amp;b">x</a>'),
        ('<img src="mxc://s/1" alt=":wave:" data-mx-emoticon>', ":wave:"),
        ("<script>x</script><style>y</style>", ""),
        ("<p> </p>", ""),
    ],
)
def test_what_becomes_of_what_clients_write(html: str, expected: str) -> None:
    assert clean(html) == expected


@pytest.mark.parametrize(
    "html", ["<div>" * (DEPTH_MAX + 1) + "x", "<b><div></b>" * (DEPTH_MAX + 1) + "x", "x" * (SIZE_MAX + 1)]
)
def test_too_deep_or_too_large_is_not_used(html: str) -> None:
    assert clean(html) == ""
    assert readings("plain & simple", html)[1] == "<p>plain &amp; simple</p>"


def test_many_siblings_are_not_deep() -> None:
    assert clean("<p>x</p>" * 1000) == "<p>x</p>" * 1000


def test_the_two_readings_of_an_answer() -> None:
    html = '<mx-reply>secret</mx-reply><b>Yes</b> <a href="https://matrix.to/#/@ann:corp.example">Ann</a>'
    body = "> <@ann:corp.example> secret\n\nYes @ann:corp.example"
    assert readings(body, html, "On a day, Bob wrote:\n> <Can you?>") == (
        "Yes Ann\n\nOn a day, Bob wrote:\n> <Can you?>",
        '<b>Yes</b> Ann\n<p>On a day, Bob wrote:</p>\n<blockquote type="cite">\n<p>&lt;Can you?&gt;</p>\n</blockquote>',
    )


def test_plain_words_have_an_html_reading_too_and_nothing_has_none() -> None:
    assert readings("Yes", "", "") == ("Yes", "<p>Yes</p>")
    assert readings("", "", "") == ("", "")


def test_an_open_element_does_not_swallow_the_quotation() -> None:
    assert readings("Yes", "<b>Yes", "On a day:\n> x")[1].startswith("<b>Yes</b>\n<p>On a day:</p>")


def test_compose_trusts_no_html() -> None:
    html = '<script>x</script><b>Hi</b><img src="https://t.example/p.gif">'
    parts = {part.get_content_type(): part.get_content() for part in read(compose(change(html=html))).iter_parts()}
    assert parts["text/html"].strip() == "<b>Hi</b>"
