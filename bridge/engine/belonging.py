"""Who belongs into a room, and who gets its keys, at the moment when something is done there.

What was planned may have waited while the rules were changed: nobody comes in who is no member any more, and nothing is
said in the clear where the rules ask for encryption. It invites nobody by itself and sends nothing.
"""

from dataclasses import replace

from bridge.core import opening
from bridge.core.decision import Scope
from bridge.core.effects import ADMIN_ROOM, Admit, RoomSpec
from bridge.core.ports import Chat, Journal, Rulebook
from bridge.engine.rules import Rules


class Belonging:
    """Asks the rules in force. The readers of rooms are remembered as long as these are."""

    def __init__(self, journal: Journal, chat: Chat, rules: Rules) -> None:
        self._journal = journal
        self._chat = chat
        self._rules = rules
        self._readers: tuple[Rulebook | None, dict[str, tuple[str, ...]]] = (None, {})

    async def of_spec(self, spec: RoomSpec) -> RoomSpec:
        """A room to be opened as it is to be now."""
        scope = await self._scope(spec.key)
        if scope is None:
            return spec
        members = tuple(user for user in spec.members if user in scope.room.members)
        if spec.members and (not spec.key.startswith("conv:") or opening.invited(scope) == scope.room.members):
            members = scope.room.members  # all, with those who came since
        return replace(spec, members=members, readers=self._those_who_read(scope))

    async def of_admit(self, admit: Admit) -> Admit:
        """People to be let in, as far as they are still members; of the admin room, who was named."""
        scope = await self._scope(admit.room)
        if scope is None:
            return admit
        members, staying = (
            tuple(user for user in users if user in scope.room.members) for users in (admit.members, admit.staying)
        )
        return replace(admit, members=members, staying=staying, readers=self._those_who_read(scope))

    async def seal(self, key: str, room: str) -> None:
        """Before anything is said in a room: it is encrypted if the rules ask for that. Raises RoomLost."""
        if key == ADMIN_ROOM:
            return
        book = self._rules.now.rulebook
        if self._readers[0] is not book:
            self._readers = (book, {})
        known = self._readers[1]
        if key not in known:
            scope = await self._scope(key)
            known[key] = () if scope is None else self._those_who_read(scope)
        if known[key]:
            await self._chat.encrypt(room, known[key])

    async def _scope(self, key: str) -> Scope | None:
        if key == ADMIN_ROOM:
            return None
        name, rule = await self._journal.room_rule(key)
        return self._rules.scope(name, rule) if name else None

    def _those_who_read(self, scope: Scope) -> tuple[str, ...]:
        """Of an encrypted room that nobody is to be in: the bot alone, for empty is not encrypted."""
        return opening.readers(scope) or ((self._rules.now.setup.bot,) if scope.room.encryption else ())
