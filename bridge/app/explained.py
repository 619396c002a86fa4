"""An explanation in words, line by line, for the terminal and for the admin room. It decides nothing.

`told_all` False is for the admin room: nothing there may come from a mail, so that addresses of correspondents, room
names and what a regex captured are left out, and of a private inbox all but the rule.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.app.explaining import Explanation, Share
from bridge.core import withheld
from bridge.core.addresses import Address
from bridge.core.rehearsing import Reply
from bridge.core.words import EN
from bridge.routing.explaining import Step
from bridge.routing.origins import Option
from bridge.routing.trials import IN_DOUBT, Words


def lines(explanation: Explanation, *, told_all: bool = True) -> Iterator[str]:
    """The explanation as lines."""
    book = explanation.book.compiled
    assert book.rulebook is not None, "rules with problems explain nothing"
    words = Words(book.rulebook, book.people)
    zone = book.written.zone
    moment = datetime.fromtimestamp(explanation.at, ZoneInfo(zone) if zone else ZoneInfo("UTC"))
    yield f"{explanation.mail.kind} mail, came {moment:%a %Y-%m-%d %H:%M %Z}; rulebook {book.rulebook.digest[:10]}"
    for share in explanation.shares:
        yield ""
        if share.explained.private and not told_all:
            yield from _private(share)
        else:
            yield from _share(explanation, share, words, told_all=told_all)


def _private(share: Share) -> Iterator[str]:
    decision = share.explained.decision
    yield f"{share.explained.scope}: {decision.action}, {decision.trace.words}"
    yield "  It is private: `mailroom rules explain` on the host tells the rest."


def _share(explanation: Explanation, share: Share, words: Words, *, told_all: bool) -> Iterator[str]:
    explained, decision, seen = share.explained, share.explained.decision, share.rehearsal
    yield explained.scope
    for why in explained.why if told_all else ():
        yield f"  addressed: {why}"
    standing = explanation.standings.get(explained.scope)
    if standing is not None:
        known = "its author is known" if standing.known else "its author is unknown"
        yield f"  its conversation is {standing.conversation}, {known}"
    for step in explained.steps:
        yield from _step(step)
    if explained.left:
        yield f"  not asked any more: {explained.left}"
    yield f"  {_decided(share)}"
    if told_all and seen.passed:
        yield f"  goes by mail to: {_specs(seen.passed)}"
    if seen.acknowledged:
        yield "  its author gets an automatic answer"
    elif seen.outcome == "bridged" and seen.scope.acknowledge is not None:
        yield f"  its author gets no automatic answer ({IN_DOUBT})"
    if seen.outcome != "bridged":
        return
    fresh = " (new)" if seen.fresh else ""
    name = f", called {seen.name!r}" if seen.name and told_all else ""
    yield f"  room: {seen.room}{fresh}{name}"
    taking = ", on taking it at its line" if seen.on_take else ""
    yield f"  sees it: {words.people(seen.seen_by)}{taking}"
    if seen.on_take and seen.invited:
        yield f"  let in at once: {words.people(seen.invited)}"
    if seen.lobby:
        yield f"  its line: in {seen.lobby}, seen by all of them"
    if told_all:
        yield from (f"  {answer}" for answer in _answers(seen.replies, words))
    else:
        yield f"  may answer: {words.people(reply.user for reply in seen.replies)}"
    if decision.withheld and told_all:
        yield f"  not shown: {withheld.named(explanation.mail, decision.withheld, EN)}"
    if decision.captures and told_all:
        yield "  captured: " + ", ".join(f"{name}={text!r}" for name, text in decision.captures)
    yield "  options:"
    yield from _options(share.options)


def _step(step: Step) -> Iterator[str]:
    how = "takes it" if step.taken else "passes"
    everything = "" if step.asked else " (it takes everything)"
    yield f"  {step.file}:{step.line}:{step.column}: rule {step.rule!r} {how}{everything}"
    for asked in step.asked:
        mark = "✓" if asked.hit else "✗"
        yield f"  {'  ' * (asked.depth + 1)}{mark} {asked.words}  ({asked.file}:{asked.line}:{asked.column})"


def _decided(share: Share) -> str:
    decision, scope = share.explained.decision, share.rehearsal.scope
    place = f"{decision.trace.file}:{decision.trace.line}"
    by = f"rule {decision.trace.rule!r}" if decision.trace.rule else "no rule took it"
    where = f", shown by {scope.name}" if scope.name != share.explained.scope else ""
    refusal = f", with {scope.refusal!r}" if decision.action == "reject" and scope.refusal else ""
    return f"{decision.action}: {by} ({place}){where}{refusal}"


def _answers(replies: Sequence[Reply], words: Words) -> Iterator[str]:
    if not replies:
        yield "may answer: none"
    for reply in replies:
        who = words.people([reply.user])
        if reply.why:
            yield f"answer by {who}: {reply.why}"
            continue
        cc = f", Cc {_specs(reply.cc)}" if reply.cc else ""
        bcc = f", Bcc {_specs(reply.bcc)}" if reply.bcc else ""
        shown = reply.identity.shown if reply.identity else "nobody"
        held = ", once confirmed" if reply.held else ""
        one = "" if len(reply.approvers) == 1 else "one of "
        held += f", once {one}{words.people(reply.approvers)} agrees" if reply.approvers else ""
        yield f"answer by {who}: to {_specs(reply.to)}{cc}{bcc} as {shown}{held}"


def _specs(addresses: Sequence[Address]) -> str:
    return ", ".join(address.spec for address in addresses)


def _options(options: Sequence[Option]) -> Iterator[str]:
    width = max((len(option.key) for option in options), default=0)
    for option in options:
        place = f" {option.file}:{option.line}" if option.file else ""
        yield f"    {option.key:{width}}  {option.value}  ({option.source}{place})"
