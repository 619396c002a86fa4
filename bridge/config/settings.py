"""The shape of mailroom.yaml, as types: the sample file and the schema are generated from here.

Everything is checked when it is read; what a field holds afterwards is ready for use, with paths made absolute.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from bridge.config.login import CommandLine, Credential, Login
from bridge.config.values import (
    BindTo,
    Endpoint,
    FilePath,
    HeaderName,
    HttpUrl,
    Mailbox,
    Network,
    Room,
    Security,
    Start,
    UserId,
    endpoint,
)
from bridge.core.mail import SPAM_HEADERS
from bridge.core.retry import MAIL, Schedule
from bridge.yamldoc.types import Count, Doc, Duration, Flag, Many, Size, Word, complaint

_IMAP: dict[str, tuple[int, Security]] = {"imaps": (993, "tls"), "imap": (143, "starttls")}
_SMTP: dict[str, tuple[int, Security]] = {"smtps": (465, "tls"), "smtp": (587, "starttls")}


def _imap_url(url: str) -> str:
    endpoint(url, _IMAP)
    return url


def _smtp_url(url: str) -> str:
    endpoint(url, _SMTP)
    return url


ImapUrl = Annotated[Word, AfterValidator(_imap_url)]
SmtpUrl = Annotated[Word, AfterValidator(_smtp_url)]


def _secured(found: Endpoint, *, plain: bool, allowed: bool) -> Endpoint:
    if not plain:
        return found
    if found.security == "tls":
        raise complaint("`tls: none` contradicts the URL", "use imap:// or smtp://, or remove `tls`")
    if not found.loopback and not allowed:
        cure = "remove `tls: none`; if the network is safe, say `allow_insecure: true`"
        raise complaint("would send a password over the network in plain text", cure)
    return Endpoint(found.host, found.port, "none")


class Homeserver(Doc):
    """The Matrix side."""

    url: HttpUrl = Field(description="the client API, https://matrix.corp.example")
    mode: Literal["appservice", "bot"] = Field(description="an application service, or any account")
    registration: FilePath | None = Field(default=None, description="appservice: the registration file")
    device_id: Word | None = Field(default=None, description="appservice: the bot's device, where the server takes it")
    user: UserId | None = Field(default=None, description="bot: its user id")
    password_file: FilePath | None = Field(default=None, description="bot: a file with its password")
    password_command: CommandLine | None = Field(default=None, description="bot: a command that prints it")
    ca_file: FilePath | None = Field(default=None, description="certificates to trust instead of the system's")

    @model_validator(mode="after")
    def _fits(self) -> "Homeserver":
        bot = (self.user, self.password_file, self.password_command)
        if self.mode == "appservice":
            if self.registration is None:
                raise complaint("mode appservice needs its registration", "write registration: registration.yaml")
            if any(value is not None for value in bot):
                raise complaint("mode appservice takes no user or password", "remove them, or write mode: bot")
        else:
            if self.user is None or (self.password_file is None) == (self.password_command is None):
                raise complaint("mode bot needs a user and one way to its password", "write user and password_file")
            if self.registration is not None or self.device_id is not None:
                raise complaint("mode bot takes no registration or device_id", "remove them")
        return self

    @property
    def credential(self) -> Credential | None:
        """How the bot logs in; None in appservice mode."""
        if self.user is None:
            return None
        return Credential(self.user, "auto", self.password_file, self.password_command)


class Account(Login):
    """A mailbox to watch."""

    imap: ImapUrl = Field(description="imaps://host (TLS) or imap://host (STARTTLS)")
    tls: Literal["none"] | None = Field(default=None, description="none: plain text, for loopback")
    allow_insecure: Flag = Field(default=False, description="plain text beyond loopback too")
    ca_file: FilePath | None = Field(default=None, description="certificates to trust instead of the system's")
    folders: Annotated[Many[Word], Field(min_length=1)] = Field(default=("INBOX",), description="what to watch")
    from_: Start = Field(default="now", alias="from", description="now, all, or a date, at first sight")
    sent: Word = Field(default="auto", description="the copy of sent mail: auto, append, off, or a folder")
    delivery_header: Word | None = Field(default=None, description="where the server notes the recipient: Delivered-To")

    @model_validator(mode="after")
    def _safe(self) -> "Account":
        self.server  # noqa: B018 - complains
        return self

    @property
    def server(self) -> Endpoint:
        """Where to connect."""
        return _secured(endpoint(self.imap, _IMAP), plain=self.tls == "none", allowed=self.allow_insecure)


class SubmissionAccount(Login):
    """A mail server that sends for us."""

    url: SmtpUrl = Field(description="smtps://host (TLS) or smtp://host (STARTTLS)")
    tls: Literal["none"] | None = Field(default=None, description="none: plain text, for loopback")
    allow_insecure: Flag = Field(default=False, description="plain text beyond loopback too")
    ca_file: FilePath | None = Field(default=None, description="certificates to trust instead of the system's")
    identities: Annotated[Many[Mailbox], Field(min_length=1)] = Field(description="addresses it may send as")

    @model_validator(mode="after")
    def _safe(self) -> "SubmissionAccount":
        self.server  # noqa: B018 - complains
        if self.auth == "oauthbearer":
            raise complaint("`auth: oauthbearer` is not spoken to submission servers", "write auth: xoauth2")
        return self

    @property
    def server(self) -> Endpoint:
        """Where to connect."""
        return _secured(endpoint(self.url, _SMTP), plain=self.tls == "none", allowed=self.allow_insecure)


class Limits(Doc):
    """Caps of the SMTP and LMTP listeners; beyond them the answer is 4xx or 552, never silence."""

    connections: Count = Field(default=200, description="at once, over all peers")
    per_address: Count = Field(default=20, description="connections at once from one address")
    size: Size = Field(default=50_000_000, description="of one mail")
    recipients: Annotated[Count, Field(ge=100)] = Field(default=1000, description="of one mail, at least 100")
    rate: Count = Field(default=600, description="mails a minute from one address")
    idle: Duration = Field(
        default=300.0, description="how long a silent client is kept (5m or more by RFC 5321), within a mail 3m at most"
    )


class Listen(Doc):
    """Where the daemon listens."""

    smtp: Many[BindTo] = Field(default=(), description="host:port, with STARTTLS when there is a certificate")
    smtps: Many[BindTo] = Field(default=(), description="host:port with implicit TLS")
    lmtp: Many[BindTo] = Field(default=(), description="a socket's path, or host:port")
    matrix: BindTo | None = Field(default=None, description="host:port for the homeserver's transactions")
    metrics: BindTo | None = Field(
        default=None, description="host:port for /metrics (Prometheus) and /health; it asks for no password"
    )
    smtp_tls: Literal["off", "offer", "require"] = Field(default="offer", description="STARTTLS on smtp")
    smtp_cert: FilePath | None = Field(default=None, description="certificate chain, PEM; read again when it changes")
    smtp_key: FilePath | None = Field(default=None, description="its key, PEM")
    trusted: Many[Network] = Field(default=(), description="relays that the caps spare")
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _certificate(self) -> "Listen":
        if (self.smtp_cert is None) is not (self.smtp_key is None):
            raise complaint("smtp_cert and smtp_key go together", "name both")
        if self.smtp_cert is None and (self.smtps or self.smtp_tls == "require"):
            raise complaint("TLS needs a certificate", "name smtp_cert and smtp_key")
        return self

    @model_validator(mode="after")
    def _over_tcp(self) -> "Listen":
        if self.metrics is not None and self.metrics.socket is not None:
            raise complaint("metrics are read over TCP", "write metrics: 127.0.0.1:9110")
        return self


class Retry(Doc):
    """When a mail that could not be handed over is tried again."""

    delays: Annotated[Many[Duration], Field(min_length=1)] = Field(
        default=MAIL.delays, description="after the 1st, 2nd, … failure; the last one repeats"
    )
    give_up: Duration = Field(default=MAIL.give_up, description="after the first try")
    warn_after: Count = Field(default=MAIL.warn_after, description="failures after which the author is told")

    @property
    def schedule(self) -> Schedule:
        """For the outbox."""
        return Schedule(self.delays, self.give_up, self.warn_after)


class Settings(Doc):
    """mailroom.yaml."""

    homeserver: Homeserver
    accounts: dict[str, Account] = Field(default={}, description="mailboxes to watch, by name")
    listen: Listen = Listen()
    submission: dict[str, SubmissionAccount] = Field(default={}, description="servers that send for us, by name")
    outbound: Literal["observe", "own-domains", "all"] = Field(
        default="observe", description="observe sends nothing and shows what would be sent"
    )
    own_domains: Many[Word] = Field(default=(), description="for outbound: own-domains")
    state: FilePath = Field(description="a directory of our own for the journal")
    rules: FilePath = Field(description="the directory with rule files")
    admin_room: Room = Field(default="#mailroom", description="where the daemon tells what an admin must know")
    admins: Many[UserId] = Field(default=(), description="who is invited to the admin room and may command there")
    retry: Retry = Retry()
    authserv: Many[Word] = Field(
        default=(),
        description="your own servers' names in Authentication-Results: whose results `authentication` in rules trusts",
    )
    authserv_unnamed: Flag = Field(
        default=False,
        description="Microsoft 365: its results without a server's name count too, those of the topmost such field",
    )
    spam_headers: Annotated[Many[HeaderName], Field(min_length=1)] = Field(
        default=SPAM_HEADERS, description="where your spam filter says Yes, for `spam` in rules"
    )

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        if self.homeserver.mode == "appservice" and self.listen.matrix is None:
            raise complaint(
                "mode appservice needs a listener for the homeserver", "write listen.matrix: 127.0.0.1:9009"
            )
        if self.outbound == "own-domains" and not self.own_domains:
            raise complaint("outbound: own-domains needs own_domains", "write own_domains: [corp.example]")
        return self

    @property
    def identities(self) -> frozenset[str]:
        """The keys of every address that some submission account may send as."""
        return frozenset(address.key for account in self.submission.values() for address in account.identities)
