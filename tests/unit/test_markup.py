"""HTML that was sanitised is looked at line by line, cut where that may be, and freed of pictures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import markup
from bridge.mail.html import sanitise


def said(html: str) -> list[str]:
    return [line.text for line in markup.lines(html)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", []),
        ("<div><br></div>", []),
        ("<p>One <b>and</b>\n two</p><p>three</p>", ["One and two", "three"]),
        ("<div>a<br>b<div>c</div>d</div>", ["a", "b", "c", "d"]),
        ("a &amp; b&nbsp;c", ["a & b c"]),
        ('<p><img src="cid:x" alt="Logo"></p>', [""]),
        ("<ul><li>one</li><li>two</li></ul>", ["one", "two"]),
    ],
)
def test_lines_are_those_that_a_person_sees(html: str, expected: list[str]) -> None:
    assert said(html) == expected


def test_a_line_knows_whether_it_is_quoted() -> None:
    html = "<p>a</p><blockquote><p>b</p><blockquote>c</blockquote>d</blockquote>e"
    assert [(line.text, line.quoted) for line in markup.lines(html)] == [
        ("a", False),
        ("b", True),
        ("c", True),
        ("d", True),
        ("e", False),
    ]


@pytest.mark.parametrize(
    ("html", "line", "expected"),
    [
        ("<p>a</p><p>b</p>", 1, ["<p>a</p>", "<p>b</p>"]),
        ("<div>a<br>b</div>", 1, ["<div>a<br></div>", "<div>b</div>"]),
        (
            "<div><div>a</div><div><p>b</p></div></div>",
            1,
            ["<div><div>a</div></div>", "<div><div><p>b</p></div></div>"],
        ),
        ("<ul><li>a<br>b</li></ul>", 1, None),
        ('<a href="https://a.example/">a<br>b</a>', 1, None),
        ("<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>", 1, None),
        ("<div>a<p>b</div></p>", 1, None),
    ],
)
def test_a_cut_leaves_whole_elements_on_both_sides(html: str, line: int, expected: list[str] | None) -> None:
    assert markup.cut(html, [markup.lines(html)[line].start]) == expected


TAGS = ["<div>", "</div>", "<blockquote>", "</blockquote>", "<br>", "word", "<p>", "</p>", "<b>x</b>", "<li>y", "Ann:"]


@given(st.lists(st.sampled_from(TAGS), max_size=20), st.data())
def test_what_is_cut_keeps_every_line_and_can_stand_in_an_element_of_its_own(
    tokens: list[str], data: st.DataObject
) -> None:
    html = sanitise("".join(tokens))
    lines = markup.lines(html)
    if len(lines) < 2:
        return
    found = markup.cut(html, [lines[data.draw(st.integers(1, len(lines) - 1))].start])
    if found is not None:
        assert [line for piece in found for line in said(piece)] == said(html)
        for piece in found:
            assert sanitise(piece) == piece.strip()


@given(st.text(max_size=200))
def test_anything_may_be_looked_at(text: str) -> None:
    markup.lines(text)
    markup.cut(text, [])
    markup.images(text)


def test_pictures_are_left_out_by_their_words() -> None:
    html = 'a<img src="cid:one" alt="Logo &quot;x&quot; > y" width="3"><img src="cid:two" alt="">b'
    assert markup.without_images(html, frozenset({"two"})) == 'a[Logo &quot;x&quot; > y]<img src="cid:two" alt="">b'
    assert markup.without_images(html, frozenset()) == "a[Logo &quot;x&quot; > y]b"
    assert markup.images(html) == {"one", "two"}


@pytest.mark.parametrize(
    ("href", "name"),
    [("https://x.example/a?b=1&amp;c=2", "x.example"), ("mailto:ann@x.example", "ann@x.example")],
)
def test_a_link_whose_picture_is_left_out_stays_reachable(href: str, name: str) -> None:
    html = f'<p><a href="{href}"><img src="cid:two" alt=""></a></p>'
    assert markup.without_images(html, frozenset()) == f'<p><a href="{href}">[{name}]</a></p>'
    assert markup.without_images(html, frozenset({"two"})) == html
