"""A conversation is taken by a reaction to its line, by members alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.decision import Lobby, Scope
from bridge.core.effects import Admit, Line, ReopenRoom, Tell
from bridge.core.events import plan_event
from bridge.core.lives import Life
from bridge.core.plan import Assignment, Conversation, EventView, MailView, Plan
from bridge.core.post import Reacted, Redacted
from bridge.core.showing import Look, plan_mail
from tests.unit.test_routing_book import book
from tests.unit.test_routing_problems import INBOX, problems
from tests.unit.worlds import ANN, BOB, CLIENT, DESK, MALLORY, NOW, SETUP, TALK, a_mail, bridged, pending, posted

LOBBY = "is:#desk"
NAMES = ((ANN, "Ann Berg"), (BOB, "Bob Iwu"))
ON_TAKE = replace(DESK, room=replace(DESK.room, lobby=Lobby("#desk", True, NAMES)))
AT_ONCE = replace(DESK, room=replace(DESK.room, lobby=Lobby("#desk", False, NAMES)))
VIEW = EventView(room=LOBBY, scope="inbox:support", line=TALK)


def take(user: str = ANN, symbol: str = "👋", view: EventView = VIEW, scope: Scope | None = ON_TAKE) -> Plan:
    return plan_event(posted(), Reacted("$e1", "!lobby", user, NOW, "$line", symbol), view, scope, SETUP)


@pytest.mark.parametrize("symbol", ["👋", "✋", "👋🏽", "✋🏿"])
def test_whoever_takes_it_is_let_in_has_it_and_stands_in_the_line(symbol: str) -> None:
    made = take(symbol=symbol)
    assert made.assignments == (Assignment("talk", "inbox:support", "", 0, ANN, taken=True),)
    admit, said, line = made.effects
    assert isinstance(admit, Admit)
    assert (admit.room, admit.members, admit.staying) == ("conv:talk", (ANN,), (ANN, BOB))
    assert isinstance(said, Tell)
    assert (said.room, said.text, said.mention, said.loud) == ("conv:talk", "For Ann Berg", (), False)
    assert isinstance(line, Line)
    assert (line.room, line.conversation, line.not_before) == (LOBBY, "talk", 0.0)
    assert made == take(symbol=symbol)


def test_taken_in_a_lobby_that_had_another_name_both_lines_are_told_anew() -> None:
    made = take(view=replace(VIEW, room="is:#former"))
    assert [(e.room, e.lane) for e in made.effects if isinstance(e, Line)] == [
        (LOBBY, f"lobby:talk:{LOBBY}"),
        ("is:#former", "lobby:talk:is:#former"),
    ]


def test_another_member_takes_it_over() -> None:
    made = take(BOB, view=replace(VIEW, line=replace(TALK, assignee=ANN)))
    assert [each.user for each in made.assignments] == [BOB]
    (admit,) = (e for e in made.effects if isinstance(e, Admit))
    assert ANN in admit.staying


def test_whoever_has_it_already_is_let_in_again_and_nothing_else() -> None:
    made = take(view=replace(VIEW, line=replace(TALK, assignee=ANN)))
    assert made.assignments == ()
    assert [type(effect) for effect in made.effects] == [Admit]


def test_a_closed_conversation_is_opened_for_who_takes_it() -> None:
    made = take(view=replace(VIEW, line=replace(TALK, state="closed", assignee=BOB)))
    assert made.lives == (Life("talk", "open"),)
    (reopened,) = (e for e in made.effects if isinstance(e, ReopenRoom))
    assert reopened.spec.members == (ANN, BOB)
    assert [type(effect) for effect in made.effects] == [ReopenRoom, Tell, Line]
    again = take(view=replace(VIEW, line=replace(TALK, state="closed", assignee=ANN)))
    assert [type(effect) for effect in again.effects] == [ReopenRoom, Line]
    assert again.assignments == ()


def test_a_new_mail_brings_the_last_assignee_back_and_nobody_else() -> None:
    closed = replace(TALK, state="closed", assignee=BOB)
    made = reopened_by_mail(closed)
    (reopened,) = (e for e in made.effects if isinstance(e, ReopenRoom))
    assert reopened.spec.members == (BOB,)
    assert not [e for e in made.effects if isinstance(e, Tell)]


@pytest.mark.parametrize("assignee", ["", "@gone:corp.example"])
def test_of_one_that_nobody_has_any_more_the_members_hear_when_it_is_opened_again(assignee: str) -> None:
    made = reopened_by_mail(replace(TALK, state="closed", assignee=assignee))
    (reopened,) = (e for e in made.effects if isinstance(e, ReopenRoom))
    assert reopened.spec.members == ()
    (call,) = (e for e in made.effects if isinstance(e, Tell))
    assert (call.room, call.link, call.loud, call.edits) == (LOBBY, "conv:talk", True, "")
    assert call.text == "A new mail has opened a conversation again that nobody has. Its line is above."


def reopened_by_mail(talk: Conversation) -> Plan:
    view = MailView(conversation=talk, joined=True, participants=frozenset({CLIENT.key}), open_rooms=frozenset({LOBBY}))
    return plan_mail(pending(), a_mail(), (Look(bridged(ON_TAKE), view),), SETUP)


def test_where_everybody_is_in_the_room_taking_only_says_whose_it_is() -> None:
    made = take(scope=AT_ONCE)
    assert [type(effect) for effect in made.effects] == [Tell, Line]
    assert [each.user for each in made.assignments] == [ANN]


@given(
    user=st.sampled_from([MALLORY, "@gone:corp.example", "@ann:elsewhere.example", "@_mailroom_x:corp.example", ""]),
    symbol=st.sampled_from(["👋", "✋"]),
)
def test_a_stranger_takes_nothing(user: str, symbol: str) -> None:
    made = take(user, symbol)
    assert (made.assignments, made.effects, made.outcome) == ((), (), "ignored")


@pytest.mark.parametrize("symbol", ["👍", "✅", "🔁", "👋👋", "take", "🏽", ""])
def test_no_other_reaction_takes(symbol: str) -> None:
    assert take(symbol=symbol).effects == ()


def test_a_line_of_an_inbox_that_is_gone_or_has_no_lobby_any_more_is_taken_by_nobody() -> None:
    assert take(scope=None).effects == ()
    assert take(scope=DESK).effects == ()


def test_removing_the_reaction_gives_nothing_back() -> None:
    removed = Redacted("$e2", "!lobby", ANN, NOW, "$e1")
    made = plan_event(posted(), removed, EventView(room=LOBBY, scope="inbox:support"), ON_TAKE, SETUP)
    assert (made.effects, made.assignments) == ((), ())


ROOM = "{per: conversation, lobby: '#s', for: desk, join: on-take}"


def test_rules_say_that_conversations_are_taken(tmp_path: Path) -> None:
    rules = book(tmp_path, f"inboxes:\n  s: {{address: s@d.example, room: {ROOM}}}\n")
    found = rules.scope("inbox:s")
    assert found is not None
    assert found.room.lobby is not None
    assert found.room.lobby.on_take


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            INBOX.replace("for: desk", "for: desk, join: on-take"),
            [
                "a.yaml:7:29: inboxes.s.room.join: nobody could take a conversation: there is no lobby: "
                'say `lobby: "#…"`, or remove it'
            ],
        ),
        (
            INBOX.replace("for: desk", "is: '#x', for: desk, join: on-take"),
            [
                "a.yaml:7:39: inboxes.s.room.join: a lobby goes with a room for each conversation: "
                "say `per: conversation`, or remove it"
            ],
        ),
        (INBOX.replace("for: desk", "is: '#x', for: desk, join: at-once"), []),
    ],
)
def test_nobody_can_be_kept_waiting_for_a_line_that_is_not_there(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    assert problems(tmp_path, text) == expected
