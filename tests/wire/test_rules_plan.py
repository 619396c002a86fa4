"""`mailroom rules plan` on 200 mails in a real journal, read by real workers beside an open daemon's journal.

What it should say was worked out by hand from the two rulebooks below.
"""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.app import plan_brief
from bridge.app.plan_brief import brief
from bridge.app.rulebooks import compile_for
from bridge.cli.main import main
from bridge.cli.printed import PlanGroupJson, PlanJson
from bridge.config import Settings, load, load_settings
from bridge.core.effects import OpenRoom, Receipt, RoomSpec
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival, Plan
from bridge.core.ports import Enacted
from bridge.store.journal import Journal
from tests.unit.cli_world import Installation

BEFORE = """\
domain: corp.example
people: {ann: Ann Berg, bob: Bob Iwu, cleo: Cleo Roy, eva: Eva Lind}
inboxes:
  support:
    address: support@corp.example
    room: {per: conversation, for: [ann, bob, cleo]}
    send: {who: [ann, bob], to: sender}
  alerts:
    address: alerts@corp.example
    room: {is: "#alerts", for: bob}
    send: none
  eva:
    account: eva
    private: true
    room: {per: conversation, for: eva}
    send: {who: eva, as: eva}
unmatched: {do: triage, room: {is: "#triage", for: ann}}
"""

AFTER = """\
domain: corp.example
people: {ann: Ann Berg, bob: Bob Iwu, cleo: Cleo Roy, eva: Eva Lind}
inboxes:
  support:
    address: support@corp.example
    room: {per: conversation, for: [ann, bob]}      # cleo leaves
    send: {who: [ann, bob], to: all}                # and Cc gets answers
    rules:
      - {name: news, when: {subject: "*news*"}, room: {is: "#news"}, notify: none}
  alerts:
    address: [alerts@corp.example, noc@corp.example]
    room: {is: "#alerts", for: bob}
    send: none
    rules:
      - {name: fine, when: {subject: "OK*"}, do: drop}
      - {name: quiet, when: {subject: "never seen"}, notify: none}
  eva:
    account: eva
    private: true
    notify: none
    room: {per: conversation, for: eva}
    send: {who: eva, as: eva}
unmatched: {do: triage, room: {is: "#triage", for: ann}}
"""


def mails() -> Iterator[Arrival]:
    """120 to support (30 of them news, 20 with a Cc), 50 of Eva's, 30 alerts (10 of them fine)."""
    for n in range(120):
        subject = f"Weekly news {n}" if n < 30 else f"Order {n}"
        cc = "Cc: carl@client.example\r\n" if n >= 100 else ""
        yield mail(f"smtp:s{n}", subject, Envelope("smtp", "anna@client.example", ("support@corp.example",)), cc)
    for n in range(50):
        yield mail(f"imap:eva:INBOX:1:{n}", f"Secret {n}", Envelope("imap", account="eva", folder="INBOX"))
    for n in range(30):
        subject = f"OK disk {n}" if n < 10 else f"DOWN disk {n}"
        yield mail(f"lmtp:a{n}", subject, Envelope("lmtp", "nagios@corp.example", ("alerts@corp.example",)))


def mail(key: str, subject: str, envelope: Envelope, more: str = "") -> Arrival:
    head = f"From: Anna <anna@client.example>\r\nTo: {', '.join(envelope.rcpt_tos) or 'eva@corp.example'}\r\n{more}"
    raw = f"{head}Subject: {subject}\r\nMessage-ID: <{key}@client.example>\r\n\r\nHello\r\n".encode()
    return Arrival(key, "mail", raw, time.time() - 3600, envelope)


async def filled(journal: Journal) -> None:
    await journal.enact(Enacted("1" * 32, "start", {"rules.yaml": BEFORE}))
    await journal.accept(list(mails()))
    key = "conv:room"
    opened = OpenRoom("open", "conv:c", RoomSpec(key, "Order 1"))
    await journal.settle(Plan("smtp:s99", "bridged", "x", effects=(opened,), rooms=((key, "inbox:support", ""),)))
    await journal.claim(1.0, 9)
    await journal.fulfil("open", Receipt(room="!r:corp.example"))


@pytest.fixture
def at(tmp_path: Path) -> Installation:
    made = Installation(tmp_path)
    made.write_rules(AFTER)
    return made


def planned(at: Installation, *options: str, status: int = 3) -> PlanJson:
    return PlanJson.model_validate_json(at.says("rules", "plan", "--json", *options, status=status))


def by_words(changes: list[PlanGroupJson]) -> Mapping[tuple[str, str, str, str], PlanGroupJson]:
    found = {(each.scope, each.what, each.before, each.after): each for each in changes}
    assert len(found) == len(changes)
    return found


async def test_the_summary_of_an_edit(at: Installation) -> None:
    async with await Journal.open(at.state) as daemon:
        await filled(daemon)
        told = await asyncio.to_thread(planned, at)
        words = await asyncio.to_thread(at.says, "rules", "plan", status=3)
    assert (told.mails, told.changed, told.gone, told.unlisted) == (200, 200, 0, 0)
    found = by_words([each for each in told.changes if each.mails])
    own, support, alerts = "a room for each conversation of inbox:support", "inbox:support", "inbox:alerts"
    assert {key: each.mails for key, each in found.items()} == {
        (support, "members of the room", "@ann:corp.example, @bob:corp.example, @cleo:corp.example",
         "@ann:corp.example, @bob:corp.example"): 120,
        (support, "who sees the mail", "", ""): 120,
        (support, "answers go to", "sender", "all"): 120,
        (support, "an answer would have other recipients", "", ""): 20,
        (support, "a room for each", "conversation", "none"): 30,
        (support, "room", "none", "#news"): 30,
        (support, "moves", own, "#news"): 30,
        (support, "notified", "all", "none"): 30,
        (support, "rule", "none", "news"): 30,
        (alerts, "own addresses", "alerts@corp.example", "alerts@corp.example, noc@corp.example"): 30,
        (alerts, "action", "bridge", "drop"): 10,
        (alerts, "moves", "#alerts", "no room"): 10,
        (alerts, "who sees the mail", "", ""): 10,
        (alerts, "rule", "none", "fine"): 10,
        ("inbox:eva", "notified", "all", "none"): 50,
    }  # fmt: skip
    assert found[support, "who sees the mail", "", ""].lost == ["@cleo:corp.example"]
    assert found[alerts, "who sees the mail", "", ""].lost == ["@bob:corp.example"]
    others = {each.what: each for each in told.changes if not each.mails}
    assert others["members of open rooms"].lost == ["@cleo:corp.example"]
    assert others["members of open rooms"].rooms == 1
    assert others["addresses that are taken"].gained == ["noc@corp.example"]
    assert "200 of 200 mails would be decided otherwise" in words
    assert re.search(r"120 mails, inbox support: who sees the mail: @cleo:corp.example no longer", words)
    assert "30 mails, inbox support: moves: a room for each conversation of inbox:support → #news" in words
    assert '"Weekly news 0" from anna@client.example (smtp:s0)' in words
    assert "rule 'quiet' is new" in words
    assert "rule 'news' is new" not in words, "mails met it"


async def test_of_a_private_inbox_there_are_keys_and_counts_only(at: Installation) -> None:
    async with await Journal.open(at.state) as daemon:
        await filled(daemon)
    text = await asyncio.to_thread(at.says, "rules", "plan", "--limit-examples", "1000", status=3)
    told = await asyncio.to_thread(planned, at, "--limit-examples", "1000")
    (evas,) = [each for each in told.changes if each.scope == "inbox:eva"]
    assert len(evas.examples) == 50
    assert {(one.subject, one.sender) for one in evas.examples} == {("", "")}
    assert "imap:eva:INBOX:1:7" in text
    assert "Secret" not in text
    assert "Secret" not in told.model_dump_json()


async def test_an_unchanged_rulebook_changes_nothing_and_nothing_is_written(at: Installation) -> None:
    at.write_rules(BEFORE + "# another comment\n")
    async with await Journal.open(at.state) as daemon:
        await filled(daemon)
        daemon.changed()
        told = await asyncio.to_thread(planned, at, status=0)
        assert not daemon.changed(), "nothing was written"
    assert (told.mails, told.changed, told.changes) == (200, 0, [])
    assert "Nothing would change: 200 mails would be decided as they were." in await asyncio.to_thread(
        at.says, "rules", "plan"
    )


async def test_the_admin_room_hears_it_in_short_without_a_word_of_any_mail(at: Installation) -> None:
    settings = load_settings(at.folder / "mailroom.yaml")
    assert isinstance(settings, Settings)
    async with await Journal.open(at.state) as daemon:
        await filled(daemon)
        told = await brief(settings)
        await daemon.enact(Enacted("2" * 32, "files", compile_for(settings).texts))
        again = await brief(settings)
        at.write_rules("inboxes: 7\n")
        broken = await brief(settings)
    assert "200 of 200 mails would be decided otherwise." in told
    assert "Who sees it: 120 mails, inbox support: who sees the mail: @cleo:corp.example no longer" in told
    assert not any(word in told for word in ("anna@", "Order", "Secret", "smtp:", "imap:"))
    assert len(told.splitlines()) <= 20
    assert "200 mails" in again
    assert broken.startswith("The rules have problems:\n")
    assert "rules.yaml:1:" in broken


async def test_a_plan_that_takes_too_long_tells_what_it_has(at: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_brief, "SECONDS", 0.0)
    settings = load_settings(at.folder / "mailroom.yaml")
    assert isinstance(settings, Settings)
    async with await Journal.open(at.state) as daemon:
        await filled(daemon)
        assert "0 of 0 mails would be decided otherwise (time was up before the rest)." in await brief(settings)


def test_rules_with_problems_are_named_and_rulebooks_that_are_not_there_too(at: Installation) -> None:
    at.journal(filled)
    at.write_rules(AFTER.replace("private", "privat"))
    assert "rules.yaml:19:5" in at.says("rules", "plan", status=1)
    at.write_rules(AFTER)
    assert "neither a directory nor a rulebook that begins with '9'" in at.says(
        "rules", "plan", "--against", "9", status=1
    )
    assert "is no time span" in at.says("rules", "plan", "--since", "soon", status=2)


def test_only_mail_since_then_is_tried(at: Installation) -> None:
    at.journal(filled)
    assert planned(at, "--since", "30m").mails == 0
    assert planned(at, "--since", "2h", "--against", "1111").mails == 200


def beside(folder: Path) -> list[str]:
    """Two directories of rules and a file of mail, as options."""
    for name, text in (("old", BEFORE), ("new", AFTER)):
        (folder / name).mkdir()
        (folder / name / "rules.yaml").write_text(text)
    box = folder / "box"
    raws = [each.raw.replace(b"\r\n", b"\n") for each in mails() if each.key.startswith("smtp:")]
    box.write_bytes(b"".join(b"From x Sat Nov 21 10:00:00 2026\n" + raw + b"\n" for raw in raws))
    return ["--rules", str(folder / "new"), "--against", str(folder / "old"), "--mbox", str(box)]


def test_where_there_are_no_settings_two_directories_and_a_file_of_mail_are_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAILROOM_CONFIG", raising=False)
    monkeypatch.setattr(load, "DEFAULTS", (tmp_path / "none.yaml",))
    options = beside(tmp_path)
    done = CliRunner().invoke(main, ["rules", "plan", *options, "--to", "support@corp.example", "--json"])
    told = PlanJson.model_validate_json(done.stdout)
    assert (done.exit_code, told.mails, told.changed) == (3, 120, 120)
    for more, told_how in (
        (["--config", str(tmp_path / "named.yaml"), "rules", "plan", *options], False),
        (["rules", "plan", *options[:4]], True),
        (["rules", "check"], True),
    ):
        done = CliRunner().invoke(main, more)
        assert (done.exit_code, "cannot be read" in done.output) == (1, True)
        assert ("without settings: " in done.output) is told_how


def test_two_directories_are_compared_on_a_file_of_mail(at: Installation, tmp_path: Path) -> None:
    options = beside(tmp_path)
    told = planned(at, *options, "--to", "support@corp.example")
    assert (told.mails, told.changed) == (120, 120)
    assert not at.state.exists()
    same = [*options[:1], str(tmp_path / "old"), *options[2:], "--to", "support@corp.example"]
    assert planned(at, *same, status=0).changes == []
    assert "word for word: nothing would change" in at.says("rules", "plan", *same)
