"""Who is obeyed in the admin room, and what counts as a command: nothing else than an admin's plain message there."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.app.adminroom import LINES, RuleWords
from bridge.app.reload import Asked
from bridge.config import Settings, load_settings
from bridge.core.commands import obeyed
from bridge.core.effects import ADMIN_ROOM, Effect, Obey, Tell
from bridge.core.events import plan_event
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival, EventView, Plan
from bridge.core.post import Edited, Said
from bridge.mail.pool import ReaderPool
from bridge.store.journal import Journal
from tests.unit.cli_world import Installation
from tests.unit.worlds import ANN, BOB, DESK, SETUP, a_view, posted, said

ADMINS = EventView(room=ADMIN_ROOM)


def planned(post: Said | Edited, view: EventView = ADMINS) -> Plan:
    return plan_event(posted(), post, view, None, SETUP)


def command(body: str, **more: object) -> Said:
    return replace(said(body, reply_to="", sender=BOB), **more)


def commands(plan: Plan) -> list[Effect]:
    return [effect for effect in plan.effects if isinstance(effect, Obey)]


def test_an_admins_word_in_the_admin_room_is_done_one_after_the_other_and_delays_nothing_else() -> None:
    plan = planned(command("!rules explain <a@b.example>"))
    (effect,) = plan.effects
    assert isinstance(effect, Obey)
    assert (effect.author, effect.event, effect.command) == (BOB, "$e1", ("explain", "<a@b.example>"))
    (other,) = planned(command("!rules check", event="$e2")).effects
    assert effect.lane == other.lane == "obey"
    assert effect.key != other.key
    assert planned(command("!rules explain <a@b.example>")) == plan


def test_others_hear_once_that_they_are_not_obeyed() -> None:
    first, second = planned(command("!rules check", sender=ANN)), planned(command("!rules reload", sender=ANN))
    assert commands(first) == commands(second) == []
    (notice,), (again,) = first.effects, second.effects
    assert isinstance(notice, Tell)
    assert "are obeyed here" in notice.text
    assert notice.key == again.key  # the journal takes a key once


NO_COMMANDS = [
    command("please say !rules check"),
    command("!rulescheck"),
    command("!rules check", type="notice"),
    command("!rules check", type="emote"),
    command(""),
    Edited("$old", command("!rules reload")),
]


@pytest.mark.parametrize("post", NO_COMMANDS)
def test_other_messages_are_none(post: Said | Edited) -> None:
    assert commands(planned(post)) == []


@pytest.mark.parametrize("view", [EventView(), EventView(room="is:#alerts"), a_view()])
def test_in_other_rooms_it_is_a_message_like_any_other(view: EventView) -> None:
    plan = plan_event(posted(), command("!rules reload"), view, DESK, SETUP)
    assert commands(plan) == []


def test_an_answer_keeps_its_columns_and_is_no_html_of_its_own() -> None:
    effect = Obey("k", "obey", "$e", BOB, ("check",))
    tell = obeyed(effect, "a <b>\nc")
    assert (tell.room, tell.reply_to, tell.html) == (ADMIN_ROOM, "$e", "<pre><code>a &lt;b&gt;\nc</code></pre>")


class Room:
    """The words of an installation on disk, without a daemon."""

    def __init__(self, folder: Path) -> None:
        self.world = Installation(folder)
        settings = load_settings(folder / "mailroom.yaml")
        assert isinstance(settings, Settings)
        self.settings = settings
        self.asked: list[Asked] = []

    def hear(self, *words: str, reloads: bool | None = None) -> str:
        async def reload(why: Asked) -> bool:
            self.asked.append(why)
            return bool(reloads)

        async def work() -> str:
            reader = ReaderPool(workers=1)
            await reader.start()
            try:
                room = RuleWords(self.settings, "corp.example", reader)
                room.reload = None if reloads is None else reload
                return await room.obey(Obey("k", "obey", "$e", BOB, words))
            finally:
                await reader.close()

        return asyncio.run(work())

    def keep(self, mail: str, *to: str, account: str = "") -> None:
        async def accept(journal: Journal) -> None:
            door = "imap" if account else "smtp"
            envelope = Envelope(door, "kim@customer.example", to, account, "INBOX" if account else "")
            raw = mail.replace("\n", "\r\n").encode()
            await journal.accept([Arrival("smtp:1", "mail", raw, 1_795_000_000.0, envelope)])

        self.world.journal(accept)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_check_tells_problems_with_their_cures_and_then_that_all_is_fine(room: Room) -> None:
    assert room.hear("check") == "fine: inboxes and lists: 1"
    good = (room.world.folder / "rules" / "rules.yaml").read_text()
    room.world.write_rules(good.replace("address:", "adress:"))
    assert "this key is unknown: did you mean 'address'?" in room.hear("check")
    assert "`!rules check` lists them" in room.hear("explain", "x")


def test_a_long_answer_is_cut_with_the_command_that_tells_all(room: Room) -> None:
    room.world.write_rules("".join(f"x{i}: 1\n" for i in range(LINES + 40)))
    told = room.hear("check").splitlines()
    assert len(told) == LINES + 1
    assert told[-1] == "… and 40 more lines: `mailroom rules check` on the host prints all."


def test_reload_says_whether_the_files_are_in_force_and_who_asked(room: Room) -> None:
    assert room.hear("reload", reloads=True) == "The rules as they are in the files are in force."
    assert "have problems; the rules in force stay" in room.hear("reload", reloads=False)
    assert room.asked == [Asked("admin", BOB), Asked("admin", BOB)]
    assert room.hear("reload").startswith("Not now")


@pytest.mark.parametrize("words", [(), ("help",), ("explain",), ("check", "all"), ("drop", "x")])
def test_anything_else_is_answered_with_what_there_is(room: Room, words: tuple[str, ...]) -> None:
    assert room.hear(*words).splitlines()[0].startswith("!rules check: ")


MAIL = "From: Kim <kim@customer.example>\nMessage-ID: <one@customer.example>\nSubject: Secret plan\n\nHi\n"


def test_explain_tells_the_way_and_nothing_that_a_mail_says(room: Room) -> None:
    room.keep(MAIL, "support@corp.example")
    told = room.hear("explain", "<one@customer.example>")
    assert "inbox:support\n  bridge: no rule took it (rules/rules.yaml:4)\n" in told
    assert "  sees it: ann\n" in told
    assert "Secret" not in told
    assert "customer" not in told
    assert room.hear("explain", "nothing@x.example") == "the journal knows no mail nothing@x.example"


def test_of_a_private_inbox_explain_tells_the_rule_alone(room: Room) -> None:
    room.keep(MAIL, account="eva")
    rule = "{name: plans, when: {subject: 'Secret*', from: '*@customer.example'}, notify: none}"
    box = f"  eva: {{account: eva, private: true, room: {{for: ann}}, rules: [{rule}]}}\n"
    text = (room.world.folder / "rules" / "rules.yaml").read_text()
    room.world.write_rules(text.replace("inboxes:\n", f"inboxes:\n{box}"))
    head, _, told = room.hear("explain", "smtp:1").partition("\n\n")
    assert "Secret" not in head + told
    assert "customer" not in head + told
    assert told.splitlines() == [
        "inbox:eva: bridge, rules/rules.yaml:4 rule 'plans' of inbox eva",
        "  It is private: `mailroom rules explain` on the host tells the rest.",
    ]
