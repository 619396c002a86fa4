"""Reads a directory of rule files as one rulebook text: united, with every node still knowing its file and place.

Top level only, *.yaml in name order, without *.test.yaml and hidden files. It checks shape and repetition, and
understands nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path as FilePath

from bridge.routing.documents import (
    InboxDoc,
    ListDoc,
    PersonDoc,
    RuleDoc,
    RulesDoc,
    UnmatchedDoc,
)
from bridge.routing.hints import HINTS
from bridge.routing.option_docs import Options
from bridge.routing.when_doc import WindowDoc
from bridge.yamldoc import Document, Path, Place, Problem, check, load

_UNITED = ("people", "groups", "times", "inboxes", "lists")
_ONCE = ("domain", "zone", "holidays", "defaults", "unmatched")

MOST_FILES = 2_000
MOST_NODES = 300_000
MOST_OCTETS = 20_000_000
"""What one rulebook may hold: some ten thousand rules. A reload must not take the daemon's memory."""

MOST_PROBLEMS = 500
"""Problems of one rulebook that are told."""

_NOTHING = sha256().hexdigest()


@dataclass(slots=True)
class Rules:
    """All files as one. Paths into it are those of one big document; `owners` says which file holds each part.

    `texts`: what each file said, by its name, as `digest` counts them.
    """

    domain: str = ""
    zone: str = ""
    holidays: tuple[str, ...] = ()
    people: dict[str, PersonDoc] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    times: dict[str, tuple[WindowDoc, ...]] = field(default_factory=dict)
    defaults: Options = field(default_factory=Options)
    before: list[RuleDoc] = field(default_factory=list)
    inboxes: dict[str, InboxDoc] = field(default_factory=dict)
    lists: dict[str, ListDoc] = field(default_factory=dict)
    unmatched: UnmatchedDoc | None = None
    digest: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    owners: dict[Path, tuple[Document, Path]] = field(default_factory=dict)
    fallback: Document = field(default_factory=lambda: Document("rules", {}, {}, {}))

    def _owner(self, path: Path) -> tuple[Document, Path]:
        for length in (2, 1):
            if (owner := self.owners.get(path[:length])) is not None:
                document, local = owner
                return document, (*local, *path[length:])
        return self.fallback, path

    def problem(self, path: Path, what: str, cure: str = "", *, key: bool = False) -> Problem:
        """A problem at a path of the united rules, with the file it stands in."""
        document, local = self._owner(path)
        return document.problem(local, what, cure, key=key)

    def value(self, path: Path) -> object:
        """What was written at a path, as plain values; None when nothing was."""
        document, local = self._owner(path)
        value: object = document.value
        for part in local:
            match value, part:
                case dict(), str():
                    value = value.get(part)
                case list(), int() if part < len(value):
                    value = value[part]
                case _:
                    return None
        return value

    def place(self, path: Path) -> tuple[str, Place]:
        """The file's name (with its directory's) and the place of a path's key, for traces."""
        document, local = self._owner(path)
        file = FilePath(document.file)
        return f"{file.parent.name}/{file.name}", document.place(local, key=True)


def read_rules(directory: FilePath) -> tuple[Rules, list[Problem], list[Problem]]:
    """The united rules, problems and warnings."""
    fallback = Document(str(directory), {}, {}, {})
    rules = Rules(fallback=fallback)
    problems: list[Problem] = []
    if not directory.is_dir():
        return (
            rules,
            [
                fallback.problem(
                    (), "is no directory", "make it and write rule files into it, or mend `rules` in the settings"
                )
            ],
            [],
        )
    try:
        names = sorted(path.name for path in directory.iterdir())
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        return rules, [fallback.problem((), what, "let the user that runs mailroom read it")], []
    warnings = [
        Document(str(directory / name), {}, {}, {}).problem((), "is not read", cure)
        for name in names
        if (cure := _unread(directory / name))
    ][:MOST_PROBLEMS]
    files = [name for name in names if _read(name)]
    if not files:
        problems.append(fallback.problem((), "holds no *.yaml file", "write rules into one, see the manual"))
    if len(files) > MOST_FILES:
        return rules, [fallback.problem((), f"holds more than {MOST_FILES:,} *.yaml files", "unite some")], warnings
    digest = sha256()
    nodes = octets = 0
    for name in files:
        if nodes > MOST_NODES or octets > MOST_OCTETS:
            what = f"holds more than {MOST_NODES:,} nodes or {MOST_OCTETS // 1_000_000} MB"
            problems.append(fallback.problem((), what, "say it with fewer rules"))
            break
        if len(problems) >= MOST_PROBLEMS:
            problems.append(fallback.problem((), "has more problems, which are not told yet", "mend the others first"))
            break
        document, found = load(directory / name)
        nodes, octets = nodes + len(document.places), octets + len(document.text)
        problems.extend(found)
        digest.update(f"{len(name)}:{name}{document.sha256}".encode("utf-8", "surrogateescape"))
        if not document.sha256:
            continue
        rules.texts[name] = document.text
        if document.sha256 == _NOTHING:  # an editor emptied it and writes it anew; nobody may be refused meanwhile
            problems.append(document.problem((), "is empty", "write rules into it, or remove it"))
        one, wrong = check(document, RulesDoc, hints=HINTS)
        problems.extend(wrong)
        if one is not None:
            problems.extend(_unite(rules, one, document))
    rules.digest = digest.hexdigest()[:32]
    return rules, problems, warnings


def _read(name: str) -> bool:
    """Whether a file of that name holds rules. A leading dot is an editor's lock or copy."""
    return name.endswith(".yaml") and not name.endswith(".test.yaml") and not name.startswith(".")


def _unread(path: FilePath) -> str:
    """How a file that looks like rules could be read after all; empty where that is not meant."""
    if path.name.endswith(".yml") and path.is_file():
        return "rename it to end in .yaml"
    hidden = path.name.startswith(".") and path.name.endswith(".yaml") and path.is_file()
    return "rename it so that it does not begin with a dot" if hidden else ""


def _unite(rules: Rules, one: RulesDoc, document: Document) -> list[Problem]:
    problems: list[Problem] = []
    for key in _ONCE:
        if key not in one.model_fields_set:
            continue
        if (key,) in rules.owners:
            problems.append(_repeated(rules, document, (key,)))
            continue
        rules.owners[(key,)] = (document, (key,))
        setattr(rules, key, getattr(one, key))
    for section in _UNITED:
        mine: Mapping[str, object] = getattr(one, section)
        united: dict[str, object] = getattr(rules, section)
        for name, item in mine.items():
            if name in united:
                problems.append(_repeated(rules, document, (section, name)))
                continue
            rules.owners[(section, name)] = (document, (section, name))
            united[name] = item
    for index, rule in enumerate(one.before):
        rules.owners[("before", len(rules.before))] = (document, ("before", index))
        rules.before.append(rule)
    return problems


def _repeated(rules: Rules, document: Document, path: Path) -> Problem:
    file, place = rules.place(path)
    return document.problem(path, f"is in {file}:{place.line} already", "keep one of them", key=True)
