"""Killed at every step of a mail's way in: it is shown once, whole, in one room, in order (I1, I2, I5)."""

import asyncio

import pytest

from tests.crash.faults_office import Mortal, Watcher, insist

IN = (
    "accept:mail before",
    "accept:mail after",
    "settle:smtp before",
    "settle:smtp after",
    "claim:open-room after",
    "http:createRoom before",
    "http:createRoom after",
    "http:m.space.child after",
    "fulfil:open-room before",
    "fulfil:open-room after",
    "claim:show after",
    "http:send before",
    "http:send after",
    "fulfil:show before",
    "fulfil:show after",
    "claim:attach after",
    "http:upload before",
    "http:upload after",
    "fulfil:attach before",
    "fulfil:attach after",
)
GHOSTS = ("http:register after", "http:displayname after", "http:join before", "http:join after")
"""These exist in appservice mode alone."""
IMAP = ("accept:mail before", "accept:mail after", "settle:imap before", "settle:imap after", "fulfil:show before")


@pytest.mark.timeout(400)
async def test_mail_is_shown_once_and_in_order_whenever_the_daemon_dies(mortal: Mortal) -> None:
    watcher = Watcher(mortal.office)
    steps = IN if mortal.office.mode == "bot" else (*GHOSTS, *IN)
    for number, step in enumerate(steps):
        await watcher.mark()
        mortal.arm(step)
        try:
            await one(mortal, watcher, f"Order {number}", step)
        except BaseException as error:
            error.add_note(f"killed at {step!r}")
            raise


@pytest.mark.parametrize("mode", ["appservice"], indirect=True)  # from the mailbox on the way is the same
async def test_mail_in_a_mailbox_is_shown_once_whenever_the_daemon_dies(mortal: Mortal) -> None:
    office = mortal.office
    for number, step in enumerate(IMAP):
        mortal.arm(step)
        office.drop_into_desk(office.mail(f"Order {number}", "Number 1"))
        await mortal.die_at(step)
        office.drop_into_desk(office.mail(f"Next {number}", "Number 2"))
        for subject, words in ((f"Order {number}", "Number 1"), (f"Next {number}", "Number 2")):
            room = await office.room_named(subject)
            await office.message_with(room, words)
            await mortal.quiet()
            assert await office.count(room, words) == 1, step


async def one(mortal: Mortal, watcher: Watcher, subject: str, step: str) -> None:
    """Three mails of one conversation, the daemon dying at `step` of the first."""
    office = mortal.office
    sender = f"{subject.replace(' ', '-')}@client.example"  # a new one, so that it needs a ghost
    first = office.mail(subject, "Number 1", From=f"Anna <{sender}>")
    first.add_attachment(b"a,b\r\n" * 100, maintype="text", subtype="csv", filename="list.csv")
    reply = {"From": f"Anna <{sender}>", "In_Reply_To": str(first["Message-ID"])}
    later = [office.mail(f"Re: {subject}", f"Number {n}", **reply) for n in (2, 3)]
    sending = asyncio.create_task(asyncio.to_thread(insist, office.smtp_port, [first, *later], sender, office.support))
    await mortal.die_at(step)
    await sending
    await mortal.quiet()
    (room,) = await watcher.new_rooms(subject)
    await office.ann.join(room)
    messages = await office.ann.messages(room)
    bodies = [e["content"]["body"] for e in messages if e["content"]["msgtype"] == "m.text"]
    assert [[n for n in "123" if f"Number {n}" in body] for body in bodies] == [["1"], ["2"], ["3"]], bodies
    files = [e["content"]["body"] for e in messages if e["content"]["msgtype"] == "m.file"]
    assert len(files) == 1, files
    assert len(messages) == 4
