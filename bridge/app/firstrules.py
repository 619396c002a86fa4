"""The first rules of an installation: text for an admin to read and go on from. It decides nothing at run time."""

import json
import re
from collections.abc import Iterable, Sequence

_HEAD = """\
# yaml-language-server: $schema=rules.schema.json
# First rules of Mailroom, written by `mailroom init`: which mail goes where, who sees it, who may answer.
# A running daemon obeys a change within seconds; `mailroom rules check` says first what is wrong with it.
"""

_UNMATCHED = """\
# Mail that is addressed to no inbox is held here and never dropped.
unmatched: {{do: triage, room: {{is: "#mail-triage", for: {admin}}}}}
"""


def rules_text(
    domain: str,
    people: Sequence[str],
    accounts: Iterable[tuple[str, str]],
    addresses: Iterable[tuple[str, str]],
    *,
    server: str,
) -> str:
    """Rules for `people` (Matrix ids, the first is the admin), and an inbox for each of `accounts` and `addresses`.

    Both come with the identity that answers leave as, empty when none sends yet. An account that is called like a
    person is that person's, and private; everything else is for all of them. `server`: the homeserver's name; rooms are
    closed to other servers unless somebody is there.
    """
    keys = _keys(people)
    group = next(name for name in ("staff", "team", "everyone-here", "all-of-us", "group") if name not in keys.values())
    lines = [_HEAD, f"domain: {_q(domain)}  # ann is @ann:{domain} and ann@{domain}, unless her entry says otherwise"]
    lines.append("people:")
    lines += [f"  {_q(key)}: {_person(key, user, domain)}" for user, key in keys.items()]
    lines.append(f"groups: {{{group}: [{', '.join(map(_q, keys.values()))}]}}")
    lines.append("defaults:")
    lines.append("  # An answer is a reply to a mail in the room; it leaves after 15 s unless it is deleted before.")
    lines.append("  send: {by: reply, hold: 15s, to: sender, quote: below}")
    if any(user.partition(":")[2] != server for user in people):
        lines.append("  # Rooms are open to other servers, because some people are there.")
        lines.append("  room: {federate: true}")
    inboxes: dict[str, list[str]] = {}
    for name, identity in accounts:
        own = name in keys.values()
        inboxes[_free(name, inboxes)] = [
            f"account: {_q(name)}  # of mailroom.yaml",
            *(["private: true  # nothing of it is shown but in its own rooms"] if own else []),
            *_body(name if own else group, identity),
        ]
    for address, identity in addresses:
        door = f"address: {_q(address)}  # subaddresses (+x) are included"
        inboxes[_free(address.partition("@")[0], inboxes)] = [door, *_body(group, identity)]
    lines.append("inboxes:" if inboxes else "inboxes: {}  # support: {address: …, room: …, send: …}")
    for name, body in inboxes.items():
        lines += [f"  {_q(name)}:", *(f"    {line}" for line in body)]
    return "\n".join(lines) + "\n" + _UNMATCHED.format(admin=_q(next(iter(keys.values()))))


def _body(members: str, identity: str) -> list[str]:
    room = f"room: {{per: conversation, for: {_q(members)}, join: at-once}}"
    if not identity:
        return [room, "send: none  # no account sends for it yet: see submission in mailroom.yaml"]
    sender = _q("{me.name} <" + identity + ">")
    return [room, f"send: {{who: {_q(members)}, as: {sender}}}"]


def _keys(people: Sequence[str]) -> dict[str, str]:
    """A short name for each Matrix id, from its localpart."""
    keys: dict[str, str] = {}
    for user in people:
        keys[user] = _free(user[1:].partition(":")[0], set(keys.values()))
    return keys


def slug(text: str) -> str:
    """A name of plain characters."""
    return re.sub(r"[^a-z0-9_.-]+", "-", text.casefold()).strip("-.") or "inbox"


def _free(wanted: str, taken: Iterable[str]) -> str:
    """A name of plain characters that is not taken."""
    name = slug(wanted)
    used, number, found = set(taken), 2, name
    while found in used:
        found, number = f"{name}-{number}", number + 1
    return found


def _person(key: str, user: str, domain: str) -> str:
    name = " ".join(part.capitalize() for part in re.split(r"[^\w]+|_", key) if part) or key
    if user == f"@{key}:{domain}":
        return _q(name)
    return f"{{name: {_q(name)}, matrix: {_q(user)}}}"


def _q(text: str) -> str:
    """A YAML scalar that means this text, quoted only where it must be."""
    return text if re.fullmatch(r"[a-z][a-z0-9_.@-]*", text) else json.dumps(text, ensure_ascii=False)
