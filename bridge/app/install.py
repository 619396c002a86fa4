"""What `mailroom init` writes: settings, secrets in files of their own, the registration, and first rules.

Everything is written for our user alone, whole or not at all, and nothing that is there already is replaced unless
asked for. It opens no connection.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from bridge import config
from bridge.app.firstrules import rules_text, slug
from bridge.chat import registration
from bridge.config.values import Bind
from bridge.core.errors import Permanent
from bridge.routing.schema import rules_schema, trials_schema
from bridge.yamldoc import load as load_yaml

REGISTRATION = "registration.yaml"


@dataclass(frozen=True, slots=True)
class Login:
    """A mailbox or a submission account: `url` scheme://host[:port]. `identities`: what a submission may send as."""

    name: str
    url: str
    user: str
    password: str = field(repr=False)
    identities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Installation:
    """What was asked. `people`: Matrix ids of staff, the first is the admin. `addresses`: inboxes that come by SMTP.

    `bot_user` is empty in appservice mode. `ca_file`: trusted for the mail servers beside the system's.
    """

    settings: Path
    url: str
    people: tuple[str, ...]
    domain: str
    listen: str = "127.0.0.1:9009"
    bot_user: str = ""
    bot_password: str = field(default="", repr=False)
    mailboxes: tuple[Login, ...] = ()
    senders: tuple[Login, ...] = ()
    addresses: tuple[str, ...] = ()
    smtp: str = ""
    lmtp: str = ""
    push_url: str = ""
    state: str = "state"
    ca_file: str = ""

    @property
    def folder(self) -> Path:
        """Where everything goes."""
        return self.settings.absolute().parent

    @property
    def server(self) -> str:
        """The homeserver's name, as far as it can be known before asking: the bot's, else the admin's."""
        return (self.bot_user or self.people[0]).partition(":")[2]


def name_for(user: str) -> str:
    """What an account is called when nobody says."""
    return slug(user.partition("@")[0])


def account(made: Installation, login: Login) -> config.Account:
    """A mailbox as the settings will name it. Raises Permanent with what is wrong."""
    value = {"imap": login.url, "user": login.user, "password_file": "x", **_trust(made)}
    try:
        return config.Account.model_validate(value)
    except ValidationError as error:
        raise Permanent(_words(error)) from None


def submission(made: Installation, login: Login) -> config.SubmissionAccount:
    """A submission account as the settings will name it. Raises Permanent with what is wrong."""
    value = {"url": login.url, "user": login.user, "password_file": "x", **_trust(made)}
    try:
        return config.SubmissionAccount.model_validate({**value, "identities": list(login.identities)})
    except ValidationError as error:
        raise Permanent(_words(error)) from None


def homeserver(made: Installation) -> config.Settings:
    """The Matrix side alone, valid or Permanent."""
    home: dict[str, object] = {"url": made.url, "mode": "bot" if made.bot_user else "appservice"}
    if made.bot_user:
        home |= {"user": made.bot_user, "password_file": "x"}
    else:
        home |= {"registration": REGISTRATION}
    listen = {} if made.bot_user else {"matrix": made.listen}
    value = {"homeserver": home, "listen": listen, "state": made.state, "rules": "rules", "admins": list(made.people)}
    try:
        return config.Settings.model_validate(value)
    except ValidationError as error:
        raise Permanent(_words(error)) from None


def bind_of(made: Installation) -> Bind:
    """Where transactions will be taken."""
    bind = homeserver(made).listen.matrix
    assert bind is not None, "mode appservice has one"
    return bind


def registered(made: Installation, url: str) -> tuple[registration.Registration, bool]:
    """The registration, and whether it is new. One that is there is kept: the homeserver may know it already."""
    path = made.folder / REGISTRATION
    if path.exists():
        document, problems = load_yaml(path)
        if problems or not isinstance(document.value, dict):
            raise Permanent(f"{path} is there but is no registration: mend or remove it")
        return registration.load(document.value), False
    fresh = registration.generate(url or f"http://{made.listen}")
    write(path, registration.dump(fresh), replace=False)
    return fresh, True


def files(made: Installation) -> Iterator[tuple[Path, str]]:
    """Every file but the registration, secrets first, so that settings never name what is not there."""
    if made.bot_password:
        yield made.folder / "bot.pass", made.bot_password + "\n"
    for prefix, logins in (("imap", made.mailboxes), ("smtp", made.senders)):
        for login in logins:
            yield made.folder / f"{prefix}-{login.name}.pass", login.password + "\n"
    if not any((made.folder / "rules").glob("*.yaml")):
        yield made.folder / "rules" / "rules.schema.json", rules_schema()  # what their first line names
        yield made.folder / "rules" / "tests.schema.json", trials_schema()
        accounts = [(box.name, _identity(made, box.user)) for box in made.mailboxes]
        addresses = [(address, _identity(made, address)) for address in made.addresses]
        yield (
            made.folder / "rules" / "rules.yaml",
            rules_text(made.domain, made.people, accounts, addresses, server=made.server),
        )
    yield made.settings, settings_text(made)


def in_the_way(made: Installation) -> list[Path]:
    """Files that writing would change."""
    return [path for path, text in files(made) if path.exists() and path.read_text(errors="replace") != text]


def write(path: Path, text: str, *, replace: bool) -> None:
    """Write a file of mode 0600, whole or not at all. Raises Permanent when it is there and `replace` is False.

    Written by root into the folder of another user, it is given to that user: the daemon must be able to read it.
    """
    if path.exists() and not replace:
        raise Permanent(f"{path} is there already")
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _owned_like(path.parent, path.parent.parent)
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
        _owned_like(fresh, path.parent)
        fresh.replace(path)
    except OSError as error:
        raise Permanent(f"{path} cannot be written: {error.strerror}") from None


def settings_text(made: Installation) -> str:
    """mailroom.yaml."""
    lines = [
        "# Settings of Mailroom, written by `mailroom init`. Restart after a change; `mailroom check` tests them.",
        "# Relative paths count from this file. deploy/mailroom.example.yaml shows every key.",
        "homeserver:",
        f"  url: {_q(made.url)}",
    ]
    if made.bot_user:
        lines += ["  mode: bot", f"  user: {_q(made.bot_user)}", "  password_file: bot.pass"]
    else:
        lines += ["  mode: appservice", f"  registration: {REGISTRATION}"]
    if made.mailboxes:
        lines.append("accounts:  # mailboxes to watch")
    for box in made.mailboxes:
        lines += [f"  {_q(box.name)}:", f"    imap: {_q(box.url)}", *_login(made, "imap", box)]
        lines.append("    from: now  # or all, or a date: where to begin at first sight")
    listen = {"smtp": made.smtp, "lmtp": made.lmtp, "matrix": "" if made.bot_user else made.listen}
    if any(listen.values()):
        lines += ["listen:", *(f"  {name}: {_q(value)}" for name, value in listen.items() if value)]
    if made.senders:
        lines.append("submission:  # servers that send for us")
    for sender in made.senders:
        lines += [f"  {_q(sender.name)}:", f"    url: {_q(sender.url)}", *_login(made, "smtp", sender)]
        lines.append(f"    identities: [{', '.join(map(_q, sender.identities))}]")
    domains = sorted({made.domain, *(a.rpartition("@")[2] for s in made.senders for a in s.identities)})
    lines += [
        "# observe: nothing leaves, what would be sent is shown in the room. Then own-domains, then all.",
        "outbound: observe",
        f"own_domains: [{', '.join(map(_q, domains))}]",
        f"state: {_q(made.state)}",
        "rules: rules",
        'admin_room: "#mailroom"',
        f"admins: [{_q(made.people[0])}]",
    ]
    return "\n".join(lines) + "\n"


def _login(made: Installation, prefix: str, login: Login) -> list[str]:
    lines = [f"    user: {_q(login.user)}", f"    password_file: {_q(f'{prefix}-{login.name}.pass')}"]
    return [*lines, f"    ca_file: {_q(made.ca_file)}"] if made.ca_file else lines


def _identity(made: Installation, wanted: str) -> str:
    """The address that answers from an inbox leave as: its own where it may be used, else the first; empty: none."""
    listed = [address for sender in made.senders for address in sender.identities]
    fits = [address for address in listed if address.casefold() == wanted.casefold()]
    fits += [address for sender in made.senders if sender.user == wanted for address in sender.identities]
    return next(iter([*fits, *listed]), "")


def _trust(made: Installation) -> dict[str, str]:
    return {"ca_file": made.ca_file} if made.ca_file else {}


def _owned_like(path: Path, model: Path) -> None:
    if os.geteuid() != 0:
        return
    owner = model.stat()
    if owner.st_uid != 0 and path.stat().st_uid == 0:
        os.chown(path, owner.st_uid, owner.st_gid)


def _q(text: str) -> str:
    """A YAML scalar that means this text."""
    return json.dumps(text, ensure_ascii=False)


def _words(error: ValidationError) -> str:
    """What is wrong, without the values: they may be secret."""
    found = []
    for each in error.errors(include_input=False, include_url=False):
        context = each.get("ctx", {})
        place = ".".join(str(part) for part in each["loc"])
        words = [place, str(context.get("what", each["msg"])), str(context.get("cure", ""))]
        found.append(": ".join(word for word in words if word))
    return "; ".join(found)
