"""The operator's acts beside a running daemon: it notices them by itself, and the room tells the truth about them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bridge.cli.printed import EntryJson, QueueJson
from tests.journey.office import Office
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.servers.probe import Probe
from tests.servers.synapse import Registration, SynapseWithPool
from tests.waiting import eventually


@pytest.fixture
async def office(
    short_path: Path,
    synapse: SynapseWithPool,
    dovecot: Dovecot,
    postfix: Postfix,
    person: Callable[..., Awaitable[Probe]],
    appservice: Registration,
) -> AsyncIterator[Office]:
    people = {"bot": await person("mailbot"), "ann": await person("ann"), "bob": await person("bob")}
    made = Office(short_path, "appservice", synapse, dovecot, postfix, appservice, **people, hold="1h")
    await made.start()
    yield made
    await made.close()


async def waiting(office: Office, *options: str) -> EntryJson:
    """The one entry of the queue, once it is there."""

    async def look() -> list[EntryJson]:
        said = await asyncio.to_thread(office.cli, "queue", "list", "--json", *options)
        return QueueJson.model_validate_json(said).entries

    (entry,) = await eventually(look, every=0.2)
    return entry


async def test_a_mail_released_from_quarantine_appears_in_triage(office: Office) -> None:
    office.submit(office.mail("a suspect offer"))
    held = await waiting(office, "--state", "quarantined")
    assert "rule 'suspect'" in await asyncio.to_thread(office.cli, "queue", "show", held.key)
    raw = await asyncio.to_thread(office.cli, "queue", "show", held.key, "--raw")
    assert "Where is it?" in raw
    await asyncio.to_thread(office.cli, "queue", "retry", held.key)
    room = await office.aliased("triage")
    await office.message_with(room, "Where is it?", office.bob)


async def test_a_dropped_answer_stays_and_its_author_hears_so(office: Office) -> None:
    office.submit(office.mail())
    room = await office.room_named("Order 7")
    shown = await office.message_with(room, "Where is it?")
    await office.ann.reply(room, shown["event_id"], "A rash answer.")
    answer = await waiting(office, "--lane", "mail:")
    assert (answer.kind, answer.state) == ("send-mail", "waiting")
    told = await asyncio.to_thread(office.cli, "queue", "show", answer.key[:12])
    assert office.customer_address in told
    assert "rash" not in told
    await asyncio.to_thread(office.cli, "queue", "drop", answer.key[:12], "--reason", "too rash")
    mark = await office.message_with(room, "an operator dropped this answer (too rash)")
    assert mark
    assert office.mailbox() == []
    assert await asyncio.to_thread(office.cli, "queue", "list", "--lane", "mail:") == "nothing waits\n"
