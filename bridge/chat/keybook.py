"""What encryption has to remember beside its keys: encrypted rooms, messages whose key has not come, replays.

It lies in the same SQLite file as nio's keys, in tables of its own, each write durable when it returns. It knows
neither the homeserver nor how anything is encrypted. To be used from one thread.
"""

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TABLES = """
create table if not exists mailroom_rooms (room text primary key, readers text, entered integer not null default 0);
create table if not exists mailroom_waiting
  (number integer primary key autoincrement, event text not null unique, body text not null, since real not null);
create table if not exists mailroom_seen
  (session text not null, number integer not null, event text not null, primary key (session, number)) without rowid;
create table if not exists mailroom_secrets (name text primary key, value text not null);
create table if not exists mailroom_strangers
  (number integer primary key autoincrement, user text not null, room text not null, key text not null,
   session text not null, unique (room, key, session));
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An encrypted event whose key has not come. `since`: when it came, in seconds since the epoch."""

    event: str
    body: Mapping[str, Any]
    since: float


@dataclass(frozen=True, slots=True)
class Given:
    """A session that somebody gave us: `room` empty where it is one for keys. `key`: of the device that gave it."""

    user: str
    room: str
    key: str
    session: str


class Keybook:
    """The tables. Raises sqlite3.Error where the disk fails."""

    def __init__(self, file: Path) -> None:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))  # before anything is in it
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.executescript(_TABLES)

    def close(self) -> None:
        """Give up the file."""
        self._database.close()

    def rooms(self) -> Mapping[str, frozenset[str] | None]:
        """Every room that is encrypted, with those who get its keys; None: whoever is in it."""
        found = self._database.execute("select room, readers from mailroom_rooms")
        return {room: frozenset(json.loads(readers)) if readers else None for room, readers in found}

    def remember(self, room: str, readers: frozenset[str] | None) -> None:
        """A room is encrypted, from now on and for ever."""
        self._database.execute(
            "insert into mailroom_rooms (room, readers) values (?, ?)"
            " on conflict (room) do update set readers = coalesce(excluded.readers, readers)",
            (room, None if readers is None else json.dumps(sorted(readers))),
        )

    def entered(self) -> frozenset[str]:
        """Rooms that our speaker is in."""
        return frozenset(r for (r,) in self._database.execute("select room from mailroom_rooms where entered"))

    def enter(self, room: str) -> None:
        """Our speaker is in the room now."""
        self._database.execute("update mailroom_rooms set entered = 1 where room = ?", (room,))

    def leave(self, room: str) -> None:
        """Our speaker is no longer there."""
        self._database.execute("update mailroom_rooms set entered = 0 where room = ?", (room,))

    def wait(self, event: str, body: Mapping[str, Any], now: float) -> None:
        """Keep an event until its key comes."""
        self._database.execute(
            "insert or ignore into mailroom_waiting (event, body, since) values (?, ?, ?)",
            (event, json.dumps(body), now),
        )

    def waiting(self) -> Sequence[Waiting]:
        """Events whose keys have not come, oldest first."""
        found = self._database.execute("select event, body, since from mailroom_waiting order by number")
        return [Waiting(event, json.loads(body), since) for event, body, since in found]

    def done(self, events: Sequence[str]) -> None:
        """They wait no longer."""
        self._database.executemany("delete from mailroom_waiting where event = ?", [(event,) for event in events])

    def first_seen(self, session: str, number: int, event: str) -> bool:
        """Whether this message of a session is seen for the first time, or again as the same event: else a replay."""
        self._database.execute("insert or ignore into mailroom_seen values (?, ?, ?)", (session, number, event))
        query = "select event from mailroom_seen where session = ? and number = ?"
        (known,) = self._database.execute(query, (session, number)).fetchone()
        return bool(known == event)

    def note_stranger(self, given: Given) -> None:
        """A session of a stranger was used, for the first time or again."""
        values = (given.user, given.room, given.key, given.session)
        self._database.execute(
            "insert or replace into mailroom_strangers (user, room, key, session) values (?, ?, ?, ?)", values
        )

    def beyond(self, most: int) -> Sequence[Given]:
        """Those that are more than `most`: the ones not used for longest."""
        query = "select user, room, key, session from mailroom_strangers order by number desc limit -1 offset ?"
        return [Given(*row) for row in self._database.execute(query, (most,))]

    def forget_strangers(self, several: Sequence[Given]) -> None:
        """They are gone, or are no strangers' any more."""
        self._database.executemany(
            "delete from mailroom_strangers where room = ? and key = ? and session = ?",
            [(given.room, given.key, given.session) for given in several],
        )

    def secret(self, name: str) -> str:
        """A secret kept under that name, or empty."""
        found = self._database.execute("select value from mailroom_secrets where name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def keep_secret(self, name: str, value: str) -> None:
        """Keep a secret, in place of an older one."""
        self._database.execute("insert or replace into mailroom_secrets values (?, ?)", (name, value))
