"""Postfix as Debian ships it, a private instance on free loopback ports, and its `smtp-sink`.

`port` takes any mail from here, as an MX does; `submission_port` (STARTTLS) and `tls_port` (implicit TLS) want one of
Dovecot's users. Mail for any `*.example` domain lands in the Dovecot mailbox of its local part; `route` sends an
address or a domain elsewhere: to the bridge over SMTP or LMTP, to a sink, or nowhere (`error:5.1.1 no such user`).
Postfix insists on being started by root.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.demo.process import LOOPBACK, ServerProcess, accepts_tcp
from tests.servers.dovecot import CURE, Dovecot
from tests.servers.ports import free_port
from tests.waiting import eventually

_LDA = "/usr/lib/dovecot/dovecot-lda"
_MASTER = "/usr/lib/postfix/sbin/master"
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
_SERVICES = ("cleanup", "rewrite trivial-rewrite", "bounce", "defer bounce", "trace bounce", "proxymap", "smtp", "lmtp")
_MORE_SERVICES = ("relay smtp", "showq", "error", "retry error", "discard", "anvil", "scache", "verify", "flush")


class Postfix:
    """One Postfix that knows the users of `dovecot`. `folder` must be passable for other users."""

    def __init__(self, folder: Path, dovecot: Dovecot) -> None:
        self.folder = folder
        self._binary = _find("postfix")
        if os.geteuid() != 0:
            raise PermissionError("the tests' Postfix can only be started by root: run them as root, or in a container")
        self._dovecot = dovecot
        self._routes: dict[str, str] = {}
        self.port = free_port()
        self.submission_port = free_port()
        self.tls_port = free_port()
        self.certificate = dovecot.authority.issue("postfix")
        self._config = folder / "etc"
        # `postfix start` would detach; the master daemon alone stays our child and ends with us.
        self._process = ServerProcess([_MASTER, "-d", "-c", str(self._config)], folder / "stdout.log")

    @property
    def log(self) -> Path:
        """What Postfix logs, one line an event."""
        return self.folder / "postfix.log"

    async def start(self) -> None:
        """Start it and return when its ports answer. Raises `ServerFailed` with its last log lines."""
        self._write()
        await _run(self._binary, "-c", str(self._config), "check")  # makes the queue's folders
        await self._process.start(self._ready, within=60)

    async def stop(self) -> None:
        """End it in good order; its queue stays."""
        await self._process.stop()

    async def kill(self) -> None:
        """End it as a power cut would; its queue stays."""
        await self._process.kill()

    async def route(self, destination: str, next_hop: str) -> None:
        """Send mail for an address or a domain to `next_hop` from now on (transport(5): `smtp:[127.0.0.1]:2525`,
        `lmtp:unix:/path`, `error:5.1.1 no such user`). Takes effect before it returns."""
        self._routes[destination] = next_hop
        self._write_routes()
        await eventually(self.log.exists)
        mark = len(self.log.read_bytes())
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGHUP)
        await eventually(lambda: b"reload -- " in self.log.read_bytes()[mark:])

    async def route_to_smtp(self, destination: str, port: int) -> None:
        """`route` to an SMTP server on the loopback interface."""
        await self.route(destination, f"smtp:[{LOOPBACK}]:{port}")

    async def queue(self) -> list[dict[str, Any]]:
        """What waits, as `postqueue -j` tells it: queue_id, sender, recipients with delay_reason."""
        told = await _run(_find("postqueue"), "-c", str(self._config), "-j")
        return [json.loads(line) for line in told.splitlines()]

    async def flush(self) -> None:
        """Try everything that waits again now."""
        await _run(_find("postqueue"), "-c", str(self._config), "-f")

    async def _ready(self) -> bool:
        return all([await accepts_tcp(port) for port in (self.port, self.submission_port, self.tls_port)])

    def _write(self) -> None:
        for name in ("etc", "queue", "data"):
            (self.folder / name).mkdir(exist_ok=True)
        shutil.chown(self.folder / "data", "postfix")
        (self._config / "main.cf").write_text(_MAIN.format(p=self, d=self._dovecot))
        (self._config / "example").write_text("/\\.example$/ OK\n")
        (self._config / "master.cf").write_text(self._services())
        self._write_routes()

    def _mail_user(self) -> str:
        return (self._dovecot.folder / "mail").owner()

    def _write_routes(self) -> None:
        fresh = self._config / "transport.new"
        fresh.write_text("".join(f"{destination} {hop}\n" for destination, hop in self._routes.items()))
        fresh.replace(self._config / "transport")

    def _services(self) -> str:
        login = "-o smtpd_sasl_auth_enable=yes -o smtpd_relay_restrictions=permit_sasl_authenticated,reject"
        lines = [
            f"{LOOPBACK}:{self.port} inet n - n - - smtpd",
            f"{LOOPBACK}:{self.submission_port} inet n - n - - smtpd {login} -o smtpd_tls_security_level=encrypt",
            f"{LOOPBACK}:{self.tls_port} inet n - n - - smtpd {login} -o smtpd_tls_wrappermode=yes",
            "pickup unix n - n 60 1 pickup",
            "qmgr unix n - n 1 1 qmgr",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            f"dovecot unix - n n - 4 pipe flags=DRhu user={self._mail_user()} argv={_LDA} "
            f"-c {self._dovecot.config} -f ${{sender}} -a ${{recipient}} -d ${{user}}",
            "postlog unix-dgram n - n - 1 postlogd",
        ]
        for service in (*_SERVICES, *_MORE_SERVICES):
            name, _, program = service.partition(" ")
            limit = "0" if name in {"cleanup", "bounce", "defer", "trace"} else "-"
            lines.append(
                f"{name} unix {'n' if name in {'cleanup', 'flush', 'showq'} else '-'} - n - {limit} {program or name}"
            )
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class SunkMail:
    """One mail that a sink took: the envelope and the message with CRLF line ends."""

    mail_from: str
    recipients: tuple[str, ...]
    raw: bytes


class SmtpSink:
    """Postfix's `smtp-sink`: takes every mail at `port`; options of smtp-sink(1) make it refuse or hang up."""

    def __init__(self, folder: Path, *options: str, lmtp: bool = False) -> None:
        self.port = free_port()
        self._drop = folder
        who = ["-u", "postfix"] if os.geteuid() == 0 else []
        kind = ["-L"] if lmtp else []
        argv = [_find("smtp-sink"), *who, *kind, "-d", f"{folder}/m.", *options, f"{LOOPBACK}:{self.port}", "100"]
        self._process = ServerProcess(argv, folder / "sink.log")

    async def start(self) -> None:
        """Start it and return when it takes connections."""
        if os.geteuid() == 0:
            shutil.chown(self._drop, "postfix")
        await self._process.start(lambda: accepts_tcp(self.port), within=20)

    async def stop(self) -> None:
        """End it; what it took stays."""
        await self._process.stop()

    def messages(self) -> list[SunkMail]:
        """All mails taken whole so far, in the order of their arrival."""
        files = sorted(self._drop.glob("m.*"), key=lambda file: file.stat().st_mtime_ns)
        return [mail for file in files if (mail := _read_sunk(file.read_bytes())) is not None]

    async def wait_for(self, count: int, within: float = 30.0) -> list[SunkMail]:
        """`messages`, once there are `count` of them. Raises `AssertionError` after `within` seconds."""
        await eventually(lambda: len(self.messages()) >= count, within)
        return self.messages()


def _read_sunk(dump: bytes) -> SunkMail | None:
    """Split smtp-sink's own header lines (X-Mail-Args and so on, up to its Received) from the message."""
    sender, recipients = "", []
    lines = dump.split(b"\n")
    for number, line in enumerate(lines):
        name, _, value = line.decode(errors="replace").partition(": ")
        match name:
            case "X-Mail-Args":
                sender = _path(value)
            case "X-Rcpt-Args":
                recipients.append(_path(value))
            case "Received":
                rest = number + 1
                while lines[rest].startswith((b" ", b"\t")):
                    rest += 1
                return SunkMail(sender, tuple(recipients), b"\r\n".join(lines[rest:-1]))  # it ends with an empty line
    return None


def _path(arguments: str) -> str:
    return arguments[arguments.index("<") + 1 : arguments.index(">")]


def _find(program: str) -> str:
    found = shutil.which(program, path=_PATH)
    if found is None:
        raise FileNotFoundError(f"the tests need {program}: {CURE}")
    return found


async def _run(*argv: str) -> str:
    done = await asyncio.to_thread(subprocess.run, argv, capture_output=True, text=True, check=True)
    return done.stdout


_MAIN = """\
compatibility_level = 3.6
maillog_file = {p.log}
maillog_file_prefixes = {p.folder}
queue_directory = {p.folder}/queue
data_directory = {p.folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
biff = no
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
message_size_limit = 60000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
recipient_delimiter = +
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_sasl_type = dovecot
smtpd_sasl_path = {d.sasl_socket}
smtpd_tls_cert_file = {p.certificate.certificate}
smtpd_tls_key_file = {p.certificate.key}
smtpd_tls_security_level = may
smtp_tls_security_level = may
smtp_tls_CAfile = {d.authority.certificate}
transport_maps = texthash:{p.folder}/etc/transport
default_transport = error:5.4.4 the tests have no route to this domain
virtual_mailbox_domains = regexp:{p.folder}/etc/example
virtual_transport = dovecot
dovecot_destination_recipient_limit = 1
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 3s
transport_retry_time = 1s
"""
