"""Ways to log in: LOGIN, and SASL PLAIN (RFC 4616), XOAUTH2 and OAUTHBEARER (RFC 7628), without I/O.

Never shows a secret: the values here have no repr of it.
"""

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Literal

from bridge.mail.imap.failures import LoginRefused

Auth = Literal["auto", "login", "plain", "xoauth2", "oauthbearer"]
Way = Literal["login", "plain", "xoauth2", "oauthbearer"]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """`first`: the initial response. `dismiss`: the answer to the challenge in which a server explains its refusal."""

    name: str
    first: bytes = field(repr=False)
    dismiss: bytes = b""


def choose(auth: Auth, capabilities: Set[str]) -> Way:
    """The way to log in. Raises LoginRefused, without having sent anything, when the server offers none that fits.

    `auto` prefers PLAIN, which carries any character, to LOGIN, and takes OAuth where nothing else is offered.
    """
    if auth != "auto" and auth != "login":  # mypy narrows this form
        return auth  # not refused when it is not offered: some servers do not list what they take
    if auth == "auto" and "AUTH=PLAIN" in capabilities:
        return "plain"
    if "LOGINDISABLED" not in capabilities:
        return "login"
    if auth == "auto" and "AUTH=OAUTHBEARER" in capabilities:
        return "oauthbearer"
    if auth == "auto" and "AUTH=XOAUTH2" in capabilities:
        return "xoauth2"
    raise LoginRefused("the server offers no way to log in that fits (RFC 3501 section 6.2.3)", code="LOGINDISABLED")


def mechanism(
    way: Literal["plain", "xoauth2", "oauthbearer"], user: str, secret: str, host: str, port: int
) -> Mechanism:
    """The SASL exchange of `way`."""
    if way == "plain":
        return Mechanism("PLAIN", f"\0{user}\0{secret}".encode())
    if way == "xoauth2":
        return Mechanism("XOAUTH2", f"user={user}\1auth=Bearer {secret}\1\1".encode())
    name = user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 section 4
    first = f"n,a={name},\1host={host}\1port={port}\1auth=Bearer {secret}\1\1"
    return Mechanism("OAUTHBEARER", first.encode(), dismiss=b"\1")  # RFC 7628 section 3.2.3
