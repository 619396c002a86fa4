"""What a room hears when an operator drops something: no mark may go on claiming that a mail waits (I9).

Pure, and silent where nobody was promised anything.
"""

from bridge.core.effects import Effect, SendMail
from bridge.core.marks import alarm, mark


def notices(effect: Effect, accepted: tuple[str, ...], reason: str) -> tuple[Effect, ...]:
    """For an answer: its mark changes, and its author is mentioned once. `accepted`: who has the mail already."""
    if not isinstance(effect, SendMail):
        return ()
    sent = f"✅ Sent to {', '.join(accepted)}. " if accepted else ""
    text = f"{sent}❌ Not sent: an operator dropped this answer ({reason})."
    return (mark(effect, "dropped", text), alarm(effect, "dropped", text))
