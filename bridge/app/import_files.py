"""Mail as it lies in files: an mbox (RFC 4155) or a Maildir, found out once, then read in order of date.

An mbox of any size is read as a stream: what is kept of each mail is where it lies and when it is from. Mails come out
as a mail server would have stored them. Nothing here looks further into a mail than to its Date field.
"""

import os
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bridge.core.errors import Permanent
from bridge.mail import fields

LARGEST = 64 * 2**20
"""Octets of the largest mail that is taken."""

_HEADER = 256 * 1024  # octets in which the Date field is looked for
_LINE = 1 << 16  # octets of a line that are held at once
_BLOCK = 1 << 18  # octets that are read at once: mails lie nearly in order
_DATE = re.compile(rb"^date[ \t]*:(.{0,200})", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(rb"(?:[!-9;-~]+[ \t]*:|>From )")
_DATED = re.compile(rb"From .{0,300}?(\d\d?:\d\d(?::\d\d)?.{0,40}\b\d{4}\b|\b\d{4}\b.{0,40}\d\d?:\d\d)")
_BARE = re.compile(rb"From[ -]*\r?\n\Z")
_ASCTIME = re.compile(rb"([A-Z][a-z]{2}) +(\d\d?) +(\d\d?:\d\d(?::\d\d)?) .{0,20}?(\d{4})")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What lies in `path`: for each mail where, how long, and when it is from (seconds; nan when nothing says so).

    `names`: the files of a Maildir, in place of offsets.
    """

    path: Path
    offsets: "array[int]" = field(default_factory=lambda: array("Q"))
    lengths: "array[int]" = field(default_factory=lambda: array("Q"))
    dates: "array[float]" = field(default_factory=lambda: array("d"))
    names: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.dates)

    def mails(self) -> Iterator[tuple[bytes | None, float | None]]:
        """Octets with CRLF and date of each, oldest first; octets None for one that is too large.

        One without a date keeps its place behind its neighbour in the file. Raises Permanent when the file is gone.
        """
        with _opened(self.path) if not self.names else open(os.devnull, "rb") as file:
            for number in self._in_order():
                date = self.dates[number]
                raw = None
                if self.lengths[number] <= LARGEST:
                    if self.names:
                        with _opened(self.path / self.names[number]) as single:
                            raw = _with_crlf(single.read(LARGEST + 1))
                    else:
                        file.seek(self.offsets[number])
                        raw = _unquoted(file.read(self.lengths[number]))
                yield raw, None if date != date else date

    def _in_order(self) -> list[int]:
        keys: list[float] = []
        last = 0.0
        for date in self.dates:
            last = last if date != date else date
            keys.append(last)
        return sorted(range(len(keys)), key=keys.__getitem__)


def _opened(path: Path):  # type: ignore[no-untyped-def]  # a binary file, in the type that open() gives it
    try:
        return open(path, "rb", _BLOCK)
    except OSError as error:
        raise Permanent(f"{path} cannot be read: {error.strerror or error}") from None


def catalogue(path: Path) -> Catalogue:
    """What lies there. Raises Permanent when it is neither an mbox nor a Maildir."""
    return _maildir(path) if path.is_dir() else _mbox(path)


def _maildir(path: Path) -> Catalogue:
    folders = [folder for folder in ("new", "cur") if (path / folder).is_dir()]
    if not folders:
        raise Permanent(f"{path} is no Maildir: it has neither new/ nor cur/")
    found = Catalogue(path)
    for folder in folders:
        for name in sorted(os.listdir(path / folder)):
            file = path / folder / name
            if name.startswith(".") or not file.is_file():
                continue
            with _opened(file) as octets:
                status = os.fstat(octets.fileno())
                date = _date(octets.read(_HEADER))
            found.names.append(f"{folder}/{name}")
            found.lengths.append(status.st_size)
            found.offsets.append(0)
            found.dates.append(status.st_mtime if date != date else date)
    return found


def _mbox(path: Path) -> Catalogue:
    """Find the mails of an mbox.

    A mail begins at a line "From " at the start or after an empty line, that holds a time and a year (or nothing at
    all, as some programs write it), and that a header field follows: so a sentence of a body that begins with "From "
    and that its writer forgot to quote does not tear a mail apart. Content-Length is never believed.
    """
    found = Catalogue(path)
    with _opened(path) as file:
        first = file.readline(_LINE)
        if not first.startswith(b"From "):
            if first:
                raise Permanent(f'{path} is no mbox: it does not begin with "From "')
            return found
        start, at = len(first), len(first)
        separator, head, blank, whole = first, bytearray(), False, True
        before, candidate = at, b""  # where the possible separator stands, and its line
        in_head = True
        while line := file.readline(_LINE):
            if candidate:
                if _FIELD.match(line):
                    _note(found, start, before, separator, bytes(head))
                    start, separator, head, in_head = at, candidate, bytearray(), True
                candidate = b""
            begins = whole
            whole = line.endswith(b"\n")
            if begins and blank and line.startswith(b"From ") and (_DATED.match(line) or _BARE.match(line)):
                before, candidate = at, line
            blank = begins and line in (b"\n", b"\r\n")
            in_head = in_head and not blank
            if in_head and len(head) < _HEADER:
                head += line
            at += len(line)
        _note(found, start, at, separator, bytes(head))
    return found


def _note(found: Catalogue, start: int, end: int, separator: bytes, head: bytes) -> None:
    date = _date(head)
    if date != date and (asctime := _ASCTIME.search(separator)):
        month, day, clock, year = asctime.groups()
        date = _number(fields.date(b"%s %s %s %s +0000" % (day, month, year, clock)))
    found.offsets.append(start)
    found.lengths.append(end - start)
    found.dates.append(date)


def _date(head: bytes) -> float:
    head = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    line = _DATE.search(head)
    return _number(fields.date(line.group(1).strip()) if line else None)


def _number(date: float | None) -> float:
    return float("nan") if date is None else date


def _unquoted(raw: bytes) -> bytes:
    """Without the empty line before the next separator, bodies as they were before ">From " was written (mboxrd)."""
    raw = _with_crlf(raw)
    head, blank, body = raw.partition(b"\r\n\r\n")
    if body.endswith(b"\r\n\r\n") or body == b"\r\n":
        body = body[:-2]
    return head + blank + (_QUOTED.sub(rb"\1", body) if b">From " in body else body)


def _with_crlf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
