"""When conversations are closed by themselves: `close` in rules. It means something only where each has a room."""

from bridge.core.decision import RoomRule
from bridge.routing.merge import From
from bridge.routing.option_docs import CloseDoc
from bridge.yamldoc import Complain


def close_after(said: From | None, room: RoomRule, complain: Complain) -> float:
    """Seconds; 0 is never. `said`: the option in force, which is passed over where conversations share their room."""
    if said is None or said.value == "none":
        return 0.0
    doc: CloseDoc = said.value
    if doc.after < 1:
        complain((*said.path, "after"), "is no time in which nothing could happen", "write after: 14d, or close: none")
    return doc.after if room.per == "conversation" else 0.0
