"""Looking whether an event of ours is there already, when the homeserver may have forgotten its transaction id.

It walks back over the newest part of a room, bounded, and trusts only events by the bot and its ghosts.
"""

from bridge.chat.client import Wire
from bridge.chat.faults import lost
from bridge.chat.names import KEY, Names
from bridge.core.errors import Permanent

PAGE = 100
PAGES = 5


async def events_of(bot: Wire, names: Names, room: str, key: str) -> dict[int, str]:
    """The events that effect `key` made in the last `PAGE * PAGES` events of the room: part number to event id."""
    found: dict[int, str] = {}
    query = {"dir": "b", "limit": str(PAGE), "filter": '{"types":["m.room.message","m.room.encrypted"]}'}
    for _ in range(PAGES):
        try:
            page = await bot.call("GET", "rooms", room, "messages", query=query)
        except Permanent as error:
            raise lost(error, room) from None
        for event in page.get("chunk", []):
            content = event.get("content")
            ours = names.is_ours(str(event.get("sender", ""))) and isinstance(content, dict)
            effect, dot, part = str(content.get(KEY, "")).rpartition(".") if ours else ("", "", "")
            if dot and effect == key and part.isdecimal():
                found.setdefault(int(part), str(event["event_id"]))
        if not page.get("end") or 0 in found:
            break
        query["from"] = str(page["end"])
    return found
