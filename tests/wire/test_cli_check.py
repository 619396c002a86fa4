"""`mailroom check` on real servers: fine beside a running daemon and without one, and every fault has its cure."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.printed import CheckJson, FindingJson, StatusJson
from bridge.demo.process import LOOPBACK
from tests.journey.office import Mode, Office
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.servers.probe import Probe
from tests.servers.synapse import SynapseWithPool
from tests.waiting import eventually


@pytest.fixture(params=["appservice", "bot"])
def mode(request: pytest.FixtureRequest) -> Mode:
    mode: Mode = request.param
    return mode


@pytest.fixture
async def office(
    mode: Mode,
    short_path: Path,
    synapse: SynapseWithPool,
    dovecot: Dovecot,
    postfix: Postfix,
    person: Callable[..., Awaitable[Probe]],
) -> AsyncIterator[Office]:
    people = {"bot": await person("mailbot"), "ann": await person("ann"), "bob": await person("bob")}
    registration = await synapse.take() if mode == "appservice" else None
    made = Office(short_path, mode, synapse, dovecot, postfix, registration, **people)
    yield made
    await made.close()


async def check(office: Office, status: int = 0) -> dict[str, FindingJson]:
    """What a check finds, by what it looked at."""
    said = CheckJson.model_validate_json(await asyncio.to_thread(office.cli, "check", "--json", status=status))
    assert said.ok is (status == 0)
    return {finding.what: finding for finding in said.findings}


def change(office: Office, **settings: Any) -> None:
    """Write other settings."""
    path = office.folder / "mailroom.yaml"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


async def test_all_is_well_without_a_daemon_and_beside_one(office: Office) -> None:
    before = await check(office)
    assert before["daemon"].words == "does not run"
    assert before[f"listener {LOOPBACK}:{office.smtp_port}"].words == "is free"
    assert before["invitation"].level == "ok"
    assert before["encryption"].level == "ok"
    assert before["mailbox desk: login"].level == "ok"
    assert before["submission desk"].level in ("ok", "warning")
    assert ("appservice ping" in before) is (office.mode == "appservice")

    await office.start()
    beside = await check(office)
    assert beside["daemon"].words.startswith("runs, pid ")
    assert beside[f"listener {LOOPBACK}:{office.smtp_port}"].words == "answers"
    assert beside[f"listener {office.folder}/lmtp.sock"].words == "answers"
    if office.mode == "appservice":
        assert beside[f"listener {LOOPBACK}:{office.registration.port}"].words == "answers"
    assert ("appservice ping" in beside) is (office.mode == "appservice")

    # It took nothing from the daemon: not its session, not what staff say.
    office.submit(office.mail())
    room = await office.room_named("Order 7")
    shown = await office.message_with(room, "Where is it?")
    await office.ann.reply(room, shown["event_id"], "On its way.")
    assert len(await office.received()) == 1

    now = StatusJson.model_validate_json(await asyncio.to_thread(office.cli, "status", "--json"))
    assert office.process is not None
    assert now.pid == office.process.pid
    assert [(box.account, box.folder, box.state) for box in now.mailboxes] == [("desk", "INBOX", "ok")]
    assert now.rules.applied == now.rules.digest != ""


async def test_what_staff_say_while_only_a_check_listens_is_not_lost(office: Office) -> None:
    await office.start()
    office.submit(office.mail())
    room = await office.room_named("Order 7")
    shown = await office.message_with(room, "Where is it?")
    await office.stop()
    await office.ann.reply(room, shown["event_id"], "On its way.")
    await check(office)
    await office.start()
    # the homeserver pushes again ever more rarely while nobody takes what it has
    (answer,) = await eventually(office.mailbox, within=80, every=0.2)
    assert "On its way." in answer.as_string()


async def test_every_fault_has_its_cure(office: Office) -> None:
    (office.folder / "desk.pass").write_text("wrong\n")
    accounts = json.loads((office.folder / "mailroom.yaml").read_text())["accounts"]
    listen = json.loads((office.folder / "mailroom.yaml").read_text())["listen"]
    accounts["gone"] = {**accounts["desk"], "imap": "imaps://localhost:9"}
    change(office, accounts=accounts, listen={**listen, "smtp": f"{LOOPBACK}:{office.dovecot.port}"})
    office.write_rules(office.rules().replace("desk:\n    account: desk", "desk:\n    acount: desk"))
    found = await check(office, status=1)
    faults = {what: finding for what, finding in found.items() if finding.level == "problem"}
    assert set(faults) == {
        "rules",
        "mailbox desk: login",
        "mailbox gone: login",
        "submission desk",
        f"listener {LOOPBACK}:{office.dovecot.port}",
    }
    assert all(finding.cure for finding in faults.values())
    assert "rules.yaml:" in faults["rules"].words
    assert "did you mean 'account'?" in faults["rules"].cure
    assert "another program" in faults[f"listener {LOOPBACK}:{office.dovecot.port}"].cure
    printed = await asyncio.to_thread(office.cli, "check", status=1)
    assert len([line for line in printed.splitlines() if line.startswith("problem")]) == len(faults)
    assert "wrong" not in printed.replace("wrong password", "")


async def test_people_whom_a_room_would_shut_out_are_found_before_the_daemon_refuses_them(office: Office) -> None:
    office.write_rules(office.rules().replace(office.ann.user_id, "@ann:elsewhere.example"))
    rules = (await check(office, status=1))["rules"]
    assert "federate: true" in rules.cure


async def test_a_homeserver_that_is_away_or_refuses_us(office: Office) -> None:
    home = json.loads((office.folder / "mailroom.yaml").read_text())["homeserver"]
    change(office, homeserver=home | {"url": f"http://{LOOPBACK}:9"})
    away = (await check(office, status=1))["homeserver"]
    assert "check homeserver.url" in away.cure
    if office.mode == "bot":
        (office.folder / "bot.pass").write_text("wrong\n")
    else:
        registration = json.loads((office.folder / "registration.yaml").read_text())
        (office.folder / "registration.yaml").write_text(json.dumps(registration | {"as_token": "unknown"}))
    change(office, homeserver=home)
    refused = (await check(office, status=1))["homeserver"]
    assert refused.cure.startswith("check the bot's user id" if office.mode == "bot" else "add the registration's path")


async def test_settings_with_problems_are_a_finding_each(office: Office) -> None:
    change(office, outbund="all", state=None)
    said = CheckJson.model_validate_json(await asyncio.to_thread(office.cli, "check", "--json", status=1))
    assert all(finding.what == "settings" and "mailroom.yaml:1:" in finding.words for finding in said.findings)
    assert any("did you mean 'outbound'?" in finding.cure for finding in said.findings)
