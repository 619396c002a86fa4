"""Sorting a homeserver's failures by what the caller does next: pure, by status and errcode, never by text."""

from collections.abc import Mapping

from bridge.core.errors import BridgeError, Permanent, RoomLost, Transient


def fault(status: int, body: Mapping[str, object], retry_after: str | None) -> BridgeError:
    """The error for an answer of `status` 300 or more. `code` is "403 M_FORBIDDEN".

    429, and a 5xx without errcode (a proxy before a dead homeserver), mean the whole peer. A 5xx with errcode comes
    from a living one and may be this request's own fault (or another server's), so that its attempts count. A refused
    token is the operator's to mend: the work waits for it.
    """
    errcode = str(body.get("errcode") or "")
    code = f"{status} {errcode}".strip()
    said = str(body.get("error") or "no reason given")[:200]
    text = f"the homeserver said {code}: {said}"
    if status == 429 or errcode == "M_LIMIT_EXCEEDED":
        return Transient(text, code=code, retry_after=_seconds(retry_after, body), peer_down=True)
    if status == 401 or errcode in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"):
        return Transient(f"{text} (is our access token still valid?)", code=code, retry_after=60.0, peer_down=True)
    if status < 400:  # a redirect, or what is no Matrix answer at all: something else stands there now
        return Transient(f"what answered is no homeserver ({status})", code=code, peer_down=True)
    if status == 408 or status >= 500:
        return Transient(text, code=code, retry_after=_seconds(retry_after, {}), peer_down=not errcode)
    return Permanent(text, code=code)


def gone(what: str) -> Transient:
    """The homeserver could not be reached, or did not answer in time."""
    return Transient(f"the homeserver cannot be reached ({what})", code=what, peer_down=True)


def required(answer: Mapping[str, object], key: str) -> str:
    """A field of an answer that the spec promises. Raises Transient when it is not there: that was no homeserver."""
    value = answer.get(key)
    if not isinstance(value, str):
        raise Transient(f"the homeserver's answer has no {key}", peer_down=True)
    return value


def lost(error: Permanent, room: str) -> Permanent:
    """What a refusal to act in a room means: not in it, not allowed to, or no such room."""
    if errcode(error) in ("M_FORBIDDEN", "M_NOT_FOUND", "M_UNKNOWN_ROOM") and not isinstance(error, RoomLost):
        return RoomLost(f"the bot cannot act in {room}: {error.text}", code=error.code)
    return error


def errcode(error: BridgeError) -> str:
    """The Matrix errcode of an error, or empty."""
    return error.code.partition(" ")[2]


def status(error: BridgeError) -> str:
    """The HTTP status of an error as text."""
    return error.code.partition(" ")[0]


def _seconds(header: str | None, body: Mapping[str, object]) -> float | None:
    """Retry-After in seconds (v1.10; homeservers never use its date form), else retry_after_ms; at most an hour."""
    if header is not None and header.strip().isdecimal():
        return min(float(header), 3600.0)
    older = body.get("retry_after_ms")
    return min(max(older / 1000, 0.0), 3600.0) if isinstance(older, int | float) else None
