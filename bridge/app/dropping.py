"""What a room hears when an operator drops something: no mark may go on claiming that a mail waits (I9).

Pure, and silent where nobody was promised anything.
"""

from bridge.core.effects import Effect, SendMail, Tell
from bridge.core.ids import derive


def notices(effect: Effect, accepted: tuple[str, ...], reason: str) -> tuple[Effect, ...]:
    """For an answer: its mark changes, and its author is mentioned once. `accepted`: who has the mail already."""
    if not isinstance(effect, SendMail):
        return ()
    sent = f"✅ Sent to {', '.join(accepted)}. " if accepted else ""
    text = f"{sent}❌ Not sent: an operator dropped this answer ({reason})."
    return (
        _mark(effect, "mark", text, edits=derive("mark", effect.event)),
        _mark(effect, "alarm", text, mention=(effect.author,)),
    )


def _mark(send: SendMail, what: str, text: str, *, edits: str = "", mention: tuple[str, ...] = ()) -> Tell:
    return Tell(
        key=derive(what, send.key, "dropped"),
        lane=f"conv:{send.conversation}",
        room=send.room,
        text=text,
        edits=edits,
        reply_to=send.event,
        mention=mention,
        conversation=send.conversation,
        threaded=send.threaded,
        meaning="mark",
        subject_of=send.key,
    )
