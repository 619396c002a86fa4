"""Bot mode's source of events: an own /sync loop whose token is committed together with what it brought.

Nothing is lost between two tokens: a gap in a busy room is filled from /messages. The first run takes the token and no
history. It never answers anything and never joins: invitations are arrivals like the rest.
"""

import asyncio
import json
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bridge.chat.appservice import Accept, arrivals_of, as_they_are
from bridge.chat.client import Wire
from bridge.chat.encryption import Encryption
from bridge.chat.faults import required
from bridge.chat.names import Names
from bridge.core.errors import BridgeError, Permanent, Transient
from bridge.core.ids import derive
from bridge.core.plan import Bookmark
from bridge.core.ports import Health

SOURCE = "sync"
"""The bookmark's name."""

KEYS = "keys"
"""The bookmark's name where an application service asks for keys alone."""

_PEERS = {SOURCE: "chat", KEYS: "keys"}
"""What `mailroom status` calls them."""

_log = logging.getLogger("mailroom.chat")
_POLL = 30
_SOON = 5
"""Seconds that a /sync lasts while an event waits for its key: when one is over, patience may be."""

_PAGE = 100
_PAGES = 50
"""Pages of a gap that are walked: 5,000 events of one room while we were away; beyond, it is said in the log."""

_TYPES = [
    *("m.room.message", "m.sticker", "m.room.redaction", "m.reaction", "m.room.member"),
    *("m.room.tombstone", "m.room.encrypted", "m.room.encryption"),
]
_NOTHING: dict[str, Any] = {"types": []}
_KEYS_ALONE = {"presence": _NOTHING, "account_data": _NOTHING, "room": {"rooms": []}}
_FILTER = {
    "presence": _NOTHING,
    "account_data": _NOTHING,
    "room": {
        "ephemeral": _NOTHING,
        "account_data": _NOTHING,
        "state": {"types": ["m.room.encryption"]},  # also where the timeline has a gap
        "timeline": {"types": _TYPES, "limit": _PAGE},
    },
}

Bookmarked = Callable[[str], Awaitable[str | None]]
Report = Callable[[Health], Awaitable[None]]


async def begin_sync(bot: Wire, names: Names, *, accept: Accept, bookmark: Bookmarked, report: Report) -> None:
    """Take the very first token, and wait until the homeserver gives it; nothing where there is one.

    Before anything is said: what people answer within the first second of a room must lie behind the token.
    """
    failures = 0
    while await bookmark(SOURCE) is None:
        try:
            await sync_once(bot, names, None, accept, wait=0)
        except BridgeError as error:
            failures += 1
            await _waited_out(error, failures, report)


async def run_sync(
    bot: Wire,
    names: Names,
    *,
    accept: Accept,
    bookmark: Bookmarked,
    report: Report,
    encryption: Encryption | None = None,
) -> None:
    """Take in events until cancelled. Failures are waited out, longer each time, and reported."""

    async def once(since: str | None, wait: int) -> str:
        return await sync_once(bot, names, since, accept, wait=wait, encryption=encryption)

    await _keep_on(once, SOURCE, names.bot, encryption, bookmark, report)


async def run_keys(encryption: Encryption, *, accept: Accept, bookmark: Bookmarked, report: Report) -> None:
    """Take in the keys of encrypted rooms until cancelled, where events are pushed: an application service.

    Nothing is asked for before there are encrypted rooms.
    """
    await encryption.keys.woken.wait()

    async def once(since: str | None, wait: int) -> str:
        return await keys_once(encryption, since, accept, wait=wait)

    await _keep_on(once, KEYS, encryption.wire.identity.user, encryption, bookmark, report)


async def _keep_on(
    once: Callable[[str | None, int], Awaitable[str]],
    source: str,
    who: str,
    encryption: Encryption | None,
    bookmark: Bookmarked,
    report: Report,
) -> None:
    since = await bookmark(source)
    failures = 0
    state = ""
    while True:
        poll = _SOON if encryption is not None and encryption.waits else _POLL
        try:
            since = await once(since, poll if state == "ok" else 0)
        except BridgeError as error:
            failures += 1
            state = "failing"
            await _waited_out(error, failures, report, _PEERS[source])
        else:
            if state != "ok":
                await report(Health(_PEERS[source], "ok", f"syncing as {who}", time.time()))
            failures, state = 0, "ok"


async def _waited_out(error: BridgeError, failures: int, report: Report, peer: str = "chat") -> None:
    await report(Health(peer, "failed" if isinstance(error, Permanent) else "waiting", error.text, time.time()))
    await asyncio.sleep(pause(failures, error.retry_after if isinstance(error, Transient) else None))


def pause(failures: int, asked: float | None) -> float:
    """Seconds until the next try after so many failures in a row: a minute at most, or what the homeserver asks for."""
    share = random.uniform(0.5, 1.0)  # noqa: S311  (jitter)
    return max(asked or 0.0, min(2.0 ** min(failures, 6), 60.0) * share)


async def keys_once(encryption: Encryption, since: str | None, accept: Accept, *, wait: int) -> str:
    """One /sync for keys, and the events that could be read with them, committed. Returns the new token."""
    wish = {"filter": json.dumps(_KEYS_ALONE), "timeout": str(wait * 1000 if since else 0), "set_presence": "offline"}
    query = wish | ({"since": since} if since else {})
    answer = await encryption.wire.call("GET", "sync", query=query, timeout=wait + 60)
    token = required(answer, "next_batch")
    async with encryption.reading([], answer) as readable:
        arrivals = arrivals_of(readable, encryption.names, time.time())
        if arrivals or token != since:
            await accept(arrivals, Bookmark(KEYS, token))
    return token


async def sync_once(
    bot: Wire, names: Names, since: str | None, accept: Accept, *, wait: int, encryption: Encryption | None = None
) -> str:
    """One /sync, `wait` seconds long at most, committed. Returns the new token."""
    wish = {"filter": json.dumps(_FILTER), "timeout": str(wait * 1000 if since else 0), "set_presence": "offline"}
    answer = await bot.call("GET", "sync", query=wish | ({"since": since} if since else {}), timeout=wait + 60)
    token = required(answer, "next_batch")
    rooms = answer.get("rooms", {})
    events: list[dict[str, Any]] = []
    if since:
        for kind in ("join", "leave"):
            for room, part in rooms.get(kind, {}).items():
                state = [event for event in part.get("state", {}).get("events", []) if isinstance(event, dict)]
                found = state + await _timeline(bot, names, room, part.get("timeline", {}), since)
                events += [{**event, "room_id": room} for event in found]
    for room, part in rooms.get("invite", {}).items():
        events += _invitations(part, room, names, token)
    async with as_they_are(events) if encryption is None else encryption.reading(events, answer) as readable:
        arrivals = arrivals_of(readable, names, time.time())
        if arrivals or token != since:
            await accept(arrivals, Bookmark(SOURCE, token))
    return token


async def _timeline(bot: Wire, names: Names, room: str, timeline: dict[str, Any], since: str) -> list[dict[str, Any]]:
    """The room's new events in order, from our own joining on: what was said before is not for us."""
    events = [event for event in timeline.get("events", []) if isinstance(event, dict)]
    before = timeline.get("prev_batch")
    if timeline.get("limited") and before and not any(_our_joining(event, names) for event in events):
        events = [*await _gap(bot, names, room, str(before), since), *events]
    joined = [number for number, event in enumerate(events) if _our_joining(event, names)]
    return events[joined[-1] :] if joined else events


async def _gap(bot: Wire, names: Names, room: str, start: str, since: str) -> list[dict[str, Any]]:
    """What lies between `since` and the start of a limited timeline, oldest first."""
    found: list[dict[str, Any]] = []
    query = {"dir": "b", "from": start, "to": since, "limit": str(_PAGE), "filter": json.dumps({"types": _TYPES})}
    for _ in range(_PAGES):
        try:
            page = await bot.call("GET", "rooms", room, "messages", query=query)
        except Permanent as error:  # no longer allowed to look: what we have is all there is
            _log.warning("room %s: the gap in its timeline could not be read (%s)", room, error.code)
            break
        for event in page.get("chunk", []):
            found.append(event)
            if _our_joining(event, names):
                return found[::-1]
        if not page.get("end"):
            break
        query["from"] = str(page["end"])
    else:
        _log.warning("room %s: more than %d events came while we were away; older ones were left", room, len(found))
    return found[::-1]


def _our_joining(event: dict[str, Any], names: Names) -> bool:
    """The bot's entry into a room; not its change of name there."""
    if event.get("type") != "m.room.member" or event.get("state_key") != names.bot:
        return False
    before = event.get("unsigned", {}).get("prev_content", {}).get("membership")
    return before != "join" and bool(event.get("content", {}).get("membership") == "join")


def _invitations(part: dict[str, Any], room: str, names: Names, token: str) -> list[dict[str, Any]]:
    """An invitation is stripped state without an event id: it gets one that names it, the same if it comes again."""
    events = part.get("invite_state", {}).get("events", [])
    return [
        {**event, "room_id": room, "event_id": f"$invitation-{derive(room, str(event.get('sender')), token)}"}
        for event in events
        if event.get("type") == "m.room.member" and event.get("state_key") == names.bot
    ]
