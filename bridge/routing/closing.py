"""When conversations are closed by themselves and when they are purged: `close` and `keep` in rules.

Closing means something only where each has a room. Purging cannot be undone, so that what looks like a slip is refused.
"""

from bridge.core.decision import RoomRule
from bridge.routing.merge import From
from bridge.routing.option_docs import CloseDoc
from bridge.yamldoc import Complain

DAY = 86_400.0


def close_after(said: From | None, room: RoomRule, complain: Complain) -> float:
    """Seconds; 0 is never. `said`: the option in force, which is passed over where conversations share their room."""
    if said is None or said.value == "none":
        return 0.0
    doc: CloseDoc = said.value
    if doc.after < 1:
        complain((*said.path, "after"), "is no time in which nothing could happen", "write after: 14d, or close: none")
    return doc.after if room.per == "conversation" else 0.0


def keep_for(said: From | None, complain: Complain) -> float:
    """Seconds; 0 is for ever."""
    if said is None or said.value == "forever":
        return 0.0
    if said.value < DAY:
        complain(said.path, "would forget mail within a day", "write keep: 2y, or keep: forever")
    return float(said.value)
