"""Idle conversations are closed when the rules say so, a few at a time, and never while something of them waits."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.decision import Scope
from bridge.core.effects import CloseRoom, Tell
from bridge.core.idling import SOON, Lull, Step, step
from bridge.core.plan import Conversation
from bridge.engine.idling import CLOSED, FORGOTTEN, LOOKED_AT, PURGED, Lookout
from bridge.engine.rules import Rules
from tests.unit.worlds import ALERTS, DESK, NOW, SETUP, TALK

DAY = 86_400.0
CLOSING = replace(DESK, close_after=14 * DAY)
IDLE = Lull(TALK, NOW - 20 * DAY)


def test_an_idle_conversation_is_closed_with_a_line_that_says_so() -> None:
    done = step(IDLE, CLOSING, NOW)
    assert (done.state, done.closes) == ("closed", True)
    tell, closing = done.effects
    assert isinstance(tell, Tell)
    assert tell.text == "This conversation is closed. A new mail opens it again."
    assert isinstance(closing, CloseRoom)
    assert (closing.room, closing.space, closing.lane) == ("conv:talk", "space:inbox:support", "conv:talk")
    assert step(IDLE, CLOSING, NOW + 5).effects == done.effects, "one end of it has one name, whenever it is found"
    again = step(replace(IDLE, last=NOW - 15 * DAY), CLOSING, NOW)
    assert {effect.key for effect in again.effects}.isdisjoint(effect.key for effect in done.effects)


def test_before_its_time_it_is_looked_at_when_that_comes() -> None:
    done = step(Lull(TALK, NOW - 13 * DAY), CLOSING, NOW)
    assert (done.closes, done.look_at, done.effects) == (False, NOW + DAY, ())


def test_what_waits_keeps_it_open_and_its_time_begins_when_nothing_does() -> None:
    done = step(replace(IDLE, busy=True), CLOSING, NOW)
    assert (done.closes, done.last, done.look_at) == (False, NOW, NOW + SOON)
    assert step(replace(IDLE, busy=True), replace(DESK, close_after=8.0), NOW).look_at == NOW + 8.0


def test_without_a_rule_a_room_of_its_own_or_an_end_to_come_nobody_looks_again() -> None:
    threaded = replace(TALK, threaded=True)
    for lull, scope in (
        (IDLE, DESK),
        (IDLE, None),
        (replace(IDLE, conversation=threaded), replace(ALERTS, close_after=DAY)),
        (replace(IDLE, conversation=replace(TALK, state="closed")), CLOSING),
    ):
        done = step(lull, scope, NOW)
        assert (done.closes, done.look_at, done.effects) == (False, None, ())


def test_of_a_room_that_is_lost_only_the_journal_hears() -> None:
    done = step(replace(IDLE, lost=True), CLOSING, NOW)
    assert (done.state, done.effects) == ("closed", ())


KEEPING = replace(DESK, keep=730 * DAY)
OLD = Lull(TALK, NOW - 800 * DAY, newest=NOW - 800 * DAY)


def test_what_is_older_than_it_is_kept_is_purged_open_or_closed() -> None:
    for lull in (OLD, replace(OLD, conversation=replace(TALK, state="closed"))):
        done = step(lull, KEEPING, NOW)
        assert (done.purges, done.closes, done.effects) == (True, False, ())
    threaded = replace(OLD, conversation=replace(TALK, threaded=True))
    assert step(threaded, replace(ALERTS, keep=730 * DAY), NOW).purges


def test_a_closed_one_is_looked_at_when_its_time_to_be_purged_comes() -> None:
    both = replace(CLOSING, keep=730 * DAY)
    lull = replace(IDLE, newest=IDLE.last)
    done = step(lull, both, NOW)
    assert (done.closes, done.look_at) == (True, IDLE.last + 730 * DAY)
    after = step(replace(lull, conversation=replace(TALK, state="closed")), both, NOW)
    assert (after.closes, after.purges, after.look_at) == (False, False, IDLE.last + 730 * DAY)
    assert step(Lull(TALK, NOW, newest=NOW), both, NOW).look_at == NOW + 14 * DAY, "that which comes first"


def test_what_was_merged_is_purged_with_the_older_one_when_nothing_happens_in_either() -> None:
    assert not step(replace(OLD, newest=NOW - DAY), KEEPING, NOW).purges
    merged = replace(OLD, conversation=replace(TALK, into="older"))
    assert (step(merged, KEEPING, NOW).purges, step(merged, KEEPING, NOW).look_at) == (False, None)


def test_what_waits_is_not_purged_nor_what_no_rule_speaks_of() -> None:
    assert not step(replace(OLD, busy=True), KEEPING, NOW).purges
    assert not step(OLD, None, NOW).purges
    assert not step(OLD, DESK, NOW).purges


moments = st.floats(0.0, NOW)


@given(
    moments,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["open", "closed"]),
    st.floats(1.0, NOW) | st.just(0.0),
    st.floats(1.0, NOW) | st.just(0.0),
)
def test_nothing_is_ever_closed_or_purged_before_its_time_or_over_what_waits(
    last: float, busy: bool, lost: bool, threaded: bool, state: str, after: float, keep: float
) -> None:
    talk = replace(TALK, threaded=threaded, state=state)
    lull = Lull(talk, last, newest=last, busy=busy, lost=lost)
    done = step(lull, replace(DESK, close_after=after, keep=keep), NOW)
    if done.purges:
        assert not busy
        assert keep > 0
        assert last + keep <= NOW
    elif done.closes:
        assert not busy
        assert not threaded
        assert state == "open"
        assert after > 0
        assert last + after <= NOW
    else:
        assert done.effects == ()
        assert done.look_at is None or done.look_at > NOW


class Book:
    """A rulebook of one inbox."""

    def __init__(
        self, scope: Scope | None, patience: float | None, digest: str = "d", retention: float | None = None
    ) -> None:
        self._scope, self.patience, self.digest, self.retention = scope, patience, digest, retention

    def scope(self, name: str, rule: str = "") -> Scope | None:
        return self._scope


class Journal:
    """Conversations in order of the moment at which each is looked at."""

    def __init__(self, count: int, *, threaded: bool = False) -> None:
        self.threaded = threaded
        self.waiting = {f"c{n}": 0.0 for n in range(count)}
        self.away = ""
        self.anew: list[str] = []
        self.asked = 0
        self.closed: list[str] = []
        self.swept: list[float] = []

    async def bookmark(self, source: str) -> str:
        return self.away

    async def look_anew(self, digest: str) -> None:
        self.anew.append(digest)

    async def lulls(self, now: float, limit: int) -> list[Lull]:
        self.asked += 1
        due = [name for name, at in self.waiting.items() if at <= now]
        talks = [Conversation(name, DESK.name, f"conv:{name}", "", threaded=self.threaded) for name in due[:limit]]
        return [Lull(talk, 1.0) for talk in talks]

    async def take(self, steps: Sequence[Step]) -> Sequence[Step]:
        for each in steps:
            del self.waiting[each.lull.conversation.id]
            self.closed += [each.lull.conversation.id] if each.closes or each.purges else []
        return steps

    async def sweep(self, before: float, limit: int) -> int:
        self.swept.append(before)
        return 0


def a_lookout(journal: Journal, *books: Book) -> tuple[Lookout, Rules, list[str]]:
    rules = Rules(books[0], lambda _: SETUP)
    woken: list[str] = []
    return Lookout(journal, rules, lambda: NOW, lambda: woken.append("woken")), rules, woken


async def test_ten_thousand_idle_conversations_are_closed_a_few_at_a_time() -> None:
    journal = Journal(10_000)
    lookout, _, woken = a_lookout(journal, Book(CLOSING, CLOSING.close_after))
    for looks in range(1, 5):
        await lookout.look()
        assert len(journal.closed) == looks * CLOSED
    assert journal.closed == [f"c{n}" for n in range(4 * CLOSED)], "the first come first"
    assert len(woken) == 4
    assert CLOSED < LOOKED_AT


async def test_those_whose_time_has_not_come_hold_up_nobody() -> None:
    journal = Journal(LOOKED_AT)
    lookout, _, woken = a_lookout(journal, Book(replace(DESK, close_after=2 * NOW), 2 * NOW))
    await lookout.look()
    assert (journal.waiting, journal.closed, woken) == ({}, [], [])


async def test_without_a_rule_and_while_the_homeserver_is_away_nothing_is_looked_at() -> None:
    journal = Journal(3)
    lookout, rules, _ = a_lookout(journal, Book(DESK, None))
    await lookout.look()
    rules.swap(Book(CLOSING, DAY, "e"))
    journal.away = "1.000"
    await lookout.look()
    assert journal.asked == 0
    journal.away = ""
    await lookout.look()
    assert len(journal.closed) == 3


async def test_other_rules_are_asked_of_all_of_them_once() -> None:
    journal = Journal(0)
    lookout, rules, _ = a_lookout(journal, Book(CLOSING, DAY, "one"))
    for digest in ("one", "two", "two"):
        rules.swap(Book(CLOSING, DAY, digest))
        await lookout.look()
    assert journal.anew == ["one", "two"]


async def test_those_that_share_a_room_are_purged_more_at_a_time_for_they_cost_the_homeserver_nothing() -> None:
    journal = Journal(100, threaded=True)
    lookout, _, _ = a_lookout(journal, Book(KEEPING, KEEPING.keep))
    await lookout.look()
    assert len(journal.closed) == FORGOTTEN


async def test_they_are_purged_a_few_at_a_time_too_and_originals_once_all_that_rules_keep_is_over() -> None:
    journal = Journal(100)
    lookout, rules, _ = a_lookout(journal, Book(KEEPING, KEEPING.keep))
    await lookout.look()
    assert (len(journal.closed), journal.swept) == (PURGED, [])
    rules.swap(Book(KEEPING, KEEPING.keep, "e", retention=KEEPING.keep))
    await lookout.look()
    assert journal.swept == [NOW - KEEPING.keep]
