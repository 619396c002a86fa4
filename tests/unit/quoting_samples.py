"""Mails of desks and lists in their pieces: each line behind one letter that says what it is.

n: new, q: quoted, s: signature, d: disclaimer, f: forwarded; a blank line belongs to whatever it stands in. "·" stands
for a space at the end of a line.
"""

from bridge.mail.quote.line import plain
from bridge.mail.quote.splitting import kinds

LETTERS = {"new": "n", "quoted": "q", "signature": "s", "disclaimer": "d", "forwarded": "f"}


def told(marked: str, *, forward: bool = False) -> tuple[str, str]:
    """A sample as it should be told and as it is: both with their letters, blank lines left out."""
    lines = marked.strip("\n").split("\n")
    texts = [one[2:].replace("·", " ") for one in lines]
    found = kinds(plain(texts), forward=forward)
    wanted = [f"{one[0]} {text}" for one, text in zip(lines, texts, strict=True) if text.strip()]
    given = [f"{LETTERS[kind]} {text}" for kind, text in zip(found, texts, strict=True) if text.strip()]
    return "\n".join(wanted), "\n".join(given)
