"""Gmail's own threads come with the mail where the server has them, and are not asked for elsewhere."""

from tests.fakes.imap_journal import MemoryJournal
from tests.fakes.imap_server import LyingServer
from tests.fakes.imap_world import account_at, mail, watching

GMAIL = "IMAP4rev1 IDLE AUTH=PLAIN SASL-IR X-GM-EXT-1"


async def threads(server: LyingServer, count: int) -> list[str]:
    journal = MemoryJournal()
    async with server, watching(account_at(server), "secret", journal):
        arrivals = await journal.count(count)
    return [arrival.envelope.thread for arrival in arrivals if arrival.envelope]


async def test_the_thread_is_told_with_the_mail() -> None:
    told = {1: "1278455344230334865", 2: "1278455344230334865"}
    server = LyingServer(mails={uid: mail(uid) for uid in (1, 2, 3)}, threads=told, capabilities=GMAIL)
    assert await threads(server, 3) == ["1278455344230334865", "1278455344230334865", ""]


async def test_a_server_without_it_is_not_asked() -> None:
    server = LyingServer(mails={1: mail(1)}, threads={1: "7"})
    assert await threads(server, 1) == [""]
    assert not any("X-GM" in line for line in server.lines)


async def test_what_is_no_number_is_none() -> None:
    odd = {1: "NIL", 2: '"x y"', 3: "99999999999999999999999", 4: "(1 2)"}
    server = LyingServer(mails={uid: mail(uid) for uid in odd}, threads=odd, capabilities=GMAIL)
    assert await threads(server, 4) == [""] * 4
