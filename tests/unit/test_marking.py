"""Nothing in a mailbox is changed unless rules ask for it, and what they ask for is done once with one mail."""

from dataclasses import replace
from pathlib import Path

from bridge.core.aftermath import Bury, Postpone, failed
from bridge.core.decision import Decision, Marking, Scope
from bridge.core.doing import Task
from bridge.core.effects import ADMIN_ROOM, MarkMail, Tell
from bridge.core.errors import Permanent, Transient
from bridge.core.mail import Envelope
from bridge.core.plan import MailView, Pending
from bridge.core.retry import CHAT
from bridge.core.showing import Look, plan_mail
from tests.unit.test_routing_book import book
from tests.unit.test_routing_problems import INBOX, problems
from tests.unit.worlds import DESK, NOW, SETUP, TRACE, a_mail, pending

MOVED = replace(DESK, marking=Marking(seen=True, move="Done"))


def lying(folder: str = "INBOX", *, quiet: bool = False, key: str = "") -> Pending:
    envelope = Envelope("imap", account="desk", folder=folder)
    return replace(pending(key or f"imap:desk:{folder}:77:5", quiet=quiet), envelope=envelope)


def marks(
    scope: Scope = MOVED, at: Pending | None = None, view: MailView | None = None, action: str = "bridge"
) -> list[MarkMail]:
    decision = Decision(scope, action, TRACE)
    made = plan_mail(at or lying(), a_mail(), (Look(decision, view or MailView()),), SETUP)
    return [effect for effect in made.effects if isinstance(effect, MarkMail)]


def test_a_mail_that_rules_take_is_marked_where_it_lies_in_a_lane_of_its_own() -> None:
    (mark,) = marks(at=lying("Lists/a:b"))
    assert (mark.account, mark.folder, mark.uidvalidity, mark.uid) == ("desk", "Lists/a:b", 77, 5)
    assert mark.marking == Marking(seen=True, move="Done")
    assert mark.lane == "box:desk"


def test_dropped_mail_is_marked_too() -> None:
    assert len(marks(action="drop")) == 1


def test_nothing_else_is_touched() -> None:
    assert marks(DESK) == []
    assert marks(at=lying(quiet=True)) == []  # history
    assert marks(at=pending()) == []  # over SMTP
    assert marks(view=MailView(duplicate=True)) == []
    assert marks(action="quarantine") == []
    assert marks(replace(DESK, marking=Marking(move="Done")), lying("Done")) == []


def test_one_mail_is_marked_once_wherever_it_turns_up() -> None:
    """Rules that drop cannot move a mail round in circles."""
    (one,), (two,) = marks(action="drop"), marks(action="drop", at=lying("Other", key="imap:desk:Other:9:1"))
    assert one.key == two.key


def test_a_folder_that_is_missing_is_told_of_once() -> None:
    (one,), (two,) = marks(), marks(at=lying(key="imap:desk:INBOX:77:6"))
    told = []
    for mark in (one, two):
        verdict = failed(Task(mark, 1, NOW), Permanent("MOVE refused: no such folder", code="TRYCREATE"), CHAT, NOW)
        assert isinstance(verdict, Bury)
        told.append(verdict.then)
    assert told[0] == told[1]
    (notice,) = told[0]
    assert isinstance(notice, Tell)
    assert notice.room == ADMIN_ROOM
    assert notice.text == (
        "Mail of the account desk cannot be moved to Done: TRYCREATE MOVE refused: no such folder. It stays in INBOX."
    )


def test_a_server_that_is_away_is_waited_for() -> None:
    (mark,) = marks()
    verdict = failed(Task(mark, 1, NOW), Transient("away", peer_down=True), CHAT, NOW)
    assert isinstance(verdict, Postpone)
    assert (verdict.until, verdict.counted, verdict.then) == (NOW + 30, False, ())


def test_rules_are_merged_and_defaults_count_only_for_mailboxes(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "defaults: {mailbox: {seen: true}}\nbefore: [{name: ads, when: {kind: bulk}, mailbox: {move: Ads}}]\n"
        "inboxes:\n  box: {account: eva, room: {for: ann}, mailbox: {flag: true}}\n"
        "  smtp: {address: s@d.example, room: {for: ann}}\n"
        "lists:\n  l: {id: l.example, via: eva, room: {for: ann}, mailbox: {move: Lists}}\n",
    )

    def marking(scope: str, rule: str = "") -> Marking:
        found = rules.scope(scope, rule)
        assert found is not None
        return found.marking

    assert marking("inbox:box") == Marking(seen=True, flag=True)
    assert marking("inbox:box", "ads") == Marking(seen=True, flag=True, move="Ads")
    assert marking("inbox:smtp") == marking("inbox:smtp", "ads") == Marking()
    assert marking("list:l") == Marking(seen=True, move="Lists")


def test_an_inbox_without_a_mailbox_cannot_mark_mail(tmp_path: Path) -> None:
    assert problems(tmp_path, INBOX + "    mailbox: {seen: true}\n") == [
        "a.yaml:8:21: inboxes.s.mailbox.seen: the mail of this inbox lies in no mailbox: it has no account: "
        "remove it, or say account:"
    ]
