"""A digest: mail that is gathered for a while and shown in one batch, a line each, each beneath in the thread.

Pure. What is gathered is in the journal from the moment it came: changing or removing the rule does not lose it.
"""

from collections.abc import Sequence
from html import escape

from bridge.core.effects import DigestRoot, Tell
from bridge.core.ids import derive
from bridge.core.mail import Letter
from bridge.core.plan import Conversation
from bridge.core.templates import one_line
from bridge.core.words import words

LINES = 60
"""Mails that are named in the first message; all are beneath."""

SETTLING = 3.0
"""Seconds after its end in which a digest waits for mail that came before and is not planned yet; a mail that takes
longer to read delays nobody (I8), and is shown beneath when it is."""


def conversation(scope: str, rule: str, room: str, end: float) -> Conversation:
    """The conversation that stands for a window that ends at `end`: one thread."""
    return Conversation(
        derive("digest", scope, rule, room, str(int(end))), scope, room, subject="", threaded=True, rule=rule
    )


def root(conversation: str) -> str:
    """The key of the `DigestRoot` for which the mails of a conversation wait."""
    return derive("digest-root", conversation)


def told(root: DigestRoot, count: int, letters: Sequence[Letter]) -> Tell:
    """The first message. `count`: how many were gathered; `letters`: the first `LINES` of them."""
    says = words(root.language)
    head = says.digest_one if count == 1 else says.digest_many.format(count=count)
    lines = [_line(letter, says.nobody, says.no_subject) for letter in letters[:LINES]]
    if count > LINES:
        lines.append(says.more_files.format(count=count - LINES))
    return Tell(
        key=root.key,
        lane=root.lane,
        room=root.room,
        text="\n".join((head, *(f"• {line}" for line in lines))),
        html=f"<strong>{escape(head)}</strong><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>",
        mention=root.notify.people if root.notify.mode == "mention" else (),
        conversation=root.conversation,
        loud=root.notify.mode == "all",
    )


def _line(letter: Letter, nobody: str, no_subject: str) -> str:
    who = one_line(letter.from_[0].shown, 120) if letter.from_ else nobody
    return f"{who}: {one_line(letter.subject, 200) or no_subject}"
