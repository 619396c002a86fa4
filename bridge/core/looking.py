"""How a mail looks in its room by the rules: what is folded, what is left out, which header fields stand above it.

Pure. Nothing is lost by it: where a text was folded or left out, a line says so and how to get it, in every client.
What is new and what was passed on is always shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby
from typing import Literal

from bridge.core import conditions, markup
from bridge.core.body import Forwarded, Piece
from bridge.core.decision import Looks
from bridge.core.mail import Mail, Part
from bridge.core.templates import one_line
from bridge.core.words import Words

UNFOLD = "📄"
"""The reaction that brings the whole text."""

FULL = "!full"
"""The command that brings it, where clients have no reactions, or people like words."""

FIELDS = 8
"""Header fields that are shown, each with at most three values."""

LONGEST = 400
"""Characters of a header value that are shown."""

ENCLOSED = 4000
"""Characters that are shown of a mail which is attached to a mail."""

_RULE = "—" * 10

Way = Literal["full", "fold", "none"]


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
    html_pieces = mail.html_pieces or ((Piece("new", mail.html),) if mail.html else ())
    if any(part.inline and (looks.images != "inline" or part not in inline) for part in mail.attachments):
        kept = frozenset(part.content_id for part in inline) if looks.images == "inline" else frozenset[str]()
        html_pieces = tuple(Piece(piece.kind, markup.without_images(piece.text, kept)) for piece in html_pieces)
    enclosed = tuple(
        _enclosed(one) for one in mail.forwarded if one.part >= 0 and one.part not in withheld and one.text.strip()
    )
    if html_pieces:
        html_pieces = (*html_pieces, *(_as_html(piece) for piece in enclosed))
    text, html, cut = _folded((*(mail.pieces or (Piece("new", mail.text),)), *enclosed), html_pieces, looks, says)
    text = text.lstrip("\n") if enclosed else text
    named = markup.images(html) if looks.images == "inline" else frozenset[str]()
    shown = tuple(part for part in inline if part.content_id in named)
    files = inline if looks.images == "files" else ()
    unseen = tuple(part for part in inline if part not in shown and part not in files)
    notes = []
    if looks.images == "none" and unseen:
        pictures = says.picture_one if len(unseen) == 1 else says.picture_many.format(count=len(unseen))
        notes.append(_told(says.left_out, pictures))
    if mail.remote_images:
        many = says.remote_many.format(count=mail.remote_images)
        notes.append(f"[{says.remote_one if mail.remote_images == 1 else many}]")
    for condition in reversed(conditions.told(mail, says)):
        text = f"{condition}\n\n{text}" if text.strip() else condition
        html = f"<p><em>{escape(condition, quote=False)}</em></p>{html}" if html else ""
    for note in notes:
        text = f"{text}\n\n{note}" if text.strip() else note
        html = f"{html}<p><em>{escape(note, quote=False)}</em></p>" if html else ""
    return Looked(
        text=text,
        html=html,
        images=shown,
        files=files,
        unseen=unseen,
        headers=_headers(mail, looks.headers),
        cut=cut or bool(unseen),
    )


def _enclosed(one: Forwarded) -> Piece:
    """What an attached mail says, with its head; it is attached whole, so a long one may be cut here."""
    fields = (("From", ", ".join(author.shown for author in one.from_)), ("Date", one.date), ("Subject", one.subject))
    head = "\n".join(f"{name}: {one_line(value, LONGEST)}" for name, value in fields if value)
    text = one.text.strip("\n")
    text = text if len(text) <= ENCLOSED else f"{text[:ENCLOSED]}…"
    return Piece("forwarded", f"\n{_RULE}\n{head}\n\n{text}" if head else f"\n{_RULE}\n{text}")


def _folded(plainly: tuple[Piece, ...], richly: tuple[Piece, ...], looks: Looks, says: Words) -> tuple[str, str, bool]:
    """Text and HTML with what is not to be seen at first; whether anything is."""
    plain = list(_grouped(plainly, looks, {piece.kind for piece in plainly if piece.text.strip()}))
    rich = list(_grouped(richly, looks, {p.kind for p in richly if markup.visible(p.text)})) if richly else []
    if not any(way != "full" for way, _ in (*plain, *rich)):
        return "\n".join(piece.text for piece in plainly), "".join(piece.text for piece in richly), False
    if not richly and any(way == "fold" for way, _ in plain):
        rich = [(way, [_in_block(_as_html(piece)) for piece in group]) for way, group in plain]
    told = [(way, _plain(way, group, says)) for way, group in _together(plain)]
    last = {line: number for number, (_, line) in enumerate(told)}
    text = "\n".join(line for number, (way, line) in enumerate(told) if way == "full" or last[line] == number)
    return text.strip("\n"), "".join(_rich(way, group, says) for way, group in _together(rich)), True


def _together(groups: Sequence[tuple[Way, list[Piece]]]) -> Iterator[tuple[Way, list[Piece]]]:
    """All that is left out, where the last of it stood: one line tells of it."""
    out = [piece for way, group in groups if way == "none" for piece in group]
    last = max((number for number, (way, _) in enumerate(groups) if way == "none"), default=-1)
    for number, (way, group) in enumerate(groups):
        if way != "none":
            yield way, group
        elif number == last:
            yield way, out


def _grouped(pieces: Iterable[Piece], looks: Looks, kinds: AbstractSet[str]) -> Iterator[tuple[Way, list[Piece]]]:
    """What stands together and is treated alike is folded together. `kinds`: those that say something.

    A mail that says nothing new shows what else it has: an empty message would be a riddle.
    """
    if not kinds & {"new", "forwarded"}:
        looks = replace(looks, signature="full", disclaimer="full")
        if not kinds & {"signature", "disclaimer"}:
            looks = replace(looks, quotes="full")
    for way, group in groupby(pieces, lambda piece: _way(piece, looks)):
        yield way, list(group)


def _way(piece: Piece, looks: Looks) -> Way:
    if not piece.text.strip():
        return "full"
    match piece.kind:
        case "new" | "forwarded":
            return "full"
        case "quoted":
            return looks.quotes
        case "signature":
            return looks.signature
        case "disclaimer":
            return looks.disclaimer


def _plain(way: Way, pieces: Sequence[Piece], says: Words) -> str:
    if way == "full":
        return "\n".join(piece.text for piece in pieces)
    lines = sum(1 for p in pieces if p.kind == "quoted" for line in p.text.split("\n") if line.strip())
    return _told(says.folded if way == "fold" else says.left_out, _what(pieces, lines, says))


def _rich(way: Way, pieces: Sequence[Piece], says: Words) -> str:
    """In blocks: clients that know no `<details>` show it all, and nothing may run together there."""
    whole = markup.block("".join(piece.text for piece in pieces))
    if way == "full":
        return whole
    what = _what(pieces, sum(len(markup.lines(p.text)) for p in pieces if p.kind == "quoted"), says)
    if way == "fold":
        return f"<details><summary>{escape(what, quote=False)}</summary>{whole}</details>"
    return f"<div><em>{escape(_told(says.left_out, what), quote=False)}</em></div>"


def _what(pieces: Sequence[Piece], lines: int, says: Words) -> str:
    names = {
        "quoted": says.quoted_one if lines == 1 else says.quoted_many.format(count=lines),
        "signature": says.signature,
        "disclaimer": says.disclaimer,
    }
    return ", ".join(dict.fromkeys(names[piece.kind] for piece in pieces))


def _told(format_: str, what: str) -> str:
    return format_.format(what=what, symbol=UNFOLD, command=FULL)


def _as_html(piece: Piece) -> Piece:
    lead = "<br>" if piece.text.startswith("\n") else ""
    return Piece(piece.kind, lead + escape(piece.text.strip("\n"), quote=False).replace("\n", "<br>"))


def _in_block(piece: Piece) -> Piece:
    """Each piece begins a line, as it does in the text."""
    return Piece(piece.kind, markup.block(piece.text))


def _headers(mail: Mail, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name in names[:FIELDS] for value in _values(mail.header(name)[:3]))


def _values(said: Iterable[str]) -> list[str]:
    return [value for text in said if (value := one_line(text, LONGEST))]
