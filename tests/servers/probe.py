"""A plain Matrix client over aiohttp, for looking at rooms from outside and acting as a person does.

It shares no code with the bridge, so it cannot repeat the bridge's mistakes.
"""

import itertools
import secrets
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from bridge.demo.homeserver import Account
from tests.servers.synapse import Registration
from tests.waiting import eventually

Json = dict[str, Any]
_V3 = "/_matrix/client/v3"


class MatrixError(Exception):
    """The homeserver refused: HTTP `status` and the Matrix `errcode`."""

    def __init__(self, status: int, answer: Json) -> None:
        super().__init__(f"{status} {answer.get('errcode')}: {answer.get('error')}")
        self.status = status
        self.errcode = answer.get("errcode")


class Probe:
    """One logged-in user (or appservice ghost). Every call raises `MatrixError` when refused; close it at the end."""

    def __init__(self, url: str, user_id: str, token: str, *, password: str = "", masquerade: bool = False) -> None:
        self.url = url
        self.user_id = user_id
        self.token = token
        self.password = password
        self._as = {"user_id": user_id} if masquerade else {}
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        self._transactions = (f"probe-{secrets.token_hex(4)}-{n}" for n in itertools.count())

    @classmethod
    def of(cls, url: str, account: Account) -> Self:
        """For a user that was just registered."""
        return cls(url, account.user_id, account.access_token, password=account.password)

    @classmethod
    def ghost(cls, url: str, registration: Registration, user_id: str | None = None) -> Self:
        """For an appservice's bot, or a user of its namespace."""
        return cls(url, user_id or registration.sender, registration.as_token, masquerade=True)

    async def close(self) -> None:
        """Give up its connections."""
        await self._http.close()

    async def call(self, method: str, path: str, body: Json | None = None, **query: Any) -> Json:
        """Any endpoint below `/_matrix/client/v3` (or a whole path that begins with `/_`)."""
        path = path if path.startswith("/_") else _V3 + path
        head = {"Authorization": f"Bearer {self.token}"}
        params = {**self._as, **{name: str(value) for name, value in query.items() if value is not None}}
        async with self._http.request(method, self.url + path, json=body, params=params, headers=head) as answer:
            data: Json = await answer.json()
            if answer.status >= 400:
                raise MatrixError(answer.status, data)
            return data

    async def create_room(self, **wish: Any) -> str:
        """A room id. `wish` is the body of createRoom."""
        return str((await self.call("POST", "/createRoom", wish))["room_id"])

    async def join(self, room: str) -> str:
        """Join by id or alias; the room id."""
        return str((await self.call("POST", f"/join/{_part(room)}", {}))["room_id"])

    async def leave(self, room: str) -> None:
        """Leave a room, or refuse its invitation."""
        await self.call("POST", f"/rooms/{_part(room)}/leave", {})

    async def invite(self, room: str, user_id: str) -> None:
        """Invite someone."""
        await self.call("POST", f"/rooms/{_part(room)}/invite", {"user_id": user_id})

    async def kick(self, room: str, user_id: str) -> None:
        """Remove someone."""
        await self.call("POST", f"/rooms/{_part(room)}/kick", {"user_id": user_id})

    async def resolve(self, alias: str) -> str:
        """The room id behind an alias."""
        return str((await self.call("GET", f"/directory/room/{_part(alias)}"))["room_id"])

    async def joined_rooms(self) -> list[str]:
        """Rooms this user is in."""
        return list((await self.call("GET", "/joined_rooms"))["joined_rooms"])

    async def invited_rooms(self) -> list[str]:
        """Rooms this user is invited to."""
        return list((await self.sync()).get("rooms", {}).get("invite", {}))

    async def members(self, room: str, membership: str = "join") -> set[str]:
        """User ids with that membership."""
        found = await self.call("GET", f"/rooms/{_part(room)}/members", membership=membership)
        return {event["state_key"] for event in found["chunk"]}

    async def state(self, room: str, kind: str, key: str = "") -> Json:
        """The content of one state event."""
        return await self.call("GET", f"/rooms/{_part(room)}/state/{_part(kind)}/{_part(key)}")

    async def all_state(self, room: str) -> list[Json]:
        """All current state events."""
        answer: Any = await self.call("GET", f"/rooms/{_part(room)}/state")
        return list(answer)

    async def set_state(self, room: str, kind: str, content: Json, key: str = "") -> str:
        """Set a state event; its id."""
        path = f"/rooms/{_part(room)}/state/{_part(kind)}/{_part(key)}"
        return str((await self.call("PUT", path, content))["event_id"])

    async def events(self, room: str, kind: str | None = None) -> list[Json]:
        """All timeline events this user may see, oldest first; only of one type if `kind` says so."""
        found: list[Json] = []
        token: str | None = None
        while True:
            where: Json = {"from": token}
            page = await self.call("GET", f"/rooms/{_part(room)}/messages", dir="f", limit=100, **where)
            found += page["chunk"]
            token = page.get("end")
            if token is None:
                return [event for event in found if kind in (None, event["type"])]

    async def messages(self, room: str) -> list[Json]:
        """All `m.room.message` events that are not redacted, oldest first."""
        return [event for event in await self.events(room, "m.room.message") if event["content"]]

    async def bodies(self, room: str) -> list[str]:
        """The `body` of each of `messages`."""
        return [event["content"].get("body", "") for event in await self.messages(room)]

    async def event(self, room: str, event_id: str) -> Json:
        """One event."""
        return await self.call("GET", f"/rooms/{_part(room)}/event/{_part(event_id)}")

    async def related(self, room: str, event_id: str, relation: str | None = None) -> list[Json]:
        """Events that relate to one (`m.thread`, `m.annotation`, `m.replace`), oldest first."""
        path = f"/_matrix/client/v1/rooms/{_part(room)}/relations/{_part(event_id)}"
        found = await self.call("GET", f"{path}/{relation}" if relation else path, dir="f", limit=100)
        return list(found["chunk"])

    async def send(self, room: str, content: Json, kind: str = "m.room.message") -> str:
        """Send an event; its id."""
        path = f"/rooms/{_part(room)}/send/{_part(kind)}/{next(self._transactions)}"
        return str((await self.call("PUT", path, content))["event_id"])

    async def say(self, room: str, body: str, **more: Any) -> str:
        """Send a text; `more` goes into the content. The event id."""
        return await self.send(room, {"msgtype": "m.text", "body": body, **more})

    async def reply(self, room: str, to: str, body: str, **more: Any) -> str:
        """Answer an event with a text (a rich reply, spec 11.5). The event id."""
        return await self.say(room, body, **{"m.relates_to": {"m.in_reply_to": {"event_id": to}}}, **more)

    async def say_in_thread(self, room: str, root: str, body: str, to: str | None = None) -> str:
        """Write into a thread; a real reply to `to` if given, else only the fallback to the root."""
        fallback = {"m.in_reply_to": {"event_id": to or root}, "is_falling_back": to is None}
        return await self.say(room, body, **{"m.relates_to": {"rel_type": "m.thread", "event_id": root, **fallback}})

    async def edit(self, room: str, event_id: str, body: str) -> str:
        """Replace a text by another. The id of the edit."""
        new = {"msgtype": "m.text", "body": body}
        relation = {"rel_type": "m.replace", "event_id": event_id}
        return await self.say(room, f"* {body}", **{"m.new_content": new, "m.relates_to": relation})

    async def react(self, room: str, event_id: str, key: str) -> str:
        """React. The id of the reaction."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send(room, {"m.relates_to": relation}, "m.reaction")

    async def redact(self, room: str, event_id: str) -> str:
        """Delete an event. The id of the redaction."""
        path = f"/rooms/{_part(room)}/redact/{_part(event_id)}/{next(self._transactions)}"
        return str((await self.call("PUT", path, {}))["event_id"])

    async def upload(self, data: bytes, mimetype: str, filename: str) -> str:
        """Upload a file; its mxc:// URI."""
        head = {"Authorization": f"Bearer {self.token}", "Content-Type": mimetype}
        params = {**self._as, "filename": filename}
        url = f"{self.url}/_matrix/media/v3/upload"
        async with self._http.post(url, data=data, params=params, headers=head) as answer:
            return str((await answer.json())["content_uri"])

    async def download(self, mxc: str) -> bytes:
        """The bytes behind an mxc:// URI."""
        url = f"{self.url}/_matrix/client/v1/media/download/{mxc.removeprefix('mxc://')}"
        head = {"Authorization": f"Bearer {self.token}"}
        async with self._http.get(url, params=self._as, headers=head) as answer:
            if answer.status >= 400:
                raise MatrixError(answer.status, await answer.json())
            return await answer.read()

    async def sync(self, since: str | None = None, wait_ms: int = 0) -> Json:
        """One /sync."""
        return await self.call("GET", "/sync", since=since, timeout=wait_ms)

    async def wait_for_invite(self, within: float = 30.0) -> str:
        """The first room this user is invited to."""
        rooms: list[str] = await eventually(self.invited_rooms, within, every=0.1)
        return rooms[0]

    async def wait_for_messages(self, room: str, count: int, within: float = 30.0) -> list[Json]:
        """`messages`, once there are `count` of them."""

        async def enough() -> list[Json]:
            found = await self.messages(room)
            return found if len(found) >= count else []

        return await eventually(enough, within, every=0.1)


def _part(text: str) -> str:
    return quote(text, safe="")
