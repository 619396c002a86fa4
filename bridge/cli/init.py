"""`mailroom init`: asks, or takes flags; tries each connection as it goes; writes what a daemon needs to start.

It never sends a mail, never replaces a file unasked, and never shows a secret.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bridge.cli import asking
from bridge.cli.check import tell
from bridge.cli.common import fail

if TYPE_CHECKING:
    from bridge.app.install import Installation, Login
    from bridge.app.peers import Finding

T = TypeVar("T")

_FILE = click.Path(path_type=Path, allow_dash=True)


@click.command()
@click.option("--mode", type=click.Choice(["appservice", "bot"]), help="How to be on the homeserver. [appservice]")
@click.option("--homeserver", metavar="URL", help="The base URL of its client API.")
@click.option("--person", "people", multiple=True, metavar="@ID", help="A member of staff; the first is the admin.")
@click.option("--domain", help="The mail domain. [that of the first person]")
@click.option("--matrix-listen", metavar="HOST:PORT", help="appservice: where to take events. [127.0.0.1:9009]")
@click.option("--appservice-url", metavar="URL", help="appservice: how the homeserver reaches that.")
@click.option("--bot-user", metavar="@ID", help="bot: its user id.")
@click.option("--bot-password-file", type=_FILE, help="bot: a file with its password; - is standard input.")
@click.option("--imap", multiple=True, metavar="[NAME=]URL", help="A mailbox to watch: imaps://USER@HOST[:PORT].")
@click.option("--imap-password-file", multiple=True, metavar="[NAME=]FILE", help="Its password.")
@click.option(
    "--submission", multiple=True, metavar="[NAME=]URL", help="Who sends: smtps:// or smtp://USER@HOST[:PORT]."
)
@click.option(
    "--submission-password-file", multiple=True, metavar="[NAME=]FILE", help="[that of the same mailbox user]"
)
@click.option(
    "--identity", "identities", multiple=True, metavar="[NAME=]ADDRESS", help="What it may send as. [the user]"
)
@click.option("--address", "addresses", multiple=True, help="An inbox whose mail comes over SMTP or LMTP.")
@click.option("--smtp-listen", metavar="HOST:PORT", help="Where to take it. [127.0.0.1:2525 with --address]")
@click.option("--lmtp-listen", metavar="SOCKET", help="Where to take it over LMTP.")
@click.option(
    "--ca-file", type=click.Path(path_type=Path, exists=True), help="A private authority of the mail servers."
)
@click.option("--state", help="The folder for the journal. [/var/lib/mailroom for root, else state]")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--force", is_flag=True, help="Replace settings and secrets that are there.")
@click.option("--resume", is_flag=True, help="Go on with the settings that are there: test all again.")
@click.pass_context
def init(context: click.Context, /, resume: bool, force: bool, **flags: Any) -> None:
    """Set Mailroom up: settings, registration, first rules; each connection is tested as it goes.

    Writes to the file of --config, else of $MAILROOM_CONFIG, else ./mailroom.yaml, and beside it: secrets in files of
    mode 0600, registration.yaml (appservice), rules/rules.yaml. Outbound starts as `observe`: nothing is sent until
    you change that.

    Nothing that is there is replaced without --force. A registration and rules that are there are always kept; remove
    them to have new ones. After the homeserver has read the registration, run `mailroom init --resume`.

    When a test fails you may try again, change the answer, go on or quit. With --yes nothing is asked: everything is
    written, and the exit status is 1 when a test failed.
    """
    path: Path = context.find_root().params["config"] or Path(os.environ.get("MAILROOM_CONFIG") or "mailroom.yaml")
    if resume:
        if not path.exists():
            fail(f"there is no {path} to go on with")
        _finish(path)
    if path.exists() and not force:
        fail(f"{path} is there already: --resume tests it, --force writes it anew")
    flow = _Flow(yes=flags.pop("yes"))
    made = flow.everything(path, flags)
    _write(made, force=force)
    _next(made, flow)
    sys.exit(1 if flow.failed else 0)


@dataclass(slots=True)
class _Flow:
    """Questions and tests in turn. `failed`: a test failed and we went on."""

    yes: bool
    failed: bool = False

    def everything(self, path: Path, flags: dict[str, Any]) -> "Installation":
        asked = asking.Flags(flags, self.yes)
        click.echo(click.style("Matrix", bold=True))
        made = self.tried(partial(asking.matrix, asked, path), self.matrix)
        boxes = self.accounts(
            asked, "imap", "mailbox to watch", partial(asking.mailbox, asked, made), partial(_box, made)
        )
        made = asking.inboxes(asked, replace(made, mailboxes=boxes))
        ask = partial(asking.sender, asked, made)
        senders = self.accounts(asked, "submission", "account that sends", ask, partial(_sender, made))
        made = replace(made, senders=senders)
        return asking.state(asked, made)

    def accounts(
        self,
        asked: "asking.Flags",
        flag: str,
        what: str,
        ask: "Callable[[str, Login | None], Login]",
        test: "Callable[[Login], AsyncIterator[Finding]]",
    ) -> "tuple[Login, ...]":
        """Those of the flags; without flags as many as a person has."""
        found: list[Login] = []
        given = list(asked.many(flag))
        while given or (not asked.yes and not asked.said(flag) and asking.more(what, found)):
            click.echo(click.style(f"\n{what.capitalize()}", bold=True))
            found.append(self.tried(partial(ask, given.pop(0) if given else ""), test))
        return tuple(found)

    def tried(self, ask: Callable[[T | None], T], test: "Callable[[T], AsyncIterator[Finding]]") -> T:
        """Ask, test, and when the test fails let a person decide."""
        value = ask(None)
        while True:
            found = asyncio.run(tell(test(value)))
            if all(each.level != "problem" for each in found):
                return value
            choice = "go on" if self.yes else asking.after_failure()
            if choice == "quit":
                sys.exit(1)
            if choice == "go on":
                self.failed = True
                return value
            if choice == "change":
                value = ask(value)

    def matrix(self, made: "Installation") -> "AsyncIterator[Finding]":
        """The homeserver; in appservice mode it must know the registration first.

        It asks before it returns what tests: a question inside the loop would hear Ctrl-C only after Enter.
        """
        from bridge.app import install, peers
        from bridge.chat.connect import BotSettings

        if made.bot_user:
            bot = BotSettings(made.url, made.bot_user, made.bot_password)
            home = peers.Home(made.url, bot=bot, invitee=made.people[0])
        else:
            registration, new = install.registered(made, made.push_url)
            if new:
                _tell_registration(made.folder / install.REGISTRATION)
                if not self.yes:
                    click.prompt("Press Enter when the homeserver is restarted", default="", show_default=False)
            home = peers.Home(made.url, registration, None, install.bind_of(made), made.people[0])
        return peers.matrix(home)


async def _box(made: "Installation", login: "Login") -> "AsyncIterator[Finding]":
    from bridge.app import install, parts, peers

    async def secret() -> str:
        return login.password

    for finding in await peers.mailbox(parts.imap_account(login.name, install.account(made, login)), secret):
        yield finding


async def _sender(made: "Installation", login: "Login") -> "AsyncIterator[Finding]":
    from bridge.app import install, parts, peers

    async def secret() -> str:
        return login.password

    account = parts.submission_account(login.name, install.submission(made, login))
    for finding in await peers.sender(replace(account, secret=secret)):
        yield finding


def _tell_registration(path: Path) -> None:
    click.echo(
        f"\nWrote {path}. Now let the homeserver know it: copy it to where only the homeserver's user can read it,\n"
        "name the copy in homeserver.yaml, and restart the homeserver:\n\n"
        f"  app_service_config_files:\n    - {path}\n"
    )


def _write(made: "Installation", *, force: bool) -> None:
    from bridge.app import install

    if not force and (there := install.in_the_way(made)):
        names = ", ".join(str(path) for path in there)
        fail(f"nothing was written: {names} would be changed; --force replaces what is there")
    rules = made.folder / "rules"
    kept = any(rules.glob("*.yaml"))
    for path, text in list(install.files(made)):
        install.write(path, text, replace=True)
        click.echo(f"wrote {path}")
    if kept:
        click.echo(f"kept  {rules} as it is: see that its inboxes name every account and address you gave")


def _next(made: "Installation", flow: _Flow) -> None:
    """What was written must load; then what to do next."""
    from bridge.app.rulebooks import compile_for
    from bridge.config import load_settings

    settings = load_settings(made.settings)
    problems = settings if isinstance(settings, list) else list(compile_for(settings, made.server).problems)
    for problem in problems:
        click.echo(str(problem), err=True)
        flow.failed = True
    config = "" if made.settings == Path("mailroom.yaml") else f" --config {made.settings}"
    again = "init --resume" if flow.failed else "check"
    click.echo(
        f"\nNext: `mailroom{config} {again}` tests everything again, `mailroom{config} run` is the daemon.\n"
        "Outbound is `observe`: mail comes in, answers are shown and not sent, until you change it in the settings."
    )


def _finish(path: Path) -> None:
    """Test all that is there."""
    from bridge.app import doctor

    found = asyncio.run(tell(doctor.check(path)))
    ok = all(each.level != "problem" for each in found)
    click.echo(
        "\nEverything works: `mailroom run` is the daemon." if ok else "\nMend what is a problem, and run it again."
    )
    sys.exit(0 if ok else 1)
