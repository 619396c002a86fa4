"""History comes in whole, in order, once, and wakes nobody; people are let in when it is all there."""

import json
import random
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.servers import mailroom
from tests.servers.probe import Json, Probe

BEGAN = datetime(2024, 3, 1, 9, 0, tzinfo=UTC)
TALKS, EACH = 6, 5


@pytest.fixture
async def office(make_office: MakeOffice) -> Office:
    """An office whose daemon does not run."""
    made = await make_office()
    (made.folder / "daemon.log").touch()
    return made


def history(office: Office) -> list[EmailMessage]:
    """Six conversations of five mails each, oldest first: 0.0, 1.0, …, 5.0, 0.1, …"""
    mails = []
    for step in range(EACH):
        for talk in range(TALKS):
            ids = [f"<{talk}.{n}.{office.tag}@client.example>" for n in range(step + 1)]
            more = {"In_Reply_To": ids[-2], "References": " ".join(ids[:-1])} if step else {}
            date = BEGAN + timedelta(hours=step * TALKS + talk)
            subject = f"{'Re: ' if step else ''}Order {talk} {office.tag}"
            body = f"Word {talk}.{step}."
            mails.append(office.mail(subject, body, Message_ID=ids[-1], Date=format_datetime(date), **more))
    return mails


def mbox(office: Office, mails: list[EmailMessage]) -> Path:
    path = office.folder / "history.mbox"
    with path.open("wb") as file:
        for mail in mails:
            text = mail.as_bytes().replace(b"\r\n", b"\n")
            file.write(b"From anna@client.example Fri Mar  1 09:00:00 2024\n" + text + b"\n")
    return path


def shuffled(office: Office, *, doubled: int = 4) -> Path:
    """The history as an mbox in no order, some of it twice."""
    mails = history(office)
    order = random.Random(7)  # the same disorder each time
    mails += mails[:doubled]
    order.shuffle(mails)
    return mbox(office, mails)


def arguments(office: Office, path: Path, *more: str) -> list[str]:
    return ["import", str(path), "--to", office.support, *more]


async def timelines(office: Office) -> dict[str, list[Json]]:
    """All events of each imported conversation's room, by its name; Ann joins where she is invited."""
    found = {}
    for talk in range(TALKS):
        room = await office.room_named(f"Order {talk} {office.tag}")
        found[f"{talk}"] = await office.ann.events(room)
    return found


def said(events: list[Json]) -> list[Json]:
    return [e for e in events if e["type"] == "m.room.message"]


def words(events: list[Json]) -> list[str]:
    return [e["content"]["body"].split("Word ")[1].rstrip() for e in said(events)]


async def whole(office: Office) -> dict[str, list[Json]]:
    """Asserts that each mail stands once in its conversation's room, in order, and returns the rooms' events."""
    rooms = await timelines(office)
    for talk, events in rooms.items():
        assert words(events) == [f"{talk}.{step}." for step in range(EACH)]
    (space,) = await office.ann.invited_rooms()
    await office.ann.join(space)
    assert (await office.ann.state(space, "m.room.create"))["type"] == "m.space", "a room too many"
    return rooms


async def test_an_mbox_becomes_its_conversations_in_order_and_people_come_after(office: Office) -> None:
    path = shuffled(office)
    foretold = json.loads(office.cli(*arguments(office, path, "--dry-run", "--json")))
    assert not (office.folder / "state").exists()
    assert (foretold["read"], foretold["new"]) == (34, 30)
    assert "would make 6 room(s) and 0 thread(s)" in office.cli(*arguments(office, path, "--dry-run"))

    told = office.cli(*arguments(office, path))

    assert "34 read, 30 new, already there: 4" in told
    assert "30 shown" in told
    rooms = await whole(office)
    assert len(foretold["rooms"]) == len(rooms)
    for events in rooms.values():
        assert {e["content"]["msgtype"] for e in said(events)} == {"m.notice"}
        people = [e for e in events if e["type"] == "m.room.member" and e["state_key"] == office.ann.user_id]
        assert events.index(people[0]) > events.index(said(events)[-1]), "invited before all was there"
    if office.mode == "appservice":
        for talk, events in rooms.items():
            dates = [BEGAN + timedelta(hours=step * TALKS + int(talk)) for step in range(EACH)]
            assert [e["origin_server_ts"] for e in said(events)] == [int(d.timestamp() * 1000) for d in dates]


async def test_a_second_run_brings_in_nothing(office: Office) -> None:
    path = shuffled(office)
    office.cli(*arguments(office, path))
    again = office.cli(*arguments(office, path))
    assert "34 read, 0 new, already there: 34" in again
    assert "invited" not in again
    foretold = json.loads(office.cli(*arguments(office, path, "--dry-run", "--json")))
    assert (foretold["new"], foretold["rooms"]) == (0, [])
    await whole(office)


async def test_killed_in_the_middle_and_run_again_nothing_is_lost_and_nothing_twice(office: Office) -> None:
    path = shuffled(office)
    bot = office.bot if office.mode == "bot" else Probe.ghost(office.synapse.url, office.registration)
    process = mailroom.Command(office.command(*arguments(office, path)), office.folder / "import.log")

    async def some_messages() -> bool:
        return len([room for room in await bot.joined_rooms() if await bot.messages(room)]) >= 2

    await process.start(some_messages, within=60)
    await process.kill()
    if bot is not office.bot:
        await bot.close()
    told = office.cli(*arguments(office, path))
    assert "0 new" in told
    await whole(office)


async def test_beside_a_running_daemon_and_a_late_reply_joins_its_conversation(office: Office) -> None:
    await office.start()
    mails = history(office)
    late = mails.pop()
    office.submit(late)
    room = await office.room_named(f"Re: Order 5 {office.tag}")
    await office.message_with(room, "Word 5.4.")
    told = office.cli(*arguments(office, mbox(office, mails)))
    assert "29 shown" in told
    assert await office.count(room, "Word 5.") == EACH
    kinds = [e["content"]["msgtype"] for e in await office.ann.messages(room) if "Word 5." in e["content"]["body"]]
    assert kinds == ["m.text", *["m.notice"] * (EACH - 1)]


async def test_an_account_since_a_day(office: Office) -> None:
    for mail in history(office):
        office.drop_into_desk(mail)
    since = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    assert "30 shown" in office.cli("import", "--account", "desk", "--since", since)
    await whole(office)
    assert "0 new" in office.cli("import", "--account", "desk", "--since", since)
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    assert "0 read" in office.cli("import", "--account", "desk", "--since", tomorrow)


async def test_threads_are_as_foretold_and_people_can_be_let_in_later(office: Office) -> None:
    mails = [office.mail(f"disk {n % 2} full", f"Word {n}.") for n in range(4)]
    wish = ["import", str(mbox(office, mails)), "--to", office.alerts]
    assert "would make 1 room(s) and 2 thread(s)" in office.cli(*wish, "--dry-run")
    assert "4 shown" in office.cli(*wish, "--no-invite")
    alias = f"#alerts-{office.tag}:{office.synapse.server_name}"
    alerts = await office.bob.resolve(alias)
    assert alerts not in await office.bob.invited_rooms()
    office.cli(*wish)
    assert alerts in await office.bob.invited_rooms()
    await office.bob.join(alerts)
    messages = await office.bob.messages(alerts)
    threads = {e["event_id"]: words([e]) for e in messages if "m.relates_to" not in e["content"]}
    for event in messages:
        if "m.relates_to" in event["content"]:
            threads[event["content"]["m.relates_to"]["event_id"]] += words([event])
    assert sorted(threads.values()) == [["0.", "2."], ["1.", "3."]]


async def test_what_the_rules_hold_back_is_counted(office: Office) -> None:
    mails = [office.mail("You won the lottery"), office.mail("suspect"), office.mail("Order 1")]
    wish = arguments(office, mbox(office, mails))
    foretold = json.loads(office.cli(*wish, "--dry-run", "--json"))["outcomes"]
    assert foretold == {"dropped": 1, "quarantined": 1, "bridged": 1}
    assert json.loads(office.cli(*wish, "--json", status=1))["outcomes"] == foretold


async def test_rules_that_ask_the_journal_hear_the_same_in_a_dry_run_and_in_the_import(office: Office) -> None:
    known = "      - {name: known, when: {conversation: new, correspondent: known}, do: drop}\n"
    office.write_rules(office.rules().replace("    rules:\n", f"    rules:\n{known}", 1))
    wish = arguments(office, mbox(office, history(office)))
    foretold = json.loads(office.cli(*wish, "--dry-run", "--json"))["outcomes"]
    # The first mail ever is a first contact; the other conversations begin with someone who is known by then.
    assert foretold == {"bridged": EACH, "dropped": (TALKS - 1) * EACH}
    assert json.loads(office.cli(*wish, "--json"))["outcomes"] == foretold
