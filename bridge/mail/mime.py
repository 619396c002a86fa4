"""The MIME tree of a mail (RFC 2045, 2046) as spans of its octets, and the decoded octets of each leaf.

Own and linear: the standard library's parser takes minutes on a few megabytes of separators, and nine times the mail's
size in memory. Here every level is a search for one delimiter, nothing is copied before a leaf is decoded, and the
bounds of `limits` hold while the tree is made. Never decodes text, never descends into message/rfc822, never raises
for content.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.mail import limits, transfer, words

Field = tuple[str, bytes]

_BLANK = re.compile(rb"\n\r?\n")
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_KNOWN = re.compile(rb"(?i)(?:from|to|subject|date|message-id|mime-version|content-type|received)[ \t]*:")
_BROKEN = 6
"""Lines of a folded field that may have lost their indentation."""

_UNIQUE = 8
"""Characters of a boundary from which it is no part's words by chance."""

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\Z")


@dataclass(frozen=True, slots=True)
class Node:
    """One part. `start`, `end`: the span of its body in the raw octets. `type` is valid and lower-case.

    `index`: depth-first position over all parts. `encoding`, `disposition` are lower-case; `name` as written.
    `named`: the values of `fields` by their lower-case name.
    """

    index: int
    fields: tuple[Field, ...]
    named: dict[str, list[bytes]]
    start: int
    end: int
    type: str
    params: dict[str, str]
    encoding: str
    disposition: str
    name: str
    content_id: str
    children: tuple["Node", ...] = ()

    def walk(self) -> Iterator["Node"]:
        """This part and all below, depth first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def first(self, name: str) -> bytes:
        """The first field of that (lower-case) name, or empty."""
        return _first(self.named, name)

    def every(self, name: str) -> tuple[bytes, ...]:
        """All fields of that (lower-case) name, in order."""
        return tuple(self.named.get(name, ()))


def _first(named: dict[str, list[bytes]], name: str) -> bytes:
    values = named.get(name)
    return values[0] if values else b""


@dataclass(slots=True)
class Scan:
    """The tree while it grows, and what was found beyond bounds. `whole` False: parts or fields were left out."""

    raw: bytes
    parts: int = 0
    whole: bool = True
    problems: list[str] = field(default_factory=list)

    def stop(self, problem: str) -> None:
        """A bound was met: say so once."""
        self.whole = False
        self.say(problem)

    def say(self, problem: str) -> None:
        """What is odd, and no reason to doubt the rest."""
        if problem not in self.problems:
            self.problems.append(problem)


def tree(raw: bytes) -> tuple[Node, Scan]:
    """The root part, and the scan with its problems; its `raw` are the octets that the spans are of."""
    if b"\n" not in raw[: limits.HEADER_BLOCK] and b"\r" in raw[: limits.HEADER_BLOCK]:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")  # written by a program that ends lines with CR alone
    scan = Scan(raw)
    start = len(raw) - len(raw.lstrip(b"\r\n")) if raw[:1] in b"\r\n" else 0
    if raw[start : start + 5] == b"From " or raw[start : start + 6] == b">From ":  # the separator of an mbox
        start = (raw.find(b"\n", start) + 1) or len(raw)
    return _node(scan, start, len(raw), 1, "text/plain"), scan


def _node(scan: Scan, start: int, end: int, depth: int, default: str) -> Node:
    index = scan.parts
    scan.parts += 1
    fields, body = _fields(scan, start, end)
    named: dict[str, list[bytes]] = {}
    for name, value in fields:
        named.setdefault(name.lower(), []).append(value)
    written, params = words.parameters(_first(named, "content-type"))
    if " " in written:
        written = written.split()[0]  # the semicolon was forgotten
    kind = written if _TYPE.match(written) else default if not written else "application/octet-stream"
    if kind == "application/octet-stream" and written in ("text", "plain"):
        kind = "text/plain"
    disposition, details = words.parameters(_first(named, "content-disposition"))
    encoding = transfer.name(words.parameters(_first(named, "content-transfer-encoding"))[0])
    children: tuple[Node, ...] = ()
    if kind.startswith("multipart/"):
        spans = _spans(scan, body, end, params.get("boundary", ""))
        if not spans:
            kind = "text/plain"
        elif depth >= limits.DEPTH:
            scan.stop(f"parts are nested deeper than {limits.DEPTH}")
            kind = "application/octet-stream"
        else:
            below = "message/rfc822" if kind == "multipart/digest" else "text/plain"
            children = _children(scan, spans, depth, below)
    return Node(
        index=index,
        fields=fields,
        named=named,
        start=body,
        end=end,
        type=kind,
        params=params,
        encoding=encoding,
        disposition=disposition,
        name=details.get("filename", "") or params.get("name", ""),
        content_id=words.text(_first(named, "content-id")).strip("<> "),
        children=children,
    )


def _children(scan: Scan, spans: list[tuple[int, int]], depth: int, default: str) -> tuple[Node, ...]:
    made = []
    for start, end in spans:
        if scan.parts >= limits.PARTS:
            scan.stop(f"more than {limits.PARTS} parts")
            break
        made.append(_node(scan, start, end, depth + 1, default))
    return tuple(made)


def _spans(scan: Scan, start: int, end: int, boundary: str) -> list[tuple[int, int]]:
    """The spans between the delimiter lines of `boundary` (RFC 2046 section 5.1.1). A missing last one is forgiven."""
    if not boundary:
        return []
    raw = scan.raw
    delimiter = b"--" + boundary.encode("utf-8", "surrogateescape")
    spans: list[tuple[int, int]] = []
    opened = -1
    at = start
    while len(spans) <= limits.PARTS and (at := raw.find(delimiter, at, end)) >= 0:
        line_end = raw.find(b"\n", at, end)
        line_end = end if line_end < 0 else line_end
        # A line of any length but a delimiter's own is text: look only at its beginning.
        tail = raw[at + len(delimiter) : min(line_end, at + len(delimiter) + 80)].rstrip()
        if tail not in (b"", b"--") or not (at == start or raw[at - 1] == 10 or _runs_on(raw, start, at, boundary)):
            at += len(delimiter)
            continue
        if opened >= 0:
            before = at - (raw[at - 1] == 10) - (raw[at - 2 : at] == b"\r\n") if at > opened else at
            spans.append((opened, max(before, opened)))
        opened = min(line_end + 1, end)
        if tail == b"--":
            if raw[opened : min(opened + 1000, end)].strip():
                scan.say("words stand behind the last part")
            return spans
        at = opened
    if 0 <= opened < end and len(spans) <= limits.PARTS:
        spans.append((opened, end))
    return spans


def _runs_on(raw: bytes, start: int, at: int, boundary: str) -> bool:
    """Whether a delimiter stands right behind the last line of a part, whose line end was forgotten.

    Not where it may be the tail of another delimiter, nor when it is so short that it may be a part's words.
    """
    line = raw.rfind(b"\n", max(start, at - 1000), at) + 1
    return len(boundary) >= _UNIQUE and 0 < line < at and raw[line : line + 2] != b"--" and raw[at - 1] != 45


def _fields(scan: Scan, start: int, end: int) -> tuple[tuple[Field, ...], int]:
    """The fields of the header block at `start`, unfolded, and where the body begins."""
    raw = scan.raw
    if start >= end:
        return (), end
    first = raw.find(b"\n", start, end)
    if not raw[start : first if first >= 0 else end].strip():
        return (), (first + 1) or end
    blank = _BLANK.search(raw, start, end)
    stop, body = (blank.start() + 1, blank.end()) if blank else (end, end)
    if stop - start > limits.HEADER_BLOCK:
        scan.stop(f"a header of more than {limits.HEADER_BLOCK // 1000} kB")
        stop = start + limits.HEADER_BLOCK
    fields: list[tuple[str, list[bytes]]] = []
    at = start
    lines = raw[start:stop].split(b"\n")
    for number, line in enumerate(lines):
        if line[:1] in b" \t" and fields:
            fields[-1][1].append(line.rstrip(b"\r"))
        elif match := _FIELD.match(line):
            if len(fields) >= limits.HEADERS:
                scan.stop(f"more than {limits.HEADERS} header fields")
                break
            fields.append((match[1].decode("ascii"), [line[match.end() :].rstrip(b"\r")]))
        elif line.strip() and not _goes_on(lines, number + 1):
            # No field, nor is the next line: the blank line was forgotten and this is the body.
            body = at
            break
        at += len(line) + 1
    return tuple([(name, _bounded(scan, name, b"".join(value).strip())) for name, value in fields]), body


def _goes_on(lines: list[bytes], number: int) -> bool:
    """Whether a header goes on behind a line that is no field: fields follow, at once or (well-known ones) soon."""
    return any(_FIELD.match(line) for line in lines[number : number + 1]) or any(
        _KNOWN.match(line) for line in lines[number + 1 : number + _BROKEN]
    )


def _bounded(scan: Scan, name: str, value: bytes) -> bytes:
    if len(value) > limits.HEADER:
        scan.stop(f"{name} is longer than {limits.HEADER // 1000} kB")
        return value[:1000]
    if b"=?" in value and words.too_many(value):
        scan.stop(f"{name} has more than {limits.ENCODED_WORDS} encoded words")
        return value[:1000].rpartition(b"=?")[0]
    return value


def payload(raw: bytes, node: Node) -> tuple[bytes, str]:
    """A leaf's octets, transfer encoding undone, and in words what was wrong with it ("" when nothing was)."""
    return transfer.decode(raw[node.start : node.end], node.encoding, text=node.type.startswith("text/"))
