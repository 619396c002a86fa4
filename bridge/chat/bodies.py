"""The text of a message as a person wrote it: without reply fallback, with the people it names.

Pure and linear in its input, since anyone in a room may write it.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

_MOST = 200_000
_LINK = re.compile(r"https://matrix\.to/#/((?:@|%40)[^\s\"'<>?&)\]]{1,500})")
_USER = re.compile(r"@[^\s:\x00]{1,200}:[^\s\x00]{1,230}\Z")


def without_fallback(body: str) -> str:
    """Plain text without the "> " lines that old clients put in front of a reply (removed in v1.13)."""
    lines = body.split("\n")
    start = 0
    while start < len(lines) and lines[start].startswith(">"):
        start += 1
    if start == 0 or not lines[0].startswith("> "):
        return body
    return "\n".join(lines[start:]).lstrip("\n")


def without_mx_reply(markup: str) -> str:
    """HTML without <mx-reply>…</mx-reply>; an unclosed one hides all the rest, which must not leak."""
    lower = markup.lower()
    kept: list[str] = []
    at = 0
    while (start := lower.find("<mx-reply", at)) >= 0:
        kept.append(markup[at:start])
        end = lower.find("</mx-reply>", start)
        if end < 0:
            return "".join(kept)
        at = end + len("</mx-reply>")
    return "".join((*kept, markup[at:]))


def named_people(content: Mapping[str, object], markup: str, body: str) -> tuple[str, ...]:
    """The users of m.mentions and of matrix.to links, in order, each once."""
    declared = content.get("m.mentions")
    users = declared.get("user_ids") if isinstance(declared, Mapping) else None
    found = [user for user in users if isinstance(user, str)] if isinstance(users, list) else []
    for text in (markup, body):
        found += [unquote(link[1]).rstrip("/") for link in _LINK.finditer(text[:_MOST])]
    return tuple(dict.fromkeys(user for user in found if _USER.match(user)))
