"""A conversation is closed by a word in its room: people and ghosts go, and a new mail brings them back."""

import re
import sqlite3
from collections.abc import Callable
from typing import Any

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.servers.probe import MatrixError, Probe
from tests.waiting import eventually


async def there(office: Office, room: str) -> set[str]:
    """Who is in the room or invited, as the bot sees it."""
    bot = office.as_bot()
    return {*await bot.members(room, "join"), *await bot.members(room, "invite")}


async def in_the_space(office: Office, room: str) -> Any:
    """What the support space says of a room; empty when it is not in it."""
    bot = office.as_bot()
    state = await bot.all_state(room)
    space = next(event["state_key"] for event in state if event["type"] == "m.space.parent")
    found = [e for e in await bot.all_state(space) if e["type"] == "m.space.child" and e["state_key"] == room]
    return found[0]["content"]


def empty(office: Office, room: str) -> Callable[[], Any]:
    async def look() -> bool:
        return await there(office, room) == {office.bot_id}

    return look


async def let_in(who: Probe, room: str) -> None:
    """Join, once somebody let them in."""

    async def joins() -> bool:
        return not await refused(who, room)

    await eventually(joins, within=30, every=0.1)


async def refused(who: Probe, room: str) -> bool:
    try:
        await who.join(room)
    except MatrixError as error:
        return error.status == 403
    return False


async def test_a_conversation_is_closed_by_who_may_answer_and_opened_by_a_new_mail(office: Office) -> None:
    first = office.mail()
    room, shown = await office.opened(first, "Where is it?")
    await office.bob.join(room)
    before = await there(office, room)
    assert await in_the_space(office, room) == {"via": [office.synapse.server_name]}

    waiting = await office.ann.reply(room, shown, "It left today.")
    await office.marked(room, waiting, "✅ Sent to")
    await office.ann.say(room, "!close")
    await eventually(empty(office, room), within=30, every=0.1)
    await eventually(lambda: _unlinked(office, room), within=30, every=0.1)
    told = await office.message_with(room, "Closed by Ann Berg.", office.as_bot())
    assert told["content"]["msgtype"] == "m.notice"
    assert await refused(office.bob, room), "nobody comes in again by themselves"

    await office.change_rules(office.rules().replace("hold: 1s", "hold: 2s"))
    noise = office.mail("Another", "Unharmed.")
    await office.opened(noise, "Unharmed.")
    assert await there(office, room) == {office.bot_id}, "a change of the rules brings nobody back"

    office.submit(office.mail("Re: Order 7", "Not yet here.", In_Reply_To=first["Message-ID"]))
    await let_in(office.ann, room)
    await office.message_with(room, "Not yet here.")
    await office.bob.join(room)
    assert await there(office, room) == before
    assert await in_the_space(office, room) == {"via": [office.synapse.server_name]}
    assert await office.count(room, "Where is it?") == 1
    again = await office.message_with(room, "Not yet here.")
    said = await office.ann.reply(room, again["event_id"], "Sorry.")
    await office.marked(room, said, "✅ Sent to")
    assert len(await office.received(2)) == 2


async def _unlinked(office: Office, room: str) -> bool:
    return await in_the_space(office, room) == {}


async def test_what_is_on_its_way_keeps_it_open_and_nobody_else_closes(make_office: MakeOffice) -> None:
    """Bob only reads here; a correspondent's words are never a command (I7)."""
    office = await make_office(hold="4s")
    office.write_rules(office.rules().replace("send: {who: [ann, bob]", "send: {who: ann", 1))
    await office.start()
    first = office.mail(body="!close")
    room, shown = await office.opened(first, "!close")
    await office.bob.join(room)
    said = await office.bob.say(room, "!close")
    await office.marked(room, said, "may not close it")
    await office.ann.reply(room, shown, "On its way.")
    said = await office.ann.say(room, "!close")
    await office.marked(room, said, "an answer is still on its way")
    await office.received()
    assert {office.ann.user_id, office.bob.user_id} <= await there(office, room)

    alerts_mail = office.mail("Disk", "At 91 %.")
    office.submit(alerts_mail, [office.alerts])
    alerts = await office.aliased("alerts")
    await office.message_with(alerts, "At 91 %.", office.bob)
    said = await office.bob.say(alerts, "!close")
    await office.marked(alerts, said, "here are several", office.bob)


async def test_a_daemon_that_is_killed_over_it_closes_to_the_end(make_office: MakeOffice) -> None:
    office = await make_office()
    await office.start()
    room, _ = await office.opened(office.mail(), "Where is it?")
    await office.ann.say(room, "!close")
    await eventually(lambda: "a conversation is closed" in office.log, within=30, every=0.01)
    assert office.process is not None
    await office.process.kill()
    await office.start()
    await eventually(empty(office, room), within=60, every=0.1)
    await eventually(lambda: _unlinked(office, room), within=30, every=0.1)
    assert await office.count(room, "Closed by Ann Berg.", office.as_bot()) == 1


async def test_an_idle_conversation_is_closed_in_its_time_over_a_restart_and_opened_by_its_mail(
    make_office: MakeOffice,
) -> None:
    office = await make_office(hold="8s")
    office.write_rules(
        office.rules().replace("inboxes:\n  support:\n", "inboxes:\n  support:\n    close: {after: 5s}\n")
    )
    await office.start()
    first = office.mail()
    room, shown = await office.opened(first, "Where is it?")
    waiting = await office.ann.reply(room, shown, "It left today.")
    await office.marked(room, waiting, "⏳")
    assert office.process is not None
    await office.process.kill()
    await office.start()
    await office.marked(room, waiting, "✅ Sent to")
    await eventually(empty(office, room), within=60, every=0.1)
    await office.message_with(room, "This conversation is closed.", office.as_bot())
    assert "of the idle conversations 1 were closed" in office.log
    assert len(await office.received()) == 1, "the answer in its hold was waited for"
    office.submit(office.mail("Re: Order 7", "Still not here.", In_Reply_To=first["Message-ID"]))
    await let_in(office.ann, room)
    await office.message_with(room, "Still not here.")
    await eventually(empty(office, room), within=60, every=0.1)
    assert await office.count(room, "This conversation is closed.", office.as_bot()) == 2


def age(office: Office, seconds: float) -> None:
    """Let that much time have passed for a daemon that is down: as its journal has it."""
    with sqlite3.connect(office.folder / "state" / "journal.db") as file:
        file.execute("UPDATE conversations SET last = last - ?, look_at = 0", (seconds,))
        file.execute("UPDATE inbox SET planned_at = planned_at - ?", (seconds,))
    file.close()


async def test_what_is_older_than_it_is_kept_is_purged_and_never_shown_again(make_office: MakeOffice) -> None:
    office = await make_office()
    office.write_rules(office.rules().replace("defaults: {", "defaults: {keep: 30d, ", 1))
    await office.start()
    first = office.mail("Order 7", "Where is it?")
    room, shown = await office.opened(first, "Where is it?")
    answer = await office.ann.reply(room, shown, "It left today.")
    await office.marked(room, answer, "✅ Sent to")
    (sent,) = await office.received()
    office.submit(office.mail("You won the lottery", "A dropped one."))
    await eventually(lambda: ": dropped (" in office.log, within=20)
    key = re.findall(r"(smtp:[0-9a-f]+): bridged", office.log)[0]
    assert "Where is it?" in office.cli("queue", "show", "--raw", key)
    await office.stop()
    age(office, 31 * 86_400)
    await office.start()
    await eventually(lambda: "1 purged" in office.log, within=60)

    async def left() -> bool:
        return room not in await office.as_bot().joined_rooms()

    await eventually(left, within=30, every=0.1)
    assert room not in await office.ann.joined_rooms()
    office.submit(first)
    await eventually(lambda: ": duplicate (" in office.log, within=20)
    assert office.cli("queue", "show", "--raw", key, status=1) == ""
    office.submit(office.mail("Re: Order 7", "It came.", In_Reply_To=sent["Message-ID"]))
    other = await office.room_named("Re: Order 7")
    await office.message_with(other, "It came.")
    assert other != room
    assert await office.count(other, "Where is it?") == 0
    await eventually(lambda: not _kept(office, b"A dropped one."), within=60)
    assert _kept(office, b"It came.")


def _kept(office: Office, words: bytes) -> bool:
    """Whether an original with these words is kept."""
    with sqlite3.connect(office.folder / "state" / "journal.db") as file:
        found = file.execute("SELECT count(*) FROM raws WHERE instr(octets, ?) > 0", (words,)).fetchone()
    file.close()
    return bool(found[0])
