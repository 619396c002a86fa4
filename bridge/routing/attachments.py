"""Compiles which attachments are shown, and says of a mail which are not.

Looks at names, declared types and sizes alone, never inside a file: what a sender calls a PDF passes for one. Names
come from strangers, so patterns are asked in linear time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.core.decision import Withheld
from bridge.core.mail import Mail
from bridge.routing.merge import From
from bridge.routing.patterns import BadPattern, Matcher, is_glob, matcher
from bridge.routing.when_doc import PatternDoc
from bridge.yamldoc import Complain

ORIGINAL = ("original.eml", "message/rfc822")
"""Name and type of the whole mail, which is attached when it could not be read."""


@dataclass(frozen=True, slots=True)
class Either:
    """Patterns on file names, and patterns on MIME types (those with a slash)."""

    names: Matcher
    types: Matcher

    def hit(self, name: str, kind: str) -> str | None:
        """The pattern that one of them meets, or None."""
        found = self.names.hit((name,)) or self.types.hit((kind,))
        return found.words if found else None


@dataclass(frozen=True, slots=True)
class Files:
    """Which attachments are shown: only `allow` (None: any), never `block`, none above `size` octets (0: any)."""

    allow: Either | None = None
    block: Either | None = None
    size: int = 0

    def withheld(self, mail: Mail) -> tuple[Withheld, ...]:
        """What of the mail is not shown, with reasons."""
        if self == ALL or not (mail.attachments or mail.unreadable):
            return ()
        found = [self._why(part.index, part.name, part.type, part.size) for part in mail.attachments]
        if mail.unreadable:
            # Whatever is forbidden may lie in it unseen.
            unseen = Withheld(None, "unseen") if self.block else None
            found.append(unseen or self._why(None, *ORIGINAL, mail.size))
        return tuple(held for held in found if held is not None)

    def _why(self, part: int | None, name: str, kind: str, size: int) -> Withheld | None:
        if self.block and (pattern := self.block.hit(name, kind)):
            return Withheld(part, "blocked", pattern)
        if self.allow and not self.allow.hit(name, kind):
            return Withheld(part, "not-allowed")
        return Withheld(part, "large", str(self.size)) if self.size and size > self.size else None


ALL = Files()
"""Everything is shown."""


def compile_files(said: Mapping[str, From], complain: Complain) -> Files:
    """The merged option `attachments`; what cannot be compiled is complained of."""
    allow, block = (_either(said[key], complain) if key in said else None for key in ("allow", "block"))
    return Files(allow, block, said["size"].value if "size" in said else 0)


def _either(said: From, complain: Complain) -> Either | None:
    patterns: Iterable[PatternDoc] = said.value
    for text in (pattern.text for pattern in patterns):
        if text and not is_glob(text) and "." not in text and "/" not in text:
            what = f"{text!r} is neither a file name nor a MIME type"
            complain(said.path, what, f'write "*.{text}", "image/*" or "application/pdf"')
    try:
        return Either(
            matcher(p for p in patterns if "/" not in _words(p)), matcher(p for p in patterns if "/" in _words(p))
        )
    except BadPattern as error:
        complain(said.path, f"this regex cannot be read: {error}", error.cure)
        return None


def _words(pattern: PatternDoc) -> str:
    return pattern.regex or pattern.text
