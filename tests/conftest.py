"""Fixtures that bring up the real world, and the rule that nothing may be skipped.

Servers live as long as the test session, users, mailboxes, sinks and registrations as long as one test:

    synapse      the session's Synapse (tests.servers.synapse.SynapseWithPool): `url`, `server_name`, `homeserver`
    person       `await person("ann")` makes a fresh Matrix user and returns a `Probe` logged in as them
    appservice   a `Registration` that Synapse knows and no other test has used
    ghost        `ghost(registration, user_id)` returns a `Probe` that speaks as the appservice's bot or a ghost
    dovecot      the session's Dovecot; `mailbox("eva")` makes a fresh user of it
    postfix      the session's Postfix; `sink(...)` starts an smtp-sink for one test
    authority    the session's certificate authority

Each test's event loop must end with nothing open (`tests.loops`): else that test fails.

A test that must stop or kill a server starts its own: `bridge.demo.homeserver.Homeserver(tmp_path)`, or
`Dovecot(short_path, authority)`. `short_path` is a folder whose path is short enough for sockets and passable for the
servers' own users, which `tmp_path` is not.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from tests.loops import watching_loop
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.postfix import Postfix, SmtpSink
from tests.servers.probe import Probe
from tests.servers.synapse import Registration, SynapseWithPool
from tests.servers.tls import Authority

settings.register_profile("patient", deadline=None)  # how long an example takes says more of the machine than of us
settings.load_profile("patient")


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What makes the event loops of tests."""
    return {"watching": watching_loop}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test is a promise nobody checked: the session fails."""
    if _skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say so, where the exit status would puzzle."""
    if count := _skipped(config):
        terminalreporter.write_line(f"FAILED: {count} skipped; skipping is not allowed here", red=True)


def _skipped(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    assert isinstance(reporter, pytest.TerminalReporter)
    return sum(len(reporter.stats.get(kind, [])) for kind in ("skipped", "xfailed"))


def _short_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mailroom-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder for one test with a short path that other users may pass."""
    yield from _short_folder()


@pytest.fixture(scope="session")
def world() -> Iterator[Path]:
    """The session servers' folder."""
    yield from _short_folder()


@pytest.fixture(scope="session")
def authority(world: Path) -> Authority:
    """The certificate authority that clients in tests trust."""
    return Authority(world)


# The servers are plain child processes, bound to no event loop: each fixture starts and stops its own in a short one.


@pytest.fixture(scope="session")
def synapse(world: Path) -> Iterator[SynapseWithPool]:
    """The session's Synapse."""
    server = SynapseWithPool(world)
    asyncio.run(server.homeserver.start())
    yield server
    asyncio.run(server.homeserver.stop())


@pytest.fixture(scope="session")
def dovecot(world: Path, authority: Authority) -> Iterator[Dovecot]:
    """The session's Dovecot."""
    folder = world / "d"
    folder.mkdir()
    server = Dovecot(folder, authority)
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture(scope="session")
def postfix(world: Path, dovecot: Dovecot) -> Iterator[Postfix]:
    """The session's Postfix, which delivers to the session's Dovecot."""
    folder = world / "p"
    folder.mkdir()
    server = Postfix(folder, dovecot)
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture
def mailbox(dovecot: Dovecot) -> Callable[[str], Mailbox]:
    """`mailbox("eva")`: a fresh user of Dovecot."""
    return dovecot.add_user


@pytest.fixture
async def person(synapse: SynapseWithPool) -> AsyncIterator[Callable[..., Awaitable[Probe]]]:
    """`await person("ann", displayname=…, admin=…)`: a fresh Matrix user."""
    probes: list[Probe] = []

    async def register(name: str = "ann", *, displayname: str | None = None, admin: bool = False) -> Probe:
        account = await synapse.register(name, displayname=displayname, admin=admin)
        probes.append(Probe.of(synapse.url, account))
        return probes[-1]

    yield register
    for probe in probes:
        await probe.close()


@pytest.fixture
async def appservice(synapse: SynapseWithPool) -> Registration:
    """An application service registration for this test alone."""
    return await synapse.take()


@pytest.fixture
async def ghost(synapse: SynapseWithPool) -> AsyncIterator[Callable[..., Probe]]:
    """`ghost(appservice)`: a probe as the bot; `ghost(appservice, user_id)`: as a user of its namespace."""
    probes: list[Probe] = []

    def speak(registration: Registration, user_id: str | None = None) -> Probe:
        probes.append(Probe.ghost(synapse.url, registration, user_id))
        return probes[-1]

    yield speak
    for probe in probes:
        await probe.close()


@pytest.fixture
async def sink(short_path: Path) -> AsyncIterator[Callable[..., Awaitable[SmtpSink]]]:
    """`await sink()`: an smtp-sink for this test; smtp-sink's own options make it misbehave (`"-r", "rcpt"`)."""
    sinks: list[SmtpSink] = []

    async def start(*options: str, lmtp: bool = False) -> SmtpSink:
        folder = short_path / f"sink{len(sinks)}"
        folder.mkdir()
        sinks.append(SmtpSink(folder, *options, lmtp=lmtp))
        await sinks[-1].start()
        return sinks[-1]

    yield start
    for each in sinks:
        await each.stop()
