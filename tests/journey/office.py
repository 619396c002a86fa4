"""An office for journeys: real Synapse, Dovecot and Postfix, a fresh staff and a daemon in a subprocess.

Everything is looked at from outside: rooms over the client API, mailboxes as they lie on disk or over IMAP. The same
journeys run with the bridge as an application service and as a bot.
"""

import email
import email.policy
import json
import os
import secrets
import signal
import smtplib
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

from bridge.demo.process import LOOPBACK, ServerProcess
from tests.servers import mailroom
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.ports import free_port
from tests.servers.postfix import Postfix
from tests.servers.probe import Json, MatrixError, Probe
from tests.servers.synapse import Registration, SynapseWithPool
from tests.waiting import eventually

Mode = Literal["appservice", "bot"]
HOLD = "1s"
PATIENCE = float(os.environ.get("JOURNEY_PATIENCE", "40"))

AHEAD = """\
import runpy, time
now = time.time
time.time = lambda: now() + {}
runpy.run_module("bridge", run_name="__main__", alter_sys=True)
"""
"""A daemon whose wall clock is ahead, so that no test waits for a time of the day."""

RULES = """
domain: corp.example
people:
  ann: {{name: Ann Berg, matrix: "{ann}", mail: ann@corp.example}}
  bob: {{name: Bob Iwu, matrix: "{bob}", mail: bob@corp.example}}
defaults: {{send: {{by: reply, hold: {hold}, to: sender, quote: below}}}}
inboxes:
  support:
    address: support-{tag}@corp.example
    room: {{per: conversation, for: [ann, bob], join: at-once}}
    send: {{who: [ann, bob], to: {to}, as: "{{me.first}} at Corp <{desk}>"}}
    rules:
      - {{name: noise, when: {{kind: [auto-reply, bulk]}}, room: {{is: "#noise-{tag}"}}, notify: none}}
      - {{name: unwanted, when: {{subject: "*lottery*"}}, do: drop}}
      - {{name: suspect, when: {{subject: "*suspect*"}}, do: quarantine}}
  desk:
    account: desk
    room: {{per: conversation, for: [ann, bob], join: at-once}}
    send: {{who: [ann, bob], to: {to}, as: "{{me.first}} at Corp <{desk}>"}}
  alerts:
    address: alerts-{tag}@corp.example
    room: {{is: "#alerts-{tag}", for: bob, thread-by: subject}}
    send: none
lists:
  users:
    id: users-{tag}.list.example
    via: lists-{tag}@corp.example
    room: {{per: list, for: [ann, bob]}}
    notify: none
    send: {{who: ann, to: list, as: "{{me.name}} <{desk}>"}}
unmatched: {{do: triage, room: {{is: "#triage-{tag}", for: bob}}}}
"""


@dataclass
class Office:
    """One installation of the bridge with its people. `start` runs the daemon; `close` ends everything.

    `registration`: how the homeserver knows it, in appservice mode.
    """

    folder: Path
    mode: Mode
    synapse: SynapseWithPool
    dovecot: Dovecot
    postfix: Postfix
    registration: Registration | None
    bot: Probe
    ann: Probe
    bob: Probe
    outbound: str = "all"
    to: str = "sender"
    hold: str = HOLD
    more: dict[str, Any] = field(default_factory=dict)
    tag: str = field(default_factory=lambda: secrets.token_hex(4))

    def __post_init__(self) -> None:
        self.smtp_port = free_port()
        self.desk: Mailbox = self.dovecot.add_user("desk")
        self.customer: Mailbox = self.dovecot.add_user("anna")
        self.customer_address = f"{self.customer.user}@client.example"
        self.support = f"support-{self.tag}@corp.example"
        self.alerts = f"alerts-{self.tag}@corp.example"
        self.lists = f"lists-{self.tag}@corp.example"
        self.process: ServerProcess | None = None
        self._bot_probe: Probe | None = None
        self.write()

    def write(self) -> None:
        """Write settings and rules."""
        self._private("desk.pass", self.desk.password)
        home: dict[str, Any] = {"url": self.synapse.url, "mode": self.mode}
        listen: dict[str, Any] = {"smtp": f"{LOOPBACK}:{self.smtp_port}", "lmtp": "lmtp.sock"}
        if self.mode == "appservice":
            self._private("registration.yaml", self.registration.path.read_text())
            home["registration"] = "registration.yaml"
            listen["matrix"] = f"{LOOPBACK}:{self.registration.port}"
        else:
            self._private("bot.pass", self.bot.password)
            home |= {"user": self.bot.user_id, "password_file": "bot.pass"}
        ca = str(self.dovecot.authority.certificate)
        settings: dict[str, Any] = {
            "homeserver": home,
            "listen": listen,
            "accounts": {
                "desk": {
                    "imap": f"imaps://localhost:{self.dovecot.tls_port}",
                    "ca_file": ca,
                    "user": self.desk.user,
                    "password_file": "desk.pass",
                    "from": "all",
                    "sent": "append",
                }
            },
            "submission": {
                "desk": {
                    "url": f"smtps://localhost:{self.postfix.tls_port}",
                    "ca_file": ca,
                    "user": self.desk.user,
                    "password_file": "desk.pass",
                    "identities": [self.desk.address],
                }
            },
            "outbound": self.outbound,
            "own_domains": ["corp.example"],
            "state": "state",
            "rules": "rules",
            "admin_room": f"#mailroom-{self.tag}",
            "admins": [self.bob.user_id],
            **self.more,
        }
        self._private("mailroom.yaml", json.dumps(settings))
        self.write_rules(self.rules())

    def may_send_as(self, address: str) -> None:
        """Let the submission account send as `address` too, from the next start on."""
        file = self.folder / "mailroom.yaml"
        settings = json.loads(file.read_text())
        settings["submission"]["desk"]["identities"].append(address)
        self._private("mailroom.yaml", json.dumps(settings))

    def rules(self) -> str:
        """The rules as this office has them."""
        return RULES.format(
            ann=self.ann.user_id, bob=self.bob.user_id, tag=self.tag, to=self.to, hold=self.hold, desk=self.desk.address
        )

    def write_rules(self, text: str) -> None:
        """Put rules into the file, whole at once as an editor does."""
        folder = self.folder / "rules"
        folder.mkdir(exist_ok=True)
        fresh = folder / "rules.new"
        fresh.write_text(text)
        fresh.replace(folder / "rules.yaml")

    def _private(self, name: str, text: str) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)

    async def start(self, env: dict[str, str] | None = None, *, ahead: float = 0.0) -> None:
        """Run the daemon and return when it takes mail. `ahead`: seconds that its clock is ahead of everybody's."""
        argv, log = self.command("run"), self.folder / "daemon.log"
        if ahead:
            self.process = ServerProcess([sys.executable, "-c", AHEAD.format(ahead), *argv], log, env)
        else:
            self.process = mailroom.Command(argv, log, env)
        await self.process.start(self._ready, within=60)

    async def _ready(self) -> bool:
        """It runs, and it has looked into the mailbox: what lies there from now on is new mail, not history."""
        looked = "first seen" in self.log or not json.loads((self.folder / "mailroom.yaml").read_text())["accounts"]
        return "mailroom runs" in self.log and looked

    async def change_rules(self, text: str) -> None:
        """Edit the rules of the running daemon and return when they are in force."""
        before = self.log.count("rules in force")
        self.write_rules(text)
        await eventually(lambda: self.log.count("rules in force") > before, within=20)

    async def stop(self) -> None:
        """End the daemon as an operator does."""
        assert self.process is not None
        await self.process.stop()

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)

    async def close(self) -> None:
        """End the daemon if it runs."""
        if self.process is not None:
            await self.process.stop()
        if self._bot_probe is not None:
            await self._bot_probe.close()

    @property
    def bot_id(self) -> str:
        """The user id that the bridge speaks as."""
        return self.registration.sender if self.mode == "appservice" else self.bot.user_id

    def as_bot(self) -> Probe:
        """A client with the bridge's own rights, for what an admin does in its name."""
        if self.mode == "bot":
            return self.bot
        if self._bot_probe is None:
            self._bot_probe = Probe.ghost(self.synapse.url, self.registration)
        return self._bot_probe

    @property
    def log(self) -> str:
        """What the daemon said."""
        return (self.folder / "daemon.log").read_text()

    def command(self, *args: str) -> list[str]:
        """The arguments of mailroom for a command of this office."""
        return ["--config", str(self.folder / "mailroom.yaml"), *args]

    def cli(self, *args: str, status: int = 0) -> str:
        """Run a command of mailroom, expect its exit status, and return what it printed."""
        done = mailroom.run(self.command(*args))
        assert done.returncode == status, f"exit {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    # mail

    def mail(self, subject: str = "Order 7", body: str = "Where is it?", **headers: str) -> EmailMessage:
        """A mail of the customer to support."""
        message = EmailMessage(policy=email.policy.SMTP)
        headers = {
            "From": f"Anna Berg <{self.customer_address}>",
            "To": self.support,
            "Subject": subject,
            "Message-ID": f"<{secrets.token_hex(8)}@client.example>",
            "Date": "Sat, 21 Nov 2026 10:00:00 +0000",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        for name, value in headers.items():
            message[name] = value
        message.set_content(body)
        return message

    def submit(self, message: EmailMessage, to: Iterable[str] = (), sender: str | None = None) -> None:
        """Hand a mail to the bridge's SMTP port."""
        with smtplib.SMTP(LOOPBACK, self.smtp_port, timeout=30) as client:
            client.sendmail(sender or self.customer_address, list(to) or [self.support], message.as_bytes())

    def drop_into_desk(self, message: EmailMessage) -> None:
        """Let a mail appear in the desk's IMAP mailbox."""
        self.dovecot.deliver(self.desk, message.as_bytes())

    async def received(self, count: int = 1, mailbox: Mailbox | None = None) -> list[EmailMessage]:
        """The mails in the customer's mailbox, once there are `count`."""
        box = mailbox or self.customer
        await eventually(lambda: len(self.dovecot.messages(box)) >= count, within=PATIENCE)
        return self.mailbox(box)

    def mailbox(self, mailbox: Mailbox | None = None, folder: str = "INBOX") -> list[EmailMessage]:
        """The mails of a mailbox now, read by the standard library."""
        raws = self.dovecot.messages(mailbox or self.customer, folder)
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in raws]

    # rooms

    async def room_named(self, name: str, who: Probe | None = None) -> str:
        """Join and return the room (no space) of that name that someone was invited to."""
        who = who or self.ann

        def is_it(state: list[Json]) -> bool:
            found = {e["type"]: e["content"] for e in state if e.get("state_key") == ""}
            return found.get("m.room.name", {}).get("name") == name and "type" not in found["m.room.create"]

        async def look() -> str:
            rooms = (await who.sync()).get("rooms", {})
            for room, part in rooms.get("invite", {}).items():
                if is_it(part["invite_state"]["events"]):
                    return await who.join(room)
            for room in rooms.get("join", {}):
                if is_it(await who.all_state(room)):
                    return str(room)
            return ""

        return await eventually(look, within=PATIENCE, every=0.1)

    async def aliased(self, name: str, who: Probe | None = None) -> str:
        """Join and return the room under `#name-tag`, once it is there."""
        who = who or self.bob

        async def look() -> str:
            try:
                return await who.join(f"#{name}-{self.tag}:{self.synapse.server_name}")
            except MatrixError:
                return ""

        return await eventually(look, within=PATIENCE, every=0.1)

    async def message_with(self, room: str, words: str, who: Probe | None = None) -> Json:
        """The first message in the room that holds `words`, once it is there."""
        reader = who or self.ann

        async def look() -> Json:
            for event in await reader.messages(room):
                if words in json.dumps(event["content"], ensure_ascii=False):
                    return event
            return {}

        return await eventually(look, within=PATIENCE, every=0.1)

    async def count(self, room: str, words: str, who: Probe | None = None) -> int:
        """How many messages in the room hold `words`, edits aside."""
        found = [e for e in await (who or self.ann).messages(room) if words in e["content"].get("body", "")]
        return len([e for e in found if e["content"].get("m.relates_to", {}).get("rel_type") != "m.replace"])

    async def mark(self, room: str, words: str, who: Probe | None = None) -> Json:
        """A mark whose newest text holds `words`, once it is there."""
        return await self.message_with(room, words, who)

    async def opened(self, message: EmailMessage, words: str, to: Iterable[str] = ()) -> tuple[str, str]:
        """Hand in a mail that begins a conversation; its room, and the event that shows it by `words`."""
        self.submit(message, to)
        room = await self.room_named(message["Subject"])
        return room, str((await self.message_with(room, words))["event_id"])

    async def marked(self, room: str, event: str, words: str, who: Probe | None = None) -> Json:
        """The newest content of a word of the bot's to that message, once it holds `words`."""
        reader = who or self.ann

        async def look() -> Json:
            told: dict[str, Json] = {}
            for found in await reader.messages(room):
                content, relation = found["content"], found["content"].get("m.relates_to", {})
                if found["sender"] != self.bot_id:
                    continue
                if relation.get("rel_type") == "m.replace" and relation["event_id"] in told:
                    told[relation["event_id"]] = content["m.new_content"]
                elif relation.get("m.in_reply_to", {}).get("event_id") == event:
                    told[found["event_id"]] = content
            return next((content for content in told.values() if words in content["body"]), {})

        return await eventually(look, within=PATIENCE, every=0.1)

    async def admins_hear(self, words: str) -> Json:
        """What the admin room says that holds `words`, once it does."""
        return await self.message_with(await self.aliased("mailroom"), words, self.bob)


def plain(message: EmailMessage) -> str:
    """The text part of a mail."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
