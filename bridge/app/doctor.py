"""What `mailroom check` looks at: every setting, every peer, the rules, the listeners, the state folder.

Each finding comes with its cure. It leaves nothing behind (the probes' own room and device aside), and works beside a
running daemon as well as without one.
"""

import asyncio
import contextlib
import errno
import os
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

from bridge.app import matrix, parts, peers
from bridge.app.peers import Finding, Home, Level
from bridge.app.rulebooks import compile_for
from bridge.chat.connect import BotSettings
from bridge.chat.encrypted import ANY
from bridge.config import Bind, Settings, load_settings
from bridge.core.errors import BridgeError
from bridge.routing import Compiled, CompiledRulebook
from bridge.store.lock import running
from bridge.yamldoc import Problem

LITTLE = 100_000_000
"""Octets of free disk below which mail will soon be refused."""

ENOUGH = 1_000_000_000
"""Octets of free disk from which on nobody needs to think of it."""


async def check(path: Path) -> AsyncIterator[Finding]:
    """Every finding as it is made."""
    settings = load_settings(path)
    if isinstance(settings, list):
        for problem in settings:
            yield placed("settings", "problem", problem)
        return
    yield Finding("settings", "ok", f"{path}, outbound is {settings.outbound}")
    pid = running(settings.state)
    yield Finding("daemon", "ok", f"runs, pid {pid}" if pid else "does not run")
    yield state(settings.state)
    home = await _home(settings, pid)
    server = await peers.server_name(home) if isinstance(home, Home) else ""
    compiled = await asyncio.to_thread(compile_for, settings, server)
    for finding in rules(settings, compiled):
        yield finding
    async for finding in everyone(settings, home, compiled.rulebook):
        yield finding
    for finding in listeners(settings, pid):
        yield finding


async def _home(settings: Settings, pid: int | None) -> Home | Finding:
    """Who we are on the homeserver, or why that cannot be known. Where a daemon listens, or soon will, we do not."""
    home = settings.homeserver
    try:
        if home.mode == "appservice":
            return Home(home.url, matrix.registration(settings), listen=None if pid else settings.listen.matrix)
        credential = home.credential
        assert credential is not None, "mode bot has one"
        return Home(home.url, bot=BotSettings(home.url, credential.user, await credential.secret()))
    except BridgeError as error:
        return Finding("homeserver", "problem", error.text, "mend the file that the settings name")


async def everyone(
    settings: Settings, home: Home | Finding, rulebook: CompiledRulebook | None
) -> AsyncIterator[Finding]:
    """All peers, one after the other: Matrix, mailboxes, submission."""
    if isinstance(home, Finding):
        yield home
    else:
        people = [*settings.admins, *sorted(rulebook.people() if rulebook else ())]
        encrypted = (rulebook is not None and rulebook.encrypted) or await asyncio.to_thread(sealed, settings.state)
        async for finding in peers.matrix(replace(home, invitee=people[0] if people else "", encrypted=encrypted)):
            yield finding
    for name, account in settings.accounts.items():
        try:
            found = await peers.mailbox(parts.imap_account(name, account), account.credential.secret)
        except (ValueError, OSError) as error:  # what the settings could not know: no account can be meant so
            found = [Finding(f"mailbox {name}", "problem", str(error), "mend it in the settings")]
        for finding in found:
            yield finding
    for name, sender in settings.submission.items():
        try:
            found = await peers.sender(parts.submission_account(name, sender))
        except (BridgeError, OSError) as error:
            found = [Finding(f"submission {name}", "problem", str(error), "mend it in the settings")]
        for finding in found:
            yield finding


def sealed(folder: Path) -> bool:
    """Whether there are encrypted rooms, whatever the rules say now. A journal that cannot be read tells of none."""
    from bridge.store import lookup
    from bridge.store.database import FILE_NAME

    with contextlib.suppress(BridgeError):
        return (folder / FILE_NAME).exists() and any(source.name == ANY for source in lookup.sources(folder))
    return False


def rules(settings: Settings, compiled: Compiled) -> Iterator[Finding]:
    """Problems and warnings of the rules, and whether who may answer has an account that sends for them."""
    for problem in compiled.problems:
        yield placed("rules", "problem", problem)
    for warning in compiled.warnings:
        yield placed("rules", "warning", warning)
    rulebook = compiled.rulebook
    if rulebook is None:
        return
    yield Finding("rules", "ok", f"{len(rulebook.scopes)} inboxes and lists, digest {rulebook.digest[:12]}")
    unread = sorted(set(settings.accounts) - set(rulebook.accounts))
    for name in unread:
        cure = f"name it in an inbox: account: {name}"
        yield Finding("rules", "warning", f"mail of account {name} reaches no inbox and is unmatched", cure)
    scopes = [ruled.base for ruled in rulebook.scopes.values()]
    scopes += [rule.scope for ruled in rulebook.scopes.values() for rule in ruled.rules]
    sending = {address.spec for scope in scopes if scope.sending for _, address in scope.sending.identities}
    if sending and not settings.submission:
        cure = "add a submission account, or say send: none"
        yield Finding("identities", "problem", "the rules let people answer, but no account sends", cure)
    elif sending:  # that each is listed by an account was checked with the rules
        yield Finding("identities", "ok", f"answers leave as {', '.join(sorted(sending))}")


def placed(what: str, level: Level, problem: Problem) -> Finding:
    """A problem of a file as a finding: its place is in the words."""
    return Finding(what, level, str(replace(problem, cure="")), problem.cure)


def listeners(settings: Settings, pid: int | None) -> Iterator[Finding]:
    """Whether we may listen where the settings say; a running daemon must be found there."""
    for listener in parts.listeners(settings.listen):
        bind = Bind(listener.host, listener.port, listener.path)
        finding = _reached(bind) if pid else _free(bind)
        if finding.level == "ok" and listener.certificate is not None:
            finding = _certificate(finding, listener.certificate, listener.key)
        yield finding
    if pid and settings.homeserver.mode == "appservice" and settings.listen.matrix is not None:
        yield _reached(settings.listen.matrix)
    if (metrics := settings.listen.metrics) is not None:
        yield _reached(metrics) if pid else _free(metrics)


def _where(bind: Bind) -> str:
    return str(bind.socket) if bind.socket else f"{bind.host}:{bind.port}"


def _free(bind: Bind) -> Finding:
    what = f"listener {_where(bind)}"
    try:
        if bind.socket is not None:
            folder = bind.socket.parent
            if not os.access(folder, os.W_OK | os.X_OK):
                return Finding(
                    what, "problem", f"no socket can be made in {folder}", "make the folder, or let us write"
                )
            return Finding(what, "ok", "can be made")
        family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((bind.host, bind.port))
            trial.listen(1)
    except OSError as error:
        cures = {
            errno.EADDRINUSE: "another program listens there: stop it, or choose another port",
            errno.EACCES: "ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit",
            errno.EADDRNOTAVAIL: "that is no address of this machine",
        }
        cure = cures.get(error.errno or 0, "mend the address in `listen`")
        return Finding(what, "problem", f"cannot listen: {error.strerror or error}", cure)
    return Finding(what, "ok", "is free")


def _reached(bind: Bind) -> Finding:
    what = f"listener {_where(bind)}"
    try:
        if bind.socket is not None:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(5)
                client.connect(os.fspath(bind.socket))
        else:
            socket.create_connection((bind.host, bind.port), timeout=5).close()
    except OSError as error:
        cure = "restart the daemon: it may run with older settings"
        return Finding(what, "problem", f"the daemon runs but does not answer there: {error.strerror or error}", cure)
    return Finding(what, "ok", "answers")


def _certificate(finding: Finding, certificate: Path, key: Path | None) -> Finding:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError):
        words = f"{certificate} and {key} cannot be used together"
        return Finding(finding.what, "problem", words, "write a PEM chain and its unencrypted key")
    return finding


def state(folder: Path) -> Finding:
    """Whether the journal can be kept there."""
    # os.path: a folder that we may not look into counts as not there
    there = next(path for path in (folder, *folder.absolute().parents) if os.path.exists(path))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Finding("state", "problem", f"{there} cannot be written", f"make {folder} and give it to our user")
    free = shutil.disk_usage(there).free
    words = f"{folder}, {free / 1e9:.1f} GB free"
    if free < ENOUGH:
        return Finding("state", "problem" if free < LITTLE else "warning", words, "make room: a full disk refuses mail")
    return Finding("state", "ok", words)
