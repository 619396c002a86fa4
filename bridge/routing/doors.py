"""Which address or account leads to which inbox or list. Two inboxes behind one door are a problem."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.core.addresses import Address, parse_spec
from bridge.routing.book import Door, Ruled
from bridge.routing.documents import InboxDoc, ListDoc
from bridge.routing.patterns import Matcher, texts
from bridge.yamldoc import Complain, Path, closest


@dataclass(slots=True)
class _Plan:
    lists: list[tuple[Matcher, str]] = field(default_factory=list)
    inboxes: list[tuple[Matcher | None, str]] = field(default_factory=list)


@dataclass(slots=True)
class Doors:
    """Collects doors while boxes are compiled. `accounts` are those of the settings; None: not known here."""

    complain: Complain
    accounts: frozenset[str] | None
    by_address: dict[str, _Plan] = field(default_factory=dict)
    by_account: dict[str, _Plan] = field(default_factory=dict)

    def inbox(self, name: str, doc: InboxDoc, path: Path) -> tuple[Address, ...]:
        """Register an inbox; returns its addresses."""
        addresses = self._addresses(doc.address, (*path, "address"))
        for address in addresses:
            self._put(self.by_address, address.key, None, name, (*path, "address"))
        if doc.account is not None and self._known(doc.account, (*path, "account")):
            folders = texts(doc.folders) if doc.folders else None
            self._put(self.by_account, doc.account, folders, name, (*path, "account"))
        return addresses

    def list(self, name: str, doc: ListDoc, path: Path) -> tuple[Address, ...]:
        """Register a list; returns the addresses among its `via`."""
        ids = texts(each.removeprefix("<").removesuffix(">") for each in doc.id)
        addresses = self._addresses([via for via in doc.via if "@" in via], (*path, "via"))
        for address in addresses:
            self.by_address.setdefault(address.key, _Plan()).lists.append((ids, name))
        for via in doc.via:
            if "@" not in via and self._known(via, (*path, "via")):
                self.by_account.setdefault(via, _Plan()).lists.append((ids, name))
        return addresses

    def built(self, ruled: Mapping[str, Ruled]) -> tuple[dict[str, Door], dict[str, Door]]:
        """The doors by address key and by account, leading to compiled scopes."""
        return _build(self.by_address, ruled), _build(self.by_account, ruled)

    def _put(self, plans: dict[str, _Plan], key: str, folders: Matcher | None, name: str, path: Path) -> None:
        plan = plans.setdefault(key, _Plan())
        if folders is None and any(other is None for other, _ in plan.inboxes):
            self.complain(path, f"{key} belongs to another inbox already", "give it to one inbox, or name folders")
            return
        # An inbox that names its folders comes before the one that takes the rest.
        plan.inboxes.insert(0 if folders is not None else len(plan.inboxes), (folders, name))

    def _known(self, account: str, path: Path) -> bool:
        if self.accounts is None or account in self.accounts:
            return True
        cure = closest(account, self.accounts) or "add it to `accounts` of the settings"
        self.complain(path, f"the settings have no account {account!r}", cure)
        return False

    def _addresses(self, written: Iterable[str], path: Path) -> tuple[Address, ...]:
        found: list[Address] = []
        for text in written:
            if (address := parse_spec(text)) is None:
                self.complain(path, f"{text!r} is no mail address", "write local@domain")
            else:
                found.append(address)
        return tuple(found)


def _build(plans: dict[str, _Plan], ruled: Mapping[str, Ruled]) -> dict[str, Door]:
    return {
        key: Door(
            tuple((ids, ruled[name]) for ids, name in plan.lists),
            tuple((folders, ruled[name]) for folders, name in plan.inboxes),
        )
        for key, plan in plans.items()
    }
