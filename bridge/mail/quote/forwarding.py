"""Reads mail that was passed on within a text: who wrote it, when, under which subject, what it says.

Also tells from a subject that a mail passes another one on. Never decides which lines those are: `splitting` does.
"""

import re
from collections.abc import Iterable

from bridge.core.body import Forwarded, Piece
from bridge.mail import fields
from bridge.mail.quote import headers, markers
from bridge.mail.quote.line import line

MOST = 20
"""Mails that are read out of one text."""

_LOOK = 12
"""Lines below a delimiter within which its header block begins."""

_SUBJECT = re.compile(
    "(?i)[\\[(]?\\s?(?:fwd?|wg|wtr|tr|rv|rif|enc|encaminhada|i|vb|vl|vidarebefordrat|doorst|fs|pd|prz|továbbítás|"
    "tovabbitas|ilt|ynt ilt|πρθ|пересл|転送|转发|轉寄|轉發|전달|הועבר|إعادة توجيه|trs|reenv|"
    "inoltra)\\s?(?:[\\[(]\\d{1,3}[\\])])?\\s?[:：]"
)
_MAILTO = re.compile(r"<?\[?mailto:([^\s<>\[\]]{1,320})[>\]]?")
_BRACKETED = re.compile(r"\[([^\s<>\[\]]{1,64}@[^\s<>\[\]]{1,255})\]")


def passes_on(subject: str) -> bool:
    """Whether the subject begins with a mark of forwarding ("Fwd:", "WG:", "TR:", "转发:")."""
    return _SUBJECT.match(subject.strip()[:40]) is not None


def forwarded(pieces: Iterable[Piece]) -> tuple[Forwarded, ...]:
    """The mails passed on within a text, in order, one inside another too; at most `MOST`."""
    found: list[Forwarded] = []
    for piece in pieces:
        if piece.kind == "forwarded":
            found.extend(_read(piece.text, MOST - len(found)))
    return tuple(found)


def _read(text: str, most: int) -> list[Forwarded]:
    texts = [line(one).text for one in text.split("\n")]
    bares = [one[:400].strip() for one in texts]
    starts = [0, *(n for n, bare in enumerate(bares) if n and markers.forward(bare))]
    starts = [at for n, at in enumerate(starts) if not n or _block(bares, at) is not None][:most]
    made = []
    for number, at in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(texts)
        made.append(_one(texts[at:end], bares[at:end]))
    return made


def _block(bares: list[str], at: int) -> headers.Block | None:
    for index in range(at, min(at + _LOOK, len(bares))):
        found = headers.block(bares, index, marked=index > at)
        if found is not None:
            return found
    return None


def _one(texts: list[str], bares: list[str]) -> Forwarded:
    found = _block(bares, 0)
    start = 0 if found is None else found.end
    while (
        found is None
        and start < len(bares)
        and (not bares[start] or markers.forward(bares[start]) or markers.rule(bares[start]))
    ):
        start += 1
    body = [one for one, bare in zip(texts[start:], bares[start:], strict=True) if not markers.forward_end(bare)]
    named = {} if found is None else found.fields
    author = _BRACKETED.sub(r"<\1>", _MAILTO.sub(r"<\1>", named.get("from", "")[:2000]))
    return Forwarded(
        from_=fields.addresses(author.encode("utf-8", "replace")) if author else (),
        date=named.get("date", "")[:200],
        subject=named.get("subject", "")[:998],
        text="\n".join(body).strip("\n"),
    )
