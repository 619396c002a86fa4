"""Runs users' rule tests: finds the files, reads them strictly, and tries each mail on the rules beside them.

Nothing is sent and nothing is written. A file with problems is not tried; its problems are told like those of rules.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from zoneinfo import ZoneInfo

from bridge.app.import_files import LARGEST
from bridge.app.letters import Written, written
from bridge.core.decision import Standing
from bridge.core.errors import BridgeError
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import Raw
from bridge.core.rehearsing import Rehearsal, rehearsal_setup, rehearse
from bridge.core.setup import Setup
from bridge.mail.pool import ReaderPool
from bridge.routing import Compiled
from bridge.routing.compile import Facts
from bridge.routing.trial_doc import TrialDoc, TrialsDoc
from bridge.routing.trials import Mismatch, Words, check_names, judge
from bridge.yamldoc import Document, Problem, check, in_order, load

ENDING = ".test.yaml"

USUAL = datetime(2026, 1, 7, 10)
"""When a mail of a test came that says no moment: always the same, so that tests do not depend on the day."""

_COMMON = "X-Spam-Flag X-Spam-Status Precedence Auto-Submitted Return-Path Authentication-Results Sender Received"
HINTS = {name: f"write it below headers: headers: {{{name}: …}}" for name in _COMMON.split()}


@dataclass(frozen=True, slots=True)
class Book:
    """Rules with what they were compiled against."""

    folder: Path
    compiled: Compiled
    facts: Facts


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail of the journal and how it came. `standings`: what the journal knows of it today in each of some scopes."""

    octets: bytes
    envelope: Envelope
    at: float
    standings: Callable[[Sequence[str], Mail], Mapping[str, Standing]]


Find = Callable[[str], Awaitable[Kept]]
"""Finds a mail of the journal by its Message-ID. Raises Permanent, Transient."""


@dataclass(frozen=True, slots=True)
class Miss:
    """An expectation that does not hold, with its place in the test file."""

    line: int
    column: int
    key: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One test that ran. `taken`: what took the mail, in the words of the trace. `error`: why it could not be tried."""

    name: str
    file: str
    line: int
    seconds: float = 0.0
    misses: tuple[Miss, ...] = ()
    taken: tuple[str, ...] = ()
    error: str = ""

    @property
    def ok(self) -> bool:
        """It passed."""
        return not self.misses and not self.error


@dataclass(slots=True)
class Report:
    """Everything that was tried. `problems`: of rules and test files. `files`: how many files of tests there were."""

    problems: list[Problem] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)
    files: int = 0
    left_out: int = 0

    @property
    def ok(self) -> bool:
        """There were tests, and all passed."""
        return bool(self.tried) and not self.problems and all(each.ok for each in self.tried)


def trial_files(folder: Path) -> list[Path]:
    """The test files of a rules directory, in name order."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name.endswith(ENDING))


async def try_rules(
    books: Sequence[tuple[Book, Sequence[Path]]],
    *,
    wanted: Callable[[str], bool],
    find: Find,
    clock: Callable[[], float],
    heard: Callable[[Tried], None],
) -> Report:
    """Try every test whose name is `wanted`, in order; `heard` gets each as it ends."""
    report = Report()
    prepared: list[tuple[Book, Document, TrialDoc, int]] = []
    for book, files in books:
        report.problems.extend(book.compiled.problems)
        for path in files:
            report.files += 1
            document, trials, problems = _read(path, book)
            report.problems.extend(problems)
            for index, trial in enumerate(trials.tests if trials is not None else ()):
                if wanted(trial.name):
                    prepared.append((book, document, trial, index))
                else:
                    report.left_out += 1
    report.problems = in_order(dict.fromkeys(report.problems))
    if report.problems or not prepared:
        return report
    reader = ReaderPool(workers=1)
    await reader.start()
    try:
        for book, document, trial, index in prepared:
            began = clock()
            tried = replace(await _try(book, document, trial, index, reader, find), seconds=clock() - began)
            report.tried.append(tried)
            heard(tried)
    finally:
        await reader.close()
    return report


def _read(path: Path, book: Book) -> tuple[Document, TrialsDoc | None, list[Problem]]:
    document, problems = load(path)
    if problems:
        return document, None, problems
    trials, problems = check(document, TrialsDoc, hints=HINTS)
    if trials is None or book.compiled.rulebook is None:
        return document, None, problems
    words = Words(book.compiled.rulebook, book.compiled.people)
    for index, trial in enumerate(trials.tests):
        where = ("tests", index)

        def complain(path: tuple[str | int, ...], what: str, cure: str) -> None:
            problems.append(document.problem(_written(document, path), what, cure))

        check_names(trial, where, words, complain)
        if trial.eml is not None and (fault := _no_mail(path.parent, trial.eml)):
            complain((*where, "eml"), *fault)
    return document, trials, problems


def _no_mail(folder: Path, name: str) -> tuple[str, str] | None:
    """Why a test may not read that file, and the cure: tests come from elsewhere, and what they read they may tell."""
    try:
        found = (folder / name).resolve()
        if not found.is_relative_to(folder.resolve()):
            return f"{name!r} is not beside this file", "put the mail into this directory, or one below it"
        if found.is_file():
            too_large = f"{name!r} is over {LARGEST // 2**20} MiB", "no such mail is taken in"
            return too_large if found.stat().st_size > LARGEST else None
    except (OSError, ValueError):
        pass  # no file can have such a name
    return f"there is no file {name!r} beside this one", ""


def _written(document: Document, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The path as it was written: a list of one element may be left out in the file, or be there."""
    value: object = document.value
    found: list[str | int] = []
    for part in path:
        if isinstance(value, list) and isinstance(part, str) and value:
            found.append(0)
            value = value[0]
        match value:
            case dict() if part in value:
                value = value[part]
            case list() if isinstance(part, int) and part < len(value):
                value = value[part]
            case _:
                continue
        found.append(part)
    return tuple(found)


async def _try(book: Book, document: Document, trial: TrialDoc, index: int, reader: ReaderPool, find: Find) -> Tried:
    place = document.place(("tests", index))
    tried = Tried(trial.name, document.file, place.line)
    try:
        mail, seen, words = await _rehearsed(book, document, trial, reader, find)
    except (BridgeError, OSError) as error:
        why = error.text if isinstance(error, BridgeError) else f"{trial.eml}: {error.strerror}"
        return replace(tried, error=why)
    misses = tuple(_miss(document, index, each) for each in judge(trial, mail, seen, words))
    taken = tuple(rehearsal.decision.trace.words for _, rehearsal in seen)
    return replace(tried, misses=misses, taken=taken)


def _miss(document: Document, index: int, found: Mismatch) -> Miss:
    place = document.place(_written(document, ("tests", index, *found.path)))
    return Miss(place.line, place.column, found.key, found.expected, found.actual)


async def _rehearsed(
    book: Book, document: Document, trial: TrialDoc, reader: ReaderPool, find: Find
) -> tuple[Mail, list[tuple[str, Rehearsal]], Words]:
    rulebook = book.compiled.rulebook
    assert rulebook is not None, "rules with problems are not tried"
    zone = book.compiled.written.zone
    said = seconds(trial.at, zone) if trial.at is not None else None
    kept: Kept | None = None
    if trial.mail is not None:
        default = said if said is not None else seconds(USUAL, zone)
        path = _return_path(trial) if trial.account is not None else None
        source = written(trial.mail, at=default, name=trial.name, return_path=path)
    elif trial.eml is not None:
        source = Written((Path(document.file).parent / trial.eml).read_bytes())
    else:
        assert trial.message_id is not None, "the document was checked"
        kept = await find(trial.message_id)
        source = Written(kept.octets)
    mail = source.sized(await reader.read(Raw(source.octets)))
    if said is not None:
        at = said
    elif kept is not None:
        at = kept.at
    else:
        at = mail.date if mail.date is not None else seconds(USUAL, zone)
    envelope = _envelope(trial, mail, kept)
    standings = _standings(trial, (*rulebook.scopes, rulebook.unmatched.base.name), mail, kept)
    setup = surroundings(book)
    seen = rehearse(rulebook, envelope, mail, at=at, setup=setup, standings=standings)
    took = [ruled.base.name for ruled, _ in rulebook.decided(envelope, mail, at=at, standings=standings)]
    return mail, list(zip(took, seen, strict=True)), Words(rulebook, book.compiled.people)


def surroundings(book: Book) -> Setup:
    """The planner's surroundings for looking at a rulebook."""
    assert book.compiled.rulebook is not None, "rules with problems are not tried"
    bot = f"@mailroom-bot:{book.facts.server or 'rehearsal.invalid'}"
    return rehearsal_setup(book.compiled.rulebook, bot=bot, admin_room=book.facts.admin_room, admins=book.facts.admins)


def seconds(moment: datetime, zone: str) -> float:
    """A moment in seconds since the epoch; one without an offset is of `zone` (IANA), or of UTC where that is empty."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone) if zone else UTC)).timestamp()


def _return_path(trial: TrialDoc) -> str | None:
    """The envelope's sender, as far as the test tells it: said, or the one address of From."""
    if trial.from_envelope is not None:
        return trial.from_envelope
    address = parseaddr(trial.mail.from_)[1] if trial.mail is not None and trial.mail.from_ is not None else ""
    return address or None


def _envelope(trial: TrialDoc, mail: Mail, kept: Kept | None) -> Envelope:
    if kept is not None and not trial.to and trial.account is None:
        return kept.envelope
    sender = trial.from_envelope
    if sender is None:
        sender = mail.author.spec if mail.author else ""
    if trial.account is not None:
        return Envelope("imap", sender, trial.to, trial.account, trial.folder or "INBOX")
    return Envelope("smtp", sender, trial.to)


def _standings(trial: TrialDoc, scopes: Sequence[str], mail: Mail, kept: Kept | None) -> Mapping[str, Standing]:
    if kept is not None and trial.known is None and trial.conversation == "new":
        return kept.standings(scopes, mail)
    goes_on = trial.conversation != "new"
    known = trial.known if trial.known is not None else goes_on
    return dict.fromkeys(scopes, Standing(trial.conversation, known))
