"""Warns of options that are written where nothing obeys them: beside an action that does without them, in a room that
has no use for them. It looks at what one rule or inbox says itself, never at what it inherits.
"""

from collections.abc import Iterator, Mapping, Sequence

from bridge.core.decision import Scope
from bridge.routing.book import Ruled
from bridge.routing.documents import BoxDoc, Doing, RuleDoc
from bridge.routing.files import Rules
from bridge.routing.option_docs import Options, RoomDoc
from bridge.routing.places import box_path, rule_at, rule_path
from bridge.yamldoc import Complain, Path

_SHOWING = (
    "room",
    "send",
    "notify",
    "show",
    "digest",
    "acknowledge",
    "fallback",
    "assign",
    "tags",
    "forwarded_by",
    "close",
)

_UNHEEDED: Mapping[Doing, tuple[tuple[str, ...], str]] = {
    "drop": ((*_SHOWING, "attachments"), "the mail is dropped"),
    "reject": (_SHOWING, "the mail is refused"),
    "quarantine": (_SHOWING, "the mail is held, and shown in triage when it is released"),
    "triage": ((*_SHOWING, "mailbox"), "the mail is shown as `unmatched` says"),
    "forward": (("digest", "acknowledge"), "the mail is passed on"),
    "show": (("send",), "nobody may answer"),
}

_HELD: tuple[Doing, ...] = ("reject", "quarantine", "triage")
"""Private mail is shown in its own room when it is released: there the options hold."""


def unheeded(rules: Rules, scopes: Sequence[Ruled], warn: Complain) -> None:
    """Warn of every such option, at its place."""
    boxes: dict[str, BoxDoc] = {f"inbox:{name}": doc for name, doc in rules.inboxes.items()}
    boxes.update({f"list:{name}": doc for name, doc in rules.lists.items()})
    some_private = any(doc.private for doc in boxes.values())
    for index, rule in enumerate(rules.before):
        _beside_action(rule, ("before", index), warn, private=some_private)
    for ruled in scopes:
        doc = boxes.get(ruled.base.name)
        if doc is None:
            continue
        _in_scope(doc, box_path(ruled.base.name), ruled.base, warn)
        for found in ruled.rules:
            path = rule_path(found.conditions)
            if path[0] == "before":
                continue
            written = rule_at(rules, path)
            _beside_action(written, path, warn, private=doc.private)
            if found.action == "bridge":
                _in_scope(written, path, found.scope, warn)


def _beside_action(rule: RuleDoc, path: Path, warn: Complain, *, private: bool) -> None:
    keys, why = _UNHEEDED.get(rule.doing, ((), ""))
    if not rule.enabled or (private and rule.doing in _HELD):
        return
    for key in keys:
        said = getattr(rule, key)
        if said is not None and said != "none":
            warn((*path, Options.model_fields[key].alias or key), f"does nothing here: {why}", "remove it")


def _in_scope(doc: Options, path: Path, scope: Scope, warn: Complain) -> None:
    if doc.room is not None:
        for key, why in _in_room(doc.room, scope):
            warn((*path, "room", key), f"does nothing here: {why}", "remove it")
    if doc.close not in (None, "none") and scope.room.per != "conversation":
        warn(
            (*path, "close"),
            "does nothing here: conversations share their room",
            "remove it, or say room: {per: conversation}",
        )
    if doc.tags and scope.digest is not None:
        warn((*path, "tags"), "does nothing here: mail of a digest carries no tags", "remove it, or say `digest: none`")
    if doc.forwarded_by and scope.name.startswith("list:"):
        warn((*path, "forwarded-by"), "does nothing here: a list's mail is of who sent it there", "remove it")
    if doc.acknowledge not in (None, "none") and scope.name.startswith("list:"):
        warn((*path, "acknowledge"), "does nothing here: a list's mail is never acknowledged", "remove it")


def _in_room(room: RoomDoc, scope: Scope) -> Iterator[tuple[str, str]]:
    if room.thread_by is not None and scope.room.per == "conversation":
        yield "thread-by", "each conversation has a room of its own"
    if room.alias is not None and scope.room.target:
        yield "alias", "the room is named by `is`"
    if room.space and scope.room.target:
        yield "space", "a room that `is` names is in no space of ours"
    if scope.room.target.startswith("!"):
        yield from ((key, "the room is there already") for key in ("name", "topic") if getattr(room, key) is not None)
