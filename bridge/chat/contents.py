"""Message contents (client-server API, m.room.message) that are not mail text: the bot's own words, files, relations.

Pure. Every content carries the key of its effect for the read-back, and an m.mentions of its own, so that nothing in
its text can notify anybody.
"""

import html
import re
from collections.abc import Sequence
from typing import Any

from bridge.chat.limits import EVENT, cut, label, octets
from bridge.chat.names import KEY, Names, display_name, transaction
from bridge.core.addresses import Address
from bridge.core.decision import Notify
from bridge.core.effects import React, Tell
from bridge.core.mail import Part

Content = dict[str, Any]

_MOST_MENTIONS = 40
_WORDS = 24_000
"""Octets of the bot's own words: an edit carries them twice. People, HTML and text at their limits fit together."""

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}\Z")
_SHOWN_AS_IMAGE = ("image/png", "image/jpeg", "image/gif", "image/webp")


def relate(content: Content, root: str | None, reply_to: str = "") -> Content:
    """The content as part of the thread of `root`, or as a reply, or both (threads: is_falling_back tells which)."""
    relation: Content = {}
    if root:
        relation = {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": not reply_to,
            "m.in_reply_to": {"event_id": reply_to or root},
        }
    elif reply_to:
        relation = {"m.in_reply_to": {"event_id": reply_to}}
    return {**content, "m.relates_to": relation} if relation else content


def alone(content: Content) -> Content | None:
    """The same content outside its thread, an explicit reply kept, or new words instead of an edit; None when neither.

    A homeserver refuses both where they relate to an event of another room, as after an upgrade.
    """
    relation = content.get("m.relates_to", {})
    if relation.get("rel_type") == "m.replace":
        return {**content["m.new_content"], KEY: content[KEY]}
    if relation.get("rel_type") != "m.thread":
        return None
    rest = {key: value for key, value in content.items() if key != "m.relates_to"}
    return rest if relation["is_falling_back"] else relate(rest, None, relation["m.in_reply_to"]["event_id"])


def mentions(people: Sequence[str]) -> Content:
    """m.mentions: always there, so that no name or @room in the text notifies."""
    return {"user_ids": list(people[:_MOST_MENTIONS])} if people else {}


def voice_type(notify: Notify) -> str:
    """How loud: a notice notifies nobody."""
    return "m.notice" if notify.mode == "none" else "m.text"


def profile(names: Names, named: Address, *, fallback: bool) -> Content:
    """A per-message profile (MSC4144). `fallback`: the body starts with the name too, for clients without it."""
    shown = {"id": names.profile(named), "displayname": display_name(named)}
    return {"com.beeper.per_message_profile": {**shown, "has_fallback": True} if fallback else shown}


def bold_name(name: str) -> str:
    """The name in front of HTML, as MSC4144 marks a fallback, so that clients that know profiles leave it out."""
    return f"<strong data-mx-profile-fallback>{html.escape(name)}: </strong>"


def told(tell: Tell, *, root: str | None, edits: str | None) -> Content:
    """The bot's words; with `edits` (an event id) in place of earlier ones."""
    content = _words(tell)
    if edits:
        fresh = {**content}
        content = {**content, "body": cut(f"* {content['body']}", EVENT // 4)}
        content["m.new_content"] = fresh
        content["m.relates_to"] = {"rel_type": "m.replace", "event_id": edits}
    else:
        content = relate(content, root, tell.reply_to)
    return {**content, KEY: transaction(tell.key, 0)}


def reaction(react: React, target: str) -> Content:
    """The m.reaction to an event."""
    relation = {"rel_type": "m.annotation", "event_id": target, "key": react.emoji}
    return {"m.relates_to": relation, KEY: transaction(react.key, 0)}


def reacted(react: React, root: str | None, target: str | None) -> Content:
    """Who reacted, in words, as a reply to the event; it notifies nobody."""
    body = cut(react.line, EVENT // 5)
    content = relate({"msgtype": "m.notice", "body": body, "m.mentions": {}}, root, target or "")
    return {**content, KEY: transaction(react.key, 1)}


def _words(tell: Tell) -> Content:
    content: Content = {
        "msgtype": "m.text" if tell.mention or tell.loud else "m.notice",
        "body": cut(tell.text, EVENT // 5) or "…",
        "m.mentions": mentions(tell.mention),
    }
    if tell.html and octets(tell.html) <= EVENT // 5:
        content |= {"format": "org.matrix.custom.html", "formatted_body": tell.html}
    while octets(content) > _WORDS and len(content["body"]) > 1:  # control characters count six octets each in JSON
        content["body"] = content["body"][: len(content["body"]) // 2] or "…"
    return content


def file(key: str, part: Part | None, size: int, mxc: str, names: Names, named: Address | None) -> Content:
    """A file: an image, sound or film by its declared type, else plainly a file. `part` None is the whole mail."""
    name = label(part.name) if part else "original.eml"
    media_type = safe_type(part)
    kind = (
        "m.image"
        if media_type in _SHOWN_AS_IMAGE
        else {"audio": "m.audio", "video": "m.video"}.get(media_type.partition("/")[0], "m.file")
    )
    return {
        "msgtype": kind,
        "body": name or "file",
        "filename": name or "file",
        "url": mxc,
        "info": {"mimetype": media_type, "size": size},
        "m.mentions": {},
        KEY: transaction(key, 0),
        **(profile(names, named, fallback=False) if named else {}),
    }


def sealed(content: Content, file: Content) -> Content:
    """The content of a file that was uploaded encrypted: `file` is its EncryptedFile."""
    return {**{key: value for key, value in content.items() if key != "url"}, "file": file}


def is_picture(part: Part) -> bool:
    """Whether clients can draw it, and safely."""
    return safe_type(part) in _SHOWN_AS_IMAGE


def safe_type(part: Part | None) -> str:
    """A MIME type that is fit for a header; what is malformed is application/octet-stream."""
    declared = part.type.lower() if part else "message/rfc822"
    return declared if _TYPE.match(declared) else "application/octet-stream"
