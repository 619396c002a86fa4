"""The JSON that commands print, as types; the schemas in deploy/schemas are written from them.

Imported only when JSON is asked for: pydantic takes its time. Times are seconds since the epoch, absent texts empty.
"""

import json
from typing import Any, Literal

from bridge.cli.printed_base import Printed, ProblemJson
from bridge.cli.printed_read import ReadJson
from bridge.cli.printed_rules import ExplainJson, TestsJson


class FindingJson(Printed):
    """One thing that `check` looked at."""

    what: str
    level: Literal["ok", "warning", "problem"]
    words: str
    cure: str


class CheckJson(Printed):
    """`mailroom check --json`. `ok`: there is no problem."""

    ok: bool
    findings: list[FindingJson]


class RulesJson(Printed):
    """`mailroom rules check --json`. `ok`: there is no problem."""

    ok: bool
    problems: list[ProblemJson]


class PeerJson(Printed):
    """The state of a peer or source as the daemon last told it, since when."""

    name: str
    state: Literal["ok", "connecting", "waiting", "failed"]
    detail: str
    since: float


class MailboxJson(Printed):
    """A watched folder. `state`: of its account. `newest`: when it last brought a mail; null when it never did."""

    account: str
    folder: str
    state: str
    detail: str
    newest: float | None


class LaneJson(Printed):
    """A lane with work: how many effects wait in it, and the key, state and reason of the first. `since`: its plan."""

    lane: str
    waiting: int
    head: str
    state: str
    since: float
    due: float
    attempts: int
    words: str


class CountsJson(Printed):
    """How much is where. `new`: arrivals not yet planned. `blocked`: lanes that wait for a lost room."""

    new: int
    quarantined: int
    waiting: int
    held: int
    claimed: int
    buried: int
    blocked: int
    lost_rooms: int


class RulebookJson(Printed):
    """`digest`: of the files now, empty when they have problems; `applied`: of what the daemon last put in force."""

    digest: str
    applied: str
    problems: int
    warnings: int


class StatusJson(Printed):
    """`mailroom status --json`. `pid`: of the running daemon, else null. `counts`: null before the first start.

    `lanes`: those whose work has waited longest, at most twenty.
    """

    now: float
    pid: int | None
    outbound: Literal["observe", "own-domains", "all"]
    state: str
    rules: RulebookJson
    counts: CountsJson | None
    peers: list[PeerJson]
    mailboxes: list[MailboxJson]
    lanes: list[LaneJson]


class EntryJson(Printed):
    """One line of the queue: an arrival or an effect. `at`: when it came. `due`: not before, 0 for at once."""

    key: str
    what: Literal["arrival", "effect"]
    kind: str
    state: str
    at: float
    due: float
    attempts: int
    words: str
    lane: str
    room: str


class QueueJson(Printed):
    """`mailroom queue list --json`, and what `retry` and `drop` left. `more`: there are more than were printed."""

    entries: list[EntryJson]
    more: bool = False


class DetailJson(Printed):
    """`mailroom queue show --json`. `content`: the envelope, or the effect without the text of mails.

    `traces`: the rules' reasons. `cause`: the key of the arrival behind an effect. `octets`: of the original.
    `assigned`: user ids who were given a conversation that it began, with its `tags`.
    """

    entry: EntryJson
    content: dict[str, Any]
    cause: str
    outcome: str
    traces: list[str]
    assigned: list[str]
    tags: list[str]
    receipt: dict[str, Any] | None
    octets: int


class RuleFileJson(Printed):
    """A rule file of a rulebook. `added`, `removed`: lines, against the rulebook before, with their unified `diff`.

    `text`: the whole file, where a rulebook was asked for.
    """

    file: str
    added: int = 0
    removed: int = 0
    diff: str = ""
    text: str = ""


class EnactedJson(Printed):
    """A rulebook that was in force from `at` to `until`; null: it still is, or was when the daemon ended.

    `compared`: the text of it and of the one before are known, so `files` are all that changed.
    """

    digest: str
    at: float
    until: float | None
    cause: Literal["start", "import", "files", "hangup", "admin"]
    who: str
    compared: bool
    files: list[RuleFileJson]


class RulesHistoryJson(Printed):
    """`mailroom rules history --json`, newest first. `more`: there are older ones than were printed."""

    rulebooks: list[EnactedJson]
    more: bool = False


class PlanExampleJson(Printed):
    """A mail that came `at`, by the key of its arrival, or (`at` 0) a room. Subject and sender: not of private ones."""

    key: str
    at: float
    subject: str
    sender: str


class PlanGroupJson(Printed):
    """One thing that changes, for how many `mails` and open `rooms`; none: for no mail that was tried.

    `gained` and `lost`: who sees it (topic sight), or may answer (answers), or what arrives (address). `before` and
    `after`: the values of an option, in words. `rule`: whose options changed though no mail met it; empty: the inbox's.
    """

    topic: Literal["sight", "action", "room", "answers", "elsewhere", "notify", "handling", "looks", "address", "rule"]
    what: str
    scope: str
    before: str
    after: str
    gained: list[str]
    lost: list[str]
    private: bool
    mails: int
    rooms: int
    rule: str
    examples: list[PlanExampleJson]


class PlanJson(Printed):
    """`mailroom rules plan --json`. `before`, `after`: digests of the rulebooks. `mails`: tried; `changed`: of them.

    `gone`: mails whose octets are no longer kept. `unlisted`: changes beyond those that are listed.
    """

    before: str
    after: str
    mails: int
    changed: int
    gone: int
    unlisted: int
    changes: list[PlanGroupJson]


SCHEMAS: dict[str, tuple[type[Printed], str]] = {
    "check": (CheckJson, "What mailroom check --json prints"),
    "rules-check": (RulesJson, "What mailroom rules check --json prints"),
    "rules-plan": (PlanJson, "What mailroom rules plan --json prints"),
    "rules-history": (RulesHistoryJson, "What mailroom rules history --json prints"),
    "rules-explain": (ExplainJson, "What mailroom rules explain --json prints"),
    "rules-test": (TestsJson, "What mailroom rules test --json prints"),
    "read": (ReadJson, "A line of what mailroom read --json prints"),
    "status": (StatusJson, "What mailroom status --json prints"),
    "queue-list": (QueueJson, "What mailroom queue list, retry and drop print with --json"),
    "queue-show": (DetailJson, "What mailroom queue show --json prints"),
}
"""Each schema file in deploy/schemas, by its name without .schema.json."""


def schema(name: str) -> str:
    """The text of a schema file."""
    model, title = SCHEMAS[name]
    made: dict[str, Any] = model.model_json_schema(mode="serialization")
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": title}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
