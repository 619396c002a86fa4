"""What a Matrix event means here: its JSON becomes a `Post`, or None when it means nothing.

Pure, and defensive on every field: anyone may send an event, so a wrong type is absence, never an exception. What the
bot and its ghosts said is None, so that nothing answers itself.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from bridge.chat.bodies import named_people, without_fallback, without_mx_reply
from bridge.chat.limits import sound
from bridge.chat.names import Names
from bridge.core.mail import Media
from bridge.core.post import Edited, Member, MsgType, Post, Reacted, Redacted, Replaced, Said, Sealed

KEYLESS = "org.matrix-mailroom.keyless"
"""Marks an encrypted event whose key never came, or does not fit, where others are read; and counts them (`Sealed`)."""

BARE = "org.matrix-mailroom.bare"
"""Marks a message that was not encrypted in a room where they are; and counts them."""

_TYPES: Mapping[str, MsgType] = {
    "m.text": "text",
    "m.emote": "emote",
    "m.notice": "notice",
    "m.image": "media",
    "m.file": "media",
    "m.audio": "media",
    "m.video": "media",
    "m.location": "text",  # its body says where
}
Membership = Literal["invite", "join", "leave", "ban", "knock"]
_MEMBERSHIPS: tuple[Membership, ...] = get_args(Membership)


@dataclass(frozen=True, slots=True)
class _Head:
    """The fields every event has."""

    event: str
    room: str
    sender: str
    at: float


_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}\Z")
"""type/subtype (RFC 6838 section 4.2); parameters and whatever else a client says are not taken over."""


def read_event(raw: bytes, names: Names) -> Post | None:
    """Understand an event as a homeserver sent it. Never raises, whatever the octets."""
    try:
        event = json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return understand(event, names)


def understand(event: object, names: Names) -> Post | None:
    """Understand an event's JSON value."""
    try:
        return _understand(sound(event), names) if isinstance(event, dict) else None
    except RecursionError:
        return None


def _understand(event: dict[str, Any], names: Names) -> Post | None:
    content, kind = _object(event.get("content")), event.get("type")
    head = _head(event)
    if head is None:
        return None
    if kind == "m.room.member":
        return _member(head, event, content, names)
    if names.is_ours(head.sender):
        return None
    match kind:
        case "m.room.message" | "m.sticker":
            post = _message(head, content, sticker=kind == "m.sticker")
            return _refused(post, count) if (count := _count(event.get(BARE))) else post
        case "m.room.redaction":  # the target moved into the content with room version 11
            target = _id(event.get("redacts"), "$") or _id(content.get("redacts"), "$")
            return Redacted(head.event, head.room, head.sender, head.at, target) if target else None
        case "m.reaction":
            relation = _object(content.get("m.relates_to"))
            target, symbol = _id(relation.get("event_id"), "$"), _text(relation.get("key")).replace("\ufe0f", "")
            annotates = relation.get("rel_type") == "m.annotation" and target and symbol
            return Reacted(head.event, head.room, head.sender, head.at, target, symbol[:100]) if annotates else None
        case "m.room.tombstone" if event.get("state_key") == "":
            successor = _id(content.get("replacement_room"), "!")
            return Replaced(head.event, head.room, head.sender, head.at, successor) if successor else None
        case "m.room.encrypted":
            count = _count(event.get(KEYLESS))
            return Sealed(head.event, head.room, head.sender, head.at, keyless=count > 0, count=count)
        case _:
            return None


def silent(content: object) -> bool:
    """Whether a message asks for nothing, whatever it says: notices, and types that are not known here."""
    kind = _object(content).get("msgtype", "m.text")
    return _TYPES.get(_text(kind), "notice") == "notice"


def _count(mark: object) -> int:
    """What the mark counts; 0 where there is none."""
    return min(mark, 2**53) if isinstance(mark, int) and mark > 0 else 0


def _refused(post: Post | None, count: int) -> Post | None:
    """Nothing that might be obeyed or sent; notices are neither, and programs may go on writing them."""
    said = post.said if isinstance(post, Edited) else post
    if not isinstance(said, Said) or said.type == "notice":
        return post
    return Sealed(said.event, said.room, said.sender, said.at, bare=True, count=count)


def _head(event: dict[str, Any]) -> _Head | None:
    ids = (_id(event.get("event_id"), "$"), _id(event.get("room_id"), "!"), _id(event.get("sender"), "@"))
    at = event.get("origin_server_ts")
    moment = at / 1000 if isinstance(at, int) and not isinstance(at, bool) and 0 <= at < 2**53 else 0.0
    return _Head(*ids, moment) if all(ids) else None


def _member(head: _Head, event: dict[str, Any], content: dict[str, Any], names: Names) -> Member | None:
    """People and the bot; a mere change of name or picture (join to join) is none."""
    user, membership = (
        _id(event.get("state_key"), "@"),
        next((m for m in _MEMBERSHIPS if m == content.get("membership")), None),
    )
    before = _object(_object(event.get("unsigned")).get("prev_content")) or _object(event.get("prev_content"))
    if not user or membership is None or names.is_ghost(user) or before.get("membership") == membership:
        return None
    return Member(head.event, head.room, head.sender, head.at, user, membership)


def _message(head: _Head, content: dict[str, Any], *, sticker: bool) -> Post | None:
    relation = _object(content.get("m.relates_to"))
    if relation.get("rel_type") == "m.replace":
        target, fresh = _id(relation.get("event_id"), "$"), _object(content.get("m.new_content"))
        said = _said(head, fresh, {}, sticker=False) if target and fresh else None
        return Edited(target, said) if isinstance(said, Said) else said
    return _said(head, content, relation, sticker=sticker)


def _said(head: _Head, content: dict[str, Any], relation: dict[str, Any], *, sticker: bool) -> Said | Sealed | None:
    body = content.get("body")
    if not isinstance(body, str):
        return None  # redacted, or not a message
    kind: MsgType = "media" if sticker else _TYPES.get(_text(content.get("msgtype")), "notice")
    media = _media(content, body) if kind == "media" else None
    if kind == "media" and media is None:
        sealed = isinstance(content.get("file"), dict)  # encrypted in a way that the spec does not have
        return Sealed(head.event, head.room, head.sender, head.at, keyless=True) if sealed else None
    thread = _id(relation.get("event_id"), "$") if relation.get("rel_type") == "m.thread" else ""
    answered = _id(_object(relation.get("m.in_reply_to")).get("event_id"), "$")
    falling_back = relation.get("is_falling_back") is True
    written = _text(content.get("formatted_body")) if content.get("format") == "org.matrix.custom.html" else ""
    markup = without_mx_reply(written)
    return Said(
        head.event,
        head.room,
        head.sender,
        head.at,
        kind,
        without_fallback(body) if answered else body,
        markup,
        "" if falling_back else answered,
        thread,
        named_people(content, markup, body),
        media,
    )


def _media(content: dict[str, Any], body: str) -> Media | None:
    """The file of a media message. `filename` names it when present: then a different body is a caption (v1.10)."""
    sealed, info = _object(content.get("file")), _object(content.get("info"))
    url = _text(sealed.get("url") or content.get("url"))
    cipher = _cipher(sealed) if sealed else ""
    if not url.startswith("mxc://") or (sealed and not cipher):
        return None
    size = info.get("size")
    known = size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**53 else 0
    name = _text(content.get("filename")) or body or "file"
    told = _text(info.get("mimetype"))[:200]
    return Media(url, name[:255], told if _MEDIA_TYPE.match(told) else "application/octet-stream", known, cipher)


def _cipher(sealed: dict[str, Any]) -> str:
    """What opens an encrypted file (client-server API, "Sending encrypted attachments"); empty when it is not there."""
    key, vector = _text(_object(sealed.get("key")).get("k")), _text(sealed.get("iv"))
    digest = _text(_object(sealed.get("hashes")).get("sha256"))
    if not all(0 < len(value) <= 100 for value in (key, vector, digest)):
        return ""
    return json.dumps({"key": key, "iv": vector, "sha256": digest})


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _id(value: object, sigil: str) -> str:
    """A Matrix identifier of at most 255 octets, or empty."""
    return value if isinstance(value, str) and value.startswith(sigil) and 1 < len(value.encode()) <= 255 else ""
