"""What a mail's body is made of: the words that are new, and what was there before or stands there always.

Values only. Pieces stand in reading order and leave nothing out: joined, they are the body again.
"""

from dataclasses import dataclass
from typing import Literal

from bridge.core.addresses import Address

PieceKind = Literal["new", "quoted", "signature", "disclaimer", "forwarded"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a body, whole lines of text or whole elements of sanitised HTML.

    "new": what the sender wrote now, with whatever they quoted to answer between. "quoted": history, with the line that
    introduces it. "signature" and "disclaimer": with the line that parts them off. "forwarded": mail passed on within
    the text, with its header block.
    """

    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A mail that was passed on within a mail's text, or as message/rfc822. Fields are empty where it names none.

    `date`: as written. `part`: the index of the message/rfc822 part (of a mail within that one too, of its outermost);
    -1 when it stands in the text. `message_id`: with its angle brackets, where the header came with it.
    """

    from_: tuple[Address, ...] = ()
    date: str = ""
    subject: str = ""
    text: str = ""
    part: int = -1
    message_id: str = ""


def of_kind(pieces: tuple[Piece, ...], kind: PieceKind) -> str:
    """The text of all pieces of one kind, in order, an empty line between those that stood apart."""
    return "\n\n".join(piece.text.strip("\n") for piece in pieces if piece.kind == kind and piece.text.strip())
