"""Header fields of outgoing mail: checked, encoded and folded (RFC 5322, RFC 2047, RFC 2231, RFC 6532).

Every value is checked before it is written; nothing here trusts its caller. An addr-spec is never encoded.
"""

import re
from email.charset import Charset
from email.errors import HeaderParseError
from email.header import decode_header
from itertools import repeat
from urllib.parse import quote

from bridge.core.addresses import Address, parse_spec
from bridge.core.errors import Permanent

LINE = 78
"""Characters where folding begins (RFC 5322 section 2.1.1: SHOULD 78, MUST 998)."""
VALUE_MAX = 2000
"""Characters of a subject or a display name."""
REFERENCES_KEPT = 30
"""Of a longer chain the first id and this many of the last are kept."""

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?: [A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*\Z")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>\Z")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}\Z")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UTF8 = Charset("utf-8")  # chooses Q or B, whichever is shorter


def checked(field: str, value: str) -> str:
    """`value` with tabs as spaces. Raises Permanent naming `field` for anything that could begin another line.

    Encoded words in it are looked into as well: who decodes a value twice must not find a line break.
    """
    value = value.replace("\t", " ")
    if len(value) > VALUE_MAX:
        raise Permanent(f"{field}: longer than {VALUE_MAX} characters")
    if _FORBIDDEN.search(value) or ("=?" in value and _FORBIDDEN.search(_decoded(value))):
        raise Permanent(f"{field}: holds a control character or a line break")
    return value


def _decoded(value: str) -> str:
    try:
        pieces = decode_header(value)
        return "".join(
            piece if isinstance(piece, str) else piece.decode(charset or "latin-1", "replace")
            for piece, charset in pieces
        )
    except (HeaderParseError, LookupError, ValueError):
        return value


def ascii_spec(address: Address) -> str | None:
    """The addr-spec in ASCII, a non-ASCII domain as A-labels (RFC 5891); None: only SMTPUTF8 can carry it.

    A domain that does not come back the same from its A-labels is another domain (such as one with ß): never guessed.
    """
    if not address.local.isascii():
        return None
    if address.domain.isascii():
        return address.spec
    try:
        domain = address.domain.encode("idna").decode("ascii")
        return f"{address.local}@{domain}" if domain.encode("ascii").decode("idna") == address.domain else None
    except UnicodeError:
        return None


def wire_spec(field: str, address: Address) -> str:
    """The addr-spec as it is written in a header: ASCII where possible, else UTF-8 (RFC 6532 section 3.2)."""
    if parse_spec(address.spec) is None or _FORBIDDEN.search(address.spec):
        raise Permanent(f"{field}: {address.spec!a} is not a mail address")
    return ascii_spec(address) or address.spec


def mailboxes(field: str, addresses: tuple[Address, ...]) -> list[str]:
    """Tokens of an address list: display names as atoms, quoted string or encoded words (RFC 2047 section 5)."""
    tokens: list[str] = []
    for number, address in enumerate(addresses):
        spec = wire_spec(field, address)
        name = checked(field, address.name).strip()
        comma = "," if number < len(addresses) - 1 else ""
        tokens += [*_phrase(name), f"<{spec}>{comma}"] if name else [spec + comma]
    return tokens


def _phrase(name: str) -> list[str]:
    if _ATOMS.match(name) and "=?" not in name and all(len(atom) <= LINE for atom in name.split(" ")):
        return name.split(" ")
    if name.isascii() and "=?" not in name and len(name) <= LINE - 14 and "  " not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return [f'"{escaped}"']
    return encoded_words(name)


def unstructured(value: str) -> list[str]:
    """Tokens of a Subject: its words, or encoded words where they could not be read back exactly.

    "Re:" stays readable for programs that look for it before they decode.
    """
    if value.startswith("Re: ") and value[4:].strip() == value[4:] != "":
        return ["Re:", *unstructured(value[4:])]
    words = value.split(" ")
    if value.isascii() and "=?" not in value and all(0 < len(word) <= LINE for word in words):
        return words
    return encoded_words(value)


def encoded_words(value: str) -> list[str]:
    """RFC 2047 encoded words, each at most 64 characters so that it fits behind any field name."""
    return [word for word in _UTF8.header_encode_lines(value, repeat(64)) if word]


def message_ids(field: str, ids: tuple[str, ...]) -> list[str]:
    """Those ids that can be written (RFC 5322 section 3.6.4); a longer chain loses its middle. Raises Permanent."""
    kept = [one for one in ids if _MESSAGE_ID.match(checked(field, one))]
    return kept if len(kept) <= REFERENCES_KEPT + 1 else [kept[0], *kept[-REFERENCES_KEPT:]]


def media_type(value: str) -> str:
    """The type of an attachment; composite types may not be base64 (RFC 2045 section 6.4) and lose theirs."""
    value = checked("attachment type", value).partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.match(value) or value.startswith(("multipart/", "message/")):
        return "application/octet-stream"
    return value


def file_label(name: str) -> str:
    """A file name as a label: the last component of a path, without bidirectional controls, at most 120 characters."""
    label = _BIDI.sub("", checked("file name", name)).replace("\\", "/").rstrip("/").rpartition("/")[2]
    label = " ".join(label.split()).strip(" .")  # readers fold and strip any white space, not just the space
    if len(label) > 120:
        stem, dot, extension = label.rpartition(".")
        label = f"{stem[: 119 - len(extension)]}.{extension}" if dot and len(extension) <= 12 else label[:120]
    return label.strip(" .") or "attachment"


def parameter(name: str, value: str) -> list[str]:
    """Tokens of a MIME parameter: quoted when plain ASCII, else RFC 2231 with continuations."""
    if value.isascii() and len(value) <= 60 and "=?" not in value:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return [f'{name}="{escaped}"']
    pieces = [""]
    for char in value:
        coded = quote(char, safe="")
        if len(pieces[-1]) + len(coded) > 50:
            pieces.append("")
        pieces[-1] += coded
    if len(pieces) == 1:
        return [f"{name}*=utf-8''{pieces[0]}"]
    return [
        f"{name}*{number}*={'' if number else 'utf-8' + chr(39) * 2}{piece}{';' if number < len(pieces) - 1 else ''}"
        for number, piece in enumerate(pieces)
    ]


def fold(name: str, tokens: list[str]) -> bytes:
    """One header field with its CRLF, folded before tokens and never inside one (RFC 5322 section 2.2.3)."""
    lines, line = [], f"{name}: {tokens[0]}"
    for token in tokens[1:]:
        if len(line) + 1 + len(token) > LINE:
            lines.append(line)
            line = f" {token}"
        else:
            line += f" {token}"
    return "\r\n".join((*lines, line, "")).encode()
