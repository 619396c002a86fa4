"""Who pretends to be one of us: a colleague's name on a foreign address, a domain that reads like ours, an address in
a display name that is not the real one.

Pure and cheap: what may be imitated is prepared once for a rulebook. It compares what people see, after the manner of
UTS #39 (skeletons), with a small table of its own for Latin, Cyrillic, Greek and Armenian letters. It never judges
whether mail is shown: it only says what people should know of its sender.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from bridge.core.addresses import Address, parse_spec

SHORT = 4
"""Characters that a domain must have before its last dot for one differing letter to look like a slip of the eye."""

# Letters that are read as others, before case is folded (capitals may be read otherwise than small ones). What NFKC
# (full width, mathematical) and taking off marks (ö, ё, ķ) bring to plain letters needs no place here.
_PAIRS = (
    "аa вb сc ԁd еe ԍg һh нh іi јj кk ӏl мm пn оo рp ԛq гr ѕs тt ѵv ѡw хx уy үy ьb зz "
    "АA ВB СC ԀD ЕE ҒF ԌG НH ІI ЈJ КK ӀI МM ОO РP ԚQ ЅS ТT ѴV ԜW ХX УY ҮY "
    "αa βb γy εe ηn ιi κk μu νv οo ρp σo τt υu χx ωw ϲc ϳj ςc "
    "ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX ϹC "
    "օo հh ոn սu ցg յj ՕO ՍU ՏS Լl "
    "ɑa ɡg ıi ɩi ɪi ȷj ʟl łl ŁL øo ØO đd ĐD ħh ɴn ʀr ƒf ʋv þp ᴀa ᴄc ᴇe ᴋk ᴍm ᴏo ᴛt ᴜu ᴠv ᴡw ᴢz ꜱs ʙb ɢg ʜh"
)
_LETTERS = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()} | {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE"})
_ALIKE = str.maketrans({"0": "o", "1": "i", "l": "i", "|": "i", "!": "i"})
_TOGETHER = (("rn", "m"), ("vv", "w"))
_WORD = re.compile(r"[^\W_]+")
_IN_NAME = re.compile(r"[^\s<>()\[\]\"',;:@]{1,64}@[^\s<>()\[\]\"',;:@]{1,255}")


def skeleton(text: str) -> str:
    """What two texts share that people read alike, case aside. For comparing only; it is no text for people."""
    seen = text
    if not text.isascii():  # the steps before change nothing else
        plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).translate(_LETTERS))
        seen = "".join(c for c in plain if unicodedata.category(c) not in ("Mn", "Me", "Cf")).translate(_LETTERS)
    folded = seen.casefold().translate(_ALIKE)
    for letters, one in _TOGETHER:
        folded = folded.replace(letters, one)
    return folded


def _words(name: str) -> frozenset[str]:
    return frozenset(_WORD.findall(skeleton(name)))


@dataclass(frozen=True, slots=True)
class Face:
    """A colleague: the full `name`, its `words` as skeletons, and `mail`, the address key that is theirs, or empty."""

    name: str
    words: frozenset[str]
    mail: str


@dataclass(frozen=True, slots=True)
class Faces:
    """What may be imitated. `people`: colleagues by the longest word of their names. `domains`: ours, as skeletons."""

    people: Mapping[str, tuple[Face, ...]] = field(default_factory=lambda: MappingProxyType({}))
    domains: tuple[tuple[str, str], ...] = ()


def faces(people: Iterable[tuple[str, Address | None]], domains: Iterable[str]) -> Faces:
    """Prepare names with their addresses, and our own domains. A name of one word is no name to know somebody by."""
    known: dict[str, tuple[Face, ...]] = {}
    for name, mail in people:
        words = _words(name)
        if len(words) > 1:
            longest = max(sorted(words), key=len)
            known[longest] = (*known.get(longest, ()), Face(name, words, mail.key if mail else ""))
    ours = sorted({domain.lower() for domain in domains if "." in domain})
    return Faces(MappingProxyType(known), tuple((domain, skeleton(_unicode(domain))) for domain in ours))


@dataclass(frozen=True, slots=True)
class Likeness:
    """`of`: the colleague's name, our domain, or the address that stands in the display name."""

    kind: Literal["person", "domain", "address"]
    of: str


def likenesses(author: Address, known: Faces) -> tuple[Likeness, ...]:
    """What the author of a mail looks like and is not."""
    found: list[Likeness] = []
    if not _within(author.domain, known):
        if colleague := _colleague(author, known):
            found.append(Likeness("person", colleague))
        if ours := _our_domain(author.domain, known):
            found.append(Likeness("domain", ours))
    if other := _other_address(author):
        found.append(Likeness("address", other))
    return tuple(found)


def wire_domain(domain: str) -> str:
    """A domain as machines write it: what looks like another one does no longer (RFC 5891)."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ascii(domain)[1:-1]


def _within(domain: str, known: Faces) -> bool:
    return any(domain == ours or domain.endswith(f".{ours}") for ours, _ in known.domains)


def _colleague(author: Address, known: Faces) -> str:
    """The colleague whose name it bears, whatever stands around the name."""
    if not author.name or not known.people:
        return ""
    words = _words(author.name)
    near = [face for word in sorted(words) for face in known.people.get(word, ()) if face.words <= words]
    theirs = any(face.mail in (author.key, author.base().key) for face in near)
    return "" if theirs or not near else near[0].name


def _our_domain(domain: str, known: Faces) -> str:
    """Which of ours it is taken for: the same to the eye, one letter off, or with ours in front."""
    labels = _unicode(domain).split(".")
    for ours, like in known.domains:
        count = ours.count(".") + 1
        tail = skeleton(".".join(labels[-count:]))
        if tail == like or (len(ours.rpartition(".")[0]) >= SHORT and _one_off(tail, like)):
            return ours
        if domain.startswith(f"{ours}.") or ours.replace(".", "-") in labels:
            return ours
    return ""


def _other_address(author: Address) -> str:
    if author.name.isascii() and "@" not in author.name:
        return ""
    for written in _IN_NAME.findall(unicodedata.normalize("NFKC", author.name))[:3]:
        other = parse_spec(written.strip("."))
        if other is not None and "." in other.domain and other.domain != author.domain:
            return other.spec
    return ""


def _unicode(domain: str) -> str:
    """The domain as people may see it: A-labels read (RFC 5891); what is none stays as it is."""
    if "xn--" not in domain:
        return domain
    labels = []
    for label in domain.split("."):
        try:
            labels.append(label.encode("ascii").decode("idna") if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    return ".".join(labels)


def _one_off(one: str, other: str) -> bool:
    """Whether one letter is put in, left out, changed, or two neighbours are exchanged."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    a, b = one[same:], other[same:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
