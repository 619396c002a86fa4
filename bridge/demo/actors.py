"""The people of the story, with nothing but what they have at home: a Matrix client, an IMAP mailbox, SMTP.

Standard library alone and no code of the bridge: what they see is what anybody would see from outside. Each call
blocks a thread for at most `PATIENCE` seconds, never the event loop.
"""

import asyncio
import email
import email.policy
import email.utils
import http.client
import imaplib
import itertools
import json
import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Self
from urllib.parse import quote, urlencode

from bridge.demo.process import LOOPBACK

Json = dict[str, Any]
PATIENCE = 15.0
"""Seconds until a server that does not answer counts as broken."""

_serial = itertools.count()


class Refused(Exception):
    """The homeserver said no. The text holds the status and the Matrix error."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a Matrix client."""

    port: int
    user_id: str
    token: str = field(repr=False)

    @classmethod
    async def log_in(cls, port: int, name: str, password: str) -> Self:
        """Log in with name and password, as any client does. Raises `Refused`."""
        body = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": name}, "password": password}
        answer = await asyncio.to_thread(_request, port, "", "POST", "/login", body)
        return cls(port, answer["user_id"], answer["access_token"])

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """One request below /_matrix/client/v3. Raises `Refused`."""
        return await asyncio.to_thread(_request, self.port, self.token, method, path, body)

    async def room_called(self, name: str, kind: str = "") -> str:
        """Join the room of that name and type that we are invited to; its id, or empty when there is none."""
        rooms = (await self.call("GET", "/sync?timeout=0")).get("rooms", {})
        for room, part in rooms.get("invite", {}).items():
            state = {event["type"]: event["content"] for event in part["invite_state"]["events"]}
            found = state.get("m.room.name", {}).get("name"), state.get("m.room.create", {}).get("type", "")
            if found == (name, kind):
                return await self.join(room)
        return ""

    async def join(self, room: str) -> str:
        """Join by id or alias; the room id."""
        return str((await self.call("POST", f"/join/{quote(room, safe='')}", {}))["room_id"])

    async def members(self, room: str) -> dict[str, str]:
        """Who is in the room: user ids and display names."""
        found = await self.call("GET", f"/rooms/{quote(room, safe='')}/joined_members")
        return {user: profile.get("display_name") or user for user, profile in found["joined"].items()}

    async def name_of(self, room: str) -> str:
        """The room's name."""
        return str((await self.call("GET", f"/rooms/{quote(room, safe='')}/state/m.room.name/"))["name"])

    async def children(self, space: str) -> list[str]:
        """The rooms in a space."""
        state: Any = await self.call("GET", f"/rooms/{quote(space, safe='')}/state")
        return [event["state_key"] for event in state if event["type"] == "m.space.child" and event["content"]]

    async def messages(self, room: str) -> list[Json]:
        """The messages in the room, oldest first."""
        query = urlencode({"dir": "b", "limit": 200})
        page = await self.call("GET", f"/rooms/{quote(room, safe='')}/messages?{query}")
        return [event for event in reversed(page["chunk"]) if event["type"] == "m.room.message" and event["content"]]

    async def message_with(self, room: str, words: str) -> Json | None:
        """The first message whose text, or newest text, holds `words`."""
        for event in await self.messages(room):
            content = event["content"]
            if words in content.get("body", "") or words in content.get("m.new_content", {}).get("body", ""):
                return event
        return None

    async def say(self, room: str, body: str, *, reply_to: str = "") -> str:
        """Send a text, or a reply to an event; the event id."""
        content: Json = {"msgtype": "m.text", "body": body}
        if reply_to:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        path = f"/rooms/{quote(room, safe='')}/send/m.room.message/story-{next(_serial)}"
        return str((await self.call("PUT", path, content))["event_id"])


def _request(port: int, token: str, method: str, path: str, body: Json | None) -> Json:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE)
    try:
        head = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        sent = None if body is None else json.dumps(body)
        connection.request(method, f"/_matrix/client/v3{path}", sent, head)
        answer = connection.getresponse()
        data: Json = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status >= 400:
        raise Refused(f"{answer.status} {data.get('errcode')}: {data.get('error')}")
    return data


async def read_mailbox(port: int, user: str, password: str, folder: str = "INBOX") -> list[EmailMessage]:
    """The mails that lie in a folder, read over IMAP; empty when there is no such folder."""
    return await asyncio.to_thread(_read_mailbox, port, user, password, folder)


def _read_mailbox(port: int, user: str, password: str, folder: str) -> list[EmailMessage]:
    found: list[EmailMessage] = []
    with imaplib.IMAP4(LOOPBACK, port, timeout=PATIENCE) as client:
        client.login(user, password)
        if client.select(folder, readonly=True)[0] != "OK":
            return found
        for number in client.search(None, "ALL")[1][0].split():
            parts = client.fetch(number.decode(), "(BODY.PEEK[])")[1]
            raw = next(part[1] for part in parts if isinstance(part, tuple))
            found.append(email.message_from_bytes(raw, policy=email.policy.default))
    return found


def write_mail(sender: str, to: str, subject: str, text: str, message_id: str, **more: str) -> EmailMessage:
    """A mail as a mail program writes it. `more`: header fields, with _ for -."""
    message = EmailMessage(policy=email.policy.SMTP)
    fields = {"From": sender, "To": to, "Subject": subject, "Message-ID": message_id, "Date": email.utils.localtime()}
    for name, value in (*fields.items(), *((name.replace("_", "-"), value) for name, value in more.items())):
        message[name] = value
    message.set_content(text)
    return message


async def send_mail(
    port: int, message: EmailMessage, sender: str, recipient: str, login: tuple[str, str] | None = None
) -> None:
    """Hand a mail to a server by SMTP. Raises `smtplib.SMTPException` when it is refused."""
    await asyncio.to_thread(_send_mail, port, message, sender, recipient, login)


def _send_mail(port: int, message: EmailMessage, sender: str, recipient: str, login: tuple[str, str] | None) -> None:
    with smtplib.SMTP(LOOPBACK, port, local_hostname="client.example", timeout=PATIENCE) as client:
        if login is not None:
            client.login(*login)
        client.sendmail(sender, [recipient], message.as_bytes())
