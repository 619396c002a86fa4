"""What is purged is gone, all of it, and is still known: no mail is shown again, and nothing that waits is touched."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core.addresses import Address
from bridge.core.effects import AutoMail, CloseRoom, FileCopy, Line, Receipt
from bridge.core.errors import Conflict, Permanent
from bridge.core.idling import Step
from bridge.core.mail import Draft, Envelope
from bridge.core.plan import (
    Arrival,
    Conversation,
    EventQuery,
    EventView,
    Filed,
    MailQuery,
    Merge,
    Plan,
    StandingQuery,
)
from bridge.core.ports import Journal
from bridge.store import blobs
from tests.contract.conftest import Reopen
from tests.contract.journal_world import ANN, CUSTOMER, SCOPE, anchor, arrival, claimed, filed, letter, plan, send, show
from tests.contract.test_journal_closing import talk
from tests.contract.test_journal_lulls import lull


async def purge(journal: Journal, name: str = "c") -> bool:
    found = {each.conversation.id: each for each in await journal.lulls(1e12, 100)}
    return bool(await journal.take([Step(found[name], "open", 0.0, None, purges=True)]))


def again(message_id: str = "<c@x>", content: str = "content of l-c", *ancestors: str) -> MailQuery:
    return MailQuery(SCOPE, message_id, content, ancestors, ("conv:c",))


def rows(folder: Path, words: str) -> list[str]:
    """The tables of the journal that hold these words anywhere."""
    with sqlite3.connect(folder / "state" / "journal.db") as file:
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = [
            table
            for table in tables
            if any(words in str(value) for row in file.execute(f"SELECT * FROM {table}") for value in row)
        ]
    file.close()
    return sorted(found)


def files(folder: Path) -> list[Path]:
    """The originals in files."""
    return [path for path in (folder / "state" / "blobs").rglob("*") if path.is_file()]


async def test_a_mail_that_was_purged_is_not_shown_again_and_its_answer_begins_anew(reopen: Reopen) -> None:
    journal = await reopen()
    await talk(journal)
    assert (await journal.mail_view(again())).duplicate
    assert await purge(journal)
    journal = await reopen()
    view = await journal.mail_view(again())
    assert view.duplicate
    assert view.conversation is None
    assert not (await journal.mail_view(again(content="something else"))).duplicate
    assert not (await journal.mail_view(replace(again(), scope="inbox:other"))).duplicate
    answer = await journal.mail_view(again("<2@x>", "2", "<c@x>"))
    assert (answer.conversation, answer.bound, answer.participants) == (None, frozenset(), frozenset())
    assert (await journal.standings(StandingQuery((SCOPE,), "<2@x>", ("<c@x>",), "")))[SCOPE].conversation == "new"
    await plan(
        journal,
        key="smtp:2",
        conversations=(Conversation("n", SCOPE, "conv:n", "Hello"),),
        letters=(filed("l2", "n", "<2@x>"),),
        anchors=(anchor("<2@x>", "n"), anchor("<c@x>", "n")),
    )
    third = (await journal.mail_view(again("<3@x>", "3", "<c@x>"))).conversation
    assert third is not None
    assert third.id == "n"


async def test_nothing_of_its_content_is_left(reopen: Reopen, tmp_path: Path) -> None:
    journal = await reopen()
    secret = "Schnabeltier"
    raw = f"Subject: {secret}\r\n\r\n{secret}\r\n".encode()
    envelope = Envelope("smtp", f"{secret}@x", (f"{secret}@corp.example",))
    await journal.accept([Arrival("smtp:c", "mail", raw, 100.0, envelope)])
    shown = replace(show("s-c", "l-c"), text=secret, subject=secret, arrival="smtp:c")
    theirs = replace(letter("l-c", "c", "<c@x>"), subject=secret, text=secret)
    await journal.settle(
        Plan(
            "smtp:c",
            "bridged",
            f"rule: {secret}",
            conversations=(Conversation("c", SCOPE, "conv:c", secret),),
            letters=(Filed(SCOPE, "content", theirs),),
            anchors=(anchor("<c@x>", "c"),),
            participants=(("c", f"{secret}@x"),),
            effects=(shown,),
        )
    )
    await claimed(journal)
    await journal.fulfil("s-c", Receipt(events=("$shown",)))
    await journal.accept([Arrival("event:$said", "event", secret.encode(), 100.0)])
    said = send("m")
    said = replace(said, draft=replace(said.draft, text=secret))
    ours = replace(letter("m", "c", "<m@corp.example>", ours=True), text=secret)
    filed_answer = Filed(SCOPE, "", ours)
    await journal.settle(Plan("event:$said", "answer", secret, letters=(filed_answer,), effects=(said,)))
    await claimed(journal)
    copied = Draft("<m@corp.example>", 1.0, ANN, "", (CUSTOMER,), (), secret, secret)
    await journal.fulfil("m", Receipt(accepted=(CUSTOMER.spec,)), [FileCopy("f", "copy:m", copied)])
    await claimed(journal)
    await journal.fulfil("f", Receipt())
    assert set(rows(tmp_path, secret)) >= {"inbox", "letters", "conversations", "effects", "participants"}
    assert await purge(journal)
    assert rows(tmp_path, secret) == []
    with pytest.raises(Permanent):
        await journal.raw("smtp:c")
    assert (await journal.mail_view(again("<m@corp.example>", "whatever"))).ours, "our own mail that comes back late"
    assert await journal.event_view(EventQuery("!c:x", reply_to="$shown")) == EventView()
    assert await journal.accept([Arrival("smtp:c", "mail", raw, 100.0, envelope)]) == [], "by the same door"


async def test_its_room_is_left_with_the_step_that_forgets_it(reopen: Reopen) -> None:
    journal = await reopen()
    await talk(journal)
    assert await purge(journal)
    assert await journal.rooms() == []
    journal = await reopen()
    (task,) = await journal.claim(1000.0, 10)
    assert isinstance(task.effect, CloseRoom)
    assert (task.effect.leave, task.effect.space) == ("!c:x", "space:inbox:support")
    await journal.fulfil(task.effect.key, Receipt())
    assert await claimed(journal) == []


async def test_a_mail_of_two_inboxes_is_kept_until_both_are_purged(journal: Journal) -> None:
    await talk(journal)
    await journal.accept([arrival("smtp:2")])
    both = [show("s-a", "la", conversation="a"), show("s-b", "lb", conversation="b")]
    talks = tuple(Conversation(name, SCOPE, f"conv:{name}", "") for name in "ab")
    await journal.settle(
        Plan(
            "smtp:2",
            "bridged",
            "",
            conversations=talks,
            letters=(filed("la", "a", "<1@x>"), filed("lb", "b", "<2@x>")),
            effects=tuple(both),
        )
    )
    await claimed(journal)
    for key in ("s-a", "s-b"):
        await journal.fulfil(key, Receipt(events=(f"${key}",)))
    assert await purge(journal, "a")
    assert (await journal.raw("smtp:2")).data
    assert await purge(journal, "b")
    with pytest.raises(Permanent):
        await journal.raw("smtp:2")


async def test_what_was_merged_is_purged_with_the_older_one(journal: Journal) -> None:
    await talk(journal)
    await talk(journal, "d")
    await plan(journal, key="smtp:9", merges=(Merge("d", "c"),))
    found = {each.conversation.id: each for each in await journal.lulls(1e12, 10)}["c"]
    assert found.newest == 500.0
    assert await purge(journal)
    assert await journal.lulls(1e12, 10) == []
    assert (await journal.mail_view(again("<d@x>", "content of l-d"))).duplicate
    assert sorted(await claimed(journal)) != []
    assert await journal.rooms() == []


async def test_a_mail_that_was_placed_before_the_purge_is_planned_again(journal: Journal) -> None:
    await talk(journal)
    assert await purge(journal)
    await journal.accept([arrival("smtp:2")])
    with pytest.raises(Conflict):
        await journal.settle(Plan("smtp:2", "bridged", "", letters=(filed("l2", "c", "<2@x>"),)))


async def test_what_is_still_to_be_passed_on_is_kept(journal: Journal) -> None:
    to = Address("backup", "corp.example")
    draft = Draft("<a@corp.example>", 1.0, ANN, "", (to,), (), "Fwd", "", original="smtp:c")
    await talk(journal)
    await plan(journal, key="smtp:2", letters=(filed("l2", "c", "<2@x>"),), effects=(show("s2", "l2"),))
    await claimed(journal)
    await journal.fulfil("s2", Receipt(events=("$2",)), [AutoMail("auto", "auto:x", SCOPE, "", "copy", draft)])
    assert not await purge(journal)
    assert (await journal.raw("smtp:2")).data
    await claimed(journal)
    await journal.fulfil("auto", Receipt())
    assert await purge(journal)


async def test_a_thread_by_its_subject_begins_anew_under_its_name(journal: Journal) -> None:
    name = Conversation("t", SCOPE, "is:#a", "Disk", threaded=True)
    for number in (1, 2):
        shown = show(f"s{number}", f"l{number}", conversation="t", room="is:#a", threaded=True)
        await plan(
            journal,
            [shown],
            key=f"smtp:{number}",
            conversations=(name,),
            letters=(filed(f"l{number}", "t", f"<{number}@x>"),),
        )
        await claimed(journal)
        await journal.fulfil(f"s{number}", Receipt(events=(f"${number}",)))
        assert await journal.thread_root("t") == f"${number}"
        if number == 1:
            assert await purge(journal, "t")
            assert await journal.thread_root("t") is None
            assert await claimed(journal) == [], "a room that others share is not left"
    view = await journal.mail_view(MailQuery(SCOPE, "<3@x>", "3", (), ("is:#a",), thread_key="t"))
    assert view.conversation == name


async def test_old_originals_that_no_conversation_shows_are_forgotten_and_all_others_kept(reopen: Reopen) -> None:
    journal = await reopen()
    await talk(journal)
    for key, outcome in (("smtp:dropped", "dropped"), ("smtp:held", "quarantined"), ("event:$note", "note")):
        await journal.accept([arrival(key)])
        await journal.settle(Plan(key, outcome, "words"))
    await journal.accept([arrival("smtp:new")])
    assert await journal.sweep(500.0, 10) == 0, "they have time yet"
    assert await journal.sweep(501.0, 2) == 2
    journal = await reopen()
    assert await journal.sweep(501.0, 10) == 2
    for key in ("smtp:c", "smtp:held", "smtp:new"):
        assert (await journal.raw(key)).data
    for key in ("smtp:dropped", "event:$note"):
        with pytest.raises(Permanent):
            await journal.raw(key)
    assert await journal.accept([arrival("smtp:dropped")]) == []
    assert [pending.key for pending in await journal.pending(after=0, limit=10)] == ["smtp:new"]


async def test_the_file_of_a_large_mail_goes_when_nothing_names_it(reopen: Reopen, tmp_path: Path) -> None:
    journal = await reopen()
    large = b"Subject: x\r\n\r\n" + b"x" * blobs.IN_ROW
    await journal.accept([arrival("smtp:large", large)])
    await journal.settle(Plan("smtp:large", "dropped", ""))
    assert len(files(tmp_path)) == 1
    assert await journal.sweep(501.0, 10) == 1
    removed = await journal.tidy(4e9)
    assert removed == 1
    assert files(tmp_path) == []


async def test_a_conversation_in_which_something_waits_is_not_taken(journal: Journal) -> None:
    await talk(journal)
    found = await lull(journal)
    await journal.add([send("held", "$h", held=True)])
    assert await journal.take([Step(found, "open", 0.0, None, purges=True)]) == []
    assert (await journal.mail_view(again("<2@x>", "2", "<c@x>"))).conversation is not None


async def test_nothing_is_purged_while_what_was_said_in_a_room_is_still_to_be_understood(journal: Journal) -> None:
    await talk(journal)
    await journal.accept([Arrival("event:$late", "event", b"{}", 500.0)])
    assert not await purge(journal)
    await journal.settle(Plan("event:$late", "ignored", ""))
    assert await purge(journal)


async def test_its_lines_in_the_lobby_are_taken_back_with_all_their_edits(reopen: Reopen, tmp_path: Path) -> None:
    journal = await reopen()
    await talk(journal)
    first = Line("first", "lobby:c:is:#desk", "is:#desk", "c")
    other = replace(first, key="other", lane="lobby:c:is:#former", room="is:#former")
    stranger = replace(first, key="stranger", lane="lobby:cd:is:#desk", conversation="cd")
    for number, line in enumerate([first, other, stranger, replace(first, key="edit", edits="first")]):
        await plan(journal, [line], key=f"event:{number}")
        for key in await claimed(journal):
            await journal.fulfil(key, Receipt(events=(f"${key}",)))
    assert await purge(journal)
    found = {task.effect.room: task.effect for task in await journal.claim(1e12, 100) if isinstance(task.effect, Line)}
    assert {room: line.gone for room, line in found.items()} == {
        "is:#desk": ("$first", "$edit"),
        "is:#former": ("$other",),
    }
    await journal.close()
    with sqlite3.connect(tmp_path / "state" / "journal.db") as file:
        left = file.execute("SELECT key FROM outbox WHERE kind = 'line' AND lane LIKE 'lobby:%'").fetchall()
    file.close()
    assert left == [("stranger",)]
