"""Conditions on what a mail holds: its subject and header fields, its text, its size and attachments, its kind."""

from collections.abc import Iterable, Mapping
from functools import partial

from bridge.core.mail import Part
from bridge.routing import patterns
from bridge.routing.ground import Ground
from bridge.routing.patterns import Matcher, Values, octets
from bridge.routing.tree import Case, Hit, Leaf
from bridge.routing.when_doc import AttachmentDoc, PatternDoc, SizeDoc
from bridge.yamldoc import Path

TEXTS: Mapping[str, Values] = {
    "subject": lambda case: (case.mail.subject,),
    "account": lambda case: (case.envelope.account,) if case.envelope.account else (),
    "folder": lambda case: (case.envelope.folder,) if case.envelope.folder else (),
}

FILES: Mapping[str, Values] = {
    "name": lambda case: (part.name for part in case.mail.attachments if not part.inline),
    "type": lambda case: (part.type for part in case.mail.attachments if not part.inline),
}


def text(label: str, values: Values, wanted: Iterable[PatternDoc], path: Path, ground: Ground) -> Leaf | None:
    """A condition on texts that are compared as a whole."""
    found = ground.read(path, partial(patterns.matcher, wanted, f"{label} is "))
    if found is None:
        return None
    name = label.lower()
    return Leaf(label, found.words, path, lambda case: found.hit(case.texts(name, values)), groups=found.groups)


def header(name: str, wanted: Iterable[PatternDoc], path: Path, ground: Ground) -> Leaf | None:
    """A condition on a header field, by its name in whatever case."""
    return text(f"header {name}", lambda case: case.mail.header(name), wanted, path, ground)


def body(wanted: Iterable[PatternDoc], path: Path, ground: Ground) -> Leaf | None:
    """A condition on a line of the text."""
    found = ground.read(path, partial(patterns.lines, wanted, "body is "))
    if found is None:
        return None
    return Leaf("body", found.words, path, lambda case: found.hit(octets(case.mail.text)), groups=found.groups)


def size(wanted: SizeDoc, path: Path) -> Leaf:
    """A condition on the size of the whole mail."""
    said = _bounds(wanted)
    hit = Hit(f"size is {said}")
    return Leaf("size", said, path, lambda case: hit if _within(case.mail.size, wanted) else None)


def attachment(wanted: AttachmentDoc, path: Path, ground: Ground) -> Leaf | None:
    """A condition on how many attachments there are of some name, type and size. Inline images are none."""
    matchers: list[tuple[Matcher, str]] = []
    said: list[str] = []
    for key, listed in (("name", wanted.name), ("type", wanted.type)):
        if listed is None:
            continue
        found = ground.read((*path, key), partial(patterns.matcher, listed))
        if found is None:
            return None
        matchers.append((found, key))
        said.append(f"{key} {found.words}")
    if wanted.size is not None:
        said.append(f"size {_bounds(wanted.size)}")
    at_most = wanted.at_most
    at_least = wanted.at_least if wanted.at_least is not None else 0 if at_most == 0 else 1
    if at_most is not None and at_least > at_most:
        ground.complain(path, "never matches: `at-least` is above `at-most`", "exchange them")
    words = _counted(at_least, at_most, ", ".join(said))
    groups = tuple(sorted({name for found, _ in matchers for name in found.groups}))

    def one(part: Part) -> dict[str, str] | None:
        captures: dict[str, str] = {}
        for found, key in matchers:
            hit = found.hit((part.name if key == "name" else part.type,))
            if hit is None:
                return None
            captures = {**dict(hit.captures), **captures}
        return captures if wanted.size is None or _within(part.size, wanted.size) else None

    def counted(case: Case) -> list[dict[str, str]]:
        if any(found.misses(case.texts(f"attachment {key}", FILES[key])) for found, key in matchers):
            return []
        return [found for part in case.mail.attachments if not part.inline and (found := one(part)) is not None]

    def test(case: Case) -> Hit | None:
        such = counted(case)
        if len(such) < at_least or (at_most is not None and len(such) > at_most):
            return None
        return Hit(f"attachment is {words}", tuple(such[0].items()) if such else ())

    return Leaf("attachment", words, path, test, groups=groups)


def _counted(at_least: int, at_most: int | None, such: str) -> str:
    """How many of which: "none", "at least 2 with name *.pdf", "name *.pdf"."""
    many = ["none"] if at_most == 0 else [f"at least {at_least}"] if at_least > 1 or not such else []
    if at_most:
        many.append(f"at most {at_most}")
    return " with ".join(part for part in (" and ".join(many), such) if part)


def kind(wanted: tuple[str, ...], path: Path) -> Leaf:
    """A condition on the sort of mail, as the reader found it."""
    hits = {word: Hit(f"kind is {word}") for word in wanted}
    return Leaf("kind", " or ".join(wanted), path, lambda case: hits.get(case.mail.kind))


def spam(wanted: bool, path: Path, ground: Ground) -> Leaf:
    """Whether a field of the filter before us says Yes, as its first word."""
    said = str(wanted).lower()
    hit = Hit(f"spam is {said}")
    names = ground.spam_headers

    def test(case: Case) -> Hit | None:
        values = (value for name in names for value in case.mail.header(name))
        marked = any(value.strip().casefold().startswith(("yes", "true")) for value in values)
        return hit if marked is wanted else None

    return Leaf("spam", said, path, test)


def _within(octets: int, bounds: SizeDoc) -> bool:
    return (bounds.over is None or octets > bounds.over) and (bounds.under is None or octets < bounds.under)


def _bounds(bounds: SizeDoc) -> str:
    said = [f"{word} {_sized(octets)}" for word in ("over", "under") if (octets := getattr(bounds, word)) is not None]
    return " and ".join(said)


def _sized(octets: int) -> str:
    """As a person writes it."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 1000)):
        if octets and octets % factor == 0:
            return f"{octets // factor}{unit}"
    return f"{octets}B"
