"""One line for each conversation stands in the lobby, and is told anew by whatever changes it."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import lobby
from bridge.core.aftermath import Fulfil, Postpone, Verdict
from bridge.core.decision import Lobby, Looks, Notify, Scope
from bridge.core.doing import Task
from bridge.core.effects import Admit, Effect, Line, OpenRoom, SendMail, Tell
from bridge.core.lobby import LineView
from bridge.core.plan import Kin, MailView, Merge, Plan
from bridge.core.showing import Look, plan_mail
from bridge.engine.delivery import Delivery, Peers
from bridge.engine.rules import Rules
from tests.unit.test_answering import plan as answer
from tests.unit.test_routing_book import book
from tests.unit.test_routing_problems import problems, warnings
from tests.unit.worlds import ANN, BOB, CLIENT, DESK, NOW, SETUP, TALK, a_letter, a_mail, bridged, pending

LOBBY = "is:#desk"
NAMES = ((ANN, "Ann Berg"), (BOB, "Bob Iwu"))
HALL = replace(DESK, room=replace(DESK.room, lobby=Lobby("#desk", names=NAMES)))
TAKEN = replace(DESK, room=replace(DESK.room, lobby=Lobby("#desk", True, NAMES)))
"""Where people take conversations."""

KNOWN = MailView(conversation=TALK, joined=True, participants=frozenset({CLIENT.key}), open_rooms=frozenset({LOBBY}))


def plan(scope: Scope = HALL, view: MailView | None = None, *, quiet: bool = False, key: str = "smtp:1") -> Plan:
    looks = (Look(bridged(scope), view or MailView()),)
    return plan_mail(pending(key, quiet=quiet), a_mail(), looks, SETUP)


def lines(effects: tuple[Effect, ...]) -> list[Line]:
    return [effect for effect in effects if isinstance(effect, Line)]


def test_a_new_conversation_gets_a_line_in_a_lobby_that_is_opened_for_it() -> None:
    made = plan()
    (line,) = lines(made.effects)
    (room,) = (e.room for e in made.effects if isinstance(e, OpenRoom) and e.lane == line.lane)
    talk = made.conversations[0].id
    assert (line.lane, line.room, line.conversation, line.edits) == (f"lobby:{talk}:{LOBBY}", LOBBY, talk, "")
    assert (room.key, room.target, room.members, room.name) == (LOBBY, "#desk", (ANN, BOB), "support: lobby")
    assert room.space == "space:inbox:support"
    assert (LOBBY, "inbox:support", "") in made.rooms


def test_in_an_open_lobby_nothing_is_opened_and_a_later_mail_edits_the_line_a_little_later() -> None:
    made = plan(view=KNOWN)
    assert not [effect for effect in made.effects if isinstance(effect, OpenRoom)]
    first, edit = lines(made.effects)
    assert (first.edits, edit.edits) == ("", first.key)
    assert edit.not_before == NOW + lobby.SETTLING
    assert plan(view=KNOWN) == made
    assert lines(plan(view=KNOWN, key="smtp:2").effects)[1].key != edit.key


def test_the_line_of_a_conversation_has_the_same_name_in_every_plan_and_another_in_another_lobby() -> None:
    first = lines(plan(view=KNOWN).effects)[0]
    assert lines(plan(view=KNOWN, key="smtp:2").effects)[0].key == first.key
    moved = replace(HALL, room=replace(HALL.room, lobby=Lobby("#other")))
    assert lines(plan(moved, KNOWN).effects)[0].key != first.key


def test_without_a_lobby_there_is_no_line() -> None:
    assert lines(plan(DESK).effects) == []
    assert all(not key.startswith("is:") for key, _, _ in plan(DESK).rooms)


@pytest.mark.parametrize("notify", [Notify(), Notify("none"), Notify("mention", (ANN,))])
def test_where_people_take_conversations_nobody_is_invited_and_the_line_is_as_loud_as_the_mail(notify: Notify) -> None:
    made = plan(replace(TAKEN, notify=notify))
    rooms = {e.room.key: e.room.members for e in made.effects if isinstance(e, OpenRoom)}
    assert rooms == {made.conversations[0].room: (), LOBBY: (ANN, BOB)}
    assert [line.notify for line in lines(made.effects)] == [notify]
    assert [line.notify for line in lines(plan(replace(HALL, notify=notify)).effects)] == [Notify("none")]
    assert lines(plan(replace(TAKEN, notify=notify), KNOWN).effects)[1].notify == Notify("none")


def test_whom_the_rules_give_it_is_invited_at_once_and_the_line_is_quiet() -> None:
    made = plan(replace(TAKEN, assign=((BOB, "Bob Iwu"),)))
    (room,) = (e.room for e in made.effects if isinstance(e, OpenRoom) and e.room.key != LOBBY)
    assert room.members == (BOB,)
    assert [line.notify for line in lines(made.effects)] == [Notify("none")]


def test_an_import_opens_the_lobby_for_nobody_yet_and_its_lines_notify_nobody() -> None:
    made = plan(replace(HALL, notify=Notify("mention", (ANN,))), quiet=True)
    assert all(e.room.members == () for e in made.effects if isinstance(e, OpenRoom))
    assert [line.notify for line in lines(made.effects)] == [Notify("none")]


def test_live_mail_in_a_lobby_that_history_opened_lets_the_members_in_once() -> None:
    standing = MailView(open_rooms=frozenset({LOBBY}))
    (one,) = (e for e in plan(view=standing).effects if isinstance(e, Admit))
    assert (one.room, one.lane, one.members) == (LOBBY, f"room:{LOBBY}", (ANN, BOB))
    (two,) = (e for e in plan(view=standing, key="smtp:2").effects if isinstance(e, Admit))
    assert two == one, "the outbox takes a name once"
    for more in (plan(view=standing, quiet=True), plan(view=KNOWN), plan()):
        assert not [e for e in more.effects if isinstance(e, Admit)]


def test_conversations_that_turn_out_to_be_one_have_both_lines_told_anew() -> None:
    later = replace(TALK, id="later", room="conv:later")
    both = frozenset({CLIENT.key})
    made = plan(view=replace(KNOWN, kin=(Kin(TALK, both), Kin(later, both))))
    assert made.merges == (Merge("later", "talk"),)
    assert [line.conversation for line in lines(made.effects)] == ["talk", "talk", "later"]


def test_an_answer_that_left_is_told_in_the_line_of_the_conversation_it_goes_on_in() -> None:
    (send,) = (e for e in answer().effects if isinstance(e, SendMail))
    (line,) = lines(lobby.answered(replace(send, lane="mail:older"), HALL))
    assert (line.conversation, line.lane, line.room) == ("older", f"lobby:older:{LOBBY}", LOBBY)
    assert lobby.answered(send, DESK) == ()


LINE = Line("k", "lobby:talk", LOBBY, "talk")
LINK = "https://matrix.to/#/!r?via=corp.example"
VIEW = LineView(TALK, a_letter(), 1, NOW, NOW)


def told(view: LineView, scope: Scope = HALL, line: Line = LINE) -> Tell:
    return lobby.told(line, view, scope, LINK)


def test_a_line_says_who_wrote_what_and_when_and_leads_to_the_room() -> None:
    made = told(VIEW)
    assert made.text == (
        "🔴 Anna Berg <anna@client.example>: Order 7\n1 mail, 2027-01-15 08:00 UTC · nobody has it: 👋 takes it\n"
        + LINK
    )
    assert made.html == (
        f'🔴 Anna Berg &lt;anna@client.example&gt;: <a href="{LINK}">Order 7</a><br>'
        "1 mail, 2027-01-15 08:00 UTC · nobody has it: 👋 takes it"
    )
    assert (made.key, made.room, made.edits, made.loud, made.mention) == ("k", LOBBY, "", False, ())


def test_it_says_since_when_an_answer_is_waited_for_and_when_the_last_one_left() -> None:
    paris = replace(HALL, looks=Looks(zone="Europe/Paris"))
    two = replace(VIEW, count=2, newest=NOW + 3600, waits=NOW)
    assert told(two, paris).text.splitlines()[1] == (
        "2 mails, the last 2027-01-15 10:00 CET · waits since 2027-01-15 09:00 CET · nobody has it: 👋 takes it"
    )
    answered = replace(two, waits=None, answered=NOW + 7200)
    assert told(answered).text.splitlines()[0].startswith("🟢 ")
    assert told(answered).text.splitlines()[1] == (
        "2 mails, the last 2027-01-15 09:00 UTC · answered 2027-01-15 10:00 UTC"
    )


def test_it_says_who_has_it_as_long_as_that_is_a_member() -> None:
    anns = replace(VIEW, conversation=replace(TALK, assignee=ANN))
    assert told(anns).text.splitlines()[:2] == [
        "🟡 Anna Berg <anna@client.example>: Order 7",
        "1 mail, 2027-01-15 08:00 UTC · For Ann Berg",
    ]
    gone = replace(TAKEN, room=replace(TAKEN.room, members=(BOB,)))
    assert told(anns, gone).text.splitlines()[1].endswith(" · nobody has it: 👋 takes it")
    answered = replace(VIEW, waits=None, answered=NOW)
    assert told(answered, TAKEN).text.splitlines()[1].endswith(" · nobody has it: 👋 takes it")


def test_a_merged_one_says_that_it_goes_on_elsewhere() -> None:
    assert told(replace(VIEW, conversation=replace(TALK, into="older"))).text.splitlines()[:2] == [
        "⚪ Anna Berg <anna@client.example>: Order 7",
        "goes on in an earlier conversation",
    ]


def test_a_closed_one_says_so_and_nobody_is_waited_for() -> None:
    sign, state, _ = told(replace(VIEW, conversation=replace(TALK, state="closed"))).text.splitlines()
    assert sign.startswith("⚪ Anna Berg")
    assert state.endswith(" · closed")


def test_what_strangers_wrote_is_one_line_of_text_and_no_markup() -> None:
    talk = replace(TALK, subject="<b>x</b>\n@room \u202egnp.exe")
    made = told(replace(VIEW, conversation=talk))
    assert len(made.text.splitlines()) == 3
    assert "\u202e" not in made.text + made.html
    assert "<b>" not in made.html
    assert told(replace(VIEW, first=None)).text.startswith("🔴 someone without a readable address: ")


@pytest.mark.parametrize(
    ("notify", "loud", "mention"),
    [(Notify(), True, ()), (Notify("none"), False, ()), (Notify("mention", (ANN,)), False, (ANN,))],
)
def test_a_line_is_as_loud_as_it_was_planned(notify: Notify, loud: bool, mention: tuple[str, ...]) -> None:
    made = told(VIEW, line=replace(LINE, notify=notify))
    assert (made.loud, made.mention) == (loud, mention)


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_stands_in_a_mail_a_line_stays_three_short_lines(subject: str, name: str) -> None:
    letter = a_letter(from_=(replace(CLIENT, name=name),))
    made = told(replace(VIEW, conversation=replace(TALK, subject=subject), first=letter))
    assert len(made.text.split("\n")) == 3
    assert len(made.text) < 500


@dataclass
class Journal:
    """What a line asks of the journal and of the chat."""

    view: LineView | None = VIEW
    rooms: dict[str, str] = field(default_factory=lambda: {LOBBY: "!lobby", "conv:talk": "!r"})
    events: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, Tell, str | None]] = field(default_factory=list)

    async def line_view(self, conversation: str) -> LineView | None:
        assert conversation == "talk"
        return self.view

    async def room(self, key: str) -> str | None:
        return self.rooms.get(key)

    async def room_rule(self, key: str) -> tuple[str, str]:
        return "", ""

    async def event_of(self, key: str) -> str | None:
        return self.events.get(key)

    async def tell(self, room: str, tell: Tell, *, edits: str | None, **more: object) -> str:
        self.told.append((room, tell, edits))
        return "$line"


@dataclass
class Both:
    journal: Journal
    chat: Journal
    trust: float = 3600.0


@dataclass
class Force:
    """The rules in force."""

    found: Scope | None = HALL
    setup = SETUP
    rulebook = None

    @property
    def now(self) -> "Force":
        return self

    def scope(self, name: str, rule: str) -> Scope | None:
        assert (name, rule) == ("inbox:support", "")
        return self.found


async def deliver(journal: Journal, line: Line = LINE, force: Force | None = None, first_at: float = NOW) -> Verdict:
    delivery = Delivery(cast(Peers, Both(journal, journal)), cast(Rules, force or Force()), lambda: NOW)
    return await delivery.do(Task(line, 1, first_at))


async def test_it_is_said_in_the_lobby_with_the_address_of_the_room() -> None:
    journal = Journal()
    verdict = await deliver(journal)
    assert isinstance(verdict, Fulfil)
    assert verdict.receipt.events == ("$line",)
    ((room, tell, edits),) = journal.told
    assert (room, edits) == ("!lobby", None)
    assert tell.text.endswith(f"\n{LINK}")


async def test_it_waits_for_the_room_it_leads_to_the_longer_the_less_often() -> None:
    for waited, pause in ((0.0, 0.2), (40.0, 10.0), (3600.0, 30.0)):
        verdict = await deliver(Journal(rooms={LOBBY: "!lobby"}), first_at=NOW - waited)
        assert isinstance(verdict, Postpone)
        assert (verdict.until - NOW, verdict.counted) == (pytest.approx(pause), False)


async def test_an_edit_goes_to_the_event_of_the_line_and_without_one_nothing_is_said() -> None:
    edit = replace(LINE, key="e", edits="k")
    journal = Journal(events={"k": "$first"})
    await deliver(journal, edit)
    assert [edits for _, _, edits in journal.told] == ["$first"]
    for quiet, force in ((Journal(), None), (Journal({}, events={"k": "$first"}), Force(None))):
        assert await deliver(quiet, edit, force) is not None
        assert quiet.told == []


async def test_what_waited_is_not_said_in_a_lobby_that_the_rules_took_away() -> None:
    journal = Journal(events={"k": "$first"})
    for line in (LINE, replace(LINE, key="e", edits="k")):
        verdict = await deliver(journal, line, Force(replace(HALL, room=replace(HALL.room, lobby=None))))
        assert isinstance(verdict, Fulfil)
    assert journal.told == []


SUPPORT = "inboxes:\n  s:\n    address: s@corp.example\n    room: {per: conversation, lobby: '#s', for: desk}\n"


def test_a_rule_with_another_room_has_no_lobby_and_every_other_rule_keeps_it(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        SUPPORT.replace("for: desk", "for: [ann, bob]").replace("corp.example", "d.example")
        + "    rules:\n      - {name: noise, when: {kind: bulk}, room: {is: '#noise'}}\n"
        "      - {name: big, when: {from: '*@x.example'}, notify: {mention: ann}}\n"
        "      - {name: apart, when: {from: '*@y.example'}, room: {per: conversation, for: ann}}\n",
    )
    found = {rule: rules.scope("inbox:s", rule) for rule in ("", "noise", "big", "apart")}
    names = (("@ann:d.example", "Ann Berg"), ("@bob:d.example", "Bob Iwu"))
    expected = {"": Lobby("#s", names=names), "noise": None, "big": Lobby("#s", names=names), "apart": None}
    assert {rule: scope.room.lobby for rule, scope in found.items() if scope is not None} == expected


def test_what_all_inboxes_are_told_of_a_lobby_means_nothing_for_rooms_of_threads(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "defaults: {room: {lobby: '#all'}}\nlists:\n  l: {id: l.example, via: l@d.example, room: {for: ann}}\n"
        "inboxes:\n  a: {address: a@d.example, room: {is: '#a', for: ann}}\n"
        "  s: {address: s@d.example, room: {for: ann}}\n",
    )
    found = [rules.scope(name) for name in ("list:l", "inbox:a", "inbox:s")]
    assert [scope.room.lobby is not None for scope in found if scope is not None] == [False, False, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            SUPPORT.replace("per: conversation", "is: '#x'"),
            [
                "a.yaml:7:29: inboxes.s.room.lobby: a lobby goes with a room for each conversation: "
                "say `per: conversation`, or remove it"
            ],
        ),
        (
            SUPPORT.replace("'#s'", "s"),
            [
                "a.yaml:7:38: inboxes.s.room.lobby: 's' is neither a room alias nor a room id: "
                'write "#alias" in quotes'
            ],
        ),
        (
            SUPPORT + "    rules: [{name: boss, when: {from: '*@x.example'}, room: {for: ann}}]\n",
            [
                "a.yaml:8:13: inboxes.s.rules.1: #s has other members for rule 'boss' of inbox:s than for inbox:s: "
                "bob only there: make `for` equal, or leave the lobby by `per: conversation`"
            ],
        ),
        (
            SUPPORT + "    private: true\n  t:\n    address: t@corp.example\n    room: {lobby: '#s', for: desk}\n",
            [
                "a.yaml:7:11: inboxes.s.room: #s is the lobby of inbox:s, which is private, and a room of inbox:t too: "
                "give it a lobby of its own"
            ],
        ),
        (
            SUPPORT + "    private: true\n  t:\n    address: t@corp.example\n    room: {lobby: '#s', for: ann}\n",
            [
                "a.yaml:7:11: inboxes.s.room: #s is the lobby of inbox:s, which is private, and a room of inbox:t too: "
                "give it a lobby of its own"
            ],
        ),
        (SUPPORT + "    private: true\n", []),
    ],
)
def test_a_lobby_that_others_could_read_or_that_means_nothing_is_refused(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    assert problems(tmp_path, text) == expected


def test_a_lobby_in_which_mail_is_shown_too_is_surely_not_meant(tmp_path: Path) -> None:
    alerts = "  t:\n    address: t@corp.example\n    room: {is: '#s', for: desk}\n"
    assert warnings(tmp_path, SUPPORT + alerts) == [
        "a.yaml:7:11: inboxes.s.room: #s is the lobby of inbox:s, and mail of inbox:t is shown there too: "
        "give the lobby a room of its own"
    ]
