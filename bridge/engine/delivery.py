"""One delivery turn: do an effect at its peer, and say what came of it.

The right to send is asked again at the moment a mail leaves: people leave groups, and the master switch may have been
turned. Nothing here remembers: names make doing it again harmless.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never
from urllib.parse import quote

from bridge.core import aftermath, gathering, lobby
from bridge.core.aftermath import Fulfil, Postpone, Verdict
from bridge.core.commands import obeyed
from bridge.core.decision import Scope
from bridge.core.doing import Task
from bridge.core.effects import (
    ADMIN_ROOM,
    SPACE,
    WHOLE_TEXT,
    Admit,
    Attach,
    AutoMail,
    CloseRoom,
    DigestRoot,
    FileCopy,
    Line,
    MarkMail,
    Obey,
    OpenRoom,
    React,
    Receipt,
    Rejoin,
    ReopenRoom,
    SendMail,
    Show,
    Tell,
)
from bridge.core.errors import BridgeError, Permanent, RoomLost, Transient
from bridge.core.ids import derive
from bridge.core.mail import Draft
from bridge.core.plan import Raw
from bridge.core.ports import Chat, Journal, Mailboxes, Outgoing, Reader, Submission
from bridge.core.recipients import forbidden
from bridge.core.retry import MAIL, Schedule
from bridge.core.words import words
from bridge.engine.belonging import Belonging
from bridge.engine.rules import Rules

Compose = Callable[[Draft, Sequence[bytes]], bytes]
Commands = Callable[[Obey], Awaitable[str]]
"""Does what an admin asked for and returns what to tell. Raises BridgeError."""

Enclose = Callable[[Draft, Raw], Outgoing]


async def unable(_: Obey) -> str:
    """For an engine that nobody can talk to, as that of an import."""
    return "Not now: mail is being imported."


@dataclass(frozen=True, slots=True)
class Peers:
    """Who does the work. `trust`: seconds the homeserver remembers a transaction id for sure; later, look first."""

    journal: Journal
    chat: Chat
    submission: Submission
    reader: Reader
    compose: Compose
    enclose: Enclose
    mailboxes: Mailboxes
    obey: Commands = unable
    media_limit: int = 25 * 2**20
    trust: float = 3600.0
    mail_schedule: Schedule = MAIL


ROOMS = 8192
"""Rooms whose ids are remembered, about 2 MB of them; for the others the journal is asked."""


class Delivery:
    """Does effects."""

    def __init__(self, peers: Peers, rules: Rules, clock: Callable[[], float]) -> None:
        self._peers = peers
        self._rules = rules
        self._clock = clock
        self._rooms: dict[str, str] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._belonging = Belonging(peers.journal, peers.chat, rules)

    async def do(self, task: Task) -> Verdict:
        """Do it. Raises BridgeError for what the peer refused."""
        effect = task.effect
        chat = self._peers.chat
        match effect:
            case OpenRoom():
                return Fulfil(Receipt(room=await self._open(effect)))
            case Show():
                return await self._show(task, effect)
            case Attach():
                async with self._octets(effect) as octets:
                    root = await self._root(effect.conversation, threaded=effect.threaded)
                    room = await self._room(effect.room)
                    event = await chat.attach(room, effect, octets, root=root, doubtful=self._doubtful(task))
                return Fulfil(Receipt(events=(event,)))
            case Tell():
                edits = await self._peers.journal.event_of(effect.edits) if effect.edits else None
                root = await self._root(effect.conversation, threaded=effect.threaded)
                room = await self._room(effect.room)
                told = await self._linked(effect)
                event = await chat.tell(room, told, root=root, edits=edits, doubtful=self._doubtful(task))
                return Fulfil(Receipt(events=(event,)))
            case React():
                target = await self._peers.journal.event_of(effect.to)
                root = await self._root(effect.conversation, threaded=effect.threaded)
                room = await self._room(effect.room)
                doubtful = self._doubtful(task)
                events = await chat.react(room, effect, root=root, target=target, doubtful=doubtful)
                return Fulfil(Receipt(events=tuple(events)))
            case DigestRoot():
                return await self._digest(task, effect)
            case Line(gone=gone) if gone:
                await chat.unsay(await self._room(effect.room), gone, effect.key)
                return Fulfil(Receipt())
            case Line():
                return await self._line(task, effect)
            case SendMail():
                return await self._send(task, effect)
            case AutoMail():
                return await self._send_by_itself(task, effect)
            case FileCopy():
                message = await self._message(effect.draft)
                draft = effect.draft
                await self._peers.submission.file_copy(draft.from_, draft.message_id, message)
                return Fulfil(Receipt())
            case MarkMail():
                await self._peers.mailboxes.mark(
                    effect.account, effect.folder, effect.uidvalidity, effect.uid, effect.marking
                )
                return Fulfil(Receipt())
            case Admit() if effect.room.startswith(SPACE):
                await chat.admit_space(effect.room, effect.members)
                return Fulfil(Receipt())
            case Admit():
                room, admit = await self._unsealed(effect.room), await self._belonging.of_admit(effect)
                await chat.admit(room, admit.members, admit.staying, readers=admit.readers)
                return Fulfil(Receipt())
            case CloseRoom() if effect.leave:
                await chat.leave_room(effect.leave, effect.space)
                self._rooms.pop(effect.room, None)
                return Fulfil(Receipt())
            case CloseRoom():
                with contextlib.suppress(RoomLost):  # where the bot is not, it can remove nobody
                    await chat.close_room(await self._unsealed(effect.room), effect.space, effect.reason)
                return Fulfil(Receipt())
            case ReopenRoom():
                spec = await self._belonging.of_spec(effect.spec)
                await chat.reopen_room(await self._unsealed(effect.room), spec)
                return Fulfil(Receipt())
            case Rejoin():
                await chat.rejoin(effect.room_id, effect.readers)
                self._rooms.pop(effect.room, None)
                return Fulfil(Receipt(room=effect.room_id))
            case Obey():
                return Fulfil(Receipt(), (obeyed(effect, await self._peers.obey(effect)),))
            case _:
                assert_never(effect)

    def forget_room(self, key: str) -> None:
        """The journal may know another room id now."""
        self._rooms.pop(key, None)

    def _doubtful(self, task: Task) -> bool:
        """Whether an earlier try may have reached the homeserver, which may have forgotten it.

        Attempts alone do not tell: those that met a homeserver that was away are not counted.
        """
        since = self._clock() - task.first_at
        return (task.attempts > 1 or since >= 1.0) and since >= self._peers.trust

    async def _room(self, key: str) -> str:
        """The room in which something is to be said."""
        known = await self._unsealed(key)
        await self._belonging.seal(key, known)
        return known

    async def _unsealed(self, key: str) -> str:
        """The room for other things: who is to leave it does not stay because it cannot be encrypted."""
        known = self._rooms.get(key)
        if known is None:
            known = await self._peers.journal.room(key)
            if known is None:
                raise Transient("its room is not open yet")
            self._remember(key, known)
        return known

    def _remember(self, key: str, room: str) -> None:
        if len(self._rooms) >= ROOMS:
            self._rooms.clear()
        self._rooms[key] = room

    async def _linked(self, tell: Tell) -> Tell:
        """With the address of the room that it speaks of, if that is open (Matrix spec, matrix.to navigation)."""
        room = await self._peers.journal.room(tell.link) if tell.link else None
        if room is None:
            return tell
        root = await self._peers.journal.thread_root(tell.linked) if tell.linked else None
        return replace(tell, text=f"{tell.text}\n{self._address(room, f'/{quote(root)}' if root else '')}")

    def _address(self, room: str, event: str = "") -> str:
        server = quote(self._rules.now.setup.bot.partition(":")[2])
        return f"https://matrix.to/#/{quote(room, safe='!')}{event}?via={server}"

    async def _root(self, conversation: str, *, threaded: bool) -> str | None:
        return await self._peers.journal.thread_root(conversation) if threaded else None

    async def _open(self, effect: OpenRoom) -> str:
        """Two conversations may want one room at the same moment: the second finds it open."""
        key = effect.room.key
        lock = self._opening.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                known = self._rooms.get(key) or await self._peers.journal.room(key)
                if known is None or key == ADMIN_ROOM:  # which the settings may have called otherwise before
                    opened = await self._peers.chat.open_room(await self._belonging.of_spec(effect.room))
                    if known is not None and opened != known:
                        await self._farewell(known, effect)
                    known = opened
                self._remember(key, known)
                return known
        finally:
            if not lock.locked():
                self._opening.pop(key, None)

    async def _farewell(self, room: str, effect: OpenRoom) -> None:
        """Say in the former admin room where the new one is, if anything can still be said there."""
        text = f"The settings name another admin room now: {effect.room.target}. What I have to say, I say there."
        with contextlib.suppress(BridgeError):
            await self._peers.chat.tell(
                room, Tell(derive("farewell", effect.key), effect.lane, ADMIN_ROOM, text), root=None, edits=None
            )

    @contextlib.asynccontextmanager
    async def _octets(self, effect: Attach) -> AsyncIterator[Raw]:
        """What is to be attached. Large octets stay in their files."""
        raw = await self._peers.journal.raw(effect.arrival)
        if effect.part is None:
            yield raw
        elif effect.part.index == WHOLE_TEXT:
            yield Raw((await self._peers.reader.read(raw)).text.encode("utf-8", "replace"))
        else:
            async with self._peers.reader.part(raw, effect.part.index) as octets:
                yield octets

    async def _show(self, task: Task, show: Show) -> Verdict:
        room = await self._room(show.room)
        root = await self._root(show.conversation, threaded=show.threaded)
        images: dict[str, bytes] = {}
        if show.images:
            raw = await self._peers.journal.raw(show.arrival)
            for part in show.images:
                async with self._peers.reader.part(raw, part.index) as octets:
                    read = asyncio.to_thread(Path(octets.path).read_bytes) if octets.path else None
                    images[part.content_id] = await read if read else octets.data
        events = await self._peers.chat.show(room, show, root=root, images=images, doubtful=self._doubtful(task))
        return Fulfil(Receipt(events=tuple(events)))

    async def _digest(self, task: Task, root: DigestRoot) -> Verdict:
        """What is gathered is fixed by the end of its time: mail that came before and is being read is waited for."""
        now = self._clock()
        if now < root.not_before:  # its room was lost and found, or an operator was in a hurry
            return Postpone(root.not_before, "waits for its time", counted=False)
        if now < root.not_before + gathering.SETTLING and await self._peers.journal.unplanned(root.not_before):
            return Postpone(now + 0.2, "mail that came in its time is being read", counted=False)
        told = gathering.told(root, *await self._peers.journal.gathered(root.conversation, gathering.LINES))
        room = await self._room(root.room)
        event = await self._peers.chat.tell(room, told, root=None, edits=None, doubtful=self._doubtful(task))
        return Fulfil(Receipt(events=(event,)))

    async def _line(self, task: Task, line: Line) -> Verdict:
        """A line leads to its conversation's room, so it waits until that is open, the longer the less it asks."""
        journal, now = self._peers.journal, self._clock()
        view = await journal.line_view(line.conversation)
        scope = self._rules.scope(view.conversation.scope, view.conversation.rule) if view else None
        edits = await journal.event_of(line.edits) if line.edits else None
        if view is None or scope is None or scope.room.lobby is None or (line.edits and edits is None):
            return Fulfil(Receipt())
        room = await journal.room(view.conversation.room)
        if room is None:
            return Postpone(
                now + min(max(0.2, (now - task.first_at) / 4), 30.0), "its room is not open yet", counted=False
            )
        told = lobby.told(line, view, scope, self._address(room))
        lobby_room = await self._room(line.room)
        event = await self._peers.chat.tell(lobby_room, told, root=None, edits=edits, doubtful=self._doubtful(task))
        return Fulfil(Receipt(events=(event,)))

    async def _send(self, task: Task, send: SendMail) -> Verdict:
        setup = self._rules.now.setup
        scope = self._rules.scope(send.scope, send.rule)
        says = words(send.language)
        identity = scope.sending.identity(send.author) if scope and scope.sending else None
        if scope is None or scope.sending is None or identity is None or identity.key != send.draft.from_.key:
            raise Permanent(says.may_no_longer.format(who=send.author, identity=send.draft.from_.spec))
        if scope.sending.approvers and not send.held:  # written before the rules wanted that
            raise Permanent(says.unagreed_now)
        if any(not setup.may_leave(a) for a in send.draft.recipients):
            raise Permanent(says.outbound_now.format(outbound=setup.outbound))
        if forbidden(scope.sending.domains, send.draft.recipients):
            raise Permanent(says.forbidden_now)
        message = await self._message(send.draft)
        if scope.sending.size and len(message) > scope.sending.size:
            raise Permanent(says.too_large_now.format(octets=len(message), most=scope.sending.size))
        rcpts = aftermath.remaining(task, send)
        outcome = await self._peers.submission.submit(send.draft.from_, send.draft.mail_from, rcpts, message)
        verdict = aftermath.submitted(task, send, outcome, self._peers.mail_schedule, self._clock())
        if isinstance(verdict, Fulfil):
            verdict = replace(verdict, then=(*verdict.then, *lobby.answered(send, scope)))
        return verdict

    async def _send_by_itself(self, task: Task, mail: AutoMail) -> Verdict:
        """Rules may have changed since it was planned: it leaves only if they still say so."""
        setup, draft = self._rules.now.setup, mail.draft
        scope = self._rules.scope(mail.scope, mail.rule)
        if scope is None or scope.voice is None or scope.voice.key != draft.from_.key:
            raise Permanent(f"the rules no longer send from here as {draft.from_.spec}")
        if not _still_wanted(mail, scope):
            raise Permanent("the rules no longer say so")
        if any(not setup.may_leave(a) for a in draft.recipients):
            raise Permanent(f"outbound is {setup.outbound}: nothing is sent to that address")
        message: bytes | Outgoing
        if draft.original:
            raw = await self._peers.journal.raw(draft.original)
            message = await asyncio.to_thread(self._peers.enclose, draft, raw)
        else:
            message = await self._message(draft)
        rcpts = tuple(a.spec for a in draft.recipients)
        outcome = await self._peers.submission.submit(draft.from_, draft.mail_from, rcpts, message)
        return aftermath.auto_submitted(task, mail, outcome, self._peers.mail_schedule, self._clock())

    async def _message(self, draft: Draft) -> bytes:
        most = self._peers.media_limit
        files = [await self._peers.chat.fetch(media.mxc, most, cipher=media.cipher) for media in draft.media]
        return await asyncio.to_thread(self._peers.compose, draft, files)


def _still_wanted(mail: AutoMail, scope: Scope) -> bool:
    match mail.why:
        case "forward" | "copy":
            named = {copy.address.key for copy in scope.copies if copy.address is not None}
            return all(a.key in named for a in mail.draft.recipients)
        case "acknowledge":
            return scope.acknowledge is not None
        case "fallback":
            return scope.fallback is not None and all(
                a.key in {to.key for to in scope.fallback.to} for a in mail.draft.to
            )
        case _:
            assert_never(mail.why)
