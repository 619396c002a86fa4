"""Turns merged options into a `Scope`: members, room, right to send, notification, with every name resolved.

Whatever could open a room to the wrong people, or let mail leave under a wrong name, is refused here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.core.addresses import Address, parse_spec
from bridge.core.decision import Notify, Per, RoomRule, Scope, Sending
from bridge.routing.attachments import Files, compile_files
from bridge.routing.merge import From, Merged
from bridge.routing.option_docs import NotifyDoc
from bridge.routing.people import Directory, Someone
from bridge.yamldoc import Complain, Path, closest

_NAMED = re.compile(r"(?P<name>[^<>]*?)\s*<(?P<spec>[^<>]+)>\Z")
_FIELD = re.compile(r"\{([^{}]*)\}")
_ROOM_ID = re.compile(r"![^\s:]+(?::\S+)?\Z")
_ALIAS = re.compile(r"#[^\s:#]+(?::[A-Za-z0-9.:\[\]-]+)?\Z")


@dataclass(frozen=True, slots=True)
class Box:
    """What an inbox or list is, before its options. `addresses`: its own (inbox addresses, or a list's via)."""

    name: str
    title: str
    path: Path
    addresses: tuple[Address, ...]
    private: bool
    is_list: bool


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds scopes; `complain` and `warn` take what is wrong. `server`: the homeserver's name, or empty."""

    people: Directory
    server: str
    admin_room: str
    complain: Complain
    warn: Complain

    def scope(self, box: Box, merged: Merged, rule: str = "") -> Scope:
        """The options in force for a box, under one of its rules or none."""
        room = self.room(merged.room, box.path, private=box.private, default="list" if box.is_list else "conversation")
        sending = self._sending(box, merged.send, room)
        own = box.addresses
        if sending is not None and not own:
            # An inbox that is a whole account has no address of its own: it is the one it sends as.
            own = tuple(dict.fromkeys(address.named("") for _, address in sending.identities))
        return Scope(box.name, box.title, room, sending, own, self._notify(merged.notify), box.private, rule)

    def files(self, merged: Merged) -> Files:
        """Which attachments the rules show."""
        return compile_files(merged.parts.get("attachments", {}), self.complain)

    def room(self, merged: dict[str, From], path: Path, *, private: bool, default: Per) -> RoomRule:
        """The room part alone. `default` is its `per` when neither `is` nor `per` is said."""

        given = {
            key: merged[key].value for key in ("name", "topic", "thread_by", "history", "federate") if key in merged
        }
        if "{" in given.get("name", ""):
            del given["name"]  # templates are not obeyed yet, and `review` says so
        if "history" not in given or (private and merged["history"].path[0] == "defaults"):
            # What all inboxes are told must not open the past of a private one.
            given["history"] = "invited" if private else "shared"
        target = self.target(merged["is_"]) if "is_" in merged else ""
        per = None if target else merged["per"].value if "per" in merged else default
        members = self._members(merged, path, federate=given.get("federate", False))
        return RoomRule(members, per, target, **given)

    def target(self, said: From) -> str:
        """An alias or room id, in one spelling for each room: of our own server, without it."""
        text = str(said.value)
        if not _ALIAS.match(text) and not _ROOM_ID.match(text):
            self.complain(said.path, f"{text!r} is neither a room alias nor a room id", 'write "#alias" in quotes')
        if text.startswith("#") and self.server and text.endswith(f":{self.server}"):
            text = text.removesuffix(f":{self.server}")
        if text == self.admin_room:
            self.complain(said.path, f"{text} is the admin room", "choose another room")
        return text

    def _members(self, merged: dict[str, From], path: Path, *, federate: bool) -> tuple[str, ...]:
        if "for_" not in merged:
            self.complain((*path, "room"), "nobody is named in `for`", "say who sees it: for: [ann, bob]")
            return ()
        said = merged["for_"]
        members = tuple(someone.matrix for someone in self.people.resolve(said.value, said.path, self.complain))
        if not said.value:
            self.complain(said.path, "names nobody", "name at least one person")
        foreign = [user for user in members if self.server and user.partition(":")[2] != self.server]
        if foreign and not federate:
            what = f"{', '.join(foreign)} cannot join: the room is closed to servers other than {self.server}"
            self.complain(said.path, what, "set `federate: true` in this room, or name their user here")
        return members

    def _notify(self, said: From | None) -> Notify:
        if said is None:
            return Notify()
        doc: NotifyDoc = said.value
        people = self.people.resolve(doc.mention, (*said.path, "mention"), self.complain)
        return Notify(doc.mode, tuple(someone.matrix for someone in people))

    def _sending(self, box: Box, send: dict[str, From], room: RoomRule) -> Sending | None:
        who = send.get("who")
        if who is None or not who.value:
            return None
        users = self.people.resolve(who.value, who.path, self.complain)
        for user in users:
            if room.members and user.matrix not in room.members:
                self.warn(who.path, f"{user.key} may send but is not a member", f"add {user.key} to `for`")
        to: Literal["sender", "all", "list"] = "list" if box.is_list else "sender"
        if "to" in send:
            to = send["to"].value
        if to == "list" and not box.is_list:
            self.complain(send["to"].path, "`to: list` makes sense for lists alone", "write sender or all")
        values = {key: send[key].value for key in ("by", "hold", "quote", "prefix") if key in send}
        return Sending(self._identities(box, send, users), to=to, **values)

    def _identities(self, box: Box, send: dict[str, From], users: Sequence[Someone]) -> tuple[tuple[str, Address], ...]:
        default = f"{{me.name}} <{box.addresses[0].spec}>" if box.addresses and not box.is_list else "me"
        said = send.get("as_") or From(default, send["who"].path)
        identities = ((user.matrix, self._identity(str(said.value), said.path, user)) for user in users)
        return tuple((user, address) for user, address in identities if address is not None)

    def _identity(self, text: str, path: Path, me: Someone) -> Address | None:
        if text == "me" or text in self.people.people:
            someone = me if text == "me" else self.people.people[text]
            if someone.mail is None:
                self.complain(path, f"{someone.key} has no mail address", f"say `mail:` for {someone.key} in people")
            return someone.mail
        named = _NAMED.match(text)
        name, spec = (named["name"], named["spec"]) if named else ("", text)
        address = parse_spec(spec)
        if address is None:
            cure = closest(text, ["me", *self.people.people])
            shape = "write a person, me, or a name with an address: Corp <support@corp.example>"
            self.complain(path, "names no sender", cure if cure.startswith("did you") else shape)
            return None
        fields = {"me.first": me.first, "me.name": me.name}
        for unknown in sorted(set(_FIELD.findall(text)) - set(fields)):
            self.complain(path, f"{{{unknown}}} is unknown here", "known are {me.first} and {me.name}")
        filled = _FIELD.sub(lambda match: fields.get(match[1], ""), name)
        if not filled.isprintable():
            self.complain(path, "holds a control character", "remove it")
        return address.named(filled.strip().strip('"'))
