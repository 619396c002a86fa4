"""The mailing list that a mail came through: by the fields of RFC 2919, 2369 and 5064, and by what was written before.

Old list managers name only an address. The identifier then is that address with a dot for its @, as their successors
write it in List-Id, so that a rule still finds the list after it moved. All of it is a hint: anybody may write these
fields. Never raises.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from bridge.core.addresses import Address, parse_spec
from bridge.core.mail import ListInfo
from bridge.mail import fields, words

LIST_ID = 255
"""Octets of a list identifier (RFC 2919 section 3)."""

NAME = 200
"""Characters of a list's name."""

ADDRESSES = 4
"""Addresses of List-Unsubscribe that are kept, each at most `ADDRESS` characters long."""

ADDRESS = 2000

_MAILTO = re.compile(r"(?i)<\s{0,20}mailto:([^?>\s]{1,1000})")
_BRACKETED = re.compile(r"<\s{0,20}([^<>\s]{1,300})\s{0,20}>")
_URI = re.compile(r"(?i)<\s{0,20}((?:https?|mailto):[^<>]{1,4000})>")
_HOST = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63})+\.?\Z")
_SPEC = re.compile(r"[^\s<>,;:\"()@]{1,64}@[^\s<>,;:\"()@]{1,255}")

_NAMED = ("x-beenthere", "x-mailing-list", "mailing-list", "x-mailinglist", "x-list-address")
"""Fields of Mailman, smartlist, ezmlm, Yahoo's groups and others that hold the list's address somewhere."""

_BARE = ("x-mailman-version", "x-ml-name", "x-listserver", "x-listmanager", "x-lsv-listid", "x-google-group-id")
"""Fields that only list managers write, and that name no address."""

_OLD = frozenset((*_NAMED, *_BARE, "delivered-to", "sender"))
"""All fields in which an old sign may stand."""


def list_info(header: Mapping[str, bytes]) -> ListInfo | None:
    """The list that the mail names; None when it names none. `header`: the first field of each lower-case name."""
    written = words.text(header.get("list-id", b""))
    identifier, name = _identifier(written)
    post = _post(header)
    if not identifier:
        named, _ = _old(header)
        address = post or named
        if address is None:
            return None
        identifier, post = f"{address.local}.{address.domain}".lower(), address
        if len(identifier.encode()) > LIST_ID:
            return None
    return ListInfo(
        id=identifier,
        post=post,
        name=name,
        unsubscribe=_unsubscribe(header),
        archived_at=_archived_at(header),
    )


def sign(header: Mapping[str, bytes]) -> str:
    """In words, what says that the mail came through a list; empty when nothing does."""
    for field in ("list-id", "list-post"):
        if header.get(field, b"").strip():
            return f"{shown(field)} is set"
    return _old(header)[1]


def shown(field: str) -> str:
    """The usual spelling of a lower-case field name."""
    return "-".join(word.upper() if word in ("id", "ml", "lsv") else word.capitalize() for word in field.split("-"))


def _identifier(written: str) -> tuple[str, str]:
    """The identifier and the phrase before it (RFC 2919 section 3); without brackets too, as it is often written."""
    found = list(_BRACKETED.finditer(written))
    if found:
        identifier, phrase = found[-1][1], written[: found[-1].start()]
    else:
        phrase, _, identifier = written.strip(" <>").rpartition(" ")
        if phrase and not _HOST.match(identifier):
            return "", ""
    if not identifier or len(identifier.encode()) > LIST_ID:
        return "", ""
    return identifier.lower().rstrip("."), phrase.strip().strip('"').replace('\\"', '"').strip()[:NAME]


def _post(header: Mapping[str, bytes]) -> Address | None:
    match = _MAILTO.search(words.text(header.get("list-post", b"")))
    return parse_spec(unquote(match[1])) if match else None


def _unsubscribe(header: Mapping[str, bytes]) -> tuple[str, ...]:
    found = (uri.strip() for uri in _URI.findall(words.text(header.get("list-unsubscribe", b""))))
    return tuple(dict.fromkeys(uri for uri in found if len(uri) <= ADDRESS))[:ADDRESSES]


def _archived_at(header: Mapping[str, bytes]) -> str:
    """RFC 5064 section 2.1: an address in brackets; only one that can be followed."""
    match = _URI.search(words.text(header.get("archived-at", b"")))
    uri = match[1].strip() if match else ""
    return uri if uri.lower().startswith("http") and len(uri) <= ADDRESS else ""


def _old(header: Mapping[str, bytes]) -> tuple[Address | None, str]:
    """The list's address, where an old sign names one, and that sign in words."""
    if _OLD.isdisjoint(header):
        return None, ""
    for field in _NAMED:
        if value := words.text(header.get(field, b"")):
            named = _address(value)
            if named is not None and value.lower().startswith("contact "):  # ezmlm: whom to ask for help
                named = parse_spec(f"{named.local.removesuffix('-help')}@{named.domain}")
            return named, f"{shown(field)} is set"
    delivered = words.text(header.get("delivered-to", b""))
    if delivered.lower().startswith("mailing list "):  # ezmlm
        return _address(delivered), "Delivered-To names a mailing list"
    for field in _BARE:
        if header.get(field, b"").strip():
            return None, f"{shown(field)} is set"
    senders = fields.addresses(header.get("sender", b""))
    if senders and (local := senders[0].local.lower()).startswith("owner-") and len(local) > 6:  # majordomo
        address = Address(senders[0].local[6:], senders[0].domain)
        return parse_spec(address.spec), "Sender is a list's owner"
    return None, ""


def _address(value: str) -> Address | None:
    """The first address in a value: `list users@corp.example; contact users-help@corp.example`."""
    match = _SPEC.search(value)
    return parse_spec(match[0].strip(".'")) if match else None
