"""Mailbox names on the wire: modified UTF-7 (RFC 3501 section 5.1.3) and quoted strings (RFC 3501 section 9).

Never guesses a hierarchy delimiter, and never lets a line break or NUL through.
"""

import base64
import binascii


def quote(text: str) -> str:
    """`text` as a quoted string. Raises ValueError for NUL, CR, LF, which a quoted string cannot hold."""
    if any(c in text for c in "\0\r\n"):
        raise ValueError("NUL, CR and LF cannot be quoted")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encode(name: str) -> str:
    """A mailbox name as ASCII in modified UTF-7. Raises ValueError for lone surrogates."""
    out: list[str] = []
    run: list[str] = []

    def flush() -> None:
        if run:
            octets = "".join(run).encode("utf-16-be")
            out.append("&" + base64.b64encode(octets).rstrip(b"=").decode("ascii").replace("/", ",") + "-")
            run.clear()

    for c in name:
        if " " <= c <= "~":
            flush()
            out.append("&-" if c == "&" else c)
        else:
            run.append(c)
    flush()
    return "".join(out)


def decode(wire: bytes) -> str:
    """The name a server sent; what is not modified UTF-7 is read as UTF-8, so that it can still be shown."""
    text = wire.decode("utf-8", "replace")
    out: list[str] = []
    rest = text
    while rest:
        plain, amp, tail = rest.partition("&")
        out.append(plain)
        if not amp:
            break
        code, dash, rest = tail.partition("-")
        if not dash:
            return text
        if not code:
            out.append("&")
            continue
        try:
            octets = base64.b64decode(code.replace(",", "/") + "=" * (-len(code) % 4), validate=True)
            out.append(octets.decode("utf-16-be"))
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return text
    return "".join(out)


def mailbox(name: str) -> str:
    """The name as a command argument: encoded and quoted. INBOX is the one name without case (RFC 3501 section 5.1)."""
    return quote("INBOX" if name.upper() == "INBOX" else encode(name))
