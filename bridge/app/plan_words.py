"""What a plan found, in words for people: for a terminal and for the admin room. Of private inboxes it tells counts."""

from collections.abc import Iterator, Mapping, Sequence

from bridge.app.planning import Example, Group, Outcome
from bridge.core.comparing import Finding
from bridge.core.differences import TOPICS, Topic

TITLES: Mapping[Topic, str] = {
    "sight": "Who sees it",
    "action": "What is done with it",
    "room": "Where it goes",
    "answers": "Answers",
    "elsewhere": "What leaves by itself",
    "notify": "Who is notified",
    "handling": "How it is handled",
    "looks": "How it looks",
    "address": "What arrives",
    "rule": "Which rule takes it",
}

_IMPLIED = {
    ("sight", "members of the room"): ("sight", "who sees the mail"),
    ("room", "room"): ("room", "moves"),
    ("room", "a room for each"): ("room", "moves"),
    ("answers", "who may answer, as whom"): ("answers", "who may answer"),
    ("answers", "sending"): ("answers", "who may answer"),
}
"""Options whose effect is told too: where both concern the same mails, the effect is enough."""


def headline(outcome: Outcome) -> str:
    """How much was decided otherwise."""
    more = "" if outcome.whole else " (time was up before the rest)"
    gone = f"; of {outcome.gone} the octets are no longer kept" if outcome.gone else ""
    if not outcome.anything:
        return f"Nothing would change: {outcome.mails:,} mails would be decided as they were{more}{gone}."
    return f"{outcome.changed:,} of {outcome.mails:,} mails would be decided otherwise{more}{gone}."


def sections(outcome: Outcome) -> Iterator[tuple[str, list[Group]]]:
    """Titles with the groups below them, the weightiest first; what no mail met comes last."""
    told = [group for group in outcome.groups.values() if not _implied(group, outcome.groups)]
    for topic in TOPICS:
        below = [group for group in told if group.finding.topic == topic]
        if below:
            yield TITLES[topic], sorted(below, key=lambda group: (-group.mails, -group.rooms))
    if outcome.unmet:
        yield "Changed, though none of these mails met it", outcome.unmet


def _implied(group: Group, groups: Mapping[Finding, Group]) -> bool:
    finding = group.finding
    effect = _IMPLIED.get((finding.topic, finding.what))
    return any(
        (each.finding.topic, each.finding.what) == effect
        and each.finding.scope in (finding.scope, "")
        and each.mails == group.mails
        for each in groups.values()
    )


def line(group: Group) -> str:
    """A group on one line."""
    finding = group.finding
    counts = [f"{number:,} {what}{'s' * (number != 1)}" for number, what in _counts(group) if number]
    where = finding.scope.replace(":", " ", 1)
    rule = f"rule {group.rule!r}" if group.rule and finding.what != "rule" else ""
    rule = f"rule {group.rule!r} is {'gone' if finding.before else 'new'}" if group.rule and not rule else rule
    head = ", ".join(part for part in (*counts, where, rule) if part)
    if group.rule and finding.what == "rule":
        return head
    return f"{head}: {_what(finding)}" if head else _what(finding)


def _counts(group: Group) -> tuple[tuple[int, str], ...]:
    return (group.mails, "mail"), (group.rooms, "room")


def _what(finding: Finding) -> str:
    if finding.gained or finding.lost:
        gained = f"{', '.join(finding.gained)} from now on" if finding.gained else ""
        lost = f"{', '.join(finding.lost)} no longer" if finding.lost else ""
        return f"{finding.what}: {'; '.join(part for part in (gained, lost) if part)}"
    if not finding.before and not finding.after:
        return f"{finding.what}" if finding.topic == "answers" else f"{finding.what}: others"
    if (finding.topic, finding.what) == ("address", "mail"):
        return "does not arrive here any more" if finding.before else "arrives here from now on"
    return f"{finding.what}: {finding.before or 'none'} → {finding.after or 'none'}"


def example(one: Example, moment: str) -> str:
    """A mail or room. `moment`: when it came, in words."""
    if not one.at:
        return one.key
    about = f' "{one.subject}" from {one.sender or "nobody"}' if one.subject or one.sender else ""
    return f"{moment}{about} ({one.key})"


def in_short(outcome: Outcome, most: int) -> list[str]:
    """The headline and at most so many lines, without an example: for a room."""
    lines = [f"{title}: {line(group)}" for title, groups in sections(outcome) for group in groups]
    rest: Sequence[str] = [f"… and {len(lines) - most} more"] if len(lines) > most else []
    return [headline(outcome), *lines[:most], *rest]
