"""The mark under an answer, and the alarm beside it: how the room says what became of a mail (I9)."""

from dataclasses import replace

from bridge.core.effects import SendMail, Tell
from bridge.core.ids import derive


def first_mark_key(event: str) -> str:
    """The key of the mark that answers chat message `event`; later ones edit it."""
    return derive("mark", event)


def mark(send: SendMail, why: str, text: str) -> Tell:
    """Change the mark of an answer in place. `why` names the occasion: the same one says it once."""
    return Tell(
        key=derive("mark", send.key, why),
        lane=f"conv:{send.conversation}",
        room=send.room,
        text=text,
        edits=first_mark_key(send.event),
        reply_to=send.event,
        conversation=send.conversation,
        threaded=send.threaded,
        meaning="mark",
        subject_of=send.key,
    )


def alarm(send: SendMail, why: str, text: str) -> Tell:
    """A new message that mentions the author: an edit in place notifies nobody."""
    return replace(mark(send, why, text), key=derive("alarm", send.key, why), edits="", mention=(send.author,))
