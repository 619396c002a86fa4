"""HTML is cut without losing a word, and the text beside it is told apart as the HTML's structure says."""

import re
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.body import of_kind
from bridge.core.mail import Mail
from bridge.mail.html import read, sanitise, settled
from bridge.mail.html_cut import cut
from bridge.mail.html_lines import rows
from bridge.mail.html_marks import unmarked
from bridge.mail.html_split import split
from bridge.mail.parse import read_mail
from bridge.mail.plain import from_html

PIECES = """
<div> </div> <p> </p> <b> </b> <a&#32;href='https://x.example/?a&b'> </a> <table> <tr> <td> </td> </table> <br> <hr>
<ul> <ol> <ol&#32;start=7> <li> </ul> </ol> <pre> </pre> <details> <summary> <h2> <blockquote> </blockquote> text more
<img&#32;src='cid:i'&#32;alt='x"y'> <div&#32;class=gmail_quote> <blockquote&#32;type=cite> <div&#32;class=signature>
<div&#32;id=divRplyFwdMsg> <div&#32;class=moz-cite-prefix> <div&#32;class=yahoo_quoted> <hr&#32;id=zwchr> -- &lt; &nbsp;
<div&#32;id=appendonsend> <font&#32;color=white> <div&#32;dir=rtl> bank.example \ufdd1 \ufdd3x
"""
markup = st.lists(st.sampled_from(PIECES.split()) | st.text(max_size=4), max_size=40).map(
    lambda pieces: "".join(pieces).replace("&#32;", " ")
)


def seen(html: str) -> str:
    return re.sub(r"\s", "", re.sub(r"<[^>]*>", "", html))


@given(markup)
def test_a_cut_loses_and_moves_no_visible_word(written: str) -> None:
    marked = read(written, frozenset({"i"})).marked
    places = [row.start for row in rows(marked) if row.start > 0]
    assert places == sorted(places)
    pieces = [unmarked(piece).strip() for piece in cut(marked, places)]
    assert seen("".join(pieces)) == seen(unmarked(marked))
    assert all(settled(piece) for piece in (*pieces, "".join(pieces)))


@given(markup, st.booleans())
def test_pieces_joined_are_the_html_and_each_is_a_fixed_point(written: str, forward: bool) -> None:
    found = read(written, frozenset({"i"}))
    told = split(from_html(found.marked), found.marked, forward=forward)
    assert "".join(piece.text for piece in told.html_pieces) == told.html
    assert "\n".join(piece.text for piece in told.pieces) == from_html(found.html)
    assert settled(told.html)
    assert all(sanitise(piece.text, frozenset({"i"})) == piece.text for piece in told.html_pieces)
    assert seen(told.html) == seen(found.html)
    assert not re.search("[\ufdd0-\ufdef]", told.html)


def test_marks_that_a_mail_brings_itself_mean_nothing() -> None:
    mail = read_mail(
        "From: a@b.example\nContent-Type: text/html; charset=utf-8\n\n<p>\ufdd3one &#xfdd1;two</p>".encode()
    )
    assert mail.html == "<p>one two</p>"
    assert [piece.kind for piece in mail.html_pieces] == ["new"]


def test_what_is_open_at_a_cut_is_closed_and_opened_again() -> None:
    html = '<div><p>a<br>b</p><ol start="3"><li>c</li><li>d<br>e</li></ol></div>'
    places = [html.index(f">{letter}<") + 1 for letter in "be"] + [html.index("<li>d")]
    assert cut(html, places) == [
        "<div><p>a<br></p></div>",
        '<div><p>b</p><ol start="3"><li>c</li></ol></div>',
        '<div><ol start="4"><li>d<br></li></ol></div>',
        '<div><ol start="4"><li>e</li></ol></div>',
    ]


def test_a_row_of_a_table_and_a_link_stay_whole() -> None:
    html = sanitise(
        "<table><tr><td>a<br>b<td>c</tr><tr><td>d<td>e</tr></table><a href='https://x.example'>f<br>g</a><br>h"
    )
    assert [row.text for row in rows(html) if row.start >= 0] == ["a", "d | e", "f", "h"]


QUOTED = (
    "<div>Ten crates, and please bring the long ladder for the old tree behind the barn, too.</div>"
    '<div class="moz-cite-prefix">Dana 2.11.2026, Jon Pell napisa</div>'
    '<blockquote type="cite">How many crates shall we bring along on Tuesday?</blockquote>'
)


def both(text: str, html: str, subject: str = "Re: Orchard") -> Mail:
    mail = EmailMessage()
    mail["From"] = "mara@orchard.example"
    mail["Subject"] = subject
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return read_mail(mail.as_bytes())


def test_structure_of_the_html_tells_what_the_text_beside_it_does_not() -> None:
    mail = both(
        "Ten crates, and please bring the long ladder for the old tree behind the\nbarn, too.\n\n"
        "Dana 2.11.2026, Jon Pell napisa\nHow many crates shall we bring along\non Tuesday?\n",
        QUOTED,
    )
    new = "Ten crates, and please bring the long ladder for the old tree behind the\nbarn, too."
    assert of_kind(mail.pieces, "new") == new
    assert [piece.kind for piece in mail.pieces] == ["new", "quoted"]
    assert [piece.kind for piece in mail.html_pieces] == ["new", "quoted"]
    assert "\n".join(piece.text for piece in mail.pieces) == mail.text


def test_a_text_that_says_something_else_is_told_apart_by_its_own_words() -> None:
    mail = both("An entirely different message for programs of old, at some length. " * 8 + "\n\n-- \nMara", QUOTED)
    assert [piece.kind for piece in mail.pieces] == ["new", "signature"]
    assert [piece.kind for piece in mail.html_pieces] == ["new", "quoted"]


def test_html_that_says_something_else_leaves_the_text_to_its_own_marks() -> None:
    mail = both("Ten.\n\nOn Mon, 2 Nov 2026, Jon Pell wrote:\n> How many?\n", "<p>Ten.</p><p>Anything else?</p>")
    assert [piece.kind for piece in mail.pieces] == ["new", "quoted"]
    assert [piece.kind for piece in mail.html_pieces] == ["new"]


def test_html_without_structure_learns_from_the_marks_of_the_text() -> None:
    mail = both(
        "Ten crates, please.\n\n> How many crates shall\n> we bring on Tuesday?\n\n-- \nMara Lind\n",
        "<p>Ten crates, please.</p><div style='color:navy'>How many crates shall we bring on Tuesday?</div>"
        "<p>Mara Lind</p>",
    )
    assert of_kind(mail.html_pieces, "new").startswith("<p>Ten crates, please.</p>")
    assert of_kind(mail.html_pieces, "quoted") == "<div>How many crates shall we bring on Tuesday?</div>"


def test_marks_of_quotation_written_as_text_count_in_html_too() -> None:
    mail = read_mail(
        b"From: a@b.example\nContent-Type: text/html\n\nTen.<br><br>On Mon, 2 Nov 2026, Jon Pell wrote:<br>"
        b"&gt; How many?<br>&gt; &gt; When?<br>"
    )
    assert [(piece.kind, piece.text.strip()) for piece in mail.pieces] == [
        ("new", "Ten."),
        ("quoted", "On Mon, 2 Nov 2026, Jon Pell wrote:\n> How many?\n> > When?"),
    ]


def test_links_stand_once_in_the_text() -> None:
    image = '<a href="https://x.example/1"><img src="cid:i" alt="Barn"></a>'
    shown = sanitise(
        f"<p>{image} <a href='https://x.example/1'>The barn</a></p><p>and <a href='https://x.example/1'>again</a></p>"
        "<p><a href='https://evil.example/1'>bank.example</a> <a href='https://x.example/'>x.example</a></p>"
        "<a href='https://x.example/2'><div>A block</div></a>",
        frozenset({"i"}),
    )
    assert from_html(shown) == (
        "[Barn] <https://x.example/1> The barn\n\nand again <https://x.example/1>\n\n"
        "bank.example <https://evil.example/1> x.example\n\nA block <https://x.example/2>"
    )
