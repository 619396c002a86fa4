"""Edited rules come in force whole, by a save or by SIGHUP; broken ones never do, which people hear."""

import asyncio
import json
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.printed import PlanJson, RulesHistoryJson, StatusJson
from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.waiting import eventually

pytestmark = pytest.mark.parametrize("mode", ["appservice"])
"""Reading rules again is the same in both modes."""


async def state_of_rules(office: Office) -> str:
    """What `mailroom status` says of the rule files."""
    told = StatusJson.model_validate_json(await asyncio.to_thread(office.cli, "status", "--json"))
    return next((f"{peer.state}: {peer.detail}" for peer in told.peers if peer.name == "rules"), "")


async def history(office: Office) -> list[tuple[str, str]]:
    """Causes and digests, oldest first."""
    told = RulesHistoryJson.model_validate_json(await asyncio.to_thread(office.cli, "rules", "history", "--json"))
    return [(each.cause, each.digest) for each in reversed(told.rulebooks)]


async def test_broken_rules_are_told_until_mended_also_over_a_restart(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    good = office.rules()
    broken = good.replace("notify: none}", "notify: nobody}", 1)
    office.write_rules(broken)
    await office.admins_hear("the old ones stay in force")
    said = await state_of_rules(office)
    assert said.startswith("failed: the edited rules have problems")
    assert "rules.yaml:" in said

    await office.stop()
    await office.start()
    await eventually(lambda: office.log.count("mailroom runs") == 2)
    _, shown = await office.opened(office.mail("After the restart", "Still here?"), "Still here?")
    assert shown, "the rules of before go on"
    assert (await state_of_rules(office)).startswith("failed: ")
    await eventually(lambda: office.log.count("notify: must be") == 2)  # the reloader looked, too

    await office.change_rules(good.replace("lottery", "jackpot"))
    await office.admins_hear("The rules have no problems any more")
    assert (await state_of_rules(office)).startswith("ok: in force")
    assert [cause for cause, _ in await history(office)] == ["start", "files"]


async def test_sighup_a_directory_that_is_away_for_a_moment_and_a_plan_before_saving(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    folder, file = office.folder / "rules", office.folder / "rules" / "rules.yaml"
    room, _ = await office.opened(office.mail("Order 7", "Where is it?"), "Where is it?")
    await office.bob.join(room)

    away = folder.with_name("elsewhere")
    folder.rename(away)
    await asyncio.sleep(1.5)  # the daemon looked meanwhile
    away.rename(folder)

    edited = office.folder / "next"
    edited.mkdir()
    ann_alone = office.rules().replace(
        "room: {per: conversation, for: [ann, bob]", "room: {per: conversation, for: [ann]"
    )
    ann_alone = ann_alone.replace("send: {who: [ann, bob]", "send: {who: ann")
    (edited / "rules.yaml").write_text(ann_alone)
    said = await asyncio.to_thread(office.cli, "rules", "plan", "--rules", str(edited), "--json", status=3)
    lost = {(each.what, each.scope): each.lost for each in PlanJson.model_validate_json(said).changes}
    assert lost["who sees the mail", "inbox:support"] == [office.bob.user_id]
    assert lost["members of open rooms", "inbox:support"] == [office.bob.user_id]
    assert lost["who may answer in open rooms", "inbox:support"] == [office.bob.user_id]

    # Saved so that nothing shows from outside: only SIGHUP makes the daemon look.
    before = file.stat()
    text = ann_alone + "#" * (before.st_size - len(ann_alone.encode()))
    with file.open("r+") as stream:
        stream.write(text)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    await asyncio.sleep(1.5)
    assert len(await history(office)) == 1
    assert office.process is not None
    assert office.process.pid is not None
    os.kill(office.process.pid, signal.SIGHUP)

    async def bob_is_out() -> bool:
        return office.bob.user_id in await office.ann.members(room, "leave")

    await eventually(bob_is_out, every=0.1)
    assert [cause for cause, _ in await history(office)] == ["start", "hangup"]
    assert "problems" not in office.log, "of the directory that was away nobody heard"


async def test_under_load_each_mail_is_decided_by_one_rulebook_and_shown_once(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    one = office.rules()
    other = one.replace(f'room: {{is: "#alerts-{office.tag}"', f'room: {{is: "#other-{office.tag}"')
    office.write_rules(one)
    await office.start()
    office.submit(office.mail("Alert", "The first disk is full."), [office.alerts])
    await office.message_with(await office.aliased("alerts"), "The first disk", office.bob)
    swapped = asyncio.Event()

    async def load() -> int:
        number = 1
        while not swapped.is_set() and number < 500:
            mail = office.mail(f"Alert {number}", f"Disk {number} is full.")
            await asyncio.to_thread(office.submit, mail, [office.alerts])
            await asyncio.sleep(0.05)
            number += 1
        return number

    sending = asyncio.create_task(load())
    for text in (other, one, other):
        await office.change_rules(text)
    swapped.set()
    count = await sending
    decided = await eventually(lambda: outcomes(office.folder / "state" / "journal.db", count), within=60)
    digests = dict(zip(("one", "other"), [digest for _, digest in await history(office)][:2], strict=True))
    assert {digest for digest, _ in decided.values()} <= set(digests.values())
    for digest, room in decided.values():
        assert room == (f"is:#alerts-{office.tag}" if digest == digests["one"] else f"is:#other-{office.tag}")
    shown = [await office.count(await office.aliased(name), "is full.", office.bob) for name in ("alerts", "other")]
    assert sum(shown) == count
    assert all(shown), "both had their turn"


def outcomes(path: Path, count: int) -> dict[str, tuple[str, str]]:
    """For each alert the digest it was decided by and the room it went to, once all are shown."""
    query = (
        "SELECT i.key, i.traces, json_extract(e.effect, '$.room')"
        " FROM inbox i JOIN outbox o ON o.cause = i.key JOIN effects e ON e.seq = o.seq"
        " WHERE o.kind = 'show' AND o.state = 'done'"
    )
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
        rows: list[tuple[str, str, Any]] = journal.execute(query).fetchall()
    return {key: (json.loads(traces)[0]["digest"], room) for key, traces, room in rows} if len(rows) >= count else {}


async def test_rules_mended_while_the_daemon_waits_for_the_homeserver_are_edited_rules_and_told_of(
    alone: Office,
) -> None:
    office, homeserver = alone, alone.synapse.homeserver
    await office.start()
    good = office.rules()
    await office.opened(office.mail("Before", "All is well."), "All is well.")
    await office.stop()
    await homeserver.kill()
    office.write_rules(good.replace("notify: none}", "notify: nobody}", 1))
    await office.start()
    await eventually(lambda: office.log.count("mailroom runs") == 2, within=60)
    office.write_rules(good.replace("lottery", "jackpot"))
    await homeserver.start()
    said = str(await office.admins_hear("At the start: the rules have problems"))
    assert "The rules have no problems any more; they are in force." in said
    (_, _), (cause, digest) = await history(office)
    assert cause == "files"
    assert f"rules in force: {digest}" in office.log
