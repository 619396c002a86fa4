"""Hostile mail in masses, and the daemon killed among it: nothing is lost, nothing comes twice."""

import json
import secrets
import smtplib
import sqlite3
from email.header import Header

import pytest

from bridge.store import codec, database
from tests.journey.conftest import MakeOffice
from tests.journey.office import LOOPBACK, Office
from tests.unit.test_parse_bombs import BEYOND, WITHIN
from tests.waiting import eventually

NAMES = (
    *("\u202eevil\u202c", "A" * 300, "<b>x</b>", "@ann:corp.example", "a\u200bb", "😀" * 80, "Анн Верг", "שלום עולם"),
    *("https://evil.example/", "`code` *bold*", "\ufdd0\uffff", "e\u0301" * 60, " ", "room @room", "{{7*7}}", "null"),
)


def identified(octets: bytes) -> bytes:
    return f"Message-ID: <{secrets.token_hex(8)}@evil.example>\r\n".encode() + octets


BOMBS = [identified(raw) for raw in (*BEYOND.values(), *WITHIN.values()) if len(raw) < 600_000]


def odd(number: int, name: str) -> bytes:
    head = f"From: {Header(name, 'utf-8').encode()} <s{number}@evil.example>\r\nSubject: Odd {number}\r\n\r\n"
    return identified(head.encode() + f"odd words {number}.".encode())


def forged_report(number: int, answer: str, who: str) -> bytes:
    return identified(
        f"From: <mailer-daemon@evil{number}.example>\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNo.\r\n--b\r\n"
        f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; {who}\r\n"
        f"Action: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {answer}\r\n\r\n--b--\r\n".encode()
    )


def forged_calendar(number: int, uid: str) -> bytes:
    method = ("REQUEST", "CANCEL", "REPLY", "COUNTER", "PUBLISH")[number % 5]
    return identified(
        f"From: <e{number}@evil.example>\r\nContent-Type: text/calendar; method={method}; charset=utf-8\r\n\r\n"
        f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nSUMMARY:@room \u202e <b>\r\nDTSTART;TZID=X:20261124T120000\r\n"
        "RRULE:FREQ=SECONDLY;COUNT=99999999\r\nORGANIZER:mailto:ann@corp.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()
    )


def bring(office: Office, mails: list[bytes], to: str) -> None:
    with smtplib.SMTP(LOOPBACK, office.smtp_port, timeout=60) as client:
        for octets in mails:
            client.sendmail("eve@evil.example", [to], octets)


def ask(office: Office, question: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(f"file:{office.folder / 'state' / database.FILE_NAME}?mode=ro", uri=True) as file:
        return file.execute(question).fetchall()


def settled(office: Office) -> bool:
    waiting = ask(office, "SELECT key FROM inbox WHERE state = 'new' UNION SELECT lane FROM lanes")
    return not waiting


@pytest.mark.timeout(400)
@pytest.mark.parametrize("mode", ["appservice"])
async def test_masses_of_hostile_mail_and_deaths_among_it_lose_and_double_nothing(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    root = office.mail("Honest", "The first word.")
    room, _ = await office.opened(root, "The first word.")
    _, target = await office.opened(office.mail("Target", "Answer me."), "Answer me.")
    there = await office.room_named("Target")
    said = await office.ann.reply(there, target, "Here you are.")
    await office.marked(there, said, "✅ Sent to")
    (answer,) = await office.received()

    honest = 0
    for turn in range(3):
        bring(office, [b"From: pump@corp.example\r\nSubject: Alarm\r\n\r\nThe pump is dry.\r\n"], office.alerts)
        bring(office, BOMBS[turn::3], office.alerts)
        bring(office, [odd(number, NAMES[number]) for number in range(turn, len(NAMES), 3)], office.support)
        reports = [forged_report(turn, answer["Message-ID"], who) for who in (office.customer_address, "v@x.example")]
        bring(
            office, [*reports, *(forged_calendar(number, office.tag) for number in range(turn, 5, 3))], office.support
        )
        for _ in range(2):
            honest += 1
            office.submit(office.mail("Re: Honest", f"Honest word {honest}.", In_Reply_To=root["Message-ID"]))
        if turn < 2:
            assert office.process is not None
            await office.process.kill()
            await office.start()
            await eventually(lambda runs=turn + 2: office.log.count("mailroom runs") == runs, within=60)
    await eventually(lambda: settled(office), within=240, every=0.5)

    for number in range(1, honest + 1):
        assert await office.count(room, f"Honest word {number}.") == 1
    assert await office.count(await office.aliased("alerts"), "The pump is dry.", office.bob) == 3
    assert ask(office, "SELECT key, words FROM inbox WHERE kind = 'mail' AND outcome <> 'bridged'") == []
    assert ask(office, "SELECT key, words FROM outbox WHERE state <> 'done'") == []
    named = {
        event
        for (receipt,) in ask(office, "SELECT receipt FROM outbox")
        for event in codec.load_receipt(receipt).events
    }
    people, seen = {office.ann.user_id, office.bob.user_id}, set[str]()
    for each in await office.as_bot().joined_rooms():
        for event in await office.as_bot().events(each):
            if event["type"] in ("m.room.message", "m.reaction") and event["sender"] not in people:
                seen.add(event["event_id"])
                assert len(json.dumps(event["content"], ensure_ascii=False).encode()) < 60_000
                assert event["content"].get("m.mentions", {}) in ({}, {"user_ids": [office.ann.user_id]})
    assert seen == named
    (mark, *_) = [body for body in await office.ann.bodies(there) if "Not delivered to" in body and "According" in body]
    assert "mailer-daemon@evil" in mark
