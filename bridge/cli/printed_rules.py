"""The JSON that `mailroom rules test` and `rules explain` print, as types; schemas are written from them."""

from typing import Literal

from bridge.cli.printed_base import Printed, ProblemJson


class MissJson(Printed):
    """One expectation of a test that does not hold, with its place in the test file."""

    line: int
    column: int
    key: str
    expected: str
    actual: str


class TestJson(Printed):
    """One rule test. `taken`: what took the mail, and why. `error`: why it could not be tried."""

    __test__ = False

    name: str
    file: str
    line: int
    outcome: Literal["passed", "failed", "error"]
    seconds: float
    error: str
    misses: list[MissJson]
    taken: list[str]


class TestsJson(Printed):
    """`mailroom rules test --json`. `ok`: there were tests and all passed. `left_out`: how many -k left out."""

    __test__ = False

    ok: bool
    problems: list[ProblemJson]
    tests: list[TestJson]
    left_out: int


class AskedJson(Printed):
    """A condition that was asked. `depth`: how many conditions stand around it."""

    depth: int
    hit: bool
    words: str
    file: str
    line: int
    column: int


class StepJson(Printed):
    """A rule that was asked; one without conditions takes everything."""

    rule: str
    taken: bool
    file: str
    line: int
    column: int
    conditions: list[AskedJson]


class OptionJson(Printed):
    """An option in force, as it was written. `file` is empty and `line` 0 for what is built in."""

    key: str
    value: str
    source: Literal["rule", "inbox", "list", "unmatched", "defaults", "built-in"]
    file: str
    line: int


class AnswerJson(Printed):
    """The answer that a user id would give. `confirmed`: only after a confirmation. `approvers`: one must agree first.

    `why`: it would not leave, in words.
    """

    by: str
    identity: str
    to: list[str]
    cc: list[str]
    bcc: list[str]
    confirmed: bool
    approvers: list[str]
    why: str


class ShareJson(Printed):
    """What one inbox or list does with a mail. `conversation` and `known`: null when no rule asks.

    `room`: "#alias", a room id, or what there is one room for each of; empty when nobody sees it. `sees`: user ids;
    `on_take`: each of them on taking it at its line in the `lobby` ("#alias", a room id, or empty), but for those who
    are `invited` at once. `passed`: addresses that get it forwarded or as a copy.
    """

    scope: str
    why: list[str]
    conversation: Literal["new", "existing", "answered"] | None
    known: bool | None
    rules: list[StepJson]
    not_asked: int
    action: Literal["bridge", "drop", "quarantine", "triage", "reject", "forward"]
    rule: str
    file: str
    line: int
    shown_by: str
    room: str
    name: str
    fresh: bool
    sees: list[str]
    lobby: str
    on_take: bool
    invited: list[str]
    answers: list[AnswerJson]
    passed: list[str]
    acknowledged: bool
    captures: dict[str, str]
    options: list[OptionJson]


class ExplainJson(Printed):
    """`mailroom rules explain --json`. `digest`: of the rulebook."""

    digest: str
    at: float
    mail_from: str
    rcpt_tos: list[str]
    account: str
    folder: str
    kind: str
    shares: list[ShareJson]
