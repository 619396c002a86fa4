"""The bridge's own words in rooms where people read mail, in every language: marks, banners, notices, folds.

Pure. Each text is a format of ours with named places; what mails and servers say is only ever put in. The admin room,
logs and commands speak English. Every language says everything: a text that is missing is no `Words`.
"""

from datetime import UTC, datetime

from bridge.core.decision import Language
from bridge.core.words.de import DE
from bridge.core.words.en import EN
from bridge.core.words.es import ES
from bridge.core.words.fr import FR
from bridge.core.words.texts import Words

__all__ = ["CATALOGUE", "DE", "EN", "Words", "to_the_minute", "words"]

CATALOGUE: dict[Language, Words] = {"en": EN, "de": DE, "fr": FR, "es": ES}


def words(language: Language) -> Words:
    """The texts in a language."""
    return CATALOGUE[language]


def to_the_minute(at: float) -> str:
    """A moment (seconds since the epoch) as every language writes it: 2026-11-22 10:00 UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
