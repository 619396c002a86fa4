"""Whose a new conversation is: strictly in turn, told once, and kept."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import assigning
from bridge.core.decision import Looks, Scope
from bridge.core.effects import OpenRoom, Tell
from bridge.core.plan import Assignment, Conversation, MailView, Plan
from bridge.core.showing import Look, plan_mail
from tests.unit.test_routing_book import book
from tests.unit.test_routing_problems import INBOX, problems
from tests.unit.worlds import ANN, BOB, DESK, SETUP, TALK, a_mail, bridged, pending

BOTH = ((ANN, "Ann Berg"), (BOB, "Bob <Iwu>"))


def plan(scope: Scope, view: MailView | None = None, *, quiet: bool = False, topic: str = "") -> Plan:
    scope = replace(scope, room=replace(scope.room, topic=topic))
    return plan_mail(pending(quiet=quiet), a_mail(), (Look(bridged(scope), view or MailView()),), SETUP)


def notices(made: Plan) -> list[Tell]:
    return [effect for effect in made.effects if isinstance(effect, Tell)]


def test_the_first_message_says_whose_it_is_and_mentions_them() -> None:
    made = plan(replace(DESK, assign=(BOTH[1],), tags=("billing", "vip & co")), topic="Help")
    opening = made.effects[0]
    assert isinstance(opening, OpenRoom)
    assert opening.room.topic == "For Bob <Iwu> · tags: billing, vip & co · Help"
    (told,) = notices(made)
    assert told == made.effects[-1]
    assert (told.text, told.mention) == ("For Bob <Iwu> · tags: billing, vip & co", (BOB,))
    assert told.html == (
        'For <a href="https://matrix.to/#/@bob:corp.example">Bob &lt;Iwu&gt;</a> · tags: billing, vip &amp; co'
    )
    (kept,) = made.assignments
    assert (kept.user, kept.tags, kept.scope, kept.turn) == (BOB, ("billing", "vip & co"), DESK.name, 0)


def test_tags_alone_notify_nobody() -> None:
    made = plan(replace(DESK, tags=("vip",), looks=Looks(language="de")))
    (told,) = notices(made)
    assert (told.text, told.mention) == ("Schlagworte: vip", ())
    assert made.assignments[0].user == ""


def test_later_mail_history_and_scopes_without_assignment_are_given_to_nobody() -> None:
    desk = replace(DESK, assign=BOTH, tags=("vip",))
    known = MailView(conversation=TALK, joined=True, participants=frozenset({"anna@client.example"}))
    for made in (plan(desk, known), plan(desk, quiet=True), plan(DESK)):
        assert made.assignments == ()
        assert notices(made) == []


@pytest.mark.parametrize(("before", "expected"), [("", ANN), (ANN, BOB), (BOB, ANN), ("@gone:corp.example", ANN)])
def test_the_next_in_turn_follows_the_last(before: str, expected: str) -> None:
    made = plan(replace(DESK, assign=BOTH), MailView(turn=7, before=before))
    assert (made.assignments[0].user, made.assignments[0].turn) == (expected, 7)


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True), st.integers(1, 30))
def test_everyone_gets_as_many_as_everyone_else(names: list[str], count: int) -> None:
    scope = replace(DESK, assign=tuple((f"@{name}:x", name) for name in names))
    had: list[str] = []
    for turn in range(count):
        conversation = Conversation(str(turn), scope.name, "r", "")
        view = MailView(turn=turn, before=had[-1] if had else "")
        found = assigning.assignment(scope, conversation, view)
        assert isinstance(found, Assignment)
        had.append(found.user)
    counts = [had.count(f"@{name}:x") for name in names]
    assert max(counts) - min(counts) <= 1
    assert had[: len(names)] == [f"@{name}:x" for name in names[:count]]


def test_rules_name_a_person_or_people_in_turn(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "inboxes:\n  s:\n    address: s@d.example\n    room: {for: [desk, cleo]}\n    tags: vip\n"
        "    assign: {rotate: [cleo, desk]}\n"
        "    rules: [{name: bulk, when: {kind: bulk}, assign: bob, tags: [b, a, b]}]\n",
    )
    base, bulk = rules.scope("inbox:s"), rules.scope("inbox:s", "bulk")
    assert base is not None
    assert bulk is not None
    assert [name for _, name in base.assign] == ["Cleo", "Ann Berg", "Bob Iwu"]
    assert base.tags == ("vip",)
    assert (bulk.assign, bulk.tags) == ((("@bob:d.example", "Bob Iwu"),), ("b", "a"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            INBOX.replace("desk", "ann") + "    assign: {rotate: desk}\n",
            ["a.yaml:8:13: inboxes.s.assign: bob is no member of the room: add bob to `for`"],
        ),
        (
            INBOX.replace("{for", "{is: '#s', for") + "    assign: ann\n    digest: {every: 1h}\n",
            [
                "a.yaml:8:13: inboxes.s.assign: mail of a digest is nobody's: it is read, not taken: "
                "remove `assign` or `digest`"
            ],
        ),
    ],
)
def test_what_cannot_be_assigned_is_refused(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, text) == expected
