"""The daemon: journal, doors for mail, Matrix and the engine, started in the order that loses nothing.

Mail is taken in from the first moment on, also while the homeserver is away. On SIGTERM and SIGINT the doors close
first, then what was begun is ended; a kill at any moment costs nothing either. SIGHUP reads rules and certificates
again.
"""

import asyncio
import contextlib
import functools
import logging
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bridge.app import matrix, parts
from bridge.app.adminroom import RuleWords
from bridge.app.reload import Reloader
from bridge.app.rulebooks import compile_for, setup_maker
from bridge.app.rules_at_start import or_refuse, rules_to_begin_with
from bridge.app.standby import standing_by
from bridge.chat.connect import Connected
from bridge.config import Settings
from bridge.core.aftermath import cannot_encrypt
from bridge.core.errors import BridgeError, Permanent, Transient
from bridge.core.happened import BacksOff, Observe, Unread, unobserved
from bridge.core.plan import Arrival
from bridge.core.ports import Enacted, Health, Rulebook
from bridge.engine.delivery import Peers
from bridge.engine.engine import Engine
from bridge.engine.housekeeping import keep_tidy
from bridge.engine.intake import Intake
from bridge.engine.refusing import Refusals
from bridge.engine.rules import Rules
from bridge.engine.supervise import keep_running
from bridge.mail import imap, smtpd
from bridge.mail.compose import compose
from bridge.mail.enclosing import enclose
from bridge.mail.pool import ReaderPool
from bridge.mail.submit import SubmissionPool
from bridge.routing import CompiledRulebook
from bridge.store.journal import Journal

if TYPE_CHECKING:
    from bridge.app.watching import Watch

log = logging.getLogger("mailroom.app")

TRUST = 3600.0
"""Seconds for which a homeserver that remembers transaction ids is trusted to (Synapse: a day)."""

LOGINS = 16
"""How many accounts of one IMAP server log in at once."""

PAUSE = 2.0
"""Seconds before the engine begins anew after something transient."""

Ready = Callable[[Sequence[smtpd.Server]], None]


@dataclass(frozen=True, slots=True)
class Machine:
    """The engine with what it stands on. `broken`: what was wrong with the rules' files when it was assembled."""

    engine: Engine
    connected: Connected
    rules: Rules
    words: RuleWords
    broken: Health | None = None


@contextlib.asynccontextmanager
async def machine(
    settings: Settings,
    journal: Journal,
    intake: Intake,
    cause: Literal["start", "import", "files"] = "start",
    *,
    meanwhile: Rulebook | None = None,
    encrypt: bool = False,
    observe: Observe = unobserved,
) -> AsyncIterator[Machine]:
    """Connect to Matrix, waiting for it, and assemble the engine. It does not run yet, but its rules are in force.

    `meanwhile`: by these rules mail falls back while Matrix is waited for. `encrypt`: rules ask for encrypted rooms.
    Files that were edited since they were read count as edited, not as those of the start.
    """
    async with contextlib.AsyncExitStack() as stack:
        reader = ReaderPool(failed=lambda why: observe(Unread(why)))
        await reader.start()
        stack.push_async_callback(reader.close)
        accounts = [parts.submission_account(name, account) for name, account in settings.submission.items()]
        submission = SubmissionPool(accounts, parts.sent_folders(settings))
        stack.push_async_callback(submission.aclose)
        mailboxes = parts.mailboxes(settings)
        stack.push_async_callback(mailboxes.aclose)
        async with standing_by(settings, journal, reader, submission, mailboxes, meanwhile):
            arriving = matrix.connect_patiently(settings, journal, encrypt=encrypt)
            connected = await stack.enter_async_context(arriving)
        server = connected.names.bot.partition(":")[2]
        compiled, broken = await asyncio.to_thread(rules_to_begin_with, settings, server)
        rulebook = or_refuse(compiled)
        if meanwhile is not None and rulebook.digest != meanwhile.digest:
            cause = "files"
            log.info("rules in force: %s", rulebook.digest)
        rules = Rules(rulebook, setup_maker(settings, journal.seed, connected.names.bot))
        await journal.enact(Enacted(rulebook.digest, cause, compiled.texts))
        words = RuleWords(settings, server, reader)
        peers = Peers(
            journal=journal,
            chat=connected.chat,
            submission=submission,
            reader=reader,
            compose=compose,
            enclose=enclose,
            mailboxes=mailboxes,
            mail_schedule=settings.retry.schedule,
            trust=TRUST if connected.remembers else 0.0,
            obey=words.obey,
        )
        yield Machine(Engine(peers, rules, intake, time.time), connected, rules, words, broken)


async def run(settings: Settings, *, ready: Ready | None = None) -> None:
    """Run until SIGTERM or SIGINT. Raises Permanent for what a person must mend first (rules, another daemon)."""
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    compiled, broken = await asyncio.to_thread(rules_to_begin_with, settings)
    first = or_refuse(compiled)
    if settings.homeserver.mode == "appservice":
        matrix.registration(settings)  # a broken one is for a person to mend, now
    async with contextlib.AsyncExitStack() as stack:
        watch = _watch_of(settings)
        opened = watch.opened() if watch else Journal.open(settings.state, apart=True)
        journal = await stack.enter_async_context(await opened)
        observe = watch.observe if watch else unobserved
        # RCPT obeys them already; and if a file breaks while the homeserver is away, these go on.
        await journal.enact(Enacted(first.digest, "start", compiled.texts))
        if broken is not None:
            await journal.report(broken)
        intake = Intake(journal)
        known = _Known(first, broken=broken)
        tasks = await stack.enter_async_context(_tasks())
        servers = await _open_doors(settings, intake, journal, known, stack)
        if watch is not None:
            await stack.enter_async_context(watch.shown(servers))
        gates: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(LOGINS))
        for name, account in settings.accounts.items():
            watching = parts.imap_account(name, account)
            gate = gates[watching.host]  # each server its own: one that is away makes nobody else wait
            brought = _watch(watching, account.credential.secret, intake, journal, gate, observe)
            tasks.append(asyncio.create_task(brought))
        tidying = functools.partial(keep_tidy, journal.tidy, time.time)
        tasks.append(asyncio.create_task(keep_running("housekeeping", tidying, journal.report, time.time)))
        once = functools.partial(_work_once, settings, journal, intake, known, again, servers, observe)
        work = asyncio.create_task(_work(once))
        tasks.append(work)
        log.info("mailroom runs, outbound is %s", settings.outbound)
        if ready is not None:
            ready(servers)
        stopping = asyncio.create_task(stop.wait())
        tasks.append(stopping)
        await asyncio.wait([stopping, work], return_when=asyncio.FIRST_COMPLETED)
        log.info("mailroom stops")
        if work.done():
            work.result()


def _watch_of(settings: Settings) -> "Watch | None":
    """Who shows the daemon to the outside, where that is wanted; else what it needs is not even imported."""
    if settings.listen.metrics is None:
        return None
    from bridge.app.watching import Watch

    return Watch(settings, settings.listen.metrics)


@dataclass(slots=True)
class _Known:
    """Which recipients RCPT takes, and who refuses a mail: by the rulebook in force.

    `broken`: what was wrong with the rules' files at the start.
    """

    rulebook: CompiledRulebook
    rules: Rules | None = None
    refusals: Refusals | None = None
    broken: Health | None = None

    def __call__(self, recipient: str) -> bool:
        return (self.rules.now.rulebook if self.rules else self.rulebook).knows(recipient)

    async def refuse(self, arrival: Arrival) -> Mapping[str, str]:
        """Nobody, while there is no engine yet: what is taken in then and not wanted is held."""
        return await self.refusals.of(arrival) if self.refusals else {}


@contextlib.asynccontextmanager
async def _tasks() -> AsyncIterator[list[asyncio.Task[None] | asyncio.Task[bool]]]:
    """Tasks that end with the context; their failures were reported where they happened."""
    tasks: list[asyncio.Task[None] | asyncio.Task[bool]] = []
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _open_doors(
    settings: Settings, intake: Intake, journal: Journal, known: "_Known", stack: contextlib.AsyncExitStack
) -> list[smtpd.Server]:
    async def accept(arrivals: Sequence[Arrival]) -> int:
        return await intake.accept(arrivals)

    servers: list[smtpd.Server] = []
    for listener in parts.listeners(settings.listen):
        try:
            server = await smtpd.serve(
                listener, accept=accept, spool=journal.spool, knows=known, clock=time.time, refuse=known.refuse
            )
        except OSError as error:
            where = listener.path or f"{listener.host}:{listener.port}"
            cure = "end the program that holds it (`ss -ltnp` names it), or choose another address under `listen:`"
            raise Permanent(f"cannot listen on {where}: {error.strerror or error}; {cure}") from None
        stack.push_async_callback(server.close)
        servers.append(server)
    return servers


async def _watch(
    account: imap.Account,
    secret: imap.Secret,
    intake: Intake,
    journal: Journal,
    gate: asyncio.Semaphore,
    observe: Observe,
) -> None:
    async def part() -> None:
        await imap.watch(
            account,
            secret,
            journal_bookmark=journal.bookmark,
            accept=intake.accept_watched,
            spool=journal.spool,
            report=journal.report,
            clock=time.time,
            gate=gate,
            paused=lambda seconds: observe(BacksOff(account.name, seconds)),
        )

    await keep_running(f"imap:{account.name}", part, journal.report, time.time)


async def _work(once: Callable[[], Awaitable[None]]) -> None:
    """Keep at it: what is transient (a full disk, a homeserver that went away while we began) never ends the daemon."""
    while True:
        try:
            await once()
        except Transient as error:
            log.error("the engine stopped and begins anew: %s", error.text)
            await asyncio.sleep(PAUSE)


async def _work_once(
    settings: Settings,
    journal: Journal,
    intake: Intake,
    known: _Known,
    again: asyncio.Event,
    servers: Sequence[smtpd.Server],
    observe: Observe,
) -> None:
    """Everything that needs Matrix: the engine, the source of room events, and hot reload."""
    meanwhile = known.rules.now.rulebook if known.rules else known.rulebook
    encrypt = known.rulebook.encrypted
    async with machine(settings, journal, intake, meanwhile=meanwhile, encrypt=encrypt, observe=observe) as made:
        known.rules, known.refusals = made.rules, made.engine.refusals
        server = made.connected.names.bot.partition(":")[2]
        compiled = functools.partial(compile_for, settings, server)
        broken = made.broken or known.broken
        reloader = Reloader(settings.rules, compiled, made.engine, journal, time.time, broken)
        made.words.reload = reloader.reload
        if trouble := made.connected.chat.encryption.keys.trouble:
            await journal.add([cannot_encrypt(trouble, time.time())])
        try:
            source = matrix.events(settings, made.connected, journal, intake.accept)
            async with source as receive, asyncio.TaskGroup() as group:
                group.create_task(made.engine.run())
                group.create_task(keep_running("matrix", receive, journal.report, time.time))
                group.create_task(keep_running("reload", reloader.run, journal.report, time.time))
                group.create_task(_on_hangup(again, reloader, servers))
        except OSError as error:
            cure = "end the program that holds the port, or change listen.matrix and the registration's url"
            raise Permanent(f"cannot listen for the homeserver: {error.strerror or error}; {cure}") from None
        except BaseExceptionGroup as group_error:
            faults = [error for error in group_error.exceptions if isinstance(error, BridgeError)]
            if faults:
                raise faults[0] from None
            raise


async def _on_hangup(again: asyncio.Event, reloader: Reloader, servers: Sequence[smtpd.Server]) -> None:
    while True:
        await again.wait()
        again.clear()
        reloader.force()
        for server in servers:
            server.reload_certificates()
