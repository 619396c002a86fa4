"""Enhanced status codes (RFC 3463) and SMTP reply codes (RFC 5321 section 4.2) out of what servers say.

Never takes an IP address, a version or a count for a code. Linear, never raises.
"""

import re

_STATUS = re.compile(r"(?<![\w.])([245])\.([0-7])\.(\d{1,3})(?!\.?\d)")
# A code stands where a server begins to speak: not every number of three digits is one.
_CODE = re.compile(
    r"(?i)(?:^|[:<>'\"\[(=;,.]|\b(?:said|code|with|response|error|errors|reply|reason|returned|smtp|failed))"
    r"[ \t]{0,4}[#:]?([45][0-7]\d)(?=$|[\s:,;)\]'\"-])(?![ \t]{0,2}(?:hours|minutes|seconds|days|bytes|octets|kb|mb)\b)"
)
_CODE_AND_STATUS = re.compile(r"(?<![\w.])([45][0-7]\d)[ \t:-]{1,4}#?([245])\.([0-7])\.(\d{1,3})(?!\.?\d)")


def status(text: str) -> str:
    """The first enhanced status code of a refusal, else of a success, else empty."""
    found = ["".join((m[1], ".", m[2], ".", m[3])) for m in _STATUS.finditer(text)]
    return next((code for code in found if code[0] != "2"), found[0] if found else "")


def reply(text: str) -> str:
    """The reply code of a refusal: the one beside a status code first, else where a server's words begin."""
    if match := _CODE_AND_STATUS.search(text):
        return match[1]
    match = _CODE.search(text)
    return match[1] if match else ""


def words(text: str) -> str:
    """The server's own words: from the reply code on, where one stands."""
    match = _CODE_AND_STATUS.search(text)
    if match:
        return text[match.start() :]
    match = _CODE.search(text)
    return text[match.start(1) :] if match else text


def vague(code: str) -> bool:
    """Whether a status code tells its class and hardly more."""
    return not code or code[1:] in (".0.0", ".1.0", ".2.0", ".3.0", ".4.0", ".5.0", ".7.0")


def permanent(status_code: str, reply_code: str) -> bool | None:
    """Whether that is for good: by class of the status, else of the reply; None when neither tells.

    When they disagree, the one that is precise counts, and of two the reply: it is what the server answered, while the
    status is often filled in by whoever reports.
    """
    by_status = {"5": True, "4": False}.get(status_code[:1])
    by_reply = {"5": True, "4": False}.get(reply_code[:1])
    if by_status is None or by_reply is None or by_status == by_reply:
        return by_reply if by_status is None else by_status
    return by_reply if vague(status_code) else by_status
