"""What is history and what is a signature: told apart only where there is no doubt, and nothing is ever lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import folding, folding_html
from bridge.core.folding import answers_between
from bridge.mail.html import sanitise


def plain(text: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in folding.pieces(text)]


def rich(html: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in folding_html.pieces(html)]


TABLE: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("words alone", "Hello.\nBye.", [("own", "Hello.\nBye.")]),
    (
        "an answer above",
        "Thanks!\n\nOn Monday Ann wrote:\n> Where is it?\n> Ann",
        [("own", "Thanks!\n\nOn Monday Ann wrote:"), ("quotes", "> Where is it?\n> Ann")],
    ),
    (
        "a gap within the quotation",
        "Thanks!\n> one\n\n> two\n",
        [("own", "Thanks!"), ("quotes", "> one\n\n> two"), ("own", "")],
    ),
    ("a signature", "Bye.\n-- \nAnn\nCorp", [("own", "Bye."), ("signature", "-- \nAnn\nCorp")]),
    (
        "signature, introduction, quotation",
        "Bye.\n-- \nAnn\n\nAm Montag schrieb Bob:\n> x",
        [("own", "Bye."), ("signature", "-- \nAnn"), ("own", "\nAm Montag schrieb Bob:"), ("quotes", "> x")],
    ),
    (
        "quotation, then signature",
        "Bye.\n> x\n-- \nAnn",
        [("own", "Bye."), ("quotes", "> x"), ("signature", "-- \nAnn")],
    ),
    ("a line of dashes after which much follows", "A\n--\n" + "more\n" * 11, [("own", "A\n--\n" + "more\n" * 11)]),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_pieces_of_a_text(text: str, expected: list[tuple[str, str]]) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "> Where is it?\nIt left on Monday.\n> And the bill?\nBelow.\n> Ann",  # answers between
        "> Where is it?\nIt left on Monday.",  # the answer below
        "> all of it\n> is quoted",
        "Ann wrote:\n> nothing but a quotation",
        "---------- Forwarded message ----------\nFrom: Ann\n\nLook at this.",
        "See it.\n\n-----Original Message-----\nFrom: Ann\nSent: Monday\n\nWhere is it?",
        "-- \nnothing above",
    ],
)
def test_in_doubt_everything_is_shown(text: str) -> None:
    assert plain(text) == [("own", text)]


def test_answers_between_quotations_are_known() -> None:
    assert answers_between("> a\nb\n> c")
    assert not answers_between("a\n> c")
    assert not answers_between("a")


HTML: list[tuple[str, str, list[tuple[str, str]]]] = [
    (
        "webmail",
        "<div>Thanks!</div><br><div><div>On Monday Ann wrote:<br></div>"
        "<blockquote>Where<div>is it?</div></blockquote></div>",
        [
            ("own", "<div>Thanks!</div><br><div><div>On Monday Ann wrote:<br></div>"),
            ("quotes", "<blockquote>Where<div>is it?</div></blockquote>"),
            ("own", "</div>"),
        ],
    ),
    (
        "signature in its element",
        "<p>Bye.</p><div>-- <br>Ann<br>Corp</div>",
        [("own", "<p>Bye.</p><div>"), ("signature", "-- <br>Ann<br>Corp"), ("own", "</div>")],
    ),
    (
        "signature marked in an element of its own",
        "<p>Bye.</p><div><div>--</div><div>Ann</div></div>",
        [("own", "<p>Bye.</p><div>"), ("signature", "<div>--</div><div>Ann</div>"), ("own", "</div>")],
    ),
    (
        "signature above a quotation",
        "Bye.<br>-- <br>Ann<blockquote>x</blockquote>",
        [("own", "Bye.<br>"), ("signature", "-- <br>Ann"), ("quotes", "<blockquote>x</blockquote>")],
    ),
]


@pytest.mark.parametrize(("html", "expected"), [row[1:] for row in HTML], ids=[row[0] for row in HTML])
def test_pieces_of_html(html: str, expected: list[tuple[str, str]]) -> None:
    assert rich(html) == expected


@pytest.mark.parametrize(
    "html",
    [
        "<p>Hello.</p>",
        "<blockquote>one</blockquote>Answer.<blockquote>two</blockquote>",
        "<blockquote>one</blockquote><p>Answer.</p>",
        "<blockquote>all of it</blockquote>",
        "<p>Ann wrote:</p><blockquote>all of it</blockquote>",
        "<p>a -- b</p><p>c</p>",
        "Bye.<br>-- <br>Ann wrote:<blockquote>x</blockquote><p>more</p>",
    ],
)
def test_in_doubt_all_html_is_shown(html: str) -> None:
    assert rich(html) == [("own", html)]


@given(st.lists(st.sampled_from(["> a", ">> b", "", "word", "-- ", "--", "Ann wrote:", " "]), max_size=14))
def test_joined_the_pieces_are_the_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = folding.pieces(text)
    assert "\n".join(piece.text for piece in found) == text
    if any(piece.kind == "quotes" for piece in found):
        kept = "".join(piece.text for piece in found if piece.kind == "own")
        assert kept.strip()
        assert ">" not in kept


TAGS = ["<div>", "</div>", "<blockquote>", "</blockquote>", "<br>", "-- ", "word", "<p>", "</p>", "<b>x</b>", "Ann:"]


@given(st.lists(st.sampled_from(TAGS), max_size=20))
def test_joined_the_pieces_are_the_html_and_each_is_whole(tokens: list[str]) -> None:
    html = sanitise("".join(tokens))
    found = folding_html.pieces(html)
    assert "".join(piece.text for piece in found) == html
    for piece in found:
        if piece.kind != "own":
            assert piece.text.count("<div>") == piece.text.count("</div>")
            assert piece.text.count("<blockquote>") == piece.text.count("</blockquote>")
            folded = html.replace(piece.text, f"<details><summary>s</summary>{piece.text}</details>", 1)
            assert sanitise(folded) == folded  # it stands where an element may stand


@given(st.text(max_size=200))
def test_any_text_is_kept(text: str) -> None:
    assert "\n".join(piece.text for piece in folding.pieces(text)) == text
    assert "".join(piece.text for piece in folding_html.pieces(text)) == text


def test_pictures_are_left_out_by_their_words() -> None:
    html = 'a<img src="cid:one" alt="Logo &quot;x&quot; > y" width="3"><img src="cid:two" alt="">b'
    assert folding_html.without_images(html, frozenset({"two"})) == (
        'a[Logo &quot;x&quot; > y]<img src="cid:two" alt="">b'
    )
    assert folding_html.without_images(html, frozenset()) == "a[Logo &quot;x&quot; > y]b"
