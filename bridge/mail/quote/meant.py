"""Whether words that stand where signatures do are meant to be read: questions, requests, running text.

Looks at the words alone. In doubt they are: a stranger must not hide what he says below two hyphens, and a signature
that is shown costs less than a request that is folded away. Linear; each line is looked at to a bound.
"""

import re
from collections.abc import Sequence

from bridge.mail.quote.disclaimer import notice

PROSE = 12
"""Words from which a paragraph with a sentence in it is running text; one such paragraph may be a motto."""

LONG = 50
"""Words from which one paragraph is more than a motto."""

_QUESTION = re.compile(r"(?:\S{1,40} ){3}[^?]{0,200}[?？]\Z")
_SENTENCE = re.compile(r"[.!?…。！？](?:[\"'”’»)\]]?)(?: |\Z)")
_CARD = re.compile(r"(?i)https?://|www\.|@[\w.-]{1,99}\.\w|\+?\d[\d ()/.-]{6,30}\d")
EXCUSES = re.compile(
    r"(?:excuse|forgive|typo|brevity|tippfehler|kürze|entschuldig|excusez|disculp|scus|desculp|excuus)"
)
_ASKING = (
    r"\b(?:please|kindly|could you|can you|would you|will you|let)\b.{0,80}\b(?:me|my|us|our|i|we)\b|"
    r"\b(?:i|we) (?:need|want|expect|would like|ask) |"
    r"\b(?:bitte|könn(?:en|ten) (?:sie|ihr)|kannst du|könntest du)\b.{0,80}"
    r"\b(?:mir|mich|uns|meine?[nrms]?|unsere?[nrms]?)\b|"
    r"\b(?:ich|wir) (?:brauchen?|möchten?|bitten?|erwarten?|benötigen?) |"
    r"\b(?:merci de|veuillez|pouvez-vous|pourriez-vous|prière de)\b.{0,60}"
    r"(?:\bm'|\b(?:me|moi|nous|mon|ma|mes|notre)\b)|"
    r"\b(?:por favor|ruego|puede|podría)\b.{0,80}\b(?:me|mi|mis|nos|nuestr[oa]s?|\w{3,20}(?:me|nos))\b|"
    r"\b(?:per favore|per cortesia|vi prego|potete|può|potrebbe)\b.{0,80}"
    r"\b(?:mi|ci|mio|mia|nostr[oaie]|\w{3,20}(?:mi|ci))\b|"
    r"\b(?:alstublieft|graag|kunt u|kun je|gelieve)\b.{0,80}\b(?:mij|me|ons|mijn|onze)\b"
)
_REQUEST = re.compile(_ASKING, re.IGNORECASE)
_LOOK = 400


def meant(bares: Sequence[str]) -> bool:
    """Whether a block of lines asks something, wants something, or is running text rather than a card."""
    if any(_QUESTION.search(bare[-_LOOK:]) for bare in bares):
        return True
    paragraphs = list(_paragraphs(bares))
    texts = [" ".join(lines)[: 10 * _LOOK] for lines in paragraphs]
    if notice(" ".join(texts)):  # lawyers write at length, and ask to be told of mistakes
        return False
    if any(_REQUEST.search(text) and not EXCUSES.search(text.casefold()) for text in texts):
        return True
    prose = [words for lines, text in zip(paragraphs, texts, strict=True) if (words := _running(lines, text))]
    return len(prose) > 1 or any(words >= LONG for words in prose)


def _running(lines: Sequence[str], text: str) -> int:
    """How many words of running text a paragraph is; 0 for a card, however long."""
    words = len(text.split())
    cards = sum(_CARD.search(line[:_LOOK]) is not None for line in lines)
    return words if words >= PROSE and _SENTENCE.search(text) and 3 * cards < len(lines) + 2 else 0


def _paragraphs(bares: Sequence[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for bare in bares:
        if bare:
            found[-1].append(bare)
        elif found[-1]:
            found.append([])
    return [lines for lines in found if lines]
