"""Brings what a mail's message in the room does not show: by a reaction as a file, by the command `!full` in words.

Pure. Only staff are heard. A message that begins with the command never leaves as mail, wherever and by whomever it is
said. What is brought is spoken by the bot, and says whose words they are.
"""

from bridge.core.decision import Scope
from bridge.core.effects import WHOLE_TEXT, Attach, Effect, Show, Tell
from bridge.core.ids import derive
from bridge.core.looking import FULL
from bridge.core.mail import QUOTED, Letter, Part
from bridge.core.plan import EventView, Known, Pending, Plan
from bridge.core.post import Said
from bridge.core.setup import Setup
from bridge.core.words import Words, words

SHARE = 6_000
"""Characters of one message: within the size of an event, whatever they are."""


def plan_full(pending: Pending, said: Said, view: EventView, scope: Scope | None, setup: Setup) -> Plan:
    """The plan for the command: the text in messages, or as a file when it is long; the pictures that are not shown."""
    plan = Plan(arrival=pending.key, outcome="command", words="the whole text")
    if said.sender not in setup.staff:
        return Plan(arrival=pending.key, outcome="ignored", words="a command of nobody on the staff")
    says = words(scope.looks.language if scope else "en")
    letter = whole_of(view.replied, view.last)
    if letter is None:
        return _with(plan, _tell(said, view, "none", says.whole_of.format(command=FULL)))
    if len(letter.text) >= QUOTED and view.shown is not None:
        return _with(plan, *whole(view.shown))
    pictures = view.shown.unseen if view.shown is not None else ()
    told = _texts(letter, view.shown, says)
    tells = (_tell(said, view, str(number), text) for number, text in enumerate(told))
    return _with(plan, *tells, *(_attached(view.shown, part) for part in pictures if view.shown is not None))


def whole_of(replied: Known | None, last: Letter | None) -> Letter | None:
    """The mail that is meant: the one replied to, else the last of the conversation."""
    letter = replied.letter if replied else None
    return letter if letter is not None and not letter.ours else last


def whole(show: Show) -> tuple[Effect, ...]:
    """All that the mail's own message does not show as files, once however often it is asked for."""
    text = Part(WHOLE_TEXT, words(show.language).full_text, "text/plain", 0, "")
    return tuple(_attached(show, part) for part in (text, *show.unseen))


def _attached(show: Show, part: Part) -> Attach:
    return Attach(
        key=derive("whole", show.letter, str(part.index)),
        lane=show.lane,
        room=show.room,
        conversation=show.conversation,
        letter=show.letter,
        arrival=show.arrival,
        speaker=show.speaker,
        part=part,
        threaded=show.threaded,
        language=show.language,
    )


def _texts(letter: Letter, shown: Show | None, says: Words) -> list[str]:
    """The text in messages, each with whose it is; of a mail without text what the room was told of it."""
    who = letter.from_[0].shown if letter.from_ else says.nobody
    text = f"{letter.text}…" if len(letter.text) >= QUOTED else letter.text  # its own message is not kept any more
    if not text.strip() and shown is not None and shown.text.strip():  # sealed, an appointment, pictures alone
        text = f"{shown.text}\n\n{says.no_more_text}"
    parts = _shares(text.strip("\n")) or [says.empty]
    if len(parts) == 1:
        return [f"{says.whole.format(who=who)}\n\n{parts[0]}"]
    heads = (says.whole_part.format(who=who, number=number, count=len(parts)) for number in range(1, len(parts) + 1))
    return [f"{head}\n\n{part}" for head, part in zip(heads, parts, strict=True)]


def _shares(text: str) -> list[str]:
    """Cut at the last paragraph, line or word that fits."""
    found: list[str] = []
    while text:
        end = len(text)
        if end > SHARE:
            breaks = (text.rfind(mark, SHARE // 2, SHARE) for mark in ("\n\n", "\n", " "))
            end = next((at for at in breaks if at > 0), SHARE)
        found.append(text[:end].strip("\n"))
        text = text[end:].lstrip("\n ") if end < len(text) else ""
    return found


def _tell(said: Said, view: EventView, name: str, text: str) -> Tell:
    conversation = view.conversation
    return Tell(
        key=derive("full", said.event, name),
        lane=f"conv:{conversation.id}" if conversation else f"room:{view.room}",
        room=view.room,
        text=text,
        reply_to=said.event,
        conversation=conversation.id if conversation else "",
        threaded=bool(conversation and conversation.threaded),
    )


def _with(plan: Plan, *effects: Effect) -> Plan:
    return Plan(arrival=plan.arrival, outcome=plan.outcome, words=plan.words, effects=effects)
