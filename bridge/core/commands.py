"""What admins ask for in the admin room: `!rules …`. Which words are a command, and whose are obeyed. Pure.

Only a plain message that an admin of the settings says in the admin room is one. Nothing that a mail holds can be: mail
is spoken by ghosts and the bot, whose messages are never read (I7).
"""

import html

from bridge.core.effects import ADMIN_ROOM, Obey, Tell
from bridge.core.ids import derive
from bridge.core.plan import Pending, Plan
from bridge.core.post import Said
from bridge.core.setup import Setup

WORD = "!rules"

LANE = "obey"
"""All commands wait in one lane: however many are asked for, one is done at a time, and nothing else waits for it."""

LONGEST = 200
"""Characters of a command that are looked at; keys and Message-IDs are shorter."""


def is_command(said: Said) -> bool:
    """Whether a message in the admin room is meant as a command."""
    return said.type == "text" and said.body.split(maxsplit=1)[:1] == [WORD]


def plan_command(pending: Pending, said: Said, setup: Setup) -> Plan:
    """The plan for a command, to be done after those before it. Others than admins hear once that they may not."""
    if said.sender not in setup.admins:
        notice = Tell(
            key=derive("not-an-admin", said.sender),
            lane=f"room:{ADMIN_ROOM}",
            room=ADMIN_ROOM,
            text="Only those named under `admins` in the settings are obeyed here.",
            reply_to=said.event,
        )
        return Plan(arrival=pending.key, outcome="ignored", words="a command of no admin", effects=(notice,))
    key = derive("obey", said.event)
    words = tuple(said.body[:LONGEST].split()[1:])
    effect = Obey(key=key, lane=LANE, event=said.event, author=said.sender, command=words)
    return Plan(arrival=pending.key, outcome="command", words="a command", effects=(effect,))


def obeyed(effect: Obey, text: str) -> Tell:
    """The answer to a command, as it stands: columns stay columns, and no word of it means anything to a client."""
    return Tell(
        key=derive("obeyed", effect.key),
        lane=f"room:{ADMIN_ROOM}",
        room=ADMIN_ROOM,
        text=text,
        html=f"<pre><code>{html.escape(text)}</code></pre>" if "\n" in text else "",
        reply_to=effect.event,
    )
