"""Numbers and words for who watches from outside: counted after the commit, bounded, without anything of a mail."""

import re
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bridge.app import watching
from bridge.app.watched import Watched
from bridge.app.watching import Watch
from bridge.config import Bind, Settings, load_settings
from bridge.core.effects import AutoMail, Receipt
from bridge.core.errors import Conflict, Permanent, StorageFull
from bridge.core.happened import Accepted, BacksOff, Buried, Done, Happened, InForce, PutOff, Settled, Tally, Unread
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival, Pending, Plan, Raw
from bridge.core.ports import Enacted, Health
from bridge.web import Condition, Latest, Metrics, answer, peer, rules
from tests.contract.journal_world import SCOPE, anchor, arrival, conversation, plan, send, show, tell
from tests.servers.ports import free_port
from tests.unit.cli_world import Installation

NOW = 1000.0


def metrics() -> Metrics:
    return Metrics(Latest(), ["eva", "desk"], lambda: NOW)


def pending(door: str, key: str = "k") -> Pending:
    envelope = Envelope(door) if door else None
    return Pending(1, key, "mail" if door else "event", Raw(b"x"), NOW, envelope, quiet=False, attempts=0)


def shown(made: Metrics, tally: Tally | None = None, accept: str = "") -> Mapping[str, float]:
    """Every sample but those of the process, as Prometheus reads it."""
    octets, _ = made.page(accept, tally)
    return {
        sample.name + "".join(f"{{{name}={value}}}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(octets.decode())
        for sample in family.samples
        if sample.name.startswith("mailroom_") and not sample.name.endswith("_created")
    }


def test_each_step_is_counted_where_it_belongs() -> None:
    made = metrics()
    mail = send("m")
    auto = AutoMail("a", "auto:a", "inbox:support", "", "acknowledge", mail.draft)
    steps: list[Happened] = [
        Accepted([pending("smtp"), pending("smtp"), pending("imap"), pending("")]),
        Done(show("s"), Receipt(events=("$1", "$2"))),
        Done(mail, Receipt(words="250 queued")),
        PutOff(mail),
        PutOff(mail),
        Buried(replace(mail, scope="inbox:sales")),
        Buried(auto),
        Unread("late"),
        Health("rules", "failed", "words", NOW),
        Health("rules", "ok", "words", NOW),
        BacksOff("eva", 60.0),
    ]
    for step in steps:
        made.observe(step)
    told = shown(made)
    expected = {
        "mailroom_mails_accepted_total{door=smtp}": 2,
        "mailroom_mails_accepted_total{door=imap}": 1,
        "mailroom_room_events_accepted_total": 1,
        "mailroom_events_sent_total": 2,
        "mailroom_effects_total{kind=show}{result=done}": 1,
        "mailroom_effects_total{kind=send-mail}{result=put-off}": 2,
        f"mailroom_answers_total{{result=sent}}{{scope={SCOPE}}}": 1,
        f"mailroom_answers_total{{result=delayed}}{{scope={SCOPE}}}": 2,
        "mailroom_answers_total{result=failed}{scope=inbox:sales}": 1,
        "mailroom_automatic_mails_total{result=failed}{why=acknowledge}": 1,
        "mailroom_reader_failures_total{why=late}": 1,
        "mailroom_reader_failures_total{why=died}": 0,
        "mailroom_rules_loads_total{result=problems}": 1,
        "mailroom_rules_loads_total{result=in-force}": 1,
        "mailroom_account_backoff_seconds{account=eva}": 60,
        "mailroom_account_backoff_seconds{account=desk}": 0,
        "mailroom_last_success_timestamp_seconds{what=mail-accepted}": NOW,
        "mailroom_last_success_timestamp_seconds{what=answer-sent}": NOW,
    }
    assert {name: told.get(name) for name in expected} == expected


def test_what_is_not_known_is_not_claimed() -> None:
    told = shown(metrics())
    assert told["mailroom_journal_readable"] == 0
    assert told["mailroom_account_connected{account=eva}"] == 0
    assert told["mailroom_homeserver_connected"] == 0
    assert not [
        name
        for name in told
        if name.startswith(("mailroom_lane", "mailroom_outbox", "mailroom_last", "mailroom_rulebook"))
    ]


def test_the_journal_is_shown_as_it_is_at_the_moment_of_the_scrape() -> None:
    made = metrics()
    tally = Tally({"new": 1, "quarantined": 2}, {"ready": 3}, {"waiting": 4, "held": 5, "buried": 6}, 7, NOW - 8)
    told = shown(made, tally)
    assert told["mailroom_arrivals_waiting"] == 1
    assert told["mailroom_arrivals_quarantined"] == 2
    assert told["mailroom_lanes{state=ready}"] == 3
    assert told["mailroom_outbox{state=buried}"] == 6
    assert told["mailroom_rooms_lost"] == 7
    assert told["mailroom_lane_oldest_seconds"] == 8
    assert told["mailroom_journal_readable"] == 1
    assert "mailroom_lane_oldest_seconds" not in shown(made), "nor is an old number shown again"


def test_the_state_of_parts_is_what_they_said_last_in_this_process() -> None:
    latest = Latest()
    made = Metrics(latest, ["eva"], lambda: NOW)
    for step in (
        InForce("abc"),
        Health("imap:eva", "ok", "", NOW),
        Health("imap:eva:Archive", "failed", "no such folder", NOW),
        Health("homeserver", "ok", "", NOW),
        Health("rules", "failed", "", NOW),
    ):
        latest.observe(step)
    told = shown(made)
    assert told["mailroom_account_connected{account=eva}"] == 1
    assert told["mailroom_homeserver_connected"] == 1
    assert told["mailroom_rules_broken"] == 1
    assert told["mailroom_rulebook_info{digest=abc}"] == 1
    latest.observe(InForce("def"))
    assert [name for name in shown(made) if "digest" in name] == ["mailroom_rulebook_info{digest=def}"]


def test_the_manual_names_every_metric_and_no_other() -> None:
    text = (Path(__file__).parents[2] / "deploy" / "prometheus.md").read_text()
    told = set(re.findall(r"^\| `(mailroom_[a-z_]+)` \| (.*?) \|", text, re.MULTILINE))
    latest = Latest()
    made = Metrics(latest, ["eva"], lambda: NOW)
    latest.observe(InForce("abc"))
    octets, _ = made.page("", Tally({"new": 0, "quarantined": 0}))
    families = text_string_to_metric_families(octets.decode())
    there = {family.name + "_total" * (family.type == "counter") for family in families}
    assert {name for name, _ in told} == {name for name in there if name.startswith("mailroom_")}


@pytest.mark.parametrize(
    ("accept", "kind"), [("", "text/plain"), ("application/openmetrics-text", "application/openmetrics")]
)
def test_prometheus_gets_the_format_that_it_asks_for(accept: str, kind: str) -> None:
    octets, said = metrics().page(accept, None)
    assert said.startswith(kind)
    assert octets.endswith(b"# EOF\n") is bool(accept)


async def test_a_step_is_told_once_it_is_durable_and_one_that_failed_is_not(tmp_path: Path) -> None:
    told: list[Happened] = []
    async with await Watched.told(tmp_path / "state", told.append, clock=lambda: NOW) as journal:
        await plan(journal, [show("s"), send("m"), tell("t", lane="other")])
        assert [type(each) for each in told] == [Accepted, Settled]
        await journal.accept([arrival()])
        assert len(told) == 2, "known already"
        told.clear()
        tasks = {task.effect.key: task.effect for task in await journal.claim(NOW, 10)}
        await journal.fulfil("s", Receipt(events=("$1",)))
        await journal.postpone("m", NOW + 5, "later")
        await journal.postpone("t", NOW, "cut off", counted=False)
        assert told == [Done(tasks["s"], Receipt(events=("$1",))), PutOff(tasks["m"])]
        told.clear()
        tasks = {task.effect.key: task.effect for task in await journal.claim(NOW + 6, 10)}
        await journal.bury("m", "never")
        health = Health("imap:eva", "ok", "watching", NOW)
        await journal.report(health)
        await journal.enact(Enacted("abc", "start", {}))
        assert told == [Buried(tasks["m"]), health, InForce("abc")]
        told.clear()
        await journal.accept([arrival("smtp:2"), arrival("smtp:3")])
        told.clear()
        await journal.settle(
            Plan("smtp:2", "bridged", "x", conversations=(conversation(),), anchors=(anchor("<a@x>"),))
        )
        other = Plan("smtp:3", "bridged", "x", conversations=(conversation("d"),), anchors=(anchor("<a@x>", "d"),))
        with pytest.raises(Conflict):
            await journal.settle(other)
        assert [type(each) for each in told] == [Settled]


async def test_the_journal_counts_what_waits_and_what_waits_for_its_own_time_is_not_late(tmp_path: Path) -> None:
    now = [NOW]
    async with await Watched.told(tmp_path / "state", lambda _: None, clock=lambda: now[0]) as journal:
        assert (await journal.tally()).oldest is None
        await journal.accept([Arrival("smtp:9", "mail", b"x", NOW, Envelope("smtp"))])
        await plan(journal, [replace(send("m"), not_before=NOW + 100), tell("t", lane="other")])
        now[0] += 10
        told = await journal.tally()
        assert (told.arrivals["new"], told.effects["waiting"], told.lanes["ready"]) == (1, 2, 2)
        assert told.oldest == NOW, "the word to the room"
        await journal.claim(now[0], 10)
        await journal.fulfil("t", Receipt())
        assert (await journal.tally()).oldest is None, "the answer is held until its time"
        now[0] = NOW + 150
        assert (await journal.tally()).oldest == NOW + 100
        await journal.claim(now[0], 10)
        await journal.postpone("m", now[0] + 3600, "the server is away")
        now[0] += 30
        assert (await journal.tally()).oldest == NOW + 150, "since it was tried"
        await journal.claim(now[0] + 3600, 10)
        await journal.bury("m", "never")
        told = await journal.tally()
        assert (told.effects["buried"], told.oldest) == (1, None)
        await journal.probe()
        await journal.probe()


def test_a_problem_is_503_and_a_warning_is_not() -> None:
    fine, odd, bad = (Condition("x", level, "words") for level in ("ok", "warning", "problem"))
    assert answer([fine, odd]) == (200, "ok\nok       x: words\nwarning  x: words\n")
    assert answer([fine, bad])[0] == 503
    assert answer([fine, bad])[1].startswith("problem\n")


def test_a_peer_that_is_away_becomes_a_problem_after_a_while_and_one_that_refuses_us_at_once() -> None:
    latest = Latest()

    def level(after: float = 0.0) -> str:
        return peer("account eva", "imap:eva", latest, NOW + after).level

    assert level() == "warning"
    latest.observe(Health("imap:eva", "connecting", "", NOW))
    assert [level(0), level(121)] == ["warning", "problem"]
    latest.observe(Health("imap:eva", "ok", "", NOW + 130))
    assert level(1000) == "ok"
    latest.observe(Health("imap:eva", "waiting", "", NOW + 2000))
    latest.observe(Health("imap:eva", "connecting", "", NOW + 2100))
    assert [level(2110), level(2130)] == ["warning", "problem"], "it is away since 2000"
    latest.observe(Health("imap:eva", "failed", "the password for eva is wrong", NOW))
    told = peer("account eva", "imap:eva", latest, NOW)
    assert told.level == "problem"
    assert "password" not in told.words


def test_broken_rule_files_are_told_and_keep_no_mail_from_flowing() -> None:
    latest = Latest()
    latest.observe(InForce("0123456789abcdef"))
    assert rules(latest) == Condition("rules", "ok", "in force: 0123456789ab")
    latest.observe(Health("rules", "failed", "rules.yaml:3: …", NOW))
    assert rules(latest).level == "warning"
    assert "have problems" in rules(latest).words


async def test_a_journal_that_cannot_be_written_is_a_problem_and_askers_cost_few_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(Installation(tmp_path).folder / "mailroom.yaml")
    assert isinstance(settings, Settings)
    port = free_port()
    watch = Watch(settings, Bind("127.0.0.1", port))
    async with await watch.opened() as journal, watch.shown([]):
        assert "ok       journal: can be written" in (await got(port, "/health"))[1]
        before = journal.commits
        for _ in range(5):
            await got(port, "/health")
        assert journal.commits == before

        async def full() -> None:
            raise StorageFull("the disk is full")

        monkeypatch.setattr(journal, "probe", full)
        monkeypatch.setattr(watching, "PROBED", 0.0)
        status, words = await got(port, "/health")
        assert status == 503
        assert "problem  journal: cannot be written: the disk is full" in words
        monkeypatch.undo()
        await journal.report(Health("encryption", "failed", "install it", NOW))
        status, words = await got(port, "/health")
        assert status == 503
        assert "problem  encryption: failed" in words
        assert "install it" not in words
        status, words = await got(port, "/metrics")
        assert status == 200
        assert "mailroom_journal_readable 1.0" in words
        assert (await got(port, "/"))[0] == 404
        assert (await got(port, "/metrics", "POST"))[0] == 405
        assert (await got(port, "/health", "HEAD"))[1] == ""


async def test_an_address_that_is_taken_is_said_with_its_cure(tmp_path: Path) -> None:
    settings = load_settings(Installation(tmp_path).folder / "mailroom.yaml")
    assert isinstance(settings, Settings)
    with socket.create_server(("127.0.0.1", 0)) as other:
        watch = Watch(settings, Bind("127.0.0.1", other.getsockname()[1]))
        with pytest.raises(Permanent, match=r"cannot listen on 127.0.0.1:\d+: .*; choose another address"):
            async with watch.shown([]):
                pass


async def got(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    async with aiohttp.ClientSession() as client, client.request(method, f"http://127.0.0.1:{port}{path}") as answered:
        return answered.status, await answered.text()
