"""What a report on delivery says: which recipients, whether for good, why, and of which mail.

Values only. Everything in them was written by whoever sent the report: it is shown, and proves nothing.
"""

from dataclasses import dataclass
from typing import Literal

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of one recipient (RFC 3464 section 2.3).

    `address`: an addr-spec as written, or empty when the report names none. `status`: enhanced status code (RFC 3463)
    or empty. `code`: SMTP reply code or empty. `permanent`: None when the report does not tell. `reason`: one word of
    the vocabulary in `bridge.mail.bounce`. `said`: the server's words, one line.
    """

    address: str
    action: Action = "failed"
    status: str = ""
    code: str = ""
    permanent: bool | None = None
    reason: str = "undefined"
    said: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery report. `original_id`: the Message-ID of the mail it is about, with brackets, or empty."""

    failures: tuple[Failure, ...]
    original_id: str = ""
