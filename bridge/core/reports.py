"""What a reader's program, or a provider on behalf of its user, reports of a sent mail: read, complained of.

Values only. Everything in them was written by whoever sent the report: it is shown, and proves nothing.
"""

from dataclasses import dataclass
from typing import Literal

Fate = Literal["displayed", "deleted", "dispatched", "processed", "denied", "failed"]


@dataclass(frozen=True, slots=True)
class Disposition:
    """A read receipt (RFC 8098 section 3.2.6). `recipient`: an addr-spec or empty. `original_id`: the Message-ID of the
    mail it is about, with brackets, or empty. `automatic`: no person did it."""

    fate: Fate
    recipient: str = ""
    original_id: str = ""
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """A complaint (RFC 5965 section 3). `type`: "abuse", "fraud", "not-spam", "opt-out", …, lower-cased.

    `recipient`: who complains, an addr-spec, or empty: providers hide it. `source`: the address that the mail
    came from, or empty. `original_id`, `original_from`, `original_subject`: of the mail complained of.
    """

    type: str
    recipient: str = ""
    source: str = ""
    original_id: str = ""
    original_from: str = ""
    original_subject: str = ""
