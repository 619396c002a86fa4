"""What a room hears when an operator drops something: no mark may go on claiming that a mail waits (I9).

Pure, and silent where nobody was promised anything.
"""

from bridge.core.aftermath import sent_to
from bridge.core.effects import Effect, SendMail
from bridge.core.marks import alarm, mark
from bridge.core.words import words


def notices(effect: Effect, accepted: tuple[str, ...], reason: str) -> tuple[Effect, ...]:
    """For an answer: its mark changes, and its author is mentioned once. `accepted`: who has the mail already."""
    if not isinstance(effect, SendMail):
        return ()
    says = words(effect.language)
    text = f"{sent_to(says, accepted)}❌ {says.dropped.format(reason=reason)}"
    return (mark(effect, "dropped", text), alarm(effect, "dropped", text))
