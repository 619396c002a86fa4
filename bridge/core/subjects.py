"""What a subject says, without the marks that answering and passing on leave around it.

Pure and linear; a subject is never empty of words because of it unless it held none but marks.
"""

import re
from functools import lru_cache

SUBJECT_MAX = 400
"""Characters of a subject that are kept; the rest of a longer one is cut."""

_UNPRINTABLE = re.compile("[\\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
# In the tongues that mail programs write them in. Single letters (Italian "R:", "I:") are words elsewhere.
_REPLY = "re|aw|antw|antwort|sv|vs|odp|ynt|res|rif|bls|ref|回复|回覆|答复"
_FORWARD = "fwd?|wg|tr|rv|enc|vb|vl|doorst|pd|ilt|tov|πρθ|转发|轉寄"
# Numbered or not, with an ASCII or a fullwidth colon, some with what people and old programs type instead of one.
_MARK = re.compile(
    rf"(?:{_REPLY}|{_FORWARD})\s?(?:[\[(]\d{{1,4}}[\])])?\s{{0,4}}(?:[:：]\s*)+|(?:re|fwd?)\s?(?:;\s*|--+\s*)|\(fwd?\)\s*",
    re.I,
)
_REPLIED = re.compile(rf"(?:{_REPLY})\s?(?:[\[(]\d{{1,4}}[\])])?\s?[:：]\s*", re.I)
_ENDED = re.compile(r"\s?\(fwd?\)$", re.I)
_ALONE = frozenset({"re", "fw", "fwd"})


@lru_cache(maxsize=64)  # asked several times of one mail
def base_subject(subject: str) -> str:
    """The subject without marks of replies and forwards (RFC 5256 section 2.1, tags of lists kept), white space and
    control characters folded to single spaces.

    A literal `=?` is parted, so that nobody takes it for an encoded word (RFC 2047) and decodes it a second time.
    """
    text = _folded(subject)
    start, end = 0, len(text)
    while True:
        if mark := _MARK.match(text, start, end):
            start = mark.end()
        elif start < end and text[start] == "[" and (mark := _MARK.match(text, start + 1, end)):
            if text.startswith("]", mark.end()):  # "[Fwd: ] words"
                start = mark.end() + 1
            elif text[end - 1] == "]":  # "[Fwd: words]"
                start, end = mark.end(), end - 1
            else:
                break
        elif start < end and (ended := _ENDED.search(text, max(start, end - 6), end)):
            end = ended.start()
        else:
            break
        while start < end and text[start] == " ":
            start += 1
        while start < end and text[end - 1] == " ":
            end -= 1
    return _cut("" if start and text[start:end].casefold() in _ALONE else text[start:end].strip())


def unanswered(subject: str) -> str:
    """The subject without the marks of replies before it, for an answer that sets its own; marks of forwards stay."""
    text = _folded(subject)
    start = 0
    while mark := _REPLIED.match(text, start):
        start = mark.end()
    return _cut(text[start:])


def _folded(subject: str) -> str:
    return _UNPRINTABLE.sub(" ", subject).replace("=?", "= ?").strip()


def _cut(text: str) -> str:
    return text if len(text) <= SUBJECT_MAX else text[: SUBJECT_MAX - 1].rstrip() + "…"
