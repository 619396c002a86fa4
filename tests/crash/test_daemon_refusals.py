"""Killed before and after a peer's refusal is written down, for now or for good: told once, done once (I1, I3, I5, I9).

The window of I4 is wider by nothing: killed before the journal knew that a server took a mail for one of two
recipients, that one may get it twice, with the same Message-ID and the same octets.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bridge.demo.process import LOOPBACK
from tests.crash.faults_office import Mortal, marks_of
from tests.fakes.homeserver import Answer, says
from tests.fakes.homeserver_gate import Gate, homeserver_gate
from tests.fakes.smtp_submission import FakeSubmission
from tests.journey.conftest import MakeOffice
from tests.waiting import eventually

BERTA = "berta@client.example"
AWAY = says(502, "bad gateway")
NEVER = says(400, {"errcode": "M_BAD_JSON", "error": "not this one"})

IN: tuple[tuple[str, str, Answer], ...] = (
    ("postpone:open-room before", "createRoom", AWAY),
    ("postpone:open-room after", "createRoom", AWAY),
    ("postpone:show before", "/send/", AWAY),
    ("postpone:show after", "/send/", AWAY),
    ("bury:show before", "/send/", NEVER),
    ("bury:show after", "/send/", NEVER),
)
"""Where to kill, what the homeserver refuses of a mail, and how."""

LATER = "450 4.7.1 greylisted"
GONE = "550 5.1.1 no such user"
OUT: tuple[tuple[str, str, str], ...] = (
    ("postpone:send-mail before", "berta", LATER),
    ("postpone:send-mail after", "berta", LATER),
    ("bury:send-mail before", "berta", GONE),
    ("bury:send-mail after", "anna berta", GONE),
)
"""Where to kill, for whom the server refuses an answer, and how."""


@dataclass
class Refused:
    """An office between a homeserver and a relay that refuse on command."""

    mortal: Mortal
    gate: Gate
    relay: FakeSubmission


@pytest.fixture
async def refused(make_office: MakeOffice) -> AsyncIterator[Refused]:
    """Its daemon lives. Answers leave at once, to all."""
    office = await make_office(hold="0s", to="all")
    users = {office.desk.user: office.desk.password}
    async with homeserver_gate(office.synapse.url) as gate, FakeSubmission(auth="PLAIN", users=users) as relay:
        settings = json.loads((office.folder / "mailroom.yaml").read_text())
        (account,) = settings["submission"].values()
        del account["ca_file"]
        account |= {"url": f"smtp://{LOOPBACK}:{relay.port}", "tls": "none"}
        office.more = {
            "homeserver": settings["homeserver"] | {"url": gate.url},
            "submission": {"desk": account},
            "retry": {"delays": ["1s"], "give_up": "1h", "warn_after": 9},
        }
        office.write()
        mortal = Mortal(office)
        await mortal.live()
        yield Refused(mortal, gate, relay)
        await mortal.close()


@pytest.mark.timeout(300)
async def test_a_mail_that_could_not_be_shown_is_shown_or_told_of_once(refused: Refused) -> None:
    for number, (step, what, answer) in enumerate(IN):
        try:
            await _shown(refused, f"Order {number}", step, what, answer)
        except BaseException as error:
            error.add_note(f"killed at {step!r}")
            raise


async def _shown(refused: Refused, subject: str, step: str, what: str, answer: Answer) -> None:
    """Three mails of one conversation; the first is refused as `answer` says, until the daemon died of it."""
    mortal, office = refused.mortal, refused.mortal.office
    words = (what, subject if what == "createRoom" else f"{subject}, one")
    first = office.mail(subject, f"{subject}, one")
    reply = {"In_Reply_To": str(first["Message-ID"])}
    refused.gate.shut[words] = answer
    mortal.arm(step)
    for mail in (first, *(office.mail(f"Re: {subject}", f"{subject}, {n}", **reply) for n in ("two", "three"))):
        office.submit(mail)
    await mortal.die_at(step)
    if answer is not NEVER:
        del refused.gate.shut[words]
    await mortal.quiet()
    room = await office.room_named(subject)
    told = [found for body in await office.ann.bodies(room) if (found := _of_mail(body, subject))]
    if answer is NEVER:
        assert sorted(told) == ["not shown", "three", "two"]
        assert told.index("two") < told.index("three")
        heard = (await office.admins_hear("could not be shown"))["content"]["body"]
        assert await office.count(await office.aliased("mailroom"), heard, office.bob) == 1
    else:
        assert told == ["one", "two", "three"]


def _of_mail(body: str, subject: str) -> str:
    if "could not be shown here" in body:
        return "not shown"
    return next((n for n in ("one", "two", "three") if f"{subject}, {n}" in body), "")


@pytest.mark.timeout(300)
async def test_an_answer_that_was_refused_leaves_or_fails_once(refused: Refused) -> None:
    office = refused.mortal.office
    room, shown = await office.opened(office.mail(Cc=BERTA), "Where is it?")
    await refused.mortal.quiet()
    for number, (step, who, reply) in enumerate(OUT):
        try:
            await _answered(refused, room, shown, f"answer-{number}", step, who, reply)
        except BaseException as error:
            error.add_note(f"killed at {step!r}, {reply} for {who}")
            raise


async def _answered(refused: Refused, room: str, shown: str, name: str, step: str, who: str, reply: str) -> None:
    """Two answers; the first is refused for `who`, until the daemon died of it when that is for now."""
    mortal, office, relay = refused.mortal, refused.mortal.office, refused.relay
    people = {"anna": office.customer_address, "berta": BERTA}
    relay.commands.clear()
    relay.mails.clear()
    relay.script = {f"RCPT:{people[one]}": [reply] for one in who.split()}
    mortal.arm(step)
    first = await office.ann.reply(room, shown, f"{name}-first.")
    second = await office.ann.reply(room, shown, f"{name}-second.")
    await mortal.halted()
    if reply is LATER:
        relay.script = {}
    await mortal.die_at(step)

    lost = who.split() if reply is GONE else []
    reached = [address for one, address in people.items() if one not in lost]
    for answer in (first, second):
        await _settled(mortal, room, answer, reached, lost)
    await mortal.quiet()
    for answer in (first, second):  # and so it stays
        await _settled(mortal, room, answer, reached, lost)

    mine = [mail for mail in relay.mails if f"{name}-first.".encode() in mail]
    assert len(set(mine)) == (1 if reached else 0), "the same octets"
    # once to both (again, if the journal did not know of the first time), or to each by itself
    assert len(mine) == (2 if reply is LATER or step.endswith("before") else 1 if reached else 0)
    seconds = [mail for mail in relay.mails if f"{name}-second.".encode() in mail]
    assert len(seconds) == (1 if reached else 0)
    if mine:
        assert relay.mails.index(seconds[0]) > max(n for n, mail in enumerate(relay.mails) if mail in mine)


async def _settled(mortal: Mortal, room: str, answer: str, reached: list[str], lost: list[str]) -> None:
    """One mark that says what became of it, and one alarm if it failed for someone."""

    async def look() -> bool:
        told, words = marks_of(await mortal.office.ann.messages(room), answer)
        alarms = [event for event in told if "React with 🔁" in event["content"]["body"]]
        assert len(told) - len(alarms) <= 1, "one mark, changed in place"
        assert len(alarms) <= (1 if lost else 0), "one alarm"
        done = ("Not sent to" in words) if lost else words.startswith("✅ Sent to")
        return done and len(alarms) == (1 if lost else 0) and all(address in words for address in reached)

    settled: bool = await eventually(look, every=0.1)
    assert settled
