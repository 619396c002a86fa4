"""Where a link leads, and whether its text says so.

A text that names one host over a link to another gets the true one behind it, as does a host whose letters only look
like others. What cannot be compared is left alone. Never follows a link.
"""

import re
import unicodedata
from urllib.parse import parse_qs, unquote

_LINK = re.compile(r"(?i)(https?://)([^\s/?#\\]+)([^\s\\]*)\Z")
_MAIL = re.compile(r"(?i)mailto:[^\s\\]+\Z")
JUNK = re.compile(r"[\x00-\x20\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufdd0-\ufdef\ufeff]")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufdd0-\ufdef\ufeff]"
)
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_NAMED = re.compile(r"(?i)(?:https?:/{1,3}|\bwww\.)(?:([^\s/?#@<>]{0,60})@)?([^\s/?#:@<>\"'()\[\]|\\,;]{1,253})")
_WORD = re.compile(
    r"(?:[^\s/?#@<>]{1,64}@)?((?:[^\W_][\w-]{0,62}\.){1,10}([^\W\d_]{2,24}|xn--[\w-]{1,59}))(?::[0-9]{1,5})?(?:[/?#]\S*)?\Z"
)
_FILE_ENDINGS = (
    "pdf doc docx xls xlsx ppt pptx odt ods odp rtf txt csv xml json yaml yml zip rar gz tar exe msi dmg apk jpg jpeg "
    "png gif svg bmp webp tif tiff mp3 mp4 avi mov wav ogg htm html php asp aspx jsp js ts css py rb java cpp sh md "
    "log eml msg ics vcf sql"
)
_FILES = frozenset(_FILE_ENDINGS.split())
_COMMON_ENDINGS = "com org net info biz edu gov mil int app dev shop online site store example test xyz"
_COMMON = frozenset(_COMMON_ENDINGS.split())
"""Top-level domains of more than two letters that are told from the end of a sentence; one word alone needs none."""

_ENDS = " \t\n\u00a0.,;:!?<>()[]{}\"'«»“”„‘’→➔›"
_REWRITERS = (
    (".safelinks.protection.outlook.com", "url"),
    ("linkprotect.cudasvc.com", "a"),
    ("www.google.com", "q"),
    ("www.google.com", "url"),
    ("urldefense.proofpoint.com", "u"),
)
"""Hosts that stand before the true target for the reader's safety, and the parameter in which it stands."""

_DEFENDED = re.compile(r"https?://urldefense\.com/v3/__(.{1,2000}?)__;")
_LOOKALIKES = frozenset("аеорсухіјѕԛԝһԁӏкмтвнгпшьɡοαρνικτυχγω")
"""Small letters of Cyrillic, Greek and the phonetic alphabet that pass for Latin ones."""

_LATIN = range(0x00C0, 0x0180)
_TEXT = 500
_WORDS = 40
NOTE = " [→ {}]"
NOTE_END = re.compile(r" ?\[→ [^\[\]\s]{1,255}\]\Z")


def link(href: str) -> str:
    """The target if people may follow it: http, https, mailto; nothing that Matrix clients turn into a mention.

    What stands before an @ in the authority is left out: programs ignore it, and people take it for the host.
    """
    target = JUNK.sub("", href)
    if _MAIL.match(target):
        return target
    match = _LINK.match(target)
    if match is None:
        return ""
    written = match[2].rpartition("@")[2]
    host = _DOTS.sub(".", unicodedata.normalize("NFKC", unquote(written)).lower())
    if not host or "@" in host or "matrix.to" in host:
        return ""
    return match[1] + written + match[3]


def note(text: str, target: str) -> str:
    """What must stand behind a link's text so that nobody is misled; empty when nothing, or when it stands there."""
    hosts = _hosts(text)
    if not hosts and target.isascii():  # what is written in ASCII shows itself
        return ""
    host = _host_of(target)
    if not host:
        return ""
    told = NOTE.format(host)
    if text.rstrip().endswith(told.strip()):
        return ""
    if _deceives(target, host) or any(not _agree(named, host, target) for named in hosts):
        return told
    return ""


def bare(target: str) -> str:
    """What stands for a link whose picture is not shown: where it leads; empty when that cannot be told."""
    host = _host_of(target)
    return f"[{host}]" if host else ""


def _host_of(target: str) -> str:
    """The host of a link's target, or of its address."""
    if target[:7].lower() == "mailto:":
        return _host(target[7:].partition("?")[0].rpartition("@")[2])
    match = _LINK.match(target)
    return _host(match[2]) if match else ""


def _host(authority: str) -> str:
    """The host of an authority as the name system knows it: small, ASCII, without port."""
    host = unquote(authority).rpartition("@")[2]
    host = host if host.startswith("[") else host.partition(":")[0]
    host = _DOTS.sub(".", unicodedata.normalize("NFKC", host)).strip(".").lower()
    if host.isascii():
        return host[:255]
    return ".".join(label if label.isascii() else "xn--" + _punycode(label) for label in host[:255].split("."))


def _punycode(label: str) -> str:
    return label.encode("punycode", "replace").decode("ascii")


def _hosts(text: str) -> list[str]:
    """The hosts that a link's text names, as people read them."""
    if "." not in text and not _DOTS.search(text):
        return []
    words = [_INVISIBLE.sub("", word).strip(_ENDS) for word in text[:_TEXT].split()]
    named = _NAMED.finditer(" ".join(words))
    found = [part.strip(_ENDS) for match in named for part in (match[1] or "", match[2]) if part]
    if not found:
        for word in words[:_WORDS]:
            match = _WORD.match(_DOTS.sub(".", word))
            if match is None or (ending := match[2].lower()) in _FILES:
                continue
            if len(words) == 1 or len(ending) == 2 or ending in _COMMON:
                found.append(match[1])
    return [host for host in map(_host, found[:5]) if "." in host]


def _agree(named: str, host: str, target: str) -> bool:
    if _same(named, host):
        return True
    return any(_same(named, _host(match[2])) for inner in _inner(host, target) if (match := _LINK.match(inner)))


def _inner(host: str, target: str) -> list[str]:
    """The targets behind a host that only stands before them."""
    if match := _DEFENDED.match(target):
        return [match[1]]
    query = target.partition("?")[2][:4000]
    found = [
        value
        for suffix, parameter in _REWRITERS
        if host.endswith(suffix)
        for value in parse_qs(query, max_num_fields=20).get(parameter, [])
    ]
    if host == "urldefense.proofpoint.com":  # its way to write "%" and "/"
        found = [unquote(value.replace("-", "%").replace("_", "/")) for value in found]
    return found


def _same(named: str, host: str) -> bool:
    """Whether the host is the named one or in its domain, or the named one is in the host's."""
    bare, other = named.removeprefix("www."), host.removeprefix("www.")
    return bare == other or other.endswith("." + bare) or (bare.endswith("." + other) and other.count(".") > 0)


def _deceives(target: str, host: str) -> bool:
    """Whether the host's letters pass for others: scripts mixed in one label, or one script's letters for another's."""
    if "xn--" not in host or target.isascii():
        return False
    match = _LINK.match(target)
    written = unicodedata.normalize("NFKC", unquote(match[2] if match else target)).lower()
    for label in _DOTS.sub(".", written).rpartition("@")[2].split("."):
        strange = [
            letter for letter in label if letter.isalpha() and not letter.isascii() and ord(letter) not in _LATIN
        ]
        if not strange:
            continue
        mixed = any(letter.isascii() and letter.isalpha() for letter in label)
        if mixed or all(letter in _LOOKALIKES for letter in strange):
            return True
    return False
