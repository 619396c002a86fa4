"""Reads the text of a file that anyone may have put there: bounded, plain UTF-8, or a reason why not.

It never waits: what is no regular file (a pipe, a device, a directory) is not opened.
"""

import re
import stat
from pathlib import Path as FilePath

from bridge.yamldoc.problem import Place

MAX_BYTES = 2_000_000

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")

_DIRECTIVE = re.compile(r"^%(?:TAG|YAML)\b", re.MULTILINE)
"""libyaml compares each of them with all before: 100,000 in one file would take it half a minute."""


class Refused(Exception):
    """Reading stops here: going on would be unbounded or meaningless."""

    def __init__(self, place: Place, what: str, cure: str) -> None:
        super().__init__(what)
        self.place, self.what, self.cure = place, what, cure


def read_text(source: FilePath | str) -> str:
    """The text of a file, or a text itself. Raises Refused."""
    data = _octets(source) if isinstance(source, FilePath) else source.encode("utf-8", "surrogatepass")
    if len(data) > MAX_BYTES:
        raise Refused(Place(), f"is over {MAX_BYTES // 1_000_000} MB", "split it into several files")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:3] == b"\xef\xbb\xbf":
        raise Refused(Place(), "starts with a byte order mark", "save it as UTF-8 without one")
    try:
        text = data.decode("utf-8", "strict" if isinstance(source, FilePath) else "surrogatepass")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        at = Place(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        raise Refused(at, "is not UTF-8", "save it as UTF-8 (it may be Latin-1)") from None
    if wrong := _FORBIDDEN.search(text):
        raise Refused(_place(text, wrong.start()), f"holds the control character U+{ord(wrong[0]):04X}", "remove it")
    if directive := _DIRECTIVE.search(text):
        raise Refused(_place(text, directive.start()), "holds a YAML directive", "remove the line")
    return text


def _octets(path: FilePath) -> bytes:
    """At most one octet more than is allowed."""
    try:
        # Opening a pipe would wait for its writer, and a device may have no end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise Refused(Place(), "is no regular file", "put a file there, or rename it so that it is not read")
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(error) from None
    except ValueError:
        raise Refused(Place(), "cannot be read: no file has such a name", "") from None


def _unreadable(error: OSError) -> Refused:
    cure = "let the user that runs mailroom read it, or remove it"
    return Refused(Place(), f"cannot be read: {error.strerror}", cure)


def _place(text: str, index: int) -> Place:
    return Place(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))
