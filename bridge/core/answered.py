"""An answer that left, and what delivery reports told of it. Values only."""

from dataclasses import dataclass
from typing import Literal

from bridge.core.effects import SendMail


@dataclass(frozen=True, slots=True)
class Reported:
    """What a delivery report told of a recipient (address key) of our answer. `reason`: see `bridge.mail.bounce`.

    `by`: who wrote the report, as far as anybody can know, for anybody can write one; empty where our own server did.
    """

    answer: str
    address: str
    action: Literal["failed", "delayed"]
    reason: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that left, and what is known of it.

    `accepted`: the addr-specs that a server took it for. `refused`: the others, with the server's words. `begun`: it is
    being sent at this moment. `reported`: what delivery reports told of it so far.
    """

    send: SendMail
    accepted: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    begun: bool = False
    reported: tuple[Reported, ...] = ()
