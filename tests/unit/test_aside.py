"""Work on a large mail does not hold up the event loop; on the others it is done at once."""

import threading
from dataclasses import replace

import pytest

from bridge.core.addresses import Address
from bridge.core.mail import Mail
from bridge.engine.aside import MANY, TEXT, aside
from tests.unit.worlds import a_mail


@pytest.mark.parametrize(
    ("mail", "by_itself"),
    [
        (a_mail(), False),
        (replace(a_mail(), text="x" * (TEXT + 1)), True),
        (replace(a_mail(), html="x" * (TEXT + 1)), True),
        (replace(a_mail(), to=(Address("a", "b.example"),) * (MANY + 1)), True),
        (replace(a_mail(), headers=(("X-A", "1"),) * (MANY + 1)), True),
    ],
)
async def test_a_large_mail_is_worked_on_in_a_thread(mail: Mail, by_itself: bool) -> None:
    where = await aside(mail, threading.get_ident)
    assert (where != threading.get_ident()) is by_itself


async def test_what_the_work_raises_is_heard() -> None:
    def fails(_: str, *, at: float) -> None:
        raise ValueError(at)

    for mail in (a_mail(), replace(a_mail(), text="x" * (TEXT + 1))):
        with pytest.raises(ValueError, match="7"):
            await aside(mail, fails, "", at=7.0)


async def test_a_mail_of_very_many_short_lines_is_large() -> None:
    """Each line costs more than its characters: held against earlier mails, these took half a second."""
    where = await aside(replace(a_mail(), text="a b c d\n" * 4_000), threading.get_ident)
    assert where != threading.get_ident()
