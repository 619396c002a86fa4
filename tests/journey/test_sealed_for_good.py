"""A room that is encrypted stays so: when the rules ask no more, when keys cannot be had, and when they are lost."""

import asyncio
from pathlib import Path

from bridge.cli.printed import StatusJson
from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.journey.test_encrypted_rooms import encrypted
from tests.servers.encrypted import Client
from tests.waiting import eventually

HIDDEN = 'import sys\nsys.modules["bridge.chat.olm"] = None\n'
"""The daemon's Python, as if the extra packages had never been installed."""


async def said_of_encryption(office: Office) -> str:
    """What `mailroom status` says of it."""
    told = StatusJson.model_validate_json(await asyncio.to_thread(office.cli, "status", "--json"))
    return next((f"{peer.state}: {peer.detail}" for peer in told.peers if peer.name == "encryption"), "")


async def start_again(office: Office, env: dict[str, str] | None = None) -> None:
    """The daemon, once it takes mail again. With an `env` it is a process that Python itself was started for."""
    runs = office.log.count("mailroom runs")
    await office.start(env, ahead=0.001 if env else 0.0)
    await eventually(lambda: office.log.count("mailroom runs") > runs)


async def test_nothing_is_said_in_the_clear_where_it_was_encrypted_once(
    make_office: MakeOffice, tmp_path: Path
) -> None:
    office = await make_office()
    office.write_rules(encrypted(office))
    await office.start()
    (tmp_path / "ann").mkdir()
    ann = await Client.of(office.ann, tmp_path / "ann")
    first = office.mail("Salary", "What will I earn?")
    office.submit(first)
    room = await office.room_named("Salary")
    await ann.hears(room, "What will I earn?")
    assert (await said_of_encryption(office)).startswith("ok: encrypted rooms are spoken in as @")
    await office.stop()

    office.write_rules(office.rules())
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sitecustomize.py").write_text(HIDDEN)
    await start_again(office, {"PYTHONPATH": f"{tmp_path / 'hidden'}:{Path(__file__).parents[2]}"})
    office.submit(office.mail("Re: Salary", "And when?", In_Reply_To=str(first["Message-ID"])))
    beside, _ = await office.opened(office.mail("Weather", "Will it rain?"), "Will it rain?")
    assert beside != room, "what is not encrypted goes on"
    heard = await office.admins_hear("Nothing can be encrypted, so that what is for encrypted rooms waits")
    assert "pip install 'matrix-mailroom[encryption]'" in heard["content"]["body"]
    assert (await said_of_encryption(office)).startswith("failed: ")
    assert not await office.ann.messages(room)
    await office.stop()

    await start_again(office)
    assert (await ann.hears(room, "And when?"))["sealed"]
    assert (await said_of_encryption(office)).startswith("ok: ")
    await office.stop()

    (office.folder / "state" / "encryption.db").unlink()
    await start_again(office)
    third = office.mail("Re: Salary", "Please!", In_Reply_To=str(first["Message-ID"]))
    office.submit(third)
    if office.mode == "appservice":
        assert (await ann.hears(room, "Please!"))["sealed"]
    else:  # the homeserver knows other keys of our device
        await office.admins_hear("log that device of")

        async def waits() -> bool:
            return "log that device of" in await asyncio.to_thread(office.cli, "status")

        await eventually(waits)
    assert not await office.ann.messages(room)
    await ann.close()
