"""Cures for keys in the wrong place: a condition beside `when`, a key of `room` or `send` one level too high.

Written from the types, so that it knows every key there is. It says only where a key belongs, never what it means.
"""

from pydantic import BaseModel

from bridge.routing.option_docs import AttachmentsDoc, MailboxDoc, Options, RoomDoc, SendDoc, ShowDoc
from bridge.routing.when_doc import WhenDoc

_FOREIGN = {
    "if": "write the conditions below `when`",
    "match": "write the conditions below `when`",
    "action": "write `do`",
    "actions": "write `do`",
    "then": "write `do`, and options beside it",
    "members": "write `for`, below `room`",
    "mention": "write notify: {mention: …}",
    "reply": "write `send`",
    "answer": "write `send`",
}


def _names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _hints() -> dict[str, str]:
    homes: dict[str, list[str]] = {}
    groups = (("room", RoomDoc), ("send", SendDoc), ("show", ShowDoc), ("attachments", AttachmentsDoc))
    for group, model in (*groups, ("mailbox", MailboxDoc)):
        for key in _names(model):
            homes.setdefault(key, []).append(f"`{group}`")
    for key in _names(WhenDoc):
        homes.setdefault(key, []).append("`when` of a rule")
    known = {key: f"it belongs below {' or '.join(sorted(found))}" for key, found in homes.items()}
    for key in _names(Options):
        known.pop(key, None)
    return known | _FOREIGN


HINTS = _hints()
"""By key; said only where the key is unknown."""
