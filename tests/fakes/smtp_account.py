"""A submission account and a mail for tests, so that each test names only what it is about."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bridge.core.addresses import Address
from bridge.core.ports import Submitted
from bridge.mail.submit import SubmissionAccount, SubmissionPool
from tests.fakes.smtp_submission import FakeSubmission

DESK = Address("desk", "corp.example")
MAIL = (
    b"Date: Fri, 06 Nov 2026 09:30:00 +0000\r\nFrom: desk@corp.example\r\nTo: ann@x.example\r\n"
    b"Message-ID: <k1@corp.example>\r\n\r\nHello\r\n.\r\n..two\r\n"
)


class Secret:
    """Hands out one secret after the other, the last again and again, and counts."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = list(secrets)
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        return self._secrets.pop(0) if len(self._secrets) > 1 else self._secrets[0]


def account(server: FakeSubmission, **changes: Any) -> SubmissionAccount:
    """An account on `server`, without TLS and login unless told."""
    given: dict[str, Any] = {
        "name": "main",
        "host": "127.0.0.1",
        "port": server.port,
        "tls": "none",
        "identities": ("desk@corp.example",),
    }
    return SubmissionAccount(**(given | changes))


@asynccontextmanager
async def pool(*accounts: SubmissionAccount) -> AsyncIterator[SubmissionPool]:
    """A pool that is closed in the end."""
    made = SubmissionPool(accounts)
    try:
        yield made
    finally:
        await made.aclose()


async def send(to: SubmissionPool, *rcpts: str, message: bytes = MAIL) -> Submitted:
    """Submit `message` as the desk."""
    everyone: Sequence[str] = rcpts or ("ann@x.example",)
    return await to.submit(DESK, "desk@corp.example", everyone, message)
