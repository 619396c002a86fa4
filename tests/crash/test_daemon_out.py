"""Killed at every step of an answer's way out: accepted once, filed once, marked truly, in order (I3, I4, I5, I9).

The one exception is I4: killed after the final dot and before the journal knew, it may be accepted twice, with the
same Message-ID and the same octets.
"""

import email
import itertools

import pytest

from tests.crash import test_daemon_refusals as refusals
from tests.crash.faults_office import Mortal, accepted_ids, essence, marks_of
from tests.crash.test_daemon_in import IN
from tests.waiting import eventually

OUT = (
    "accept:event before",
    "accept:event after",
    "settle:event before",
    "settle:event after",
    "claim:send-mail after",
    "smtp:MAIL before",
    "smtp:RCPT after",
    "smtp:DATA after",
    "fulfil:send-mail after",
    "claim:tell after",
    "fulfil:tell before",
    "fulfil:tell after",
    "claim:file-copy after",
    "imap:append before",
    "imap:append after",
    "fulfil:file-copy before",
    "fulfil:file-copy after",
)
WINDOW = ("smtp:dot after", "smtp:content after", "fulfil:send-mail before")
"""From the final dot to the journal's knowing of the answer to it. The marks' steps may fall into it too."""

DURABLE = ("accept:", "settle:", "claim:", "fulfil:", "postpone:", "bury:")
REFUSED = tuple(step for step, *_ in (*refusals.IN, *refusals.OUT))
ASIDE = ("accept:bookmark before", "accept:bookmark after")
"""Of neither direction: how far a source was read when it brought nothing."""


@pytest.mark.timeout(400)
async def test_an_answer_leaves_once_and_in_order_whenever_the_daemon_dies(mortal: Mortal) -> None:
    office = mortal.office
    office.submit(office.mail())
    room = await office.room_named("Order 7")
    shown = (await office.message_with(room, "Where is it?"))["event_id"]
    await mortal.quiet()
    for number, step in enumerate((*OUT, *WINDOW)):
        mortal.arm(step)
        try:
            await one(mortal, room, shown, f"answer-{number}", step)
        except BaseException as error:
            error.add_note(f"killed at {step!r}")
            raise
    durable = {step for step in mortal.passed if step.startswith(DURABLE)}
    assert durable <= {*IN, *OUT, *WINDOW, *REFUSED, *ASIDE}, "a new durable step: kill the daemon there too"


async def one(mortal: Mortal, room: str, shown: str, name: str, step: str) -> None:
    """Two answers, the daemon dying at `step` of the first."""
    office = mortal.office
    before = len(accepted_ids(office))
    first = await office.ann.reply(room, shown, f"{name}-first.")
    second = await office.ann.reply(room, shown, f"{name}-second.")
    passed = await mortal.die_at(step)
    # Whoever dies within the content has not sent its dot, and leaves no copy: the window may as well begin there.
    window = passed.count("smtp:content before") > passed.count("fulfil:send-mail after")
    assert window or step not in WINDOW
    for answer in (first, second):
        await _marked_sent(mortal, room, answer)
    await mortal.quiet()

    ids = accepted_ids(office)[before:]
    distinct = list(dict.fromkeys(ids))
    assert [each for each, _ in itertools.groupby(ids)] == distinct, "what is repeated is repeated at once"
    assert len(distinct) == 2
    assert len(ids) <= (3 if window else 2), f"one extra copy at most, and only then: it passed {passed}"

    def copies(folder: str) -> list[bytes]:
        box = office.customer if folder == "INBOX" else office.desk
        return [raw for raw in office.dovecot.messages(box, folder) if f"\n{name}-".encode() in raw]

    await eventually(lambda: len(copies("INBOX")) >= len(ids))
    for words, wanted in zip(("first", "second"), distinct, strict=True):
        mine = [raw for raw in copies("INBOX") if f"{name}-{words}.".encode() in raw]
        assert len(mine) == ids.count(wanted)
        assert len({essence(raw) for raw in mine}) == 1, "the same octets"
        assert email.message_from_bytes(mine[0])["Message-ID"] == wanted
        filed = [raw for raw in copies("Sent") if f"{name}-{words}.".encode() in raw]
        assert len(filed) == 1


async def _marked_sent(mortal: Mortal, room: str, answer: str) -> None:
    async def look() -> bool:
        marks, words = marks_of(await mortal.office.ann.messages(room), answer)
        assert len(marks) <= 1, "one mark, changed in place"
        return words.startswith("✅ Sent to")

    sent: bool = await eventually(look, every=0.1)
    assert sent
