"""An installation on disk for tests of commands that ask no server: settings, rules and a journal made by the store."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from click.testing import CliRunner, Result

from bridge.cli.main import main
from bridge.store.journal import Journal

RULES = """\
domain: corp.example
people: {ann: Ann Berg}
inboxes:
  support:
    address: support@corp.example
    room: {per: conversation, for: ann, join: at-once}
    send: none
unmatched: {do: triage, room: {is: "#triage", for: ann}, catch-all: [desk.example]}
"""


class Installation:
    """Settings and rules in `folder`; the journal comes into being with `journal`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        home = {"url": "https://matrix.corp.example", "mode": "bot", "user": "@m:corp.example", "password_file": "pass"}
        box = {"imap": "imaps://mail.corp.example", "user": "eva", "password_file": "pass", "folders": ["INBOX", "Old"]}
        settings = {"homeserver": home, "accounts": {"eva": box}, "state": "state", "rules": "rules"}
        for name, text in (("pass", "secret-word\n"), ("mailroom.yaml", json.dumps(settings))):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(text)
        (folder / "rules").mkdir()
        self.write_rules(RULES)

    def write_rules(self, text: str) -> None:
        """Replace the rules."""
        (self.folder / "rules" / "rules.yaml").write_text(text)

    def journal(self, work: Callable[[Journal], Awaitable[object]]) -> None:
        """Let something happen in the journal, as a daemon does that then ends."""

        async def session() -> None:
            async with await Journal.open(self.state, clock=lambda: 500.0) as journal:
                await work(journal)

        asyncio.run(session())

    def run(self, *args: str, status: int = 0) -> Result:
        """Run a command, expect its exit status."""
        done = CliRunner().invoke(main, ["--config", str(self.folder / "mailroom.yaml"), *args])
        assert done.exit_code == status, done.output + repr(done.exception)
        return done

    def says(self, *args: str, status: int = 0) -> str:
        """What a command prints, errors included."""
        return self.run(*args, status=status).output
