"""Turns merged options into a `Scope`: members, room, right to send, notification, with every name resolved.

Whatever could open a room to the wrong people, or let mail leave under a wrong name, is refused here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.addresses import Address
from bridge.core.decision import Acknowledge, Looks, Marking, Notify, Per, RoomRule, Scope
from bridge.core.templates import MAIL_FIELDS, one_line
from bridge.routing.assigning import compile_assign, compile_tags
from bridge.routing.attachments import Files, compile_files
from bridge.routing.closing import close_after, keep_for
from bridge.routing.gathering import compile_digest
from bridge.routing.handing_in import compile_forwarders
from bridge.routing.lobbies import compile_lobby
from bridge.routing.merge import From, Merged
from bridge.routing.naming import check_alias, check_template
from bridge.routing.option_docs import AcknowledgeDoc, NotifyDoc
from bridge.routing.passing import Passing
from bridge.routing.people import Directory
from bridge.routing.places import of_rule
from bridge.routing.sending import Sender
from bridge.routing.windows import zone_of
from bridge.yamldoc import Complain, Path

_HEADER = re.compile(r"[!-9;-~]{1,80}\Z")
"""RFC 5322 section 3.6.8."""

_ROOM_ID = re.compile(r"![^\s:]+(?::\S+)?\Z")
_ALIAS = re.compile(r"#[^\s:#]+(?::[A-Za-z0-9.:\[\]-]+)?\Z")


def _narrowed(merged: Merged) -> Path:
    """Where a rule says who is a member and leaves it to its inbox who may send, or empty."""
    members, who = merged.room.get("for_"), merged.send.get("who")
    if members is None or who is None or not of_rule(members.path) or of_rule(who.path):
        return ()
    return members.path


@dataclass(frozen=True, slots=True)
class Box:
    """What an inbox or list is, before its options. `addresses`: its own (inbox addresses, or a list's via).

    `lies`: its mail lies in an IMAP account.
    """

    name: str
    title: str
    path: Path
    addresses: tuple[Address, ...]
    private: bool
    is_list: bool
    lies: bool = False


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds scopes; `complain` and `warn` take what is wrong. `server`: the homeserver's name, or empty.

    `zone`: the time zone of the top level, or empty. `authserv`: see `Ground`.
    """

    people: Directory
    server: str
    admin_room: str
    passing: Passing
    complain: Complain
    warn: Complain
    zone: str = ""
    authserv: frozenset[str] | None = None

    def scope(self, box: Box, merged: Merged, rule: str = "", captures: Sequence[str] = ()) -> Scope:
        """The options in force for a box, under one of its rules or none. `captures`: fields that the rule offers."""
        default: Per = "list" if box.is_list else "conversation"
        room = self.room(merged.room, box.path, private=box.private, default=default, captures=captures)
        sender = Sender(self.people, self.complain, self.warn)
        sending = sender.sending(
            box.addresses, merged.send, room, is_list=box.is_list, narrowed=_narrowed(merged) if rule else ()
        )
        own = box.addresses
        if sending is not None and not own:
            # An inbox that is a whole account has no address of its own: it is the one it sends as.
            own = tuple(dict.fromkeys(address.named("") for _, address in sending.identities))
        digest = compile_digest(merged.whole.get("digest"), self.zone, room, sending, self.complain)
        voice = own[0].named(one_line(box.title, 200)) if own else None
        said = [each for each in (merged.forward, merged.whole.get("copy_")) if each is not None]
        return Scope(
            name=box.name,
            title=box.title,
            room=room,
            sending=sending,
            own=own,
            notify=self._notify(merged.notify, room),
            private=box.private,
            rule=rule,
            looks=self.looks(merged),
            marking=self._marking(box, merged.parts.get("mailbox", {})),
            digest=digest,
            assign=compile_assign(merged.whole.get("assign"), self.people, room, digest, self.complain),
            forwarders=compile_forwarders(merged.whole.get("forwarded_by"), self.people, self.authserv, self.complain),
            tags=compile_tags(merged.whole.get("tags"), self.complain),
            copies=self.passing.copies(said, box.name, voice, private=box.private),
            acknowledge=self._acknowledge(merged.whole.get("acknowledge"), box, voice, captures),
            fallback=self.passing.fallback(
                merged.whole.get("fallback"), box.name, voice, room.members, private=box.private
            ),
            voice=voice,
            keep=keep_for(merged.whole.get("keep"), self.complain),
            close_after=close_after(merged.whole.get("close"), room, self.complain),
        )

    def _acknowledge(
        self, said: From | None, box: Box, voice: Address | None, captures: Sequence[str]
    ) -> Acknowledge | None:
        if said is None or said.value == "none":
            return None
        doc: AcknowledgeDoc = said.value
        for key in ("text", "subject"):
            if (text := getattr(doc, key)) is not None:
                check_template(From(text, (*said.path, key)), (*MAIL_FIELDS, *captures), self.complain)
        if voice is None:
            what = f"{box.path[-1]} has no address of its own to answer from"
            self.complain(said.path, what, "give it an `address`, or say `acknowledge: none`")
        given = {} if doc.once is None else {"once": doc.once}
        return Acknowledge(doc.text, doc.subject or "", **given)

    def _marking(self, box: Box, said: dict[str, From]) -> Marking:
        """What is done with the mail in its mailbox. `defaults` and `before` speak of inboxes that have one alone."""
        if not box.lies:
            for each in said.values():
                if each.path[0] not in ("defaults", "before"):
                    what = "the mail of this inbox lies in no mailbox: it has no account"
                    self.complain(each.path, what, "remove it, or say account:")
            return Marking()
        return Marking(**{key: each.value for key, each in said.items()})

    def files(self, merged: Merged) -> Files:
        """Which attachments the rules show."""
        return compile_files(merged.parts.get("attachments", {}), self.complain)

    def looks(self, merged: Merged) -> Looks:
        """How mail looks. Who got a blind copy is never shown (I6)."""
        said = merged.parts.get("show", {})
        if headers := said.get("headers"):
            for name in headers.value:
                if name.casefold() in ("bcc", "resent-bcc"):
                    self.complain(headers.path, f"{name} is never shown", "take it out")
                elif not _HEADER.match(name):
                    self.complain(headers.path, f"{name!r} is no header field", "write its name: [To, Cc, Date]")
        if (zone := said.get("zone")) is not None:
            zone_of(zone.value, zone.path, self.complain)
        given = {key: value.value for key, value in said.items()}
        if "signature" in given:  # a disclaimer is the house's signature, unless the rules say otherwise
            given.setdefault("disclaimer", given["signature"])
        return Looks(**({"zone": self.zone} if self.zone else {}) | given)

    def room(
        self, merged: dict[str, From], path: Path, *, private: bool, default: Per, captures: Sequence[str] = ()
    ) -> RoomRule:
        """The room part alone. `default` is its `per` when neither `is` nor `per` is said."""
        plain = ("name", "topic", "alias", "space", "thread_by", "history", "federate", "encryption")
        given = {key: merged[key].value for key in plain if key in merged}
        for key in ("name", "topic", "alias"):
            if key in merged:
                check_template(merged[key], (*MAIL_FIELDS, *captures), self.complain)
        if "alias" in merged and "is_" not in merged:
            check_alias(merged["alias"], self.admin_room, self.complain)
        if "history" not in given or (private and merged["history"].path[0] == "defaults"):
            # What all inboxes are told must not open the past of a private one.
            given["history"] = "invited" if private else "shared"
        target = self.target(merged["is_"]) if "is_" in merged else ""
        per = None if target else merged["per"].value if "per" in merged else default
        members = self._members(merged, path, federate=given.get("federate", False))
        lobby = compile_lobby(
            merged,
            for_each_conversation=per == "conversation",
            people=self.people,
            target=self.target,
            complain=self.complain,
        )
        return RoomRule(members, per, target, lobby=lobby, **given)

    def target(self, said: From) -> str:
        """An alias or room id, in one spelling for each room: of our own server, without it."""
        text = str(said.value)
        if not _ALIAS.match(text) and not _ROOM_ID.match(text):
            self.complain(said.path, f"{text!r} is neither a room alias nor a room id", 'write "#alias" in quotes')
        if text.startswith("#") and self.server and text.endswith(f":{self.server}"):
            text = text.removesuffix(f":{self.server}")
        elif text.startswith("#") and self.server and ":" in text:
            cure = "see that it is there and that the bot is invited, or take a room of our own"
            self.warn(said.path, f"{text} is a room of another server and cannot be made here", cure)
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

    def _notify(self, said: From | None, room: RoomRule) -> Notify:
        if said is None:
            return Notify()
        doc: NotifyDoc = said.value
        people = self.people.resolve(doc.mention, (*said.path, "mention"), self.complain)
        for one in people:
            if room.members and one.matrix not in room.members:
                self.warn(said.path, f"{one.key} is mentioned but is not a member", f"add {one.key} to `for`")
        return Notify(doc.mode, tuple(someone.matrix for someone in people))
