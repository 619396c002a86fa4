"""Whether a conversation is open, and what changes that. Values only; `closing` decides."""

from dataclasses import dataclass
from typing import Literal

State = Literal["open", "closed"]
"""A closed conversation has nobody in its room but the bot, and stands in no space. New mail opens it again."""

Waits = Literal["", "mail", "answer"]
"""What of a conversation is on its way: a mail that is not shown yet, an answer that may yet leave; or nothing."""


@dataclass(frozen=True, slots=True)
class Life:
    """A conversation becomes `state`. It was the other until now, else the plan was made of facts that no longer hold.

    `last`: when its newest letter was written down as the plan saw it, seconds since the epoch; a newer one is a
    conflict too. None: whatever came since.
    """

    conversation: str
    state: State
    last: float | None = None
