"""What a delivery report says, whoever made it: RFC 3464, and the many that follow no standard.

`read` finds out whether a mail is such a report, which recipients it names, whether they failed for good, and why in
one word of sisimai's public vocabulary:

userunknown (no such mailbox), hostunknown (no such domain), hasmoved (the address moved), notaccept (the domain takes
no mail), mailboxfull, suspend (the account is disabled), filtered (refused for the recipient's own reasons), rejected
(the sender's address is refused), expired (no success in time), blocked (the sending server is refused), badreputation,
requireptr (the sending server has no reverse DNS), authfailure (SPF, DKIM or DMARC), policyviolation, securityerror,
spamdetected, virusdetected, contenterror, notcompliantrfc, syntaxerror, mesgtoobig, exceedlimit (too big for this
recipient), norelaying, networkerror, systemerror, systemfull, mailererror (a program of the receiving server failed),
toomanyconn, speeding (too much at once), onhold (the code alone tells nothing), delivered, feedback (a complaint, RFC
5965), undefined.

Pure and linear; never raises for content. What it finds was written by whoever sent the report and proves nothing.
"""

from dataclasses import replace

from bridge.core.addresses import Address, parse_spec
from bridge.core.bounces import Action, Bounce, Failure
from bridge.mail import fields, mime
from bridge.mail.bounce import codes, feedback, informal, original, reasons, report, signs
from bridge.mail.bounce.original import Original
from bridge.mail.charset import clean, decode, one_line
from bridge.mail.mime import Node

TEXT = 64_000
"""Characters of a report's text that are looked at."""

SAID = 500
"""Characters of a server's words that are kept."""

_FAILED = (
    "deliver",
    "did not reach",
    "undeliver",
    "could not be sent",
    "returned",
    "rejected",
    "failed",
    "failure",
    "fatal errors",
    "transcript of session",
    "permanent error",
    "zugestellt",
    "zustell",
    "remis",
    "distribu",
    "entreg",
    "consegn",
    "recapit",
    "bezorg",
    "доставлен",
    "送信できません",
    "配信",
    "投递",
    "送达",
    "无法",
    "invalid",
    "error",
)
_LEADS = (
    "rcpt to",
    "could not be delivered",
    "couldn't be delivered",
    "could not deliver",
    "unable to deliver",
    "not able to deliver",
    "wasn't able to deliver",
    "has been returned",
    "was not delivered",
    "did not reach",
    "delivery has failed",
    "failed permanently",
    "failed recipient",
    "no such user",
    "user unknown",
    "unknown user",
    "transcript of session",
    "created automatically by mail",
)
_DELAYED = (
    "has been delayed",
    "been delayed",
    "is delayed",
    "delivery delayed",
    "warning message only",
    "warning only",
    "will be retried",
    "will continue to",
    "still being retried",
    "will keep trying",
    "still trying",
    "will try again",
    "not yet been delivered",
    "has not yet been",
    "temporary failure only",
    "do not need to resend",
    "noch nicht zugestellt",
    "verzögert",
    "retardé",
    "retrasad",
)


def read(
    raw: bytes,
    root: Node,
    header: signs.Header,
    authors: tuple[Address, ...],
    subject: str,
    text: str,
    depth: int = 0,
) -> Bounce | None:
    """The report that a mail is, or None. `raw`: the octets that `root` is a tree of; `header`: its first field of each
    lower-case name; `text`: what a person reads. `depth`: how many mails it is wrapped in."""
    if complaint := feedback.read(raw, root, subject, text):
        return complaint
    found = signs.read(root, header, authors, subject)
    if found is None:
        return None
    parts = [node for node in root.walk() if signs.is_status(node) and not node.children]
    if not found.structured and not (found.sender and (parts or found.points + 3 >= signs.ENOUGH)):
        return None
    lines = [line[:2000] for line in text[:TEXT].splitlines()[:2000]]
    cut, inside = original.inline(lines)
    returned = original.attached(raw, root) or inside
    status = "\n".join(_text(raw, node) for node in parts[:5])
    groups = report.groups(status or "\n".join(lines[:cut]))
    if not groups and found.points >= signs.ENOUGH and (inner := _wrapped(raw, root, authors, subject, depth)):
        return inner
    human = lines[:cut]
    if not found.structured:
        proven = bool(groups or returned or cut < len(lines) or codes.reply("\n".join(human[:80])))
        if not (found.strong or proven):
            return None  # shops and carriers have deliveries too
        points = found.points + bool(returned or cut < len(lines)) + (2 if groups else 0) + _transcript(human)
        if points < signs.ENOUGH or not (groups or found.points >= 2 * signs.ENOUGH or _fails(human)):
            return None
    named = informal.recipients(human, _ours(root, returned)) or informal.recipients(human, frozenset())
    delayed = _delayed(human, subject)
    failures = (
        _reported(groups, named, human, found.failed, delayed=delayed)
        if groups
        else _told(named, human, found, returned, delayed)
    )
    if not failures:
        if not found.structured and not found.failed and found.points < signs.ENOUGH + 1:
            return None
        failures = (_judged(Failure("", action="delayed" if delayed else "failed"), " ".join(human[:40]), ""),)
    return Bounce(failures, returned.message_id if returned else "")


def _wrapped(raw: bytes, root: Node, authors: tuple[Address, ...], subject: str, depth: int) -> Bounce | None:
    """A report that a gateway passed on as the first part of its own mail."""
    first = root.children[0] if root.children else None
    if depth or first is None or first.type != "message/rfc822" or first.encoding in ("base64", "quoted-printable"):
        return None
    data = raw[first.start : min(first.end, first.start + 4 * TEXT)]
    inner, _ = mime.tree(data)
    if not any(signs.is_status(node) for node in inner.walk()):
        return None
    header = {name.lower(): value for name, value in reversed(inner.fields)}
    return read(data, inner, header, authors, subject, "", depth + 1)


def _text(raw: bytes, node: Node) -> str:
    data = mime.payload(raw, node)[0][:TEXT]
    japanese = "iso-2022-jp" if b"\x1b$" in data else ""  # the field that says so is missing more often than not
    return clean(decode(data, node.params.get("charset", "") or japanese)[0])


def _transcript(lines: list[str]) -> int:
    joined = "\n".join(lines[:80]).lower()
    return bool(codes.reply(joined) or codes.status(joined)) + any(lead in joined for lead in _LEADS)


def _fails(lines: list[str]) -> bool:
    lower = "\n".join(lines[:120]).lower()
    return any(phrase in lower for phrase in _FAILED) or bool(codes.reply(lower)) or bool(reasons.by_words(lower))


def _delayed(lines: list[str], subject: str) -> bool:
    lower = "\n".join((subject, *lines[:40])).lower()
    return any(phrase in lower for phrase in _DELAYED) or "(delay)" in lower


def _ours(root: Node, returned: Original | None) -> frozenset[str]:
    """Who got the report: they wrote the mail, and are not whom it failed to reach."""
    to = {a.key for name in ("to", "delivered-to") for v in root.every(name) for a in fields.addresses(v)}
    by = {a.key for value in root.every("from") for a in fields.addresses(value)}
    recipients = {r.lower() for r in returned.recipients} if returned else set()
    senders = returned.senders if returned else frozenset()
    return frozenset((to | by | senders) - recipients)


def _reported(
    groups: list[report.Group],
    named: list[informal.Named],
    lines: list[str],
    failed: tuple[str, ...],
    *,
    delayed: bool,
) -> tuple[Failure, ...]:
    """From a machine-readable report; what it leaves out is taken from the words beside it."""
    told = {n.address.lower(): n.said for n in named}
    failures = []
    for number, group in enumerate(groups):
        addresses = tuple(a for a in group.addresses() if parse_spec(a))
        if not addresses:  # a file or a program, or what is left of a route
            others = failed if len(failed) == len(groups) else tuple(n.address for n in named)
            addresses = others[number : number + 1] if len(others) == len(groups) else group.addresses()
        beside = next((told[a.lower()] for a in addresses if a.lower() in told), "")
        if not beside and len(groups) == 1:
            beside = " ".join(" ".join(lines[:60]).split())
        written = group.fields.get("status", "")
        said = group.said() or written.partition("(")[2].rpartition(")")[0]
        action = group.action()
        if action is None:
            action = "delivered" if codes.status(written)[:1] == "2" else "delayed" if delayed else "failed"
        base = Failure(addresses[0] if addresses else "", action, status=codes.status(written))
        failures.append(_judged(base, said, beside))
    return tuple(failures)


def _told(
    named: list[informal.Named], lines: list[str], found: signs.Signs, returned: Original | None, delayed: bool
) -> tuple[Failure, ...]:
    """From words alone."""
    action: Action = "delayed" if delayed else "failed"
    whole = " ".join(" ".join(lines[:80]).split())
    told = {n.address.lower(): n for n in named}
    wanted = [n.address for n in named]
    if found.failed:
        wanted = list(found.failed)
    elif returned and (known := [a for a in wanted if a.lower() in {r.lower() for r in returned.recipients}]):
        wanted = [n.address for n in named if n.rank >= 2 or n.address in known]
    elif not wanted and returned and len(returned.recipients) == 1:
        wanted = list(returned.recipients)
    failures = []
    for address in wanted:
        n = told.get(address.lower())
        said = n.said if n else ""
        if len(wanted) == 1 and not (codes.reply(said) or codes.status(said) or reasons.by_words(said)):
            failures.append(_judged(Failure(address, action), _telling(lines) or said or whole, whole))
        else:
            failures.append(_judged(Failure(address, action), said, whole if len(wanted) == 1 else ""))
    return tuple(failures)


def _telling(lines: list[str]) -> str:
    """The lines from the first with a code on."""
    for at, line in enumerate(lines):
        if codes.status(line) or codes.reply(line.strip()):
            return " ".join(" ".join(lines[at : at + 6]).split())
    return ""


def _judged(base: Failure, said: str, around: str) -> Failure:
    """With status, reply code, whether for good, and the reason."""
    text = " ".join(said.split())
    status, reply = codes.status(text), codes.reply(text)
    if not (status or reply):
        reply = codes.reply(around)
        status = codes.status(around) if codes.vague(base.status) else ""
        said = around if reply else said
    if not base.status or (status and codes.vague(base.status)) or (status and base.status[:1] == status[:1]):
        status = status or base.status
    else:
        status = base.status
    if base.action in ("delivered", "relayed", "expanded"):
        return replace(base, status=status, code=reply, reason="delivered", said=one_line(text, SAID))
    permanent = False if base.action == "delayed" else codes.permanent(status, reply)
    word = reasons.reason(status, reply, text, around)
    if permanent is None:
        permanent = True
    parsed = parse_spec(base.address)
    address = parsed.spec if parsed else one_line(base.address, 320)
    return replace(
        base,
        address=address,
        status=status,
        code=reply,
        permanent=permanent,
        reason=word,
        said=one_line(codes.words(said.strip() or around), SAID),
    )
