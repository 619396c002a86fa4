"""iCalendar text taken apart (RFC 5545): content lines, their parameters, the components they stand in.

Own and narrow, instead of the package for it (icalendar): that one reads nothing of a calendar with one unfinished
component, keeps a mail's time zones for the mails after it, and computes a stranger's rules without end. Here every
line is looked at once, broken ones are stepped over, and counts are bounded. Never raises.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

SIZE = 512_000
"""Characters of a calendar that are looked at."""

COMPONENTS = 200
"""Components that are kept."""

LINES = 400
"""Content lines of one component that are kept."""

VALUE = 16_000
"""Characters of one value that are kept."""

_NAME = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})(?=[:;])")
_PARAMETER = re.compile(r";([A-Za-z][A-Za-z0-9-]{0,60})=((?:\"[^\"]*\"|[^;:\"])*)")
_ESCAPED = re.compile(r"\\(.)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Line:
    """One property: parameters by upper-case name without quotes, the value as written."""

    params: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """A value of type TEXT (section 3.3.11): escapes undone."""
        return _CONTROL.sub("", _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], self.value))


@dataclass(slots=True)
class Component:
    """What stands between BEGIN and END. `lines`: by upper-case name; `within`: the name of what holds it, or empty."""

    name: str
    within: str = ""
    lines: dict[str, list[Line]] = field(default_factory=dict)
    parts: "list[Component]" = field(default_factory=list)
    count: int = 0

    def first(self, name: str) -> Line | None:
        """The first property of that name."""
        found = self.lines.get(name)
        return found[0] if found else None

    def text(self, name: str) -> str:
        """The text of the first property of that name, or empty."""
        found = self.first(name)
        return found.text.strip() if found else ""


def components(source: str) -> list[Component]:
    """Every component in order of its BEGIN, also those whose END is missing. Parts of parts are in `parts` too."""
    found: list[Component] = []
    opened: list[Component] = []
    for line in _unfolded(source[:SIZE]):
        match = _NAME.match(line)
        if match is None:
            continue
        name = match[1].upper()
        if name == "BEGIN":
            if len(found) >= COMPONENTS:
                break
            made = Component(line[6:].strip().upper()[:40], opened[-1].name if opened else "")
            if opened:
                opened[-1].parts.append(made)
            opened.append(made)
            found.append(made)
        elif name == "END":
            ended = line[4:].strip().upper()
            if any(each.name == ended for each in opened[-8:]):
                while opened.pop().name != ended:
                    pass
        elif opened and opened[-1].count < LINES:
            opened[-1].count += 1
            params, value = _taken_apart(line, match.end())
            opened[-1].lines.setdefault(name, []).append(Line(params, value[:VALUE]))
    return found


def _unfolded(source: str) -> Iterator[str]:
    """Section 3.1. A line that cannot begin a property goes on with the one before, for some mailers wrap anew."""
    whole: list[str] = []
    for line in source.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line[:1] in (" ", "\t"):
            whole.append(line[1:])
        elif line and _NAME.match(line) is None:
            if whole and whole[0][:6].upper() != "BEGIN:":
                whole.append(line)
        else:
            if whole:
                yield "".join(whole)
            whole = [line]
    if whole:
        yield "".join(whole)


def _taken_apart(line: str, at: int) -> tuple[dict[str, str], str]:
    params: dict[str, str] = {}
    while len(params) < 30 and (match := _PARAMETER.match(line, at)):
        params.setdefault(match[1].upper(), match[2].replace('"', "").strip()[:500])
        at = match.end()
    colon = line.find(":", at)
    return params, line[colon + 1 :] if colon >= 0 else ""
