"""Who refuses a mail says so before it is accepted; in any doubt it is accepted, and then it is held."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge.core.decision import Decision, Scope, Standing
from bridge.core.errors import Transient
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import Arrival, MailView, Raw
from bridge.core.showing import Look, plan_mail
from bridge.engine.ahead import Ahead
from bridge.engine.refusing import Refusals
from bridge.engine.rules import Rules
from tests.unit.test_routing_problems import book, compiled, problems
from tests.unit.worlds import DESK, SETUP, TRACE, a_mail, pending

RULES = """\
before: [{name: exe, when: {subject: "*virus*"}, reject: No viruses}]
inboxes:
  s:
    address: s@corp.example
    room: {for: desk}
    rules:
      - {name: noise, when: {subject: "*lottery*"}, reject: We do not play}
      - {name: strange, when: {correspondent: first-contact, subject: "*hello*"}, do: reject}
  t: {address: t@corp.example, room: {for: desk}}
unmatched: {catch-all: other.example}
"""


class Reader:
    """Reads every mail as one of the given subject, or fails."""

    def __init__(self, mail: Mail | Exception | None) -> None:
        self.mail = mail
        self.asked = 0

    async def read(self, raw: Raw) -> Mail:
        self.asked += 1
        if self.mail is None:
            await asyncio.sleep(1000)
        if isinstance(self.mail, Exception):
            raise self.mail
        assert self.mail is not None
        return self.mail


class Known:
    """A journal that knows everybody, or nobody."""

    def __init__(self, *, known: bool) -> None:
        self.known = known

    async def standings(self, query: Any) -> Mapping[str, Standing]:
        return dict.fromkeys(query.scopes, Standing(known=self.known))


def refusals(directory: Path, reader: Reader, *, known: bool = False, rules: str = RULES) -> Refusals:
    made = Rules(book(directory, rules), lambda _: SETUP)
    ahead = Ahead(reader)
    return Refusals(Known(known=known), reader, ahead, made, patience=0.05)


def arrival(*to: str) -> Arrival:
    return Arrival("smtp:1", "mail", b"x", 0.0, Envelope("smtp", "a@x.example", to))


@pytest.mark.parametrize(
    ("subject", "to", "unwanted"),
    [
        ("a lottery", ["s@corp.example"], {"s@corp.example": "We do not play"}),
        ("a lottery", ["S+x@corp.example"], {"S+x@corp.example": "We do not play"}),
        ("a lottery", ["s@corp.example", "t@corp.example"], {"s@corp.example": "We do not play"}),
        ("an order", ["s@corp.example"], {}),
        (
            "a virus",
            ["t@corp.example", "q@other.example"],
            {"t@corp.example": "No viruses", "q@other.example": "No viruses"},
        ),
        ("a virus", ["postmaster@corp.example", "Postmaster"], {}),
    ],
)
async def test_each_recipient_is_asked_by_its_rules(
    tmp_path: Path, subject: str, to: list[str], unwanted: dict[str, str]
) -> None:
    asked = refusals(tmp_path, Reader(a_mail(subject=subject)))
    assert await asked.of(arrival(*to)) == unwanted


async def test_rules_may_ask_the_journal(tmp_path: Path) -> None:
    reader = Reader(a_mail(subject="hello"))
    assert await refusals(tmp_path, reader).of(arrival("s@corp.example")) == {"s@corp.example": "Mail refused"}
    assert await refusals(tmp_path, reader, known=True).of(arrival("s@corp.example")) == {}


async def test_a_mail_is_read_only_where_a_rule_may_refuse_it(tmp_path: Path) -> None:
    reader = Reader(a_mail())
    without_before = RULES[RULES.index("inboxes") :]
    asked = refusals(tmp_path, reader, rules=without_before)
    assert await asked.of(arrival("t@corp.example", "q@other.example", "postmaster@corp.example")) == {}
    assert reader.asked == 0
    await asked.of(arrival("t@corp.example", "s@corp.example"))
    assert reader.asked == 1


@pytest.mark.parametrize(
    "mail", [None, Transient("stopping"), RuntimeError("a fault"), a_mail(subject="lottery", unreadable=True)]
)
async def test_in_any_doubt_it_is_accepted(tmp_path: Path, mail: Mail | Exception | None) -> None:
    assert await refusals(tmp_path, Reader(mail)).of(arrival("s@corp.example")) == {}


def test_what_was_accepted_and_is_not_wanted_is_held_and_can_be_released() -> None:
    scope: Scope = DESK
    look = Look(Decision(scope, "reject", TRACE), MailView())
    plan = plan_mail(pending(), a_mail(), (look,), SETUP)
    assert plan.outcome == "quarantined"
    assert "accepted before" in plan.words
    assert plan_mail(pending(released=True), a_mail(), (look,), SETUP).outcome == "bridged"


INBOX = "inboxes:\n  s:\n    address: s@corp.example\n    room: {for: desk}\n"
IMAP = "inboxes:\n  s: {account: ann, room: {for: desk}, rules: [{reject: no}]}\n"


def test_over_imap_it_is_too_late(tmp_path: Path) -> None:
    late = "mail of s comes over IMAP, where it was accepted before: write do: quarantine, or do: drop"
    assert problems(tmp_path, IMAP) == [f"a.yaml:5:57: inboxes.s.rules.1.reject: {late}"]
    found = compiled(tmp_path, "before: [{name: b, do: reject}]\n" + IMAP.replace("reject: no", "do: drop"))
    assert found.rulebook is not None
    assert "mail that s gets over IMAP was accepted before: it is held in quarantine instead" in str(found.warnings[0])


@pytest.mark.parametrize(
    ("text", "what"),
    [("Grüße", "a mail server's reply is one line of plain ASCII"), ("x" * 401, "is longer than 400 characters")],
)
def test_the_text_fits_a_reply(tmp_path: Path, text: str, what: str) -> None:
    (problem,) = problems(tmp_path, INBOX + f"    rules: [{{reject: {text}}}]\n")
    assert problem.startswith(f"a.yaml:8:22: inboxes.s.rules.1.reject: {what}")
