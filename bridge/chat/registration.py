"""The application service registration (application service API, "Registration"): made, written and read.

Pure but for the random tokens of a new one. Written as JSON, which is YAML too; parsing belongs to the caller.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.chat.names import PREFIX
from bridge.core.errors import Permanent

_LOCALPART = re.compile(r"[a-z0-9._=/+-]{1,100}\Z")
_LITERAL = re.compile(r"[@#]((?:[A-Za-z0-9_=/-]|\\[._+=/-])+)")


@dataclass(frozen=True, slots=True)
class Registration:
    """What homeserver and bridge agreed on. `ghosts`, `aliases`: the literal prefixes of the namespaces.

    `url`: where the homeserver pushes transactions to. The tokens show in no repr.
    """

    id: str
    url: str
    as_token: str = field(repr=False)
    hs_token: str = field(repr=False)
    sender: str
    ghosts: str = PREFIX
    aliases: str = PREFIX


def generate(url: str, *, sender: str = "mailroom", prefix: str = PREFIX, id: str = "mailroom") -> Registration:
    """A new registration with fresh tokens of 256 bits. Raises Permanent when a name is no legal localpart."""
    for name in (sender, prefix):
        if not _LOCALPART.match(name):
            raise Permanent(f"{name!r} is not fit for a Matrix user id: use a-z 0-9 . _ = / + -")
    return Registration(id, url, secrets.token_hex(32), secrets.token_hex(32), sender, prefix, prefix)


def dump(registration: Registration) -> str:
    """The file for the homeserver. Both namespaces are exclusive: nobody else may take a name that would catch mail."""
    users = {"exclusive": True, "regex": f"@{re.escape(registration.ghosts)}.*"}
    aliases = {"exclusive": True, "regex": f"#{re.escape(registration.aliases)}.*"}
    value = {
        "id": registration.id,
        "url": registration.url,
        "as_token": registration.as_token,
        "hs_token": registration.hs_token,
        "sender_localpart": registration.sender,
        "rate_limited": False,
        "receive_ephemeral": False,
        "namespaces": {"users": [users], "aliases": [aliases], "rooms": []},
    }
    return json.dumps(value, indent=2) + "\n"


def load(document: Mapping[str, object]) -> Registration:
    """Read a parsed registration file. Raises Permanent with words that name the field, never its value."""
    given = {key: _text(document, key) for key in ("id", "url", "as_token", "hs_token", "sender_localpart")}
    namespaces = document.get("namespaces")
    if not isinstance(namespaces, Mapping):
        raise Permanent("the registration has no namespaces")
    ghosts = _prefix(namespaces, "users", "@")
    if not ghosts:
        raise Permanent(
            "the registration's namespaces.users needs an exclusive regex that starts literally, @_mailroom_.*"
        )
    return Registration(
        given["id"],
        given["url"],
        given["as_token"],
        given["hs_token"],
        given["sender_localpart"],
        ghosts,
        _prefix(namespaces, "aliases", "#") or ghosts,
    )


def _text(document: Mapping[str, object], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise Permanent(f"the registration's {key} is missing or not text")
    return value


def _prefix(namespaces: Mapping[object, object], kind: str, sigil: str) -> str:
    """The literal start of the first exclusive regex under which names made from it really fall; empty when none."""
    entries = namespaces.get(kind)
    for entry in entries if isinstance(entries, list) else []:
        # The parsed file may give scalars as text (a border that guesses no types) or as YAML's booleans.
        alone = isinstance(entry, Mapping) and str(entry.get("exclusive")).lower() in ("true", "yes", "on")
        regex = entry.get("regex") if alone else None
        literal = _LITERAL.match(regex.removeprefix("^")) if isinstance(regex, str) else None
        if literal is None:
            continue
        prefix = re.sub(r"\\(.)", r"\1", literal[1])
        try:
            local = str(regex).partition(":")[0]  # what follows the colon names our own server
            if re.match(local, f"{sigil}{prefix}{'0a' * 12}") and _LOCALPART.match(prefix):
                return prefix
        except re.error:
            continue
    return ""
