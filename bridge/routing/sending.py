"""Turns merged `send` options into a `Sending`: who may answer, as whom, and within which bounds.

Whatever could let mail leave under a wrong name, or to somewhere nobody meant, is refused here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bridge.core.addresses import Address, parse_spec
from bridge.core.decision import Domains, Rate, RoomRule, Sending
from bridge.core.templates import LETTER_FIELDS, ME_FIELDS
from bridge.routing.addressing import addresses
from bridge.routing.merge import From
from bridge.routing.naming import check_template
from bridge.routing.option_docs import DomainsDoc, RateDoc
from bridge.routing.people import Directory, Someone
from bridge.yamldoc import Complain, Path, closest

_NAMED = re.compile(r"(?P<name>[^<>]*?)\s*<(?P<spec>[^<>]+)>\Z")
_FIELD = re.compile(r"\{([^{}]*)\}")
_DOMAIN = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+\Z")


@dataclass(frozen=True, slots=True)
class Sender:
    """Builds the right to send of boxes. `complain` and `warn` take what is wrong."""

    people: Directory
    complain: Complain
    warn: Complain

    def sending(
        self,
        own: Sequence[Address],
        send: dict[str, From],
        room: RoomRule,
        *,
        is_list: bool,
        narrowed: Path = (),
    ) -> Sending | None:
        """What may leave; None when nobody may send. `own`: the addresses of the box.

        `narrowed`: where a rule says who is a member, and nothing of who may send.
        """
        who = send.get("who")
        if who is None or not who.value:
            self._idle(send)
            return None
        users = self.people.resolve(who.value, who.path, self.complain)
        for user in users:
            if room.members and user.matrix not in room.members:
                cure = f"add {user.key} to `for`" + (
                    ", or say in this rule who may: send: {who: …}" if narrowed else ""
                )
                self.warn(narrowed or who.path, f"{user.key} may send but is not a member", cure)
        to: Literal["sender", "all", "list"] = "list" if is_list else "sender"
        if "to" in send:
            to = send["to"].value
        if to == "list" and not is_list:
            self.complain(send["to"].path, "`to: list` makes sense for lists alone", "write sender or all")
        values: dict[str, Any] = {
            key: send[key].value for key in ("by", "hold", "quote", "prefix", "size") if key in send
        }
        if "signature" in send:
            check_template(send["signature"], (*ME_FIELDS, *LETTER_FIELDS), self.complain)
            values["signature"] = send["signature"].value
        if "rate" in send:
            values["rate"] = self._rate(send["rate"])
        if "domains" in send:
            values["domains"] = self._domains(send["domains"])
        return Sending(
            self._identities(own, send, users, is_list=is_list),
            to=to,
            cc=self._always(send, "cc"),
            bcc=self._always(send, "bcc"),
            names=tuple((user.matrix, user.name) for user in users),
            approvers=self._approvers(send, users, room),
            **values,
        )

    def _idle(self, send: dict[str, From]) -> None:
        """An inbox that says how to answer surely means somebody; of `defaults` not every inbox need have answers."""
        said = next((each for each in send.values() if each.path[0] != "defaults"), None)
        if said is not None and "who" not in send:
            self.warn(said.path[:-1], "nobody may answer", "name them: who: [ann, bob]")

    def _always(self, send: dict[str, From], key: str) -> tuple[Address, ...]:
        said = send.get(key)
        return addresses(said.value, self.people, said.path, self.complain) if said is not None else ()

    def _approvers(
        self, send: dict[str, From], users: Sequence[Someone], room: RoomRule
    ) -> tuple[tuple[str, str], ...]:
        """Who may agree. Each author needs somebody else, or his answers would wait for ever."""
        said = send.get("approve")
        if said is None:
            return ()
        found = self.people.resolve(said.value, said.path, self.complain)
        for someone in found:
            if room.members and someone.matrix not in room.members:
                self.complain(said.path, f"{someone.key} does not see what to agree to", f"add {someone.key} to `for`")
        for user in users:
            if all(someone.matrix == user.matrix for someone in found):
                self.complain(said.path, f"nobody else can agree to what {user.key} answers", "name another person")
        return tuple((someone.matrix, someone.name) for someone in found)

    def _rate(self, said: From) -> Rate:
        doc: RateDoc = said.value
        if doc.mails > 10_000 or doc.per > 31 * 86_400:
            self.complain(said.path, "is no rate that could be counted", "at most 10000 mails, at most 31d")
        return Rate(doc.mails, doc.per)

    def _domains(self, said: From) -> Domains:
        doc: DomainsDoc = said.value
        return Domains(
            tuple(self._domain_names(doc.allow, (*said.path, "allow"))),
            tuple(self._domain_names(doc.forbid, (*said.path, "forbid"))),
        )

    def _domain_names(self, names: Sequence[str], path: Path) -> Iterator[str]:
        """The domains behind names of domains and of groups that hold nothing else."""
        for name in names:
            if name not in self.people.groups:
                if not _DOMAIN.match(name.lower()):
                    cure = "write corp.example, *.corp.example for what is below it, or a group of domains"
                    self.complain(path, f"{name!r} is no domain", cure)
                yield name.lower()
                continue
            for member in self.people.addresses[name]:
                local, _, domain = member.rpartition("@")
                if local != "*" or not _DOMAIN.match(domain.lower()):
                    what = f"the group {name!r} holds {member}, and only domains can be named here"
                    self.complain(path, what, "make a group of the domains alone")
                yield domain.lower()

    def _identities(
        self, own: Sequence[Address], send: dict[str, From], users: Sequence[Someone], *, is_list: bool
    ) -> tuple[tuple[str, Address], ...]:
        default = f"{{me.name}} <{own[0].spec}>" if own and not is_list else "me"
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
