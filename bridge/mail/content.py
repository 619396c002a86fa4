"""The digest that two copies of one mail share, whichever doors they came through.

SHA-256 over From, Date, Subject and the decoded parts. What servers on the way change (trace fields, line ends,
transfer encodings, blank lines at the end) does not count. It proves nothing about who sent it.
"""

import hashlib

_CHUNK = 1 << 20


class Digest:
    """Fed while a mail is read: first the head, then each leaf in order."""

    def __init__(self, author: str, date: str, subject: str) -> None:
        self._all = hashlib.sha256()
        for value in (author, date, " ".join(subject.split())):
            data = value.encode("utf-8", "replace")
            self._all.update(b"%d:%s" % (len(data), data))

    def part(self, kind: str, data: bytes) -> None:
        """One leaf: its type and its octets, with LF for CRLF and no line ends at the end."""
        end = len(data.rstrip(b"\r\n"))
        inner = hashlib.sha256()
        for at in range(0, end, _CHUNK):
            piece = data[at : min(at + _CHUNK, end)]
            if piece.endswith(b"\r") and data[at + _CHUNK : at + _CHUNK + 1] == b"\n" and at + _CHUNK < end:
                piece = piece[:-1]
            inner.update(piece.replace(b"\r\n", b"\n"))
        self._all.update(kind.encode() + b"\0" + inner.digest())

    def hexdigest(self) -> str:
        """64 hex digits."""
        return self._all.hexdigest()
