"""How a mail looks in its room by the rules: what is folded, what is left out, which header fields stand above it.

Pure. Nothing is lost by it: where a text was folded or left out, a line says so and how to get it, in every client.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from bridge.core import folding, folding_html
from bridge.core.decision import Looks
from bridge.core.folding import Piece
from bridge.core.mail import Mail, Part
from bridge.core.templates import one_line
from bridge.core.words import Words

UNFOLD = "📄"
"""The reaction that brings the whole text."""

FIELDS = 8
"""Header fields that are shown, each with at most three values."""

LONGEST = 400
"""Characters of a header value that are shown."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a `Show` shows. `images` stand in `html`; `files` are shown as attachments instead; `unseen` not at all.

    `cut`: something was folded or left out, and may be asked for.
    """

    text: str
    html: str
    images: tuple[Part, ...] = ()
    files: tuple[Part, ...] = ()
    unseen: tuple[Part, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False


def look(mail: Mail, looks: Looks, says: Words, withheld: frozenset[int | None]) -> Looked:
    """Apply `looks` to a mail. `withheld`: attachments (by index) that are not shown for other reasons."""
    inline = tuple(part for part in mail.attachments if part.inline and part.index not in withheld)
    shown = inline if looks.images == "inline" else ()
    html = mail.html
    if html and any(part.inline and part not in shown for part in mail.attachments):
        html = folding_html.without_images(html, frozenset(part.content_id for part in shown))
    unseen = inline if looks.images == "none" else ()
    text, html, cut = _folded(mail.text, html, looks, says)
    if unseen:
        line = says.left_out.format(what=_pictures(len(unseen), says), symbol=UNFOLD)
        text = f"{text}\n\n{line}" if text.strip() else line
        html = f"{html}<p><em>{escape(line, quote=False)}</em></p>" if html else ""
    return Looked(
        text=text,
        html=html,
        images=shown,
        files=inline if looks.images == "files" else (),
        unseen=unseen,
        headers=_headers(mail, looks.headers),
        cut=cut or bool(unseen),
    )


def _folded(text: str, html: str, looks: Looks, says: Words) -> tuple[str, str, bool]:
    if looks.quotes == looks.signature == "full":
        return text, html, False
    plainly = folding.pieces(text)
    # Answers between quotations may look like one quotation in the HTML beside the text: then nothing is history.
    richly = () if not html else folding_html.pieces(html)
    if folding.answers_between(text):
        richly = tuple(piece if piece.kind != "quotes" else Piece("own", piece.text) for piece in richly)
    counts = {piece.kind: piece.lines for piece in plainly}
    cut = any(_way(piece, looks) != "full" for piece in (*plainly, *richly))
    if not cut:
        return text, html, False
    folded = any(_way(piece, looks) == "fold" for piece in plainly)
    if not html and folded:
        richly = tuple(Piece(piece.kind, _as_html(piece.text), piece.lines) for piece in plainly)
    return (
        "\n".join(_plain(piece, looks, says) for piece in plainly).strip("\n"),
        "".join(_rich(piece, looks, says, counts.get(piece.kind, piece.lines)) for piece in richly),
        True,
    )


def _way(piece: Piece, looks: Looks) -> str:
    match piece.kind:
        case "own":
            return "full"
        case "quotes":
            return looks.quotes
        case "signature":
            return looks.signature


def _plain(piece: Piece, looks: Looks, says: Words) -> str:
    way = _way(piece, looks)
    if way == "full":
        return piece.text
    told = says.folded if way == "fold" else says.left_out
    return told.format(what=_what(piece, piece.lines, says), symbol=UNFOLD)


def _rich(piece: Piece, looks: Looks, says: Words, lines: int) -> str:
    what = _what(piece, lines, says)
    match _way(piece, looks):
        case "fold":
            return f"<details><summary>{escape(what, quote=False)}</summary>{piece.text}</details>"
        case "none":
            line = says.left_out.format(what=what, symbol=UNFOLD)
            return f"<div><em>{escape(line, quote=False)}</em></div>"
        case _:
            return piece.text


def _what(piece: Piece, lines: int, says: Words) -> str:
    if piece.kind == "signature":
        return says.signature
    return says.quoted_one if lines == 1 else says.quoted_many.format(count=lines)


def _pictures(count: int, says: Words) -> str:
    return says.picture_one if count == 1 else says.picture_many.format(count=count)


def _as_html(text: str) -> str:
    return escape(text.strip("\n"), quote=False).replace("\n", "<br>")


def _headers(mail: Mail, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name in names[:FIELDS] for value in _values(mail.header(name)[:3]))


def _values(said: Iterable[str]) -> list[str]:
    return [value for text in said if (value := one_line(text, LONGEST))]
