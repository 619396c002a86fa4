"""Dovecot as Debian ships it, on free loopback ports, with its state in one temporary folder.

IMAP plain and STARTTLS at `port`, implicit TLS at `tls_port`; PLAIN, LOGIN, XOAUTH2, OAUTHBEARER; users and maildirs
made by the tests. It also offers a SASL socket, by which Postfix lets the same users submit mail.
"""

import base64
import grp
import hashlib
import hmac
import imaplib
import json
import os
import pwd
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bridge.demo.mailserver import deliver, make_maildir, messages
from bridge.demo.process import LOOPBACK, ServerProcess, accepts_tcp
from tests.servers.ports import free_port
from tests.servers.tls import Authority

CURE = "run `make deps` (Debian: apt install dovecot-imapd postfix)"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One user of Dovecot: the login name, the password, the mail address and the maildir behind it."""

    user: str
    password: str = field(repr=False)
    address: str
    maildir: Path


class Dovecot:
    """One Dovecot with its users. `folder` must be short (sockets lie in it) and passable for other users."""

    def __init__(self, folder: Path, authority: Authority, *, domain: str = "corp.example") -> None:
        binary = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if binary is None:
            raise FileNotFoundError(f"the tests need Dovecot: {CURE}")
        self.folder = folder
        self.domain = domain
        self.authority = authority
        self.port = free_port()
        self.tls_port = free_port()
        self.certificate = authority.issue("dovecot")
        self._token_key = secrets.token_bytes(32)
        self.config = folder / "dovecot.conf"
        self._process = ServerProcess([binary, "-F", "-c", str(self.config)], folder / "stdout.log")

    @property
    def log(self) -> Path:
        """What Dovecot says, failed logins included."""
        return self.folder / "dovecot.log"

    @property
    def sasl_socket(self) -> Path:
        """The authentication socket for Postfix (`smtpd_sasl_path`)."""
        return self.folder / "run" / "sasl"

    async def start(self) -> None:
        """Start it and return when both ports answer. Raises `ServerFailed` with its last log lines."""
        self._write()
        await self._process.start(self._ready, within=60)

    async def stop(self) -> None:
        """End it in good order; mailboxes stay."""
        await self._process.stop()

    async def kill(self) -> None:
        """End it as a power cut would; connections are cut, mailboxes stay."""
        await self._process.kill()

    async def restart(self) -> None:
        """Stop and start on the same ports, with the same users; every connection is lost."""
        await self.stop()
        await self.start()

    def add_user(self, name: str = "eva") -> Mailbox:
        """A fresh mailbox with a unique login name that begins with `name`; counts at once."""
        user = f"{name}-{secrets.token_hex(4)}"
        password = secrets.token_urlsafe(12)
        home = self.folder / "mail" / user
        make_maildir(home)
        self._give(home)
        # A file for each user: Dovecot looks at most once a second whether one it has read has changed.
        (self.folder / "users" / user).write_text(f"{user}:{{PLAIN}}{password}:{_uid()}:{_gid()}::{home}::\n")
        return Mailbox(user, password, f"{user}@{self.domain}", home)

    def deliver(self, mailbox: Mailbox, raw: bytes, folder: str = "INBOX") -> None:
        """Put a mail there as a delivery agent does; Dovecot serves it with CRLF line ends."""
        self._give(deliver(mailbox.maildir, raw, folder))

    def messages(self, mailbox: Mailbox, folder: str = "INBOX") -> list[bytes]:
        """The mails in a folder as they lie on disk, oldest delivery first."""
        return list(messages(mailbox.maildir, folder))

    def login(self, mailbox: Mailbox, *, tls: bool = False) -> imaplib.IMAP4:
        """A second, independent client for looking and changing things from outside; use it with `with`."""
        client: imaplib.IMAP4
        if tls:
            client = imaplib.IMAP4_SSL("localhost", self.tls_port, ssl_context=self.authority.client_context())
        else:
            client = imaplib.IMAP4(LOOPBACK, self.port, timeout=20)
        client.login(mailbox.user, mailbox.password)
        return client

    def token(self, mailbox: Mailbox, *, lifetime: int = 3600) -> str:
        """A bearer token for XOAUTH2 or OAUTHBEARER, good for `lifetime` seconds (negative: expired already)."""
        now = int(time.time())
        head = {"alg": "HS256", "typ": "JWT"}
        claims = {"sub": mailbox.user, "email": mailbox.user, "iat": now - 7200, "nbf": now - 7200}
        signed = f"{_b64(head)}.{_b64({**claims, 'exp': now + lifetime})}"
        return f"{signed}.{_url64(hmac.digest(self._token_key, signed.encode(), hashlib.sha256))}"

    async def _ready(self) -> bool:
        return await accepts_tcp(self.port) and await accepts_tcp(self.tls_port)

    def _give(self, path: Path) -> None:
        """Hand a path and all below it to the user whose rights Dovecot takes for mail."""
        if os.geteuid() == 0:
            for each in (path, *path.rglob("*")):
                os.chown(each, _uid(), _gid())

    def _write(self) -> None:
        for name in ("run", "state", "mail", "users", "keys/default/HS256"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.log.touch()
        self.log.chmod(0o666)  # Postfix runs the delivery agent as the mail user
        (self.folder / "keys/default/HS256/default").write_text(base64.b64encode(self._token_key).decode())
        (self.folder / "oauth2.conf").write_text(
            "introspection_mode = local\n"
            f"local_validation_key_dict = fs:posix:prefix={self.folder}/keys/\n"
            "username_attribute = sub\nusername_format = %u\n"
        )
        self._give(self.folder / "mail")
        me, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
        internal, login, group = ("dovecot", "dovenull", "dovecot") if os.geteuid() == 0 else (me, me, group)
        self.config.write_text(_CONFIG.format(d=self, internal=internal, login=login, group=group))


def _uid() -> int:
    # Dovecot refuses to read mail as root: the tests' mail belongs to Debian's `mail` user then.
    return pwd.getpwnam("mail").pw_uid if os.geteuid() == 0 else os.geteuid()


def _gid() -> int:
    return pwd.getpwnam("mail").pw_gid if os.geteuid() == 0 else os.getegid()


def _b64(value: Mapping[str, object]) -> str:
    return _url64(json.dumps(value).encode())


def _url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_CONFIG = """\
base_dir = {d.folder}/run
state_dir = {d.folder}/state
log_path = {d.log}
instance_name = {d.folder.name}
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/
mail_fsync = never
shutdown_clients = yes
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{d.certificate.certificate}
ssl_key = <{d.certificate.key}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {d.folder}/users/%u
  mechanisms = plain login
}}
passdb {{
  driver = oauth2
  args = {d.folder}/oauth2.conf
  mechanisms = xoauth2 oauthbearer
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {d.folder}/users/%u
}}
namespace inbox {{
  inbox = yes
  separator = .
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    port = {d.port}
  }}
  inet_listener imaps {{
    port = {d.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
service auth {{
  user = {internal}
  unix_listener sasl {{
    mode = 0666
  }}
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
"""
