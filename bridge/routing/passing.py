"""Compiles `forward`, `copy` and `fallback`: who else gets a mail, and as whom it is sent, and nobody besides.

A private inbox passes nothing on. It resolves names only; what is done at which mail is the rulebook's and the plan's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.core.addresses import Address, parse_spec
from bridge.core.decision import Copy, Fallback
from bridge.routing.documents import InboxDoc
from bridge.routing.merge import From
from bridge.routing.option_docs import FallbackDoc
from bridge.routing.people import Directory
from bridge.yamldoc import Complain, closest


@dataclass(frozen=True, slots=True)
class Passing:
    """The inboxes by name, and the addresses (keys) that are theirs."""

    inboxes: frozenset[str]
    own: Mapping[str, str]
    people: Directory
    complain: Complain
    warn: Complain

    @classmethod
    def of(cls, inboxes: Mapping[str, InboxDoc], people: Directory, complain: Complain, warn: Complain) -> "Passing":
        """With what the rule files say of inboxes."""
        own = {a.key: name for name, doc in inboxes.items() for text in doc.address if (a := parse_spec(text))}
        return cls(frozenset(inboxes), own, people, complain, warn)

    def copies(self, said: Iterable[From], box: str, voice: Address | None, *, private: bool) -> tuple[Copy, ...]:
        """The targets of a box (by its name, "inbox:support"), each once.

        Mail that is addressed to nobody ("unmatched") has no voice either: it goes to inboxes alone.
        """
        found: dict[Copy, None] = {}
        for each in said:
            if private and each.value:
                self._private(each, box)
                continue
            targets = [target for text in each.value if (target := self._target(text, each, box))]
            if voice is None and any(target.address is not None for target in targets):
                if ":" in box:
                    what = f"{box.partition(':')[2]} has no address of its own to send it from"
                    self.complain(each.path, what, "give it an `address`, or name an inbox instead")
                targets = [target for target in targets if target.address is None]
            found.update((target, None) for target in targets)
        return tuple(found)

    def fallback(
        self, said: From | None, box: str, voice: Address | None, members: tuple[str, ...], *, private: bool
    ) -> Fallback | None:
        """Who gets mail while the chat is away: people at their addresses, or addresses. `members`: who sees it there.

        Of a private inbox only those who see it in the chat.
        """
        if said is None:
            return None
        doc: FallbackDoc = said.value
        path, name = (*said.path, "to"), box.partition(":")[2]
        found: dict[str, Address] = {}
        for text in doc.to:
            if "@" in text:
                target = self._target(text, From(text, path), box)
                if target is not None and target.address is not None:
                    found[target.address.key] = target.address
                if private:
                    self.complain(path, f"{text} may see no mail of {name}, which is private", "name its people")
                continue
            for someone in self.people.resolve([text], path, self.complain):
                if someone.mail is None:
                    self.complain(
                        path, f"{someone.key} has no mail address", f"say `mail:` for {someone.key} in people"
                    )
                elif private and someone.matrix not in members:
                    what = f"{someone.key} is not in `for` of {name}, which is private"
                    self.complain(path, what, "name its people")
                else:
                    found[someone.mail.key] = someone.mail
        if voice is None:
            self.complain(said.path, f"{name} has no address of its own to send it from", "give it an `address`")
        return Fallback(doc.after, tuple(found.values()))

    def _private(self, said: From, box: str) -> None:
        name = box.partition(":")[2]
        if said.path[:1] == ("before",):
            what = f"is not done with mail of {name}, which is private: it is shown there alone"
            self.warn(said.path, what, "restrict the rule to other inboxes, to say so")
        else:
            what = f"would pass on mail of {name}, which is private"
            cure = f"say `copy: []` in {name}" if said.path[:1] == ("defaults",) else "remove it"
            self.complain(said.path, what, cure)

    def _target(self, text: str, said: From, box: str) -> Copy | None:
        if "@" not in text:
            if text not in self.inboxes:
                cure = closest(text, self.inboxes) or "write the name of an inbox, or an address"
                self.complain(said.path, f"no inbox is called {text!r}", cure)
                return None
            if box == f"inbox:{text}":
                if said.path[:1] not in (("before",), ("defaults",)):
                    self.complain(said.path, f"{text} would pass mail on to itself", "name another inbox")
                return None
            return Copy(scope=f"inbox:{text}")
        address = parse_spec(text)
        if address is None:
            self.complain(said.path, f"{text!r} is no mail address", "write local@domain")
            return None
        inbox = self.own.get(address.key) or self.own.get(address.base().key)
        if inbox is not None:
            self.complain(said.path, f"{text} is the inbox {inbox}", f"write its name: {inbox}")
            return None
        return Copy(address=address)
