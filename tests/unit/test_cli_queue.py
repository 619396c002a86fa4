"""`mailroom queue`: what waits and why, in full, again, never; and no text of a mail but with --raw."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge.cli.printed import DetailJson, QueueJson
from bridge.core.decision import Trace
from bridge.core.effects import Effect
from bridge.core.ids import derive
from bridge.core.plan import Plan
from bridge.store.blobs import IN_ROW
from bridge.store.journal import Journal
from tests.contract.journal_world import arrival, claimed, open_room, plan, send, show, tell
from tests.unit.cli_world import Installation

ANSWER = derive("an answer")
SHOWN = derive("a mail shown")
RAW = b"Subject: a secret subject\r\n\r\na secret text\r\n"


@pytest.fixture
def at(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


async def quarantine(journal: Journal, key: str = "smtp:spam") -> None:
    await journal.accept([arrival(key, RAW)])
    trace = Trace("spam", "rules/10.yaml", 7, "digest", "rules/10.yaml:7 rule 'spam': spam is true")
    await journal.settle(Plan(key, "quarantined", "held by rule spam", (trace,)))


def having(*effects: Effect, bury: str = "") -> Callable[[Journal], Awaitable[None]]:
    """An arrival that led to these effects, one of them given up."""

    async def work(journal: Journal) -> None:
        await plan(journal, effects)
        if bury:
            assert bury in await claimed(journal)
            await journal.bury(bury, "554 5.7.1 no")

    return work


def test_without_a_journal_it_says_so(at: Installation) -> None:
    assert "there is no journal" in at.says("queue", "list", status=1)


def test_an_empty_queue(at: Installation) -> None:
    at.journal(having())
    assert at.says("queue", "list") == "nothing waits\n"
    assert json.loads(at.says("queue", "list", "--json")) == {"entries": [], "more": False}


def test_each_entry_says_why_it_waits(at: Installation) -> None:
    head, behind, held = open_room(derive("o"), "conv:c"), show(SHOWN), send(derive("h"), "$h", held=True)

    async def work(journal: Journal) -> None:
        await quarantine(journal)
        await journal.accept([arrival("smtp:fresh")])
        await plan(journal, [head, behind, held], "smtp:2")
        await journal.claim(1000.0, 1)
        await journal.postpone(head.key, 4e9, "the homeserver said 403 M_FORBIDDEN")

    at.journal(work)
    words = {e.key: e.words for e in QueueJson.model_validate_json(at.says("queue", "list", "--json")).entries}
    assert words == {
        "smtp:spam": "held by rule spam",
        "smtp:fresh": "waits to be planned",
        head.key: "the homeserver said 403 M_FORBIDDEN",
        behind.key: f"waits for {head.key[:10]} before it in its lane",
        held.key: "waits for a confirmation in the room",
    }
    printed = at.says("queue", "list")
    assert all(word in printed for word in words.values())


def test_the_list_can_be_narrowed_and_widened(at: Installation) -> None:
    at.journal(having(send(ANSWER), tell("t" * 32), bury=ANSWER))

    def keys(*options: str) -> list[str]:
        said = QueueJson.model_validate_json(at.says("queue", "list", "--json", *options))
        return [entry.key for entry in said.entries]

    assert keys() == [ANSWER, "t" * 32]
    assert keys("--state", "buried") == [ANSWER]
    assert keys("--lane", "room:admin") == ["t" * 32]
    assert keys("--all") == ["smtp:1", ANSWER, "t" * 32]
    assert keys("--limit", "1") == [ANSWER]
    assert "… and more" in at.says("queue", "list", "--limit", "1")


def test_show_tells_all_but_the_text_of_mails(at: Installation) -> None:
    at.journal(having(send(ANSWER), show(SHOWN), bury=ANSWER))
    told = at.says("queue", "show", ANSWER[:6])
    for word in ("554 5.7.1 no", "kim@customer.example", "@ann:corp.example", "smtp:1", "buried", "mail:c"):
        assert word in told
    everything = told + at.says("queue", "show", SHOWN) + at.says("queue", "show", ANSWER, "--json")
    for secret in ("Answer", "Hello", "Kim", "Ann Berg"):
        assert secret not in everything
    assert "(6 characters, not shown)" in told


def test_show_of_an_arrival_says_why_and_what_it_led_to(at: Installation) -> None:
    async def work(journal: Journal) -> None:
        await quarantine(journal)
        await plan(journal, [show(SHOWN)])

    at.journal(work)
    told = at.says("queue", "show", "smtp:spam")
    assert "rules/10.yaml:7 rule 'spam': spam is true" in told
    assert "support@corp.example" in told
    assert "secret" not in told
    assert SHOWN[:10] in at.says("queue", "show", "smtp:1")
    detail = DetailJson.model_validate_json(at.says("queue", "show", "smtp:spam", "--json"))
    assert (detail.octets, detail.outcome) == (len(RAW), "quarantined")


@pytest.mark.parametrize("size", [10, IN_ROW + 10])
def test_raw_writes_the_original_octet_for_octet(at: Installation, size: int) -> None:
    raw = RAW + b"\xff" * size

    async def work(journal: Journal) -> None:
        await journal.accept([arrival("smtp:big", raw)])
        await journal.settle(Plan("smtp:big", "bridged", "", effects=(show(SHOWN),)))

    at.journal(work)
    assert at.run("queue", "show", "smtp:big", "--raw").stdout_bytes == raw
    assert at.run("queue", "show", SHOWN, "--raw").stdout_bytes == raw


def test_keys_may_be_abbreviated_while_they_are_unique(at: Installation) -> None:
    at.journal(having(tell("abcd" + "0" * 28), tell("abcd" + "1" * 28), tell("ffff" * 8)))
    assert "several keys begin with abcd" in at.says("queue", "show", "abcd", status=1)
    assert "ffff" * 8 in at.says("queue", "show", "ffff")
    assert "too short" in at.says("queue", "show", "ff", status=1)
    assert "nothing in the queue" in at.says("queue", "show", "xyzw%", status=1)


def test_retry_puts_what_failed_back_and_releases_from_quarantine(at: Installation) -> None:
    async def work(journal: Journal) -> None:
        await quarantine(journal)
        await having(send(ANSWER), bury=ANSWER)(journal)

    at.journal(work)
    said = QueueJson.model_validate_json(at.says("queue", "retry", ANSWER[:8], "smtp:spam", "--json"))
    assert [(entry.key, entry.state) for entry in said.entries] == [(ANSWER, "waiting"), ("smtp:spam", "new")]
    assert "not in quarantine" in at.says("queue", "retry", "smtp:1", status=1)


def test_retry_goes_on_after_a_key_that_cannot_be_retried(at: Installation) -> None:
    at.journal(having(send(ANSWER), bury=ANSWER))
    said = at.says("queue", "retry", "nosuchkey", ANSWER, status=1)
    assert "nosuchkey: there is nothing in the queue" in said
    assert f"{ANSWER}: waiting" in said


def test_all_that_failed_can_be_retried_at_once(at: Installation) -> None:
    at.journal(having(send(ANSWER), tell("t" * 32), bury=ANSWER))
    assert at.says("queue", "retry", "--all-failed") == f"{ANSWER}: waiting\n"
    assert at.says("queue", "retry", "--all-failed") == "there is nothing\n"
    assert "name keys" in at.says("queue", "retry", status=2)


def test_dropping_an_answer_tells_its_author(at: Installation) -> None:
    at.journal(having(send(ANSWER), bury=ANSWER))
    assert at.says("queue", "drop", ANSWER, "--reason", "the customer called") == f"{ANSWER}: cancelled\n"
    told: list[str] = []

    async def look(journal: Journal) -> None:
        while tasks := await journal.claim(1e12, 10):
            for task in tasks:
                told.append(f"{task.effect}")
                await journal.bury(task.effect.key, "seen")

    at.journal(look)
    assert len(told) == 2
    assert all("an operator dropped this answer (the customer called)" in each for each in told)
    assert "mention=('@ann:corp.example',)" in told[1]


def test_dropping_from_quarantine_keeps_the_original(at: Installation) -> None:
    at.journal(quarantine)
    assert at.says("queue", "drop", "smtp:spam") == "smtp:spam: planned\n"
    assert at.run("queue", "show", "smtp:spam", "--raw").stdout_bytes == RAW
    assert "dropped" in at.says("queue", "show", "smtp:spam")


def test_words_of_peers_cannot_write_to_the_terminal(at: Installation) -> None:
    async def work(journal: Journal) -> None:
        await plan(journal, [tell("t" * 32)])
        await claimed(journal)
        await journal.bury("t" * 32, "550 \x1b[2J\r\nsmtp:9  fine")

    at.journal(work)
    for told in (at.says("queue", "list"), at.says("queue", "show", "tttt")):
        assert "\x1b" not in told
        assert not any(line.startswith("smtp:9") for line in told.splitlines())
