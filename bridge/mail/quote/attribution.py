"""Lines that introduce a quotation: "On Monday Ann wrote:", in the languages and orders that mail programs know.

What makes one is evidence, not a template: it ends in a colon or in a word of writing, and names a time or an address.
More is asked where the text below carries no marks of quotation. One to four lines, each joined at most four times.
"""

import re
from collections.abc import Sequence

LONGEST = 400
"""Characters of an attribution, all its lines together."""

LINES = 4
"""Lines over which a mail program wraps an attribution."""

_VERBS_WRITTEN = (
    "wrote writes écrit ecrit écrivait schrieb schreibt geschrieben escribió escribio escribiste escribe scritto "
    "scrive escreveu escreveste escrito schreef geschreven schrijft skrev skrivit skriver kirjoitti napisał "
    "napisała napisał(a) napisal napisala pisze napsal napsala napsal(a) napísal napísala napísal(a) napísal/a "
    "írta írt scris написал написала написал(а) написал/а пишет писал писала написав написав(ла) пише писав yazdı "
    "yazmış yazdi έγραψε γράφει viết menulis napisao написао написа rašė parašė rakstīja kirjutas "
    "escriure escribiu idatzi skrifaði geskryf quoting missatge zitat zitiert schrieben כתב "
    "כתבה כתב/ה كتب كتبت كتبَ نوشت responded répondu antwortete 写道 寫道 撰写 撰寫 "
    "写到 שכתב"
)
_VERBS = frozenset(_VERBS_WRITTEN.split())
# Written without spaces around them.
_PARTS = (
    "写道",
    "寫道",
    "撰写",
    "撰寫",
    "写到",
    "書きました",
    "書き込み",
    "さんのメッセージ",
    "作成",
    "작성",
    "님이",
    "썼습니다",
    "เขียน",
    "ने लिखा",
)
_YOU_WRITTEN = "you vous tu sie du ihr usted lei você u jij ni ty vy ви вы ти siz"
_YOU = frozenset(_YOU_WRITTEN.split())
_OPENERS_WRITTEN = (
    "on am le el il em op den dne dnia w dňa pe la în in στις στη vào pada ב בתאריך في بتاريخ 在 于 於 mon tue "
    "wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch "
    "donnerstag freitag samstag sonntag mo di mi do fr sa so lun mar mer jeu ven sam dim lundi mardi mercredi "
    "jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo ma ti ke to su man tir "
    "ons tor fre lør søn lör sön tis mån pon wt śr czw pt sob niedz po út st čt pá ne пн вт ср чт пт сб вс нд "
    "понедельник вторник среда четверг пятница суббота воскресенье pzt sal çar per cum cmt paz seg ter qua qui "
    "sex sáb dom maandag dinsdag woensdag donderdag vrijdag zaterdag zondag quoting zitat trimis v data "
    "dana"
)
_OPENERS = frozenset(_OPENERS_WRITTEN.split())
_DATE = re.compile(r"(?:19|20)\d\d(?!\d)|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2} ?[月월]")
_TIME = re.compile(r"(?<!\d)\d{1,2} ?[:.h時点시] ?\d{2}(?!\d)|\d{1,2} ?[時点시时]")
_ADDRESS = re.compile(r"[^\s@<>()\[\]\"]@[^\s@<>()\[\]\"]{2}")
_LAST_ADDRESS = re.compile(r"@[^\s@]{1,255}[>)\]\"]$|@[\w.-]{1,255}$")
_NAME_WROTE = re.compile(
    r"[^\s<>@:,.]{1,30}(?: [^\s<>@:,]{1,30}){0,3} <[^\s<>@]{1,64}@[^\s<>@]{1,255}>(?: \S{1,12}){1,2}"
)
_SHORT = 70
NO_ENDS = (".", ",", "!", "?", ";")
"""No attribution ends so, and nearly all lines of people do that end a sentence or a part of one."""
_SENTENCE = (".", "!", "?", "。", "！", "？", ";")


def ends_like_one(bare: str) -> bool:
    """Whether a line may be the last of an attribution: cheap, asked of every line."""
    if bare.endswith(NO_ENDS):
        return False
    if bare.endswith((":", "：")) or (bare.endswith(">") and bare[:1].isdigit() and "@" in bare):
        return True
    text = bare.rstrip("-–—_=*> ")
    space = text.rfind(" ")
    word = text[space + 1 :]
    return len(word) < 24 and (word.casefold() in _VERBS or (not word.isascii() and word.endswith(_PARTS)))


def head(bare: str) -> bool:
    """Whether a line begins with a whole attribution and goes on with what it introduces, as flattened HTML does."""
    at = bare.find(": ")
    if at < 0 or "@" not in bare or not _opens(bare):
        return False
    for _ in range(2):  # none has more, but for the hour's
        core = bare[:at]
        if 0 < at < LONGEST and (_verb_ends(core) or _ends_in_address(core)):
            told = _tell(core)
            if told & _IS_VERB and told & _IS_ADDRESS and _is_one(f"{core}:", told, marked=False):
                return True
        at = bare.find(": ", at + 1)
    return False


class Finder:
    """Finds attributions in one body; what a line tells is worked out once."""

    def __init__(self, bares: Sequence[str]) -> None:
        self._bares = bares
        self._told: dict[int, int] = {}

    def start(self, last: int, first: int, *, marked: bool) -> int | None:
        """The line at which the attribution begins that ends with line `last`; None when that is none.

        `first`: the earliest line that may belong to it. `marked`: what stands below is marked as quoted.
        """
        if not ends_like_one(self._bares[last]):
            return None
        joined = ""
        told = 0
        least: int | None = None
        named = 0
        used = 0
        for index in range(last, max(first, last - 2 * LINES) - 1, -1):
            bare = self._bares[index]
            if not bare and (joined.startswith("<") or joined.count(">") > joined.count("<")):
                continue  # the name, or the bracket that opens, stands further up
            used += 1
            if used > LINES:
                break
            dated = self._tell(index) & (_IS_DATE | _IS_TIME)
            if not bare or (index < last and bare.endswith(_SENTENCE) and not _abbreviated(bare, dated)):
                break
            joined = f"{bare} {joined}".rstrip()
            told |= self._tell(index)
            if len(joined) > LONGEST:
                break
            if _is_one(joined, told, marked=marked):
                names = told & (_IS_ADDRESS | _IS_VERB)
                if least is None or names & ~named:
                    least, named = index, names
                if told & (_IS_DATE | _IS_TIME) and _opens(joined):
                    return index
        return least

    def _tell(self, index: int) -> int:
        told = self._told.get(index)
        if told is None:
            told = self._told[index] = _tell(self._bares[index])
        return told


_IS_VERB, _IS_DATE, _IS_TIME, _IS_ADDRESS, _IS_YOU = 1, 2, 4, 8, 16


def _tell(bare: str) -> int:
    """What one line tells, as bits."""
    told = 0
    words = [word.rstrip(":：,") for word in bare.replace(">", "> ").casefold().split()]
    bared = [word.strip(",.:;()\"'<>*_-") for word in words]
    if not _VERBS.isdisjoint(words) or not _VERBS.isdisjoint(bared) or (not bare.isascii() and _within(bare)):
        told |= _IS_VERB
    if not _YOU.isdisjoint(bared):
        told |= _IS_YOU
    if _DATE.search(bare) is not None:
        told |= _IS_DATE
    if _TIME.search(bare) is not None:
        told |= _IS_TIME
    if "@" in bare and _ADDRESS.search(bare) is not None:
        told |= _IS_ADDRESS
    return told


def _within(bare: str) -> bool:
    return any(part in bare for part in _PARTS)


def _abbreviated(bare: str, dated: int) -> bool:
    """Whether a full stop ends no sentence: "p.m.", "Corp.", "am 3."."""
    return bare.endswith(".") and (dated > 0 or bare[-2:-1].isdigit())


def _opens(text: str) -> bool:
    words = text.lstrip("-–—=*_>\"'“„[( \u200e\u200f\u202a\u202b").split(None, 1)
    word = words[0] if words else ""
    return word[:1].isdigit() or word.strip(",.:;()").casefold() in _OPENERS


def _is_one(text: str, told: int, *, marked: bool) -> bool:
    if not told & (_IS_VERB | _IS_ADDRESS) and not marked:
        return False
    core = text.strip(' -–—=*_"“”')
    ended = core.endswith((":", "：")) or (text.startswith("--") and text.endswith("--"))
    core = core.rstrip(":： ")
    verb, date, time = told & _IS_VERB, told & _IS_DATE, told & _IS_TIME
    address = told & _IS_ADDRESS
    if marked:
        if verb and (date or time or address):
            return True
        if ended and address and (date or time):
            return True
        if ended and verb:
            return len(core) <= _SHORT
        if date and address and not ended:
            return _opens(text) and _ends_in_address(core)
        return bool(ended and ((date and time and len(core) <= 2 * _SHORT) or (address and len(core) <= _SHORT)))
    if verb and date and (time or address):
        return ended or _verb_ends(core)
    if verb and address and (time or _NAME_WROTE.fullmatch(core) is not None):
        return ended
    if verb and (date or time) and ended and told & _IS_YOU and _opens(text):
        return len(core) <= _SHORT
    return bool(ended and date and time and address and _opens(text) and _ends_in_address(core))


def _verb_ends(core: str) -> bool:
    words = core.rsplit(None, 1)
    return bool(words) and words[-1].casefold() in _VERBS


def _ends_in_address(core: str) -> bool:
    return _LAST_ADDRESS.search(core[-330:]) is not None
