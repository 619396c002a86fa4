"""Octets to text: only charsets from an allow-list, and only characters that everyone downstream can carry.

The label is a stranger's word. It never reaches the codec registry unless it names a charset that is known here, so
that codecs which run code or decompress (unicode_escape, zip, …) cannot be asked for. UTF-7 is read where it is named,
and never guessed: what it hides is in the open before anything looks at the text. Where the label is missing or cannot
be true, browsers' detector is asked. Never raises for content.
"""

import re
from encodings.aliases import aliases

_NAMES = (
    "utf_8 utf_7 utf_16 utf_16_le utf_16_be utf_32 utf_32_le utf_32_be ascii latin_1 iso8859_2 iso8859_3 iso8859_4 "
    "iso8859_5 iso8859_6 iso8859_7 iso8859_8 iso8859_9 iso8859_10 iso8859_11 iso8859_13 iso8859_14 iso8859_15 "
    "iso8859_16 cp437 cp850 cp852 cp855 cp858 cp862 cp866 cp874 cp932 cp949 cp950 cp1250 cp1251 cp1252 cp1253 "
    "cp1254 cp1255 cp1256 cp1257 cp1258 koi8_r koi8_u koi8_t kz1048 ptcp154 mac_roman mac_cyrillic mac_greek "
    "mac_latin2 mac_turkish gb18030 big5hkscs euc_jp euc_jis_2004 euc_kr iso2022_jp iso2022_jp_1 iso2022_jp_2 "
    "iso2022_jp_ext iso2022_kr tis_620 hz johab viscii"
)
_ALLOWED = frozenset(_NAMES.split())

# What the label says, and the superset in which such text is really written (as browsers read it).
_REALLY = {
    "ascii": "cp1252",
    "latin_1": "cp1252",
    "iso8859_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x_gbk": "gb18030",
    "gb_2312_80": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "x_x_big5": "big5hkscs",
    "shift_jis": "cp932",
    "x_sjis": "cp932",
    "windows_31j": "cp932",
    "euc_kr": "cp949",
    "ks_c_5601_1987": "cp949",
    "ks_c_5601": "cp949",
    "cp51932": "euc_jp",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "iso2022_jp": "iso2022_jp_ext",
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_6_i": "iso8859_6",
    "x_mac_roman": "mac_roman",
    "macintosh": "mac_roman",
    "x_mac_cyrillic": "mac_cyrillic",
    "unicode_1_1_utf_8": "utf_8",
    "unicode_1_1_utf_7": "utf_7",
    "x_unicode_2_0_utf_7": "utf_7",
    "utf8mb4": "utf_8",
    "unicode": "utf_16",
}
_MANY_OCTETS = ("utf", "gb", "big5", "euc", "iso2022", "cp93", "cp94", "hz", "johab")
"""How the names of charsets begin in which a character may take several octets."""

_LOOKED_AT = 64 * 1024
"""Octets that are shown to the detector."""

_FEW = 2
"""Octets above 127 from which no charset can be told, unless there is hardly anything else."""

_FOREIGN = 8
"""Octets above 127 from which a text said to be Western may be doubted."""

_BOMS = (b"\xff\xfe", b"\xfe\xff")
_ASCII_LIKE = frozenset({"ascii", "default", "unknown_8bit", "8bit", "7bit", "binary", "none", "x_unknown", ""})

_NOT_NAME = re.compile(r"[^a-z0-9]+")
_NEWLINES = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_BAD = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_CONTROLS = bytes(octet for octet in range(128) if chr(octet) not in "\n\t" and not chr(octet).isprintable())
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"\s+")


def codec(label: str) -> str | None:
    """The codec that reads text labelled so; None when the label is not a charset that mail may use."""
    name = _NOT_NAME.sub("_", label.lower()[:40]).strip("_")
    name = aliases.get(name, name)
    if name.startswith("windows_125"):
        name = "cp" + name[8:]
    name = _REALLY.get(name, name)
    return name if name in _ALLOWED else None


def decode(data: bytes, label: str = "") -> tuple[str, str]:
    """Text, and in words what was wrong ("" when nothing was).

    The label holds unless the octets speak against it: valid UTF-8 is UTF-8 whatever one-octet charset it is said to
    be, and without a usable label it is UTF-8 or else what the detector says.
    """
    name = _NOT_NAME.sub("_", label.lower()[:40]).strip("_")
    if aliases.get(name, name) in _ASCII_LIKE:
        return _guess(data, "" if data.isascii() else "8-bit text without a charset")
    chosen = codec(label)
    if chosen is None:
        return _guess(data, f"unknown charset {one_line(label, 40)!r}")
    if not chosen.startswith(_MANY_OCTETS):
        if data.isascii():
            return data.decode("ascii"), ""
        utf8 = _utf8(data)
        if utf8 is not None:
            return utf8, _not_the(label)
    try:
        text = data.decode(chosen)
    except (UnicodeError, ValueError):
        return _mended(data, chosen, _not_the(label))
    if chosen == "cp1252" and _hardly_western(data):
        detected = _detected(data)
        if detected != "cp1252":
            return _replaced(data, detected), _not_the(label)
    return text, ""


def _not_the(label: str) -> str:
    return f"text is not the {one_line(label, 40)} it claims to be"


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _hardly_western(data: bytes) -> bool:
    """Whether more of the letters lie above 127 than in any language that Windows-1252 serves."""
    looked = data[:_LOOKED_AT]
    above = _above(looked)
    return above >= _FOREIGN and above * 4 > len(b"".join(looked.split()))


def _above(data: bytes) -> int:
    """Octets above 127."""
    return len(data) - len(data.decode("ascii", "ignore"))


def _mended(data: bytes, chosen: str, problem: str) -> tuple[str, str]:
    """Text that breaks its charset's rules: read so nevertheless where most of it keeps them, else as detected."""
    text = _replaced(data, chosen)
    if _mostly(text):
        return text, problem
    detected = _detected(data)
    # Five octets of Windows-1252 mean nothing: no reason for a word.
    return (text, "") if detected == chosen == "cp1252" else (_replaced(data, detected), problem)


def _mostly(text: str) -> bool:
    """Whether few of the characters beyond ASCII could not be read."""
    return 4 * text.count("\ufffd") <= len(text) - len(text.encode("ascii", "ignore"))


def _detected(data: bytes) -> str:
    """The charset that browsers would take for octets which are not UTF-8."""
    looked = data[:_LOOKED_AT]
    if _above(looked) <= _FEW and len(looked) - _above(looked) >= _FEW:
        return "cp1252"  # an accent or two tell nothing
    from chardetng_py import detect  # seldom needed, and never in the daemon

    return codec(detect(looked)) or "cp1252"


def _replaced(data: bytes, chosen: str) -> str:
    try:
        return data.decode(chosen, "replace")
    except (UnicodeError, ValueError):
        return data.decode("utf-8", "replace")


def _guess(data: bytes, problem: str) -> tuple[str, str]:
    if data.startswith(_BOMS):
        return _replaced(data, "utf_16"), problem
    if b"\x1b$" in data[:_LOOKED_AT] and data.isascii():  # ISO 2022 is 7-bit: its escapes give it away
        return _replaced(data, "iso2022_kr" if b"\x1b$)C" in data[:_LOOKED_AT] else "iso2022_jp_ext"), problem
    utf8 = _utf8(data)
    if utf8 is not None:
        return utf8, problem
    text = data.decode("utf-8", "replace")
    return (text if _mostly(text) else _replaced(data, _detected(data))), problem


def header_text(data: bytes) -> str:
    """A raw header value as text: ASCII, or UTF-8 (RFC 6532), or what old programs wrote instead."""
    if data.isascii() and b"\x1b" not in data:  # nearly all are
        return data.decode("ascii")
    return _guess(data, "")[0]


def clean(text: str) -> str:
    """For bodies: line ends are \\n; no surrogates, NUL or controls besides \\n and \\t."""
    text = text.replace("\r\n", "\n")
    if text.isascii() and len(text.encode().translate(None, _CONTROLS)) == len(text):  # as nearly all that is ASCII
        return text
    return _BAD.sub("", _NEWLINES.sub("\n", text))


def one_line(text: str, limit: int = 0) -> str:
    """For names and subjects: one line, single spaces, no controls, no direction overrides, at most `limit` characters.

    `limit` 0 is none.
    """
    if not text.isascii() or not text.isprintable():
        text = _BIDI.sub("", _BAD.sub("", _SPACE.sub(" ", text)))
    text = " ".join(text.split())
    return text[: limit - 1].rstrip() + "…" if limit and len(text) > limit else text
