"""Octets to text: only charsets from an allow-list, and only characters that everyone downstream can carry.

The label is a stranger's word. It never reaches the codec registry unless it names a charset that is known here, so
that codecs which run code, decompress or smuggle markup (unicode_escape, zip, utf-7, …) cannot be asked for. Never
raises for content.
"""

import re
from encodings.aliases import aliases

_NAMES = (
    "utf_8 utf_16 utf_16_le utf_16_be utf_32 utf_32_le utf_32_be ascii latin_1 iso8859_2 iso8859_3 iso8859_4 "
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
    "utf8mb4": "utf_8",
    "unicode": "utf_16",
}
_ASCII_LIKE = frozenset({"ascii", "default", "unknown_8bit", "8bit", "7bit", "binary", "none", "x_unknown", ""})

_NOT_NAME = re.compile(r"[^a-z0-9]+")
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BAD = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
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
    """Text, and in words what was wrong ("" when nothing was). Without a usable label: UTF-8, else Windows-1252."""
    name = _NOT_NAME.sub("_", label.lower()[:40]).strip("_")
    if aliases.get(name, name) in _ASCII_LIKE:
        return _guess(data, "" if data.isascii() else "8-bit text without a charset")
    chosen = codec(label)
    if chosen is None:
        return _guess(data, f"unknown charset {one_line(label, 40)!r}")
    try:
        return data.decode(chosen), ""
    except (UnicodeError, ValueError):
        if chosen == "cp1252":  # five octets of Windows-1252 mean nothing: no reason for a word
            return data.decode(chosen, "replace"), ""
        return _replaced(data, chosen), f"text is not the {one_line(label, 40)} it claims to be"


def _replaced(data: bytes, chosen: str) -> str:
    try:
        return data.decode(chosen, "replace")
    except (UnicodeError, ValueError):
        return data.decode("utf-8", "replace")


def _guess(data: bytes, problem: str) -> tuple[str, str]:
    try:
        return data.decode("utf-8"), problem
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), problem


def header_text(data: bytes) -> str:
    """A raw header value as text: ASCII, or UTF-8 (RFC 6532), or what old programs wrote instead."""
    return _guess(data, "")[0]


def clean(text: str) -> str:
    """For bodies: line ends are \\n; no surrogates, NUL or controls besides \\n and \\t."""
    if "\r" in text or not text.isprintable():
        text = _BAD.sub("", _NEWLINES.sub("\n", text))
    return text


def one_line(text: str, limit: int = 0) -> str:
    """For names and subjects: one line, single spaces, no controls, no direction overrides, at most `limit` characters.

    `limit` 0 is none.
    """
    if not text.isascii() or not text.isprintable():
        text = _BIDI.sub("", _BAD.sub("", _SPACE.sub(" ", text)))
    text = " ".join(text.split())
    return text[: limit - 1].rstrip() + "…" if limit and len(text) > limit else text
