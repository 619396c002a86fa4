"""A server that lies delays nothing for long, loses nothing, and never brings one mail twice under one name."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.imap_journal import MemoryJournal
from tests.fakes.imap_server import LyingServer, Session
from tests.fakes.imap_world import IMPATIENT, account_at, mail, subjects, watching
from tests.waiting import eventually


def three() -> LyingServer:
    return LyingServer(mails={uid: mail(uid) for uid in (1, 2, 3)})


def fetch_lie(spoil: Callable[[Session, bytes, int], bytes | None], uid: int = 2) -> Any:
    """Spoil the responses about one mail in fetches of bodies."""

    async def lie(session: Session, tag: str, rest: str) -> bool:
        if "BODY.PEEK[]" not in rest:
            return False
        for each in session.chosen(rest.split(" ")[2]):
            honest: bytes | None = session.fetched(each, rest)
            assert honest is not None
            said = spoil(session, honest, each) if each == uid else honest
            if said is not None:
                session.send(said)
        session.send(f"{tag} OK done")
        return True

    return lie


def resized(session: Session, honest: bytes, uid: int, size: int) -> bytes:
    """The response with another length before its literal."""
    return honest.replace(b"{%d}" % len(session.server.mails[uid]), b"{%d}" % size)


SPOILS: dict[str, Callable[[Session, bytes, int], bytes | None]] = {
    "literal shorter than its data": lambda s, honest, uid: resized(s, honest, uid, len(s.server.mails[uid]) - 9),
    "literal longer than its data": lambda s, honest, uid: resized(s, honest, uid, len(s.server.mails[uid]) + 9999),
    "huge literal": lambda s, honest, uid: resized(s, honest, uid, 9_999_999_999),
    "no uid": lambda s, honest, uid: honest.replace(b"UID %d " % uid, b""),
    "another uid": lambda s, honest, uid: honest.replace(b"UID %d " % uid, b"UID 77 "),
    "no answer": lambda s, honest, uid: None,
    "nil": lambda s, honest, uid: b"* %d FETCH (UID %d BODY[] NIL)" % (uid, uid),
    "empty": lambda s, honest, uid: b'* %d FETCH (UID %d BODY[] "")' % (uid, uid),
    "bye in the middle": lambda s, honest, uid: b"* BYE overloaded",
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
async def test_a_lie_told_a_few_times_changes_nothing_in_the_end(spoil: Any) -> None:
    journal = MemoryJournal()
    async with three() as server:
        server.lie("UID FETCH", fetch_lie(spoil), times=4)
        async with watching(account_at(server, pace=IMPATIENT), "secret", journal):
            arrivals = await journal.count(3)
            server.deliver(4, mail(4))
            arrivals = await journal.count(4)
    assert [arrival.raw for arrival in arrivals] == [mail(uid) for uid in (1, 2, 3, 4)]
    assert not journal.repeated


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
async def test_a_mail_that_never_comes_right_is_shown_by_its_header_and_holds_up_nobody(spoil: Any) -> None:
    journal = MemoryJournal()
    async with three() as server:
        server.lie("UID FETCH", fetch_lie(spoil))
        async with watching(account_at(server, pace=IMPATIENT), "secret", journal):
            arrivals = await journal.count(3)
            assert subjects(arrivals) == ["mail 1", "mail 2", "mail 3"]
    assert [arrival.raw == mail(uid) for uid, arrival in enumerate(arrivals, 1)] == [True, False, True]
    assert b"could not deliver" in arrivals[1].raw
    assert not journal.repeated


async def test_a_mail_whose_header_does_not_come_either_is_still_announced() -> None:
    async def lie(session: Session, tag: str, rest: str) -> bool:
        if "BODY.PEEK[" in rest and 2 in session.chosen(rest.split(" ")[2]):
            session.send(b"garbage")
            return True
        return False

    journal = MemoryJournal()
    async with three() as server:
        server.lie("UID FETCH", lie)
        async with watching(account_at(server, pace=IMPATIENT), "secret", journal):
            arrivals = await journal.count(3)
    assert b"could not deliver" in arrivals[1].raw
    assert arrivals[2].raw == mail(3)


async def test_a_mail_that_was_expunged_meanwhile_is_passed_over() -> None:
    journal = MemoryJournal()

    async def lie(session: Session, tag: str, rest: str) -> bool:
        if "BODY.PEEK[]" in rest:
            session.server.mails.pop(2, None)
            session.send("* 2 EXPUNGE")
        return False

    async with three() as server:
        server.lie("UID FETCH", lie)
        async with watching(account_at(server), "secret", journal):
            await journal.count(2)
            await journal.state("imap:eva", "ok")
    assert subjects([*journal.arrivals.values()]) == ["mail 1", "mail 3"]
    assert not any(health.state == "waiting" for health in journal.spoken)


async def test_unasked_and_doubled_responses_are_left_out() -> None:
    journal = MemoryJournal()

    async def lie(session: Session, tag: str, rest: str) -> bool:
        session.send(b'* 9 FETCH (UID 999 BODY[] "x")', b"* 1 FETCH (FLAGS (\\Seen))", b"* VANISHED 5:6", b"* X-NEW ((")
        for uid in session.chosen(rest.split(" ")[2]):
            session.send(session.fetched(uid, rest))
            session.send(b'* 1 FETCH (UID %d RFC822.SIZE 1 BODY[] "other")' % uid)
        session.send(f"{tag} OK done")
        return True

    async with three() as server:
        server.lie("UID FETCH", lie)
        async with watching(account_at(server), "secret", journal):
            arrivals = await journal.count(3)
    assert [arrival.raw for arrival in arrivals] == [mail(uid) for uid in (1, 2, 3)]


async def test_uidnext_going_down_hides_no_mail_that_reuses_a_number() -> None:
    journal = MemoryJournal()
    async with three() as server, watching(account_at(server), "secret", journal):
        await journal.count(3)
        server.mails.clear()
        server.mails.update({1: mail(8), 2: mail(9)})
        arrivals = await journal.count(5)
    assert subjects(arrivals)[3:] == ["mail 8", "mail 9"]


async def test_exists_shrinking_and_search_naming_numbers_twice_or_out_of_reason() -> None:
    journal = MemoryJournal()

    async def lie(session: Session, tag: str, rest: str) -> bool:
        session.send("* 1 EXISTS", "* SEARCH 3 1 1 3 0 99999999999 2 x -4", f"{tag} OK done")
        return True

    async with three() as server:
        server.lie("UID SEARCH", lie, times=1)
        async with watching(account_at(server), "secret", journal):
            arrivals = await journal.count(3)
            await journal.state("imap:eva", "ok")
    assert subjects(arrivals) == ["mail 1", "mail 2", "mail 3"]
    assert not journal.repeated


async def test_a_server_without_idle_or_whose_idle_says_nothing_is_polled() -> None:
    for capabilities in ("IMAP4rev1", "IMAP4rev1 IDLE"):
        journal = MemoryJournal()
        async with three() as server:
            server.capabilities = capabilities
            async with watching(account_at(server), "secret", journal):
                await journal.state("imap:eva", "ok")
                server.mails[4] = mail(4)
                assert subjects(await journal.count(4))[3] == "mail 4"


async def test_bye_during_idle_and_a_half_open_idle_end_in_a_new_connection() -> None:
    async def bye(session: Session, tag: str, rest: str) -> bool:
        session.send("+ idling", "* BYE restarting")
        return True

    async def half_open(session: Session, tag: str, rest: str) -> bool:
        session.send("+ idling")
        return await session.hang()

    async def never_begins(session: Session, tag: str, rest: str) -> bool:
        return await session.hang()

    for lie in (bye, half_open, never_begins):
        journal = MemoryJournal()
        async with three() as server:
            server.lie("IDLE", lie, times=1)
            async with watching(account_at(server, pace=IMPATIENT), "secret", journal):
                await journal.state("imap:eva", "waiting")
                server.deliver(4, mail(4))
                await journal.count(4)
            assert len(server.sessions) > 1


@pytest.mark.parametrize("command", ["CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID SEARCH", "UID FETCH"])
async def test_a_server_that_hangs_at_any_command_is_left_and_tried_again(command: str) -> None:
    journal = MemoryJournal()

    async def hang(session: Session, tag: str, rest: str) -> bool:
        return await session.hang()

    async with three() as server:
        server.lie(command, hang, times=2)
        async with watching(account_at(server, pace=IMPATIENT), "secret", journal):
            await journal.state("imap:eva", "waiting")
            await journal.count(3)


async def test_many_responses_to_one_command_are_no_recursion() -> None:
    journal = MemoryJournal()

    async def chatter(session: Session, tag: str, rest: str) -> bool:
        session.send(*(f"* {n} FETCH (FLAGS ())" for n in range(1, 20_000)))
        return False

    async with three() as server:
        server.lie("UID FETCH", chatter)
        async with watching(account_at(server), "secret", journal):
            assert subjects(await journal.count(3)) == ["mail 1", "mail 2", "mail 3"]


async def test_a_poisonous_folder_does_not_keep_the_others_waiting() -> None:
    journal = MemoryJournal()

    async def lie(session: Session, tag: str, rest: str) -> bool:
        if "Bad" not in rest:
            return False
        session.send(b"what is this")
        return True

    async with three() as server:
        server.lie("STATUS", lie)
        account = account_at(server, folders=("INBOX", "Bad", "Good"))
        async with watching(account, "secret", journal):
            await journal.state("imap:eva:Good", "ok")
            assert len(await journal.count(6)) == 6
            await journal.state("imap:eva", "waiting")


async def test_a_folder_where_nothing_happens_is_asked_for_its_status_and_not_opened() -> None:
    journal = MemoryJournal()
    async with three() as server, watching(account_at(server, folders=("INBOX", "Other")), "secret", journal):
        await journal.count(6)
        await eventually(lambda: server.count('STATUS "OTHER"') > 4)
        assert server.count('EXAMINE "OTHER"') == 1
        assert not server.count("SELECT")


async def test_idle_moves_to_the_folder_that_gets_the_mail() -> None:
    journal = MemoryJournal()

    async def nothing_in_inbox(session: Session, tag: str, rest: str) -> bool:
        if session.opened == "INBOX":
            session.send("* SEARCH", f"{tag} OK done")
        return session.opened == "INBOX"

    async with LyingServer(mails={uid: mail(uid) for uid in range(1, 201)}) as server:
        server.lie("UID SEARCH", nothing_in_inbox)
        async with watching(account_at(server, folders=("INBOX", "Lists")), "secret", journal):
            await eventually(lambda: any(each.idling and each.opened == "INBOX" for each in server.sessions))
            await eventually(lambda: any(each.idling and each.opened == "Lists" for each in server.sessions))


async def test_watching_ends_only_by_being_cancelled() -> None:
    journal = MemoryJournal()
    async with (
        LyingServer(greeting=b"* BYE go away\r\n") as server,
        watching(account_at(server), "secret", journal) as task,
    ):
        await journal.state("imap:eva", "waiting", words="go away")
        await eventually(lambda: len(server.sessions) > 5)
        assert not task.done()
