"""The journal's mail once more: in order, in batches, with what was known when each came."""

import hashlib
from pathlib import Path

import pytest

from bridge.core.decision import Standing
from bridge.core.effects import Receipt
from bridge.core.ids import derive
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival, Plan, StandingQuery
from bridge.store import blobs, replay
from bridge.store.journal import Journal
from bridge.store.replay import Replay
from tests.contract.journal_world import SCOPE, anchor, arrival, filed, open_room, send

KIM = "kim@customer.example"


def mail(key: str, at: float = 100.0, raw: bytes = b"Subject: x\r\n\r\nx\r\n") -> Arrival:
    return Arrival(key, "mail", raw, at, Envelope("smtp", KIM, ("support@corp.example",)))


async def bridged(journal: Journal, key: str, message_id: str) -> None:
    """A mail of Kim's that is shown in the one conversation of these tests."""
    await journal.accept([mail(key)])
    letters = (filed(derive("letter", key, SCOPE), message_id=message_id),)
    await journal.settle(Plan(key, "bridged", "x", letters=letters, anchors=(anchor(message_id),)))


def keys(state: Path, since: float = 0.0, after: int = 0) -> list[str]:
    with Replay(state) as replayed:
        return [came.key for batch in replayed.mails(since, after) for came in batch]


async def test_all_mails_come_in_order_and_events_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "BATCH", 3)
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([mail(f"smtp:{n}", at=float(n)) for n in range(10)])
        await journal.accept([Arrival("event:$x", "event", b"{}", 50.0)])
        assert keys(tmp_path) == [f"smtp:{n}" for n in range(10)]
        assert keys(tmp_path, since=7.0) == ["smtp:7", "smtp:8", "smtp:9"]
        with Replay(tmp_path) as replayed:
            assert replayed.count(7.0) == (3, 0)
            assert keys(tmp_path, after=replayed.newest(0.0, 4)) == ["smtp:6", "smtp:7", "smtp:8", "smtp:9"]
            assert replayed.newest(0.0, 99) == 0


async def test_a_mail_comes_with_its_envelope_and_octets_large_ones_from_their_file(tmp_path: Path) -> None:
    large = b"x" * 300_000
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([mail("smtp:1", 5.0), mail("smtp:2", 6.0, large)])
    with Replay(tmp_path) as replayed:
        (batch,) = replayed.mails(0.0)
    assert [(came.key, came.at, came.envelope) for came in batch] == [
        (f"smtp:{n}", at, Envelope("smtp", KIM, ("support@corp.example",))) for n, at in ((1, 5.0), (2, 6.0))
    ]
    assert batch[0].raw.data == b"Subject: x\r\n\r\nx\r\n"
    assert batch[1].raw.path == str(blobs.path_of(tmp_path, hashlib.sha256(large).hexdigest()))


@pytest.mark.parametrize("outcome", ["duplicate", "echo"])
async def test_what_only_came_again_is_left_out(tmp_path: Path, outcome: str) -> None:
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([arrival("smtp:1"), arrival("smtp:2")])
        await journal.settle(Plan("smtp:2", outcome, "x"))
    assert keys(tmp_path) == ["smtp:1"]


async def test_of_mail_whose_octets_are_gone_there_is_the_number(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([mail("smtp:1"), mail("smtp:2")])
        await journal._writer.run(lambda c: c.exec_driver_sql("DELETE FROM raws WHERE arrival = 1"))
    with Replay(tmp_path) as replayed:
        assert replayed.count(0.0) == (2, 1)
    assert keys(tmp_path) == ["smtp:2"]


def test_a_journal_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    with Replay(tmp_path / "state") as replayed:
        assert (replayed.count(0.0), replayed.newest(0.0, 5), list(replayed.mails(0.0))) == ((0, 0), 0, [])
        assert (replayed.rooms(), replayed.standings("k", query())) == ([], {})
    assert list(tmp_path.iterdir()) == []


async def test_open_rooms_are_told_with_scope_and_rule(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([arrival()])
        opened = (open_room("open", "conv:c"), open_room("later", "conv:d", "conv:d"))
        rooms = (("conv:c", SCOPE, "noise"), ("conv:d", SCOPE, ""))
        await journal.settle(Plan("smtp:1", "bridged", "x", effects=opened, rooms=rooms))
        await journal.claim(1.0, 9)
        await journal.fulfil("open", Receipt(room="!c:corp.example"))
        with Replay(tmp_path) as replayed:
            assert replayed.rooms() == [("conv:c", SCOPE, "noise")]


def query(message_id: str = "", *ancestors: str, author: str = KIM, scope: str = SCOPE) -> StandingQuery:
    return StandingQuery((scope,), message_id, ancestors, author)


async def test_each_mail_knows_what_was_known_when_it_came(tmp_path: Path) -> None:
    """One conversation: the first mail, its answer of ours, two more mails."""
    async with await Journal.open(tmp_path) as journal:
        await bridged(journal, "smtp:1", "<1@c>")
        await bridged(journal, "smtp:2", "<2@c>")
        said = Arrival("event:$said", "event", b"{}", 150.0)
        await journal.accept([said])
        ours = filed("answer", message_id="<ours@corp.example>", ours=True)
        await journal.settle(Plan("event:$said", "answer", "x", letters=(ours,), effects=(send("answer"),)))
        await bridged(journal, "smtp:3", "<3@c>")
        asked = (
            ("smtp:1", query("<1@c>"), Standing("new", known=False)),
            ("smtp:2", query("<2@c>", "<1@c>"), Standing("existing", known=True)),
            ("smtp:3", query("<3@c>", "<2@c>", "<1@c>"), Standing("answered", known=True)),
        )
        with Replay(tmp_path) as replayed:
            found = [replayed.standings(key, of)[SCOPE] for key, of, _ in asked]
            assert found == [standing for _, _, standing in asked]
            other = replayed.standings("smtp:3", query("<3@c>", "<2@c>", scope="inbox:other"))
            assert other == {"inbox:other": Standing("new", known=False)}
        with Replay(tmp_path) as replayed:  # whom only an answer went to is known by that
            assert replayed.standings("smtp:3", query(author="nobody@c"))[SCOPE].known is False


async def test_a_mail_that_is_not_shown_stands_behind_the_one_replayed_before(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        await bridged(journal, "smtp:1", "<1@c>")
        await journal.accept([mail("smtp:dropped")])
        await journal.settle(Plan("smtp:dropped", "dropped", "x"))
        await bridged(journal, "smtp:3", "<3@c>")
        with Replay(tmp_path) as replayed:
            replayed.standings("smtp:1", query("<1@c>"))
            dropped = replayed.standings("smtp:dropped", query("<d@c>", "<3@c>"))
            assert dropped == {SCOPE: Standing("new", known=True)}, "what it refers to came later"
        with Replay(tmp_path) as replayed:  # of mail from elsewhere all that is known today counts
            assert replayed.standings("import:1", query("<d@c>", "<3@c>")) == {SCOPE: Standing("existing", known=True)}
