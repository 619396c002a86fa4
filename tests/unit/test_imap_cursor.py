"""Whatever a server does to its numbers, every mail is read, and no two mails get the same name."""

import datetime
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.mail.imap import cursor
from bridge.mail.imap.cursor import Mark, Snapshot

DAY = 86_400.0
T0 = 1_800_000_000.0


@dataclass
class Server:
    """A folder: mails by UID with the day they came; `hidden` ones exist but are not shown yet (a slow cluster)."""

    uidvalidity: int = 7
    uidnext: int = 1
    now: float = T0
    mails: dict[int, tuple[str, float]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    named: int = 0

    def snapshot(self) -> Snapshot:
        return Snapshot(self.uidvalidity, self.uidnext, len(self.mails) - len(self.hidden))

    def append(self, *, hidden: bool = False) -> None:
        self.named += 1
        if hidden:
            self.hidden.add(self.uidnext)
        self.mails[self.uidnext] = (f"mail {self.named}", self.now)
        self.uidnext += 1

    def renumber(self, uidvalidity: int) -> None:
        names = [self.mails[uid] for uid in sorted(self.mails)]
        self.mails = dict(enumerate(names, 1))
        self.hidden.clear()
        self.uidnext = len(names) + 1
        self.uidvalidity = uidvalidity

    def search(self, criteria: tuple[str, ...]) -> list[int]:
        assert criteria[0] == "UID"
        since = datetime.datetime.strptime(criteria[3], "%d-%b-%Y").date() if len(criteria) > 2 else None
        shown = sorted(set(self.mails) - self.hidden)
        found: list[int] = []
        for part in criteria[1].split(","):
            low, _, high = part.partition(":")
            top = max(shown, default=0) if high == "*" else int(high or low)
            bounds = sorted((int(low), top))
            found += [uid for uid in shown if bounds[0] <= uid <= bounds[1]]
        day = datetime.datetime.fromtimestamp
        return [uid for uid in found if since is None or day(self.mails[uid][1], datetime.UTC).date() >= since]


@dataclass
class Client:
    """Reads as the wire does, in chunks, and may be stopped after any of them."""

    start: cursor.Start = "all"
    mark: Mark | None = None
    names: dict[str, str] = field(default_factory=dict)

    def read(self, server: Server, *, chunks: int = 1000, size: int = 3) -> None:
        self.mark, _ = cursor.begin(self.mark, server.snapshot(), self.start, server.now)
        for _ in range(2):
            scanning = self.mark.scanning
            uids = cursor.wanted(self.mark, server.search(cursor.criteria(self.mark)))
            for at in range(0, len(uids), size):
                if chunks == 0:
                    return
                chunks -= 1
                for uid in uids[at : at + size]:
                    key = self.mark.key("imap:a:INBOX", uid)
                    assert self.names.setdefault(key, server.mails[uid][0]) == server.mails[uid][0], (
                        "one key, two mails"
                    )
                self.mark = cursor.advance(self.mark, uids[at : at + size])
            self.mark = (
                cursor.scanned(self.mark) if scanning else cursor.finish(self.mark, server.snapshot(), server.now)
            )
            self.mark = Mark.loads(self.mark.dumps())
            assert self.mark is not None
            if not scanning:
                return

    @property
    def known(self) -> list[str]:
        return list(self.names.values())


OPS = st.one_of(
    st.just(("append",)),
    st.just(("append",)),
    st.just(("append hidden",)),
    st.just(("reveal",)),
    st.tuples(st.just("expunge"), st.integers(0, 20)),
    st.tuples(st.just("renumber"), st.integers(1, 12)),
    st.tuples(st.just("wait"), st.floats(0, 3 * DAY)),
    st.tuples(st.just("read"), st.integers(0, 3)),
    st.just(("read", 1000)),
)


def renumber(server: Server, client: Client, uidvalidity: int) -> None:
    """Numbers given anew under an old UIDVALIDITY are seen only while UIDNEXT is below what was read."""
    if client.mark is None or client.mark.uidvalidity != uidvalidity:
        server.renumber(uidvalidity)
    elif len(server.mails) < client.mark.uid:
        server.renumber(uidvalidity)
        client.read(server, chunks=0)


@given(st.lists(OPS, max_size=40))
@settings(max_examples=100, deadline=None)
def test_every_mail_that_stays_is_read_and_no_key_names_two(ops: list[tuple[object, ...]]) -> None:
    server, client = Server(), Client()
    for op in ops:
        match op:
            case ("append",):
                server.append()
            case ("append hidden",):
                settled = client.mark is not None and not client.mark.scanning
                server.append(hidden=settled and not cursor.begin(client.mark, server.snapshot(), "all", T0)[1])
            case ("reveal",):
                server.hidden.clear()
            case ("expunge", int(index)) if server.mails:
                server.mails.pop(sorted(server.mails)[index % len(server.mails)])
                server.hidden &= set(server.mails)
            case ("renumber", int(uidvalidity)):
                renumber(server, client, uidvalidity)
            case ("wait", float(seconds)):
                server.hidden.clear()  # a cluster is late by minutes, not by days
                server.now += seconds
            case ("read", int(chunks)):
                client.read(server, chunks=chunks)
    server.hidden.clear()
    client.read(server)
    client.read(server)
    assert {name for name, _ in server.mails.values()} <= set(client.known)


def test_starting_now_leaves_what_lies_there_and_takes_the_next() -> None:
    server, client = Server(), Client(start="now")
    server.append()
    client.read(server)
    server.append()
    client.read(server)
    assert client.known == ["mail 2"]


def test_starting_from_a_day_takes_that_day_and_later_whatever_came_after() -> None:
    server, client = Server(), Client(start=datetime.datetime.fromtimestamp(T0 + 5 * DAY, datetime.UTC).date())
    for _ in range(10):
        server.append()
        server.now += DAY
    client.read(server)
    assert client.known == [f"mail {n}" for n in range(6, 11)]
    assert client.mark is not None
    assert not client.mark.history


def test_a_new_uidvalidity_reads_again_only_what_is_recent() -> None:
    server, client = Server(), Client()
    for _ in range(30):
        server.append()
        server.now += DAY
    client.read(server)
    server.now += 10 * DAY
    server.append()
    server.renumber(8)
    before = len(client.names)
    client.read(server)
    assert "mail 31" in client.known
    assert len(client.names) - before <= 3


def test_a_renewed_first_reading_that_was_cut_off_keeps_its_start() -> None:
    server, client = Server(), Client()
    for _ in range(9):
        server.append()
        server.now += 30 * DAY
    client.read(server, chunks=1)
    server.renumber(9)
    client.read(server)
    assert set(client.known) == {f"mail {n}" for n in range(1, 10)}


def test_numbers_beyond_reason_cost_no_time_and_lose_nothing() -> None:
    server, client = Server(), Client()
    server.append()
    client.read(server)
    client.mark, _ = cursor.begin(client.mark, Snapshot(7, 2**32 - 1, 1), "all", server.now)
    client.mark = cursor.finish(client.mark, Snapshot(7, 2**63, 1), server.now)
    server.append()
    client.read(server)
    assert "mail 2" in client.known


def test_a_quiet_folder_is_not_opened_and_late_mail_is_looked_for_when_something_moved() -> None:
    mark = Mark(7, 10, T0, modseq=5, exists=9)
    assert not cursor.changed(mark, Snapshot(7, 11, 9, 5))
    assert not cursor.changed(mark, Snapshot(7, 11, 9, 6))
    assert cursor.changed(mark, Snapshot(7, 12, 10, 6))
    assert cursor.changed(mark, Snapshot(8, 11, 9, 5))
    assert cursor.changed(mark, Snapshot(7, 5, 9, 5))
    gapped = Mark(7, 10, T0, gaps=(4,), modseq=5, exists=9)
    assert not cursor.changed(gapped, Snapshot(7, 11, 9, 5))
    assert cursor.changed(gapped, Snapshot(7, 11, 10, 6))
    assert cursor.changed(gapped, Snapshot(7, 11, 10))
    assert not cursor.changed(gapped, Snapshot(7, 11, 9))


@given(st.builds(Mark, st.integers(0, 2**32), st.integers(0, 2**32), st.floats(0, 1e10), gaps=st.just((3, 5))))
def test_a_bookmark_reads_back_as_written(mark: Mark) -> None:
    assert Mark.loads(mark.dumps()) == mark
