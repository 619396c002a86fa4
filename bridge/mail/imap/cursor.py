"""How far a folder was read, and what to ask next: pure decisions over UIDs (RFC 9051 section 2.3.1.1).

A mail is named by account, folder, UIDVALIDITY and UID; \\Seen is never looked at. Chosen laws:

- When UIDVALIDITY changes, or UIDNEXT falls below what was read, the folder is read again from one day before the last
  bookmark on (SEARCH SINCE compares server dates without time zone), not from the beginning: mail that came
  meanwhile is found, mail that is known already comes under a new key and the planner drops it as a duplicate. What a
  person moved in with an older date in just that moment is not found. An unfinished first reading keeps its own start.
- When numbers come back that were used before, keys must not: `era` counts such returns and is part of the key.
- UIDs that were missing below the newest one are asked for again whenever the folder changed (the newest 64): servers
  that are clusters show mail late. (Not in a reading from a day on: what is missing there may just be older.)
"""

import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

_LAST_UID = 2**32 - 1
_GAPS = 64
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What EXAMINE or STATUS said. `modseq` 0: not offered (RFC 7162). `uidnext` 0: not said."""

    uidvalidity: int
    uidnext: int
    exists: int
    modseq: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A bookmark's value. All UIDs up to `uid` are done, but for `gaps`.

    `at`: when reading was last complete, seconds since the epoch. Up to `until`, only mail from the day `since` on is
    wanted (ISO date, empty for all), and it is `history` when it lay there before we first looked.
    """

    uidvalidity: int
    uid: int
    at: float
    era: int = 0
    until: int = 0
    since: str = ""
    history: bool = False
    gaps: tuple[int, ...] = ()
    modseq: int = 0
    exists: int = 0

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, value: str | None) -> "Mark | None":
        """From JSON; None for a folder never seen. Raises ValueError, TypeError for what `dumps` did not write."""
        if value is None:
            return None
        fields = json.loads(value)
        return cls(**{**fields, "gaps": tuple(fields["gaps"])})

    @property
    def scanning(self) -> bool:
        """Whether the first part, up to `until`, is not done."""
        return self.uid < self.until

    def key(self, source: str, uid: int) -> str:
        """The arrival's key."""
        return f"{source}:{self.uidvalidity}{f'.{self.era}' if self.era else ''}:{uid}"

    def same(self, other: "Mark | None") -> bool:
        """Whether nothing differs that must be kept."""
        volatile = {"at": 0.0, "modseq": 0, "exists": 0}
        return other is not None and replace(self, **volatile) == replace(other, **volatile)  # type: ignore[arg-type] # keyword values of mixed types


Start = Literal["now", "all"] | datetime.date


def begin(mark: Mark | None, seen: Snapshot, start: Start, now: float) -> tuple[Mark, str]:
    """The mark to go on from (`seen.uidnext` must be known), and why it is not the given one, in words, or empty."""
    top = seen.uidnext - 1
    if mark is None:
        if start == "now":
            return Mark(seen.uidvalidity, top, now), "first seen, starting now"
        since = "" if start == "all" else start.isoformat()
        words = f"first seen, starting from {since or 'the beginning'}"
        return Mark(seen.uidvalidity, 0, now, until=top, since=since, history=True), words
    if mark.uidvalidity != seen.uidvalidity:
        back = seen.uidvalidity < mark.uidvalidity
        return _again(mark, seen, mark.era + back), "UIDVALIDITY changed: reading again what is recent"
    if top < mark.uid:
        return _again(mark, seen, mark.era + 1), "UIDNEXT went down: reading again what is recent"
    return mark, ""


def _again(mark: Mark, seen: Snapshot, era: int) -> Mark:
    since, history = mark.since, mark.history
    if not mark.scanning:
        day = datetime.datetime.fromtimestamp(max(mark.at - _DAY, 0.0), datetime.UTC).date()
        since, history = day.isoformat(), False
    return Mark(seen.uidvalidity, 0, mark.at, era, until=max(seen.uidnext - 1, 0), since=since, history=history)


def criteria(mark: Mark) -> tuple[str, ...]:
    """The arguments of UID SEARCH that find what is wanted now."""
    if mark.scanning:
        return ("UID", f"{mark.uid + 1}:{mark.until}", *(("SINCE", imap_date(mark.since)) if mark.since else ()))
    if mark.uid >= _LAST_UID:
        return ("UID", ",".join(str(uid) for uid in (*mark.gaps, _LAST_UID)))
    return ("UID", ",".join((*(str(uid) for uid in mark.gaps), f"{mark.uid + 1}:*")))


def imap_date(iso: str) -> str:
    """An ISO date as RFC 3501's date, whose months are English in every locale."""
    day = datetime.date.fromisoformat(iso)
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year:04}"


def wanted(mark: Mark, found: Iterable[int]) -> list[int]:
    """The UIDs to fetch among those found, ascending, each once ("n:*" always finds the newest mail)."""
    last = mark.until if mark.scanning else _LAST_UID
    return sorted({uid for uid in found if 0 < uid <= last and (uid > mark.uid or uid in mark.gaps)})


def advance(mark: Mark, done: Sequence[int]) -> Mark:
    """After `done`, the next of the wanted UIDs in their order, were taken (or are gone)."""
    return _reach(mark, max(done, default=0), frozenset(done))


def scanned(mark: Mark) -> Mark:
    """After the first part is done: what follows is wanted whatever its date."""
    return replace(_reach(mark, mark.until, frozenset()), since="", history=False)


def finish(mark: Mark, seen: Snapshot, now: float) -> Mark:
    """After everything that was found above `until` is done."""
    mark = _reach(mark, min(seen.uidnext - 1, _LAST_UID), frozenset())
    return replace(mark, modseq=seen.modseq, exists=seen.exists, at=now)


def _reach(mark: Mark, uid: int, done: frozenset[int]) -> Mark:
    gaps = [gap for gap in mark.gaps if gap not in done]
    if mark.scanning and mark.since:  # what is missing may be older than wanted
        return replace(mark, uid=max(mark.uid, uid), gaps=tuple(gaps))
    fresh: list[int] = []
    for missing in range(uid, mark.uid, -1):
        if len(fresh) == _GAPS:
            break
        if missing not in done:
            fresh.append(missing)
    return replace(mark, uid=max(mark.uid, uid), gaps=tuple([*gaps, *reversed(fresh)][-_GAPS:]))


def changed(mark: Mark | None, seen: Snapshot) -> bool:
    """Whether a folder must be opened, by its STATUS alone.

    HIGHESTMODSEQ also moves with every flag, so UIDNEXT decides first; it only spares a look for late mail in gaps.
    """
    if mark is None or mark.scanning or seen.uidvalidity != mark.uidvalidity or seen.uidnext != mark.uid + 1:
        return True
    if not mark.gaps:
        return False
    return seen.modseq != mark.modseq if seen.modseq else seen.exists > mark.exists
