"""Journals of earlier versions are brought to the newest shape with what they hold."""

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

from bridge.core.addresses import Address
from bridge.core.answered import Reported
from bridge.core.decision import Standing
from bridge.core.effects import Receipt
from bridge.core.plan import MailQuery, StandingQuery
from bridge.store import codec, database
from bridge.store.journal import Journal
from bridge.store.queue import Queue
from tests.contract.journal_of_old import old_journal
from tests.contract.journal_world import COLLEAGUE, CUSTOMER, SCOPE, letter, send, tell


def put(file: sqlite3.Connection, table: str, **row: object) -> None:
    """A row, with nothing in the columns that are not named."""
    kinds = {name: kind for _, name, kind, *_ in file.execute(f"PRAGMA table_info({table})")}
    values = {name: "" if kind == "TEXT" else 0 for name, kind in kinds.items() if name not in ("order", "seq")} | row
    names, marks = ", ".join(f'"{name}"' for name in values), ", ".join("?" * len(values))
    file.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))  # our own words


async def test_who_wrote_or_was_answered_before_the_upgrade_is_known_after_it(tmp_path: Path) -> None:
    file = old_journal(tmp_path, "0001")
    theirs = letter("l", message_id="<l@x>")
    for number in range(3):
        put(file, "letters", key=f"l{number}", scope=SCOPE, letter=codec.dump_letter(theirs))
    two = replace(theirs, from_=(Address("eve", "x"), Address("mal", "x")))
    put(file, "letters", key="two", scope=SCOPE, letter=codec.dump_letter(two))
    put(file, "letters", key="none", scope=SCOPE, letter="{}")
    sent = send("m")
    draft = replace(sent.draft, to=(Address("bo", "x"),), cc=(COLLEAGUE, Address("no", "x")))
    effect = codec.dump_effect(replace(sent, draft=draft))
    receipt = codec.dump_receipt(Receipt(accepted=("bo@x", COLLEAGUE.spec)))
    put(file, "outbox", key="m", kind="send-mail", effect=effect, receipt=receipt, state="done")
    put(file, "outbox", key="waits", kind="send-mail", effect=codec.dump_effect(send("waits")), state="waiting")
    file.commit()
    file.close()
    async with await Journal.open(tmp_path) as journal:

        async def known(author: str, scope: str = SCOPE) -> bool:
            found = await journal.standings(StandingQuery((scope,), "", (), author))
            return found[scope] == Standing(known=True)

        assert [await known(author) for author in (CUSTOMER.key, "bo@x", COLLEAGUE.key)] == [True] * 3
        assert [await known(author) for author in ("eve@x", "mal@x", "no@x", "")] == [False] * 4
        assert not await known(CUSTOMER.key, "inbox:info")
    with sqlite3.connect(tmp_path / database.FILE_NAME) as file:
        assert file.execute("SELECT count(*) FROM correspondents").fetchone() == (3,)
    file.close()


async def test_conversations_of_before_the_upgrade_are_open_and_as_old_as_what_was_last_done_in_them(
    tmp_path: Path,
) -> None:
    file = old_journal(tmp_path, "0008")
    for name in ("a", "b"):
        put(file, "conversations", id=name, scope=SCOPE, room=f"conv:{name}")
    for number, (lane, at) in enumerate([("conv:a", 100.0), ("mail:a", 300.0), ("conv:a", 200.0), ("room:b", 50.0)]):
        put(file, "outbox", key=f"e{number}", lane=lane, kind="tell", state="done", created_at=at, effect="{}")
    file.commit()
    file.close()
    began = time.time()
    async with await Journal.open(tmp_path) as journal:
        assert await journal.closed_rooms() == frozenset()
    with sqlite3.connect(tmp_path / database.FILE_NAME) as file:
        rows = dict(file.execute("SELECT id, last FROM conversations").fetchall())
        assert file.execute("SELECT DISTINCT state, look_at FROM conversations").fetchall() == [("open", 0.0)]
    assert rows["a"] == 300.0
    assert rows["b"] >= began - 1, "of which nothing is known: its time begins now"
    file.close()


async def test_effects_of_before_the_upgrade_are_claimed_shown_and_answered_after_it(tmp_path: Path) -> None:
    file = old_journal(tmp_path, "0013")
    effects = {name: tell(name, lane=name, room="r") for name in ("begun", "waits", "done", "lost", "held")}
    states = {"begun": "claimed", "waits": "waiting", "done": "done", "lost": "waiting", "held": "held"}
    for seq, (name, effect) in enumerate(effects.items(), 1):
        row = {"key": name, "lane": name, "room": "lost" if name == "lost" else "r", "state": states[name]}
        put(file, "outbox", kind="tell", rank=1, effect=codec.dump_effect(effect), attempts=2, **row)
        if lane := {"begun": "claimed", "waits": "ready", "lost": "blocked"}.get(name):
            put(file, "lanes", lane=name, head=seq, state=lane, rank=1, room=row["room"])
    put(file, "rooms", key="lost", room_id="!lost", state="lost")
    file.commit()
    file.close()
    async with await Journal.open(tmp_path) as journal:
        tasks = {task.effect.key: task for task in await journal.claim(1000.0, 10)}
        assert {name: task.effect for name, task in tasks.items()} == {n: effects[n] for n in ("begun", "waits")}
        assert tasks["waits"].attempts == 3
        with Queue.open(tmp_path) as queue:
            assert (queue.counts().claimed, queue.counts().held, queue.counts().blocked) == (2, 1, 1)
            assert {name: queue.show(name).content["key"] for name in effects} == {name: name for name in effects}
        await journal.find_room("!lost")
        assert [task.effect for task in await journal.claim(1000.0, 10)] == [effects["lost"]]
    with sqlite3.connect(tmp_path / database.FILE_NAME) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    file.close()


async def test_of_reports_from_before_the_upgrade_nobody_says_who_wrote_them(tmp_path: Path) -> None:
    file = old_journal(tmp_path, "0009")
    receipt = codec.dump_receipt(Receipt(accepted=("kim@x",)))
    effect = codec.dump_effect(send("m"))
    put(file, "outbox", key="m", kind="send-mail", effect=effect, receipt=receipt, state="done", begun=1)
    put(file, "letters", key="m", scope=SCOPE, message_id="<m@x>", ours=1, letter="{}")
    put(file, "reports", answer="m", address="kim@x", action="failed", reason="expired")
    file.commit()
    file.close()
    async with await Journal.open(tmp_path) as journal:
        answer = (await journal.mail_view(MailQuery(SCOPE, "", "c", (), (), reports=("<m@x>",)))).answer
        assert answer is not None
        assert answer.reported == (Reported("m", "kim@x", "failed", "expired", ""),)


async def test_whom_the_rules_gave_a_conversation_before_the_upgrade_has_it_after_it(tmp_path: Path) -> None:
    file = old_journal(tmp_path, "0011")
    put(file, "conversations", id="c", scope=SCOPE, room="conv:c")
    put(file, "assignments", conversation="c", scope=SCOPE, turn=3, user="@ann:x")
    file.commit()
    file.close()
    async with await Journal.open(tmp_path) as journal:
        view = await journal.line_view("c")
        assert view is not None
        assert view.conversation.assignee == "@ann:x"
        assert await journal.assignees() == {"conv:c": "@ann:x"}
