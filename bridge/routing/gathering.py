"""When mail that is gathered is shown: the ends of the windows of a digest, and the compiling of that option.

Pure arithmetic on the moment at which a mail came. The windows lie fixed in time, so that restarts and reloads find
the same ones: `every` counts from the epoch, `at` by the clock on the wall of its zone.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bridge.core.decision import Digest, RoomRule, Sending
from bridge.routing.merge import From
from bridge.routing.option_docs import DigestDoc
from bridge.routing.windows import zone_of
from bridge.yamldoc import Complain

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\Z")


def window_end(digest: Digest, at: float) -> float:
    """The end of the window in which `at` lies (seconds since the epoch): always after it.

    A time of day that the clock skips in spring counts when it would have been; one that comes twice in autumn counts
    the first time.
    """
    if digest.every:
        return (at // digest.every + 1) * digest.every
    zone = ZoneInfo(digest.zone)
    today = datetime.fromtimestamp(at, UTC).astimezone(zone).date()
    days = (today + timedelta(days=n) for n in (-1, 0, 1, 2))
    moments = (
        datetime.combine(day, time(*divmod(minute, 60)), zone).timestamp() for day in days for minute in digest.at
    )
    return min(moment for moment in moments if moment > at)


def compile_digest(
    said: From | None, zone: str, room: RoomRule, sending: Sending | None, complain: Complain
) -> Digest | None:
    """The option in force; `zone` is the top level's. Each digest is a thread, so its room must be one that lasts."""
    if said is None or said.value == "none":
        return None
    doc: DigestDoc = said.value
    if room.per == "conversation":
        complain(said.path, "a digest needs one room for all its mail", 'write room: {is: "#…"}, or digest: none')
    if sending is not None and sending.by != "reply":
        what = f"with `by: {sending.by}` nobody can tell which mail of a digest is answered"
        complain(said.path, what, "write send: {by: reply}")
    if doc.every is not None:
        return Digest(every=doc.every)
    name = doc.zone or zone or "UTC"
    zone_of(name, (*said.path, "zone") if doc.zone else ("zone",), complain)
    return Digest(at=tuple(sorted(set(_minutes(doc, said, complain)))), zone=name)


def _minutes(doc: DigestDoc, said: From, complain: Complain) -> Iterator[int]:
    if not doc.at:
        complain((*said.path, "at"), "names no time", 'write at: ["9:00"]')
    for text in doc.at or ():
        match = _TIME.match(text)
        if match is None:
            complain((*said.path, "at"), f"{text!r} is no time of the day", 'write "9:00"')
        else:
            yield int(match[1]) * 60 + int(match[2])
