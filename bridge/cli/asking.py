"""The questions of `mailroom init`. A flag that was given is not asked for; secrets are read hidden or from files.

It only asks: it tests nothing and writes nothing.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

import click

from bridge.core.errors import Permanent

if TYPE_CHECKING:
    from bridge.app.install import Installation, Login

MODES = ("appservice", "bot")
Choice = Literal["again", "change", "go on", "quit"]


class Flags:
    """What the command line said."""

    def __init__(self, given: Mapping[str, Any], yes: bool) -> None:
        self._given = given
        self.yes = yes

    def said(self, name: str) -> bool:
        """Whether the flag was given."""
        return self._given.get(name) not in (None, ())

    def many(self, name: str) -> tuple[str, ...]:
        """A flag that may be repeated."""
        return tuple(self._given.get(name) or ())

    def one(
        self,
        name: str,
        question: str,
        default: str = "",
        *,
        before: str = "",
        needed: bool = True,
        among: Sequence[str] = (),
    ) -> str:
        """The flag, else the answer, else the default. `before`: an earlier answer that is to be changed."""
        if self.said(name) and not before:
            return str(self._given[name])
        if self.yes:
            if needed and not default:
                raise click.UsageError(f"--yes needs --{name.replace('_', '-')}")
            return default
        shown = before or default
        kind = click.Choice(among) if among else str
        ask = shown if shown or not needed else None
        return str(click.prompt(question, default=ask, show_default=bool(shown), type=kind)).strip()

    def of(self, name: str, account: str) -> list[str]:
        """The values of a repeated [NAME=]VALUE flag that are for this account."""
        split = [each.rpartition("=") for each in self.many(name)]
        return [value for key, _, value in split if key in ("", account)]

    def secret(self, name: str, question: str, account: str = "", fallback: str = "") -> str:
        """A password from the file of the flag, else typed without being shown."""
        files = [str(self._given[name])] if self.said(name) and not account else self.of(name, account)
        if files:
            return _first_line(files[0])
        if fallback:
            return fallback
        if self.yes:
            raise click.UsageError(f"--yes needs --{name.replace('_', '-')}")
        return str(click.prompt(question, hide_input=True))


def matrix(flags: Flags, path: Path, before: "Installation | None") -> "Installation":
    """The Matrix side, the people and the domain."""
    from bridge.app.install import Installation, homeserver

    while True:
        bot = flags.said("bot_user") or (before is not None and bool(before.bot_user))
        mode = flags.one("mode", "How to be on the homeserver", "bot" if bot else "appservice", among=MODES)
        url = flags.one("homeserver", "Homeserver (URL)", before=before.url if before else "")
        ids = flags.many("people") if flags.said("people") and before is None else ()
        if not ids:
            known = " ".join(before.people) if before else ""
            ids = tuple(
                flags.one("person", "Matrix ids of staff, the admin first", before=known).replace(",", " ").split()
            )
        domain = flags.one("domain", "Mail domain", ids[0].partition(":")[2] if ids else "", needed=False)
        made = Installation(path, url.rstrip("/"), ids, domain.lower(), ca_file=_absolute(flags))
        if mode == "bot":
            user = flags.one("bot_user", "The bot's user id", before=before.bot_user if before else "")
            made = replace(made, bot_user=user, bot_password=flags.secret("bot_password_file", "Its password"))
        else:
            listen = flags.one("matrix_listen", "Listen for the homeserver at", _registered(made) or made.listen)
            push = flags.one("appservice_url", "URL by which the homeserver reaches that", f"http://{listen}")
            made = replace(made, listen=listen, push_url=push)
        try:
            homeserver(made)
        except Permanent as error:
            refuse(flags, error)
            before = made
        else:
            return made


def mailbox(flags: Flags, made: "Installation", given: str, before: "Login | None") -> "Login":
    """A mailbox to watch."""
    from bridge.app.install import account

    while True:
        login = _login(flags, "imap", given if before is None else "", before)
        try:
            account(made, login)
        except Permanent as error:
            refuse(flags, error)
            before = login
        else:
            return login


def sender(flags: Flags, made: "Installation", given: str, before: "Login | None") -> "Login":
    """A server that sends for us."""
    from bridge.app.install import submission

    same = {box.user: box for box in made.mailboxes}
    while True:
        login = _login(flags, "submission", given if before is None else "", before, same)
        listed = flags.of("identities", login.name)
        if not listed:
            default = login.user if "@" in login.user else " ".join(made.addresses)
            words = flags.one("identity", "Addresses it may send as", default)
            listed = words.replace(",", " ").split()
        login = replace(login, identities=tuple(listed))
        try:
            submission(made, login)
        except Permanent as error:
            refuse(flags, error)
            before = login
        else:
            return login


def inboxes(flags: Flags, made: "Installation") -> "Installation":
    """Addresses whose mail comes over SMTP or LMTP, and where it is taken."""
    addresses = flags.many("addresses")
    if not addresses and not flags.yes:
        words = flags.one("address", "Inbox addresses whose mail comes over SMTP (none: empty)", needed=False)
        addresses = tuple(words.replace(",", " ").split())
    lmtp = str(flags.one("lmtp_listen", "", needed=False)) if flags.said("lmtp_listen") else ""
    default = "" if lmtp or not addresses else "127.0.0.1:2525"
    asked = flags.said("smtp_listen") or (addresses and not lmtp)
    smtp = flags.one("smtp_listen", "Listen for SMTP at", default, needed=False) if asked else ""
    return replace(made, addresses=addresses, smtp=smtp, lmtp=lmtp)


def state(flags: Flags, made: "Installation") -> "Installation":
    """Where the journal goes."""
    default = "/var/lib/mailroom" if os.geteuid() == 0 or made.folder == Path("/etc/mailroom") else "state"
    return replace(made, state=flags.one("state", "Folder for the journal", default))


def more(what: str, there: Sequence[object]) -> bool:
    """Whether there is (another) one."""
    return click.confirm(f"Is there {'another' if there else 'any'} {what}?", default=not there)


def after_failure() -> Choice:
    """What a person wants after a failed test."""
    words = "Test (again), (change) the answers, (go on) all the same, or (quit)"
    choices: list[Choice] = ["again", "change", "go on", "quit"]
    answer = click.prompt(words, type=click.Choice(choices), default="again", show_choices=False)
    return next(choice for choice in choices if choice == answer)


def refuse(flags: Flags, error: Permanent) -> None:
    """Say what is wrong with an answer; who cannot be asked again is refused."""
    if flags.yes:
        raise click.UsageError(error.text)
    click.echo(f"That does not work: {error.text}")


def _login(
    flags: Flags, flag: str, given: str, before: "Login | None", same: "Mapping[str, Login] | None" = None
) -> "Login":
    from bridge.app.install import Login, name_for

    scheme = "imaps" if flag == "imap" else "smtps"
    name, url, user = "", before.url if before else "", before.user if before else ""
    if given:
        head, equals, tail = given.partition("=")
        name, rest = (head, tail) if equals and "/" not in head else ("", given)
        url, user = _split(rest)
    if not url or before is not None:
        url = flags.one("", f"Server, as {scheme}://host", before=url)
        url, inside = _split(url)
        user = inside or flags.one("", "User", before=user)
    if not user:
        raise click.UsageError(f"--{flag} needs a user: {scheme}://USER@HOST")
    twin = (same or {}).get(user)  # the same user's mailbox: most often one account with one password
    name = name or (before.name if before else twin.name if twin else name_for(user))
    password = flags.secret(f"{flag}_password_file", f"Password of {user}", name, twin.password if twin else "")
    return Login(name, url, user, password)


def _split(url: str) -> tuple[str, str]:
    """The URL without its user, and the user. A password in it is refused by whoever reads the URL."""
    try:
        parts = urlsplit(url)
        user = unquote(parts.username or "")
    except ValueError:
        return url, ""
    if parts.password is not None or not user:
        return url, ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), user


def _registered(made: "Installation") -> str:
    """host:port of a registration that is there already: the homeserver pushes to it."""
    from bridge.app import install

    if not (made.folder / install.REGISTRATION).exists():
        return ""
    known, _ = install.registered(made, "")
    return urlsplit(known.url).netloc


def _absolute(flags: Flags) -> str:
    return str(Path(flags.one("ca_file", "")).absolute()) if flags.said("ca_file") else ""


def _first_line(source: str) -> str:
    try:
        if source == "-":
            text = sys.stdin.readline()
        else:
            with Path(source).open(encoding="utf-8") as stream:
                text = stream.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{source} cannot be read: {getattr(error, 'strerror', '') or 'not UTF-8'}") from None
    if not text.strip("\r\n"):
        raise click.UsageError(f"{source} is empty")
    return text.strip("\r\n")
