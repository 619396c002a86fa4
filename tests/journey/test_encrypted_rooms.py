"""Encrypted rooms: the homeserver sees no mail and no answer, staff see both, over restarts and late keys.

The colleague's client is nio with a device of its own; what lies on the homeserver is looked at as it lies there.
"""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office, plain
from tests.servers.encrypted import Client
from tests.waiting import eventually

ENCRYPTED = "room: {per: conversation, for: [ann, bob], join: at-once, encryption: true}"


def encrypted(office: Office) -> str:
    """The office's rules, with encrypted rooms for support."""
    plain_room = "room: {per: conversation, for: [ann, bob], join: at-once}"
    return office.rules().replace(plain_room, ENCRYPTED, 1)


async def kill(office: Office) -> None:
    """A power cut."""
    assert office.process is not None
    await office.process.kill()


async def begin_again(office: Office) -> None:
    """The daemon after that, once it takes mail."""
    assert office.process is not None
    runs = office.log.count("mailroom runs")

    async def ready() -> bool:
        return office.log.count("mailroom runs") > runs

    await office.process.start(ready, within=60)


@pytest.fixture
async def sealed(make_office: MakeOffice) -> Office:
    """An office whose support rooms are encrypted; the daemon runs."""
    office = await make_office()
    office.write_rules(encrypted(office))
    await office.start()
    return office


@pytest.fixture
async def ann(sealed: Office, tmp_path: Path) -> AsyncIterator[Client]:
    """Ann, with a client that encrypts."""
    (tmp_path / "ann").mkdir()
    client = await Client.of(sealed.ann, tmp_path / "ann")
    yield client
    await client.close()


async def test_a_mail_and_its_answer_are_read_by_staff_and_correspondent_alone(sealed: Office, ann: Client) -> None:
    file = secrets.token_bytes(30_000)
    mail = sealed.mail("Salary", "What will I earn?")
    mail.add_attachment(file, maintype="application", subtype="pdf", filename="contract.pdf")
    sealed.submit(mail)
    room = await sealed.room_named("Salary")
    assert (await sealed.ann.state(room, "m.room.encryption"))["algorithm"] == "m.megolm.v1.aes-sha2"
    shown = await ann.hears(room, "What will I earn?")
    assert shown["sealed"]
    assert sealed.customer_address in shown["content"]["body"]
    attached = await ann.hears(room, "contract.pdf")
    assert await ann.opened(attached["content"]) == file
    assert not await sealed.ann.messages(room)

    said = await ann.reply(room, shown["event_id"], "A lot.")
    (answer,) = await sealed.received(1)
    assert "A lot." in plain(answer)
    assert "> What will I earn?" in plain(answer)
    mark = await ann.hears(room, "✅ Sent to")
    assert mark["sealed"]

    back = secrets.token_bytes(40_000)
    await ann.reply_file(room, shown["event_id"], back, "offer.bin", "application/octet-stream")
    (_, second) = await sealed.received(2)
    (part,) = second.iter_attachments()
    assert (part.get_filename(), part.get_payload(decode=True)) == ("offer.bin", back)
    assert said
    assert not await sealed.ann.messages(room)


async def test_a_killed_bridge_loses_and_repeats_nothing_of_an_encrypted_room(sealed: Office, ann: Client) -> None:
    mail = sealed.mail("Order 7", "Where is it?")
    sealed.submit(mail)
    room = await sealed.room_named("Order 7")
    shown = await ann.hears(room, "Where is it?")
    await kill(sealed)
    await ann.reply(room, shown["event_id"], "It is on its way.")
    await begin_again(sealed)
    (answer,) = await sealed.received(1)
    assert "It is on its way." in plain(answer)
    sealed.submit(sealed.mail("Re: Order 7", "When?", In_Reply_To=str(answer["Message-ID"])))
    await kill(sealed)
    await begin_again(sealed)
    again = await ann.hears(room, "When?")
    await ann.reply(room, again["event_id"], "Tomorrow.")
    assert "Tomorrow." in plain((await sealed.received(2))[-1])
    await ann.hears(room, "✅ Sent to")
    bodies = [event["content"]["body"] for event in await ann.read(room)]
    assert [sum(words in body for body in bodies) for words in ("Where is it?", "When?")] == [1, 1]
    assert len(sealed.mailbox()) == 2
    assert not await sealed.ann.messages(room)
    assert (sealed.folder / "state" / "encryption.db").stat().st_mode & 0o777 == 0o600


async def test_an_answer_whose_key_comes_late_leaves_when_it_comes_also_after_a_kill(
    sealed: Office, ann: Client
) -> None:
    sealed.submit(sealed.mail())
    room = await sealed.room_named("Order 7")
    shown = await ann.hears(room, "Where is it?")
    speaker = shown["sender"]
    late, key = await ann.say_without_key(room, shown["event_id"], "It was sealed.")
    taken_back, other = await ann.say_without_key(room, shown["event_id"], "Not this.")
    await sealed.ann.redact(room, taken_back)
    await ann.reply(room, shown["event_id"], "It was open.")
    (first,) = await sealed.received(1)
    assert "It was open." in plain(first)
    await kill(sealed)
    await begin_again(sealed)
    await ann.give(room, other, speaker)
    await ann.give(room, key, speaker)
    (_, second) = await sealed.received(2)
    assert "It was sealed." in plain(second)
    assert late
    assert "could not decrypt" not in str([event["content"]["body"] for event in await ann.read(room)])


async def test_notes_stay_and_answers_are_changed_and_taken_back_as_everywhere(
    make_office: MakeOffice, tmp_path: Path
) -> None:
    office = await make_office(hold="6s")
    office.write_rules(encrypted(office))
    await office.start()
    (tmp_path / "ann").mkdir()
    ann = await Client.of(office.ann, tmp_path / "ann")
    office.submit(office.mail())
    room = await office.room_named("Order 7")
    shown = await ann.hears(room, "Where is it?")
    await ann.reply(room, shown["event_id"], "// A fool, this one.")
    deleted = await ann.reply(room, shown["event_id"], "Never.")
    await office.ann.redact(room, deleted)
    edited = await ann.reply(room, shown["event_id"], "Tomorow.")
    await ann.edit(room, edited, "Tomorrow.")
    (answer,) = await office.received(1)
    assert "Tomorrow." in plain(answer)
    await ann.hears(room, "✅ Sent to")
    assert len(office.mailbox()) == 1
    await ann.close()


async def test_rooms_that_stand_are_encrypted_from_the_moment_on_that_the_rules_say_so(
    make_office: MakeOffice, tmp_path: Path
) -> None:
    office = await make_office()
    await office.start()
    room, _ = await office.opened(office.mail(), "Where is it?")
    assert not (office.folder / "state" / "encryption.db").exists()
    await office.change_rules(encrypted(office))

    async def encryption() -> bool:
        return any(event["type"] == "m.room.encryption" for event in await office.ann.all_state(room))

    await eventually(encryption)
    (tmp_path / "ann").mkdir()
    ann = await Client.of(office.ann, tmp_path / "ann")
    office.submit(office.mail("Order 8", "And this?"))
    fresh = await office.room_named("Order 8")
    assert (await ann.hears(fresh, "And this?"))["sealed"]
    before = await office.message_with(room, "Where is it?")
    await ann.reply(room, before["event_id"], "Here.")
    (answer,) = await office.received(1)
    assert "Here." in plain(answer)
    assert (await ann.hears(room, "✅ Sent to"))["sealed"]
    await ann.close()


async def test_a_lobby_is_as_encrypted_as_its_rooms_and_whoever_takes_reads_what_came_before(
    make_office: MakeOffice, tmp_path: Path
) -> None:
    office = await make_office()
    room = f'lobby: "#lobby-{office.tag}", join: on-take, encryption: true}}'
    office.write_rules(encrypted(office).replace("join: at-once, encryption: true}", room, 1))
    await office.start()
    (tmp_path / "ann").mkdir()
    ann = await Client.of(office.ann, tmp_path / "ann")
    office.submit(office.mail("Salary", "What will I earn?"))
    lobby = await office.aliased("lobby", office.ann)
    line = await ann.hears(lobby, "Salary")
    assert line["sealed"]
    await office.ann.react(lobby, line["event_id"], "👋")
    taken = await ann.hears(lobby, "For Ann")
    assert taken["sealed"]
    relation = taken["content"]["m.relates_to"]
    assert (relation["rel_type"], relation["event_id"]) == ("m.replace", line["event_id"])
    room = await office.room_named("Salary")
    assert (await ann.hears(room, "What will I earn?"))["sealed"]
    assert not await office.ann.messages(lobby)
    await ann.close()
