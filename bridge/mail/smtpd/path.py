"""Reading the arguments of MAIL and RCPT: a path in angle brackets and parameters (RFC 5321 section 4.1.2).

Lenient about what real senders write (doubled dots, long local parts, a missing bracket), strict about what could be
read two ways: no control character, no blank outside quotes, no stray octet. It judges form only, never who is known.
"""

import re
from dataclasses import dataclass

MAX_PATH = 320
"""Octets of an address: local part 64, the sign, domain 255; longer local parts (VERP, SRS) borrow from the domain."""

_LOCAL = r'(?:"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"|[^\s<>@"\\\x00-\x1f\x7f]+)'
_DOMAIN = r"[^\s<>@\"\\\x00-\x1f\x7f]+"
_ADDRESS = rf"(?P<{{0}}>{_LOCAL}(?:@{_DOMAIN})?)"
_PATH = re.compile(
    rf"[ \t]*(?:<(?:@[^:<>\s]*:)?(?:{_ADDRESS.format('inside')})?>|{_ADDRESS.format('bare')})(?P<rest>[ \t].*)?\Z"
)


@dataclass(frozen=True, slots=True)
class Path:
    """`address`: as written, without source route (section 4.1.1.3), empty for the null path.

    `parameters`: keyword in capitals to value, empty where none was given.
    """

    address: str
    parameters: dict[str, str]

    @property
    def ascii(self) -> bool:
        """False: needs SMTPUTF8 (RFC 6531 section 3.4)."""
        return self.address.isascii()


def parse_path(keyword: str, argument: str) -> Path | None:
    """The path after `keyword` ("FROM:" or "TO:", in any case); None when the syntax is wrong."""
    if argument[: len(keyword)].upper() != keyword:
        return None
    found = _PATH.match(argument, len(keyword))
    if not found:
        return None
    address = found["inside"] or found["bare"] or ""
    try:
        octets = len(address.encode())
    except UnicodeEncodeError:  # octets that are not UTF-8
        return None
    if octets > MAX_PATH or not address.isprintable():
        return None
    parameters: dict[str, str] = {}
    for word in (found["rest"] or "").split():
        name, sign, value = word.partition("=")
        if not name.replace("-", "").isalnum() or (sign and not value) or name.upper() in parameters:
            return None
        parameters[name.upper()] = value
    return Path(address, parameters)


def is_postmaster(address: str) -> bool:
    """Whoever runs a mail server can be reached, with or without domain, in any case (RFC 5321 section 4.5.1)."""
    return address.partition("@")[0].lower() == "postmaster"
