"""Encoded words (RFC 2047) and parameters (RFC 2231): what a header value says, once it is taken apart.

Own and linear, because the standard library's are quadratic on hostile input. Never used on an addr-spec: an encoded
word means nothing there (RFC 2047 section 5). Never raises for content.
"""

import binascii
import re
from urllib.parse import unquote_to_bytes

from bridge.mail import limits, transfer
from bridge.mail.charset import codec, decode, header_text, one_line

# The text may hold spaces: against RFC 2047 section 2, but seen in the wild.
WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,4000})\?=")
_PARAMETER = re.compile(r"([^ =;\"]{1,100}) ?= ?(?:\"((?:[^\"\\]|\\.)*)(?:\"|\Z)|([^;]*))")
_UNPARTED = re.compile(r"([^ ;=\"]{1,200}),? ([a-z*0-9-]{1,40} ?=.*)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")
_SECTION = re.compile(r"([^*]+)(?:\*([0-9]{1,4}))?(\*)?\Z")


def too_many(value: bytes) -> bool:
    """Whether a field holds more encoded words than are decoded."""
    return value.count(b"=?") > 2 * limits.ENCODED_WORDS or len(WORD.findall(header_text(value))) > limits.ENCODED_WORDS


def _octets(encoding: str, text: str, charset: str) -> bytes:
    # Raw 8-bit text inside a word is against RFC 2047; it is what the word's charset says.
    data = text.encode("ascii" if text.isascii() else codec(charset) or "utf-8", "replace")
    if encoding in "bB":
        return transfer.base64(data)[0]
    return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)


def unfold_words(text: str) -> str:
    """Text with its encoded words decoded, at most `limits.ENCODED_WORDS` of them; the rest stays as written.

    White space between adjacent words is dropped (RFC 2047 section 6.2); neighbours of one charset are joined before
    they are decoded, since senders split characters between words.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    pending: list[bytes] = []
    charset = ""
    at = 0
    for count, match in enumerate(WORD.finditer(text)):
        if count >= limits.ENCODED_WORDS:
            break
        label = match[1].partition("*")[0].lower()  # RFC 2231 section 5: charset*language
        between = text[at : match.start()]
        if pending and (between.strip() or label != charset):
            out.append(decode(b"".join(pending), charset)[0])
            pending = []
            adjacent = not between.strip()
        else:
            adjacent = bool(pending)
        if not adjacent:
            out.append(between)
        charset = label
        pending.append(_octets(match[2], match[3], label))
        at = match.end()
    if pending:
        out.append(decode(b"".join(pending), charset)[0])
    out.append(text[at:])
    return "".join(out)


def text(value: bytes) -> str:
    """A field's value for people: decoded, one line."""
    return one_line(unfold_words(header_text(value))) if value else ""


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """The value before the first semicolon (lower-cased) and the parameters, names lower-cased, first one wins.

    Continuations and charsets of RFC 2231 sections 3-4 are joined and decoded; encoded words in plain values too, as
    many senders write them.
    """
    if not value:
        return "", {}
    main, _, rest = " ".join(header_text(value).split()).partition(";")
    if " " in main and (unparted := _UNPARTED.match(main)):  # the semicolon was forgotten
        main, rest = unparted[1], f"{unparted[2]};{rest}"
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    at = count = 0
    while count < limits.PARAMETERS and (match := _PARAMETER.search(rest, at)):
        count += 1
        at = match.end()
        written = _ESCAPED.sub(r"\1", match[2]) if match[2] is not None else match[3].strip()
        section = _SECTION.match(match[1].lower())
        if section is None:
            continue
        if section[2] is None and section[3] is None:
            plain.setdefault(section[1], unfold_words(written))
        else:
            pieces.setdefault(section[1], {}).setdefault(int(section[2] or 0), (bool(section[3]), written))
    for name, parts in pieces.items():
        plain[name] = _joined(parts)
    return one_line(main).lower(), {name: one_line(text, 2000) for name, text in plain.items()}


def _joined(parts: dict[int, tuple[bool, str]]) -> str:
    charset = ""
    octets = b""
    for number in sorted(parts):
        extended, written = parts[number]
        if extended and number == 0 and written.count("'") >= 2:
            charset, _, written = written.split("'", 2)
        octets += unquote_to_bytes(written) if extended else written.encode("utf-8", "replace")
    decoded = decode(octets, charset)[0]
    return unfold_words(decoded) if not charset else decoded
