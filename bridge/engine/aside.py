"""Pure work on a mail, done where nobody waits for it when the mail is large: a stranger chooses how large (I8).

Rules, folding and planning are linear in what a mail holds, and that may be half a second's work. A thread of its own
lets the event loop go on meanwhile; for the other mails, nearly all, it would cost more than the work itself.
"""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from bridge.core.mail import Mail

TEXT = 20_000
"""Characters of text and HTML."""

MANY = 500
"""Addresses, header fields and parts."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


def is_large(mail: Mail) -> bool:
    """Whether work on it may take long."""
    many = len(mail.to) + len(mail.cc) + len(mail.headers) + len(mail.attachments)
    return many > MANY or len(mail.text) + len(mail.html) > TEXT


async def aside(mail: Mail, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """The result of `work`, which must be pure; in a thread if `mail` is large."""
    if is_large(mail):
        return await asyncio.to_thread(work, *args, **kwargs)
    return work(*args, **kwargs)
