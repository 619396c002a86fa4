"""Marks and moves on a real server: the one mail that is meant, and no other."""

import re
from collections.abc import AsyncIterator, Callable

import pytest

from bridge.core.decision import Marking
from bridge.core.errors import Permanent, Transient
from bridge.mail.imap import MailboxMarks
from bridge.mail.imap.client import Connection
from tests.fakes.imap_world import account_of, mail, secret_of
from tests.servers.dovecot import Dovecot, Mailbox

Fresh = Callable[[str], Mailbox]


@pytest.fixture
def eva(dovecot: Dovecot, mailbox: Fresh) -> Mailbox:
    """Three mails in INBOX, and a folder Done."""
    box = mailbox("eva")
    for number in (1, 2, 3):
        dovecot.deliver(box, mail(number))
    with dovecot.login(box) as client:
        client.create("Done")
    return box


@pytest.fixture
async def marks(dovecot: Dovecot, eva: Mailbox) -> AsyncIterator[MailboxMarks]:
    made = MailboxMarks({"eva": (account_of(dovecot, eva), secret_of(eva.password))})
    yield made
    await made.aclose()


def look(dovecot: Dovecot, box: Mailbox, folder: str = "INBOX") -> dict[int, set[str]]:
    """The flags of each mail in a folder, by UID; \\Recent aside."""
    with dovecot.login(box) as client:
        assert client.select(folder, readonly=True)[0] == "OK"
        lines = [line.decode() for line in client.uid("FETCH", "1:*", "(FLAGS)")[1] if isinstance(line, bytes)]
    found = {}
    for line in lines:
        uid, flags = re.search(r"UID (\d+)", line), re.search(r"FLAGS \(([^)]*)\)", line)
        assert uid
        assert flags
        found[int(uid[1])] = set(flags[1].split()) - {"\\Recent"}
    return found


def validity(dovecot: Dovecot, box: Mailbox, folder: str = "INBOX") -> int:
    with dovecot.login(box) as client:
        words = client.status(folder, "(UIDVALIDITY)")[1][0]
        assert isinstance(words, bytes)
        return int(words.rpartition(b" ")[2].rstrip(b")"))


async def test_a_mail_is_marked_and_the_others_are_not(dovecot: Dovecot, eva: Mailbox, marks: MailboxMarks) -> None:
    number = validity(dovecot, eva)
    await marks.mark("eva", "INBOX", number, 2, Marking(seen=True, flag=True))
    await marks.mark("eva", "INBOX", number, 2, Marking(seen=True, flag=True))
    assert look(dovecot, eva) == {1: set(), 2: {"\\Seen", "\\Flagged"}, 3: set()}


@pytest.mark.parametrize("way", ["MOVE", "UIDPLUS"])
async def test_a_mail_is_moved_with_its_flags(
    dovecot: Dovecot, eva: Mailbox, marks: MailboxMarks, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dovecot.login(eva) as client:
        client.select("INBOX")
        client.uid("STORE", "1", "+FLAGS", "(\\Deleted)")  # a person is about to delete it: that is theirs to do
    if way == "UIDPLUS":
        without = property(lambda self: frozenset(self._wire.capabilities) - {"MOVE"})
        monkeypatch.setattr(Connection, "capabilities", without)
    number = validity(dovecot, eva)
    await marks.mark("eva", "INBOX", number, 3, Marking(seen=True, move="Done"))
    await marks.mark("eva", "INBOX", number, 3, Marking(seen=True, move="Done"))
    assert look(dovecot, eva) == {1: {"\\Deleted"}, 2: set()}
    assert list(look(dovecot, eva, "Done").values()) == [{"\\Seen"}]


async def test_without_a_safe_way_nothing_is_moved(
    dovecot: Dovecot, eva: Mailbox, marks: MailboxMarks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "capabilities", property(lambda _: frozenset({"IMAP4REV1"})))
    with pytest.raises(Permanent, match="neither MOVE nor UIDPLUS"):
        await marks.mark("eva", "INBOX", validity(dovecot, eva), 3, Marking(move="Done"))
    assert sorted(look(dovecot, eva)) == [1, 2, 3]


async def test_what_is_gone_or_another_by_now_is_left_alone(
    dovecot: Dovecot, eva: Mailbox, marks: MailboxMarks
) -> None:
    number = validity(dovecot, eva)
    await marks.mark("eva", "INBOX", number, 99, Marking(seen=True, move="Done"))
    await marks.mark("eva", "INBOX", number + 1, 1, Marking(seen=True, move="Done"))
    await marks.mark("eva", "Nowhere", 1, 1, Marking(seen=True))
    await marks.mark("eva", "INBOX", number, 1, Marking(flag=True))  # and the next is marked all the same
    assert look(dovecot, eva) == {1: {"\\Flagged"}, 2: set(), 3: set()}
    assert look(dovecot, eva, "Done") == {}


async def test_a_folder_that_is_not_there_is_never_made(dovecot: Dovecot, eva: Mailbox, marks: MailboxMarks) -> None:
    number = validity(dovecot, eva)
    with pytest.raises(Permanent, match="MOVE refused"):
        await marks.mark("eva", "INBOX", number, 1, Marking(move="Märchen"))
    with dovecot.login(eva) as client:
        names = [line for line in client.list()[1] if isinstance(line, bytes)]
        assert not [line for line in names if b"rchen" in line]
        client.create("Later")
    await marks.mark("eva", "INBOX", number, 1, Marking(move="Later"))
    assert sorted(look(dovecot, eva)) == [2, 3]


async def test_a_refused_login_is_no_reason_to_give_up(dovecot: Dovecot, eva: Mailbox) -> None:
    marks = MailboxMarks({"eva": (account_of(dovecot, eva), secret_of("wrong"))})
    with pytest.raises(Transient) as refused:
        await marks.mark("eva", "INBOX", 1, 1, Marking(seen=True))
    assert refused.value.peer_down
    assert refused.value.retry_after == 900
    with pytest.raises(Permanent, match="no account ann"):
        await marks.mark("ann", "INBOX", 1, 1, Marking(seen=True))


async def test_a_kept_connection_that_ended_is_made_anew(dovecot: Dovecot, eva: Mailbox, marks: MailboxMarks) -> None:
    number = validity(dovecot, eva)
    await marks.mark("eva", "INBOX", number, 1, Marking(seen=True))
    kept = marks._desks["eva"].connection
    assert kept is not None
    kept.abort()
    await marks.mark("eva", "INBOX", number, 2, Marking(seen=True))
    assert look(dovecot, eva)[2] == {"\\Seen"}
