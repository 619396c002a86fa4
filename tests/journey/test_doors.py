"""Where a mail lands: by the door it came through and by the rules, once, and nothing is silenced."""

import json
import secrets
import smtplib

from bridge.demo.process import LOOPBACK
from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.waiting import eventually


def ghosts(office: Office, members: set[str]) -> set[str]:
    """Members of a room that are neither staff nor the bridge itself."""
    return members - {office.bot_id, office.ann.user_id, office.bob.user_id}


async def test_every_mail_lands_where_it_is_addressed_and_shows_once(make_office: MakeOffice) -> None:
    office = await make_office()
    account = f"address: support-{office.tag}@corp.example\n    account: desk"
    start = office.rules().index("  desk:\n")
    one_inbox = office.rules()[:start] + office.rules()[office.rules().index("  alerts:\n") :]
    office.write_rules(one_inbox.replace(f"address: {office.support}", account))
    await office.start()

    with smtplib.SMTP(LOOPBACK, office.smtp_port, timeout=30) as client:
        one, two = office.mail("Order 1", "About one."), office.mail("Alert 2", "About two.")
        client.sendmail(office.customer_address, [office.support], one.as_bytes())
        client.sendmail(office.customer_address, [office.alerts], two.as_bytes())
    room = await office.room_named("Order 1")
    await office.message_with(room, "About one.")
    alerts = await office.aliased("alerts")
    await office.message_with(alerts, "About two.", office.bob)
    assert await office.count(room, "About two.") == 0
    assert await office.count(alerts, "About one.", office.bob) == 0

    both = office.mail("Order 3", "About both.")
    office.submit(both, [office.support, office.alerts.upper(), office.support])
    room = await office.room_named("Order 3")
    await office.message_with(room, "About both.")
    await office.message_with(alerts, "About both.", office.bob)
    both["Received"] = "from elsewhere by here; Sat, 21 Nov 2026 10:00:07 +0000"
    office.drop_into_desk(both)
    office.submit(both)

    other = office.mail("Re: Order 3", "Something else.", Message_ID=both["Message-ID"])
    office.submit(other)
    flagged = await office.message_with(room, "Something else.")
    assert "reuses the Message-ID of an earlier one" in flagged["content"]["body"]

    nameless = office.mail("No name", "I have no id.")
    del nameless["Message-ID"]
    office.drop_into_desk(nameless)
    unnamed = await office.room_named("No name")
    await office.message_with(unnamed, "I have no id.")
    office.submit(nameless)
    office.submit(office.mail("Last", "The end."))
    await office.message_with(await office.room_named("Last"), "The end.")
    assert await office.count(room, "About both.") == 1
    assert await office.count(alerts, "About both.", office.bob) == 1
    assert await office.count(unnamed, "I have no id.") == 1


async def test_robots_and_mail_for_nobody_have_their_places(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    catch_all = 'unmatched: {do: triage, catch-all: "any.example", '
    office.write_rules(office.rules().replace("unmatched: {do: triage, ", catch_all))
    await office.start()

    bounce = office.mail("Undelivered", "It failed.", From="Mail Delivery System <mailer-daemon@client.example>")
    bounce["Return-Path"], bounce["X-Failed-Recipients"] = "<>", "x@client.example"
    office.submit(bounce, sender="<>")
    room = await office.room_named("Undelivered")
    shown = await office.message_with(room, "It failed.")
    assert shown["sender"] == office.bot_id
    assert ghosts(office, await office.ann.members(room)) == set()
    said = await office.ann.reply(room, shown["event_id"], "Why?")
    await office.marked(room, said, "That mail has no address to answer.")

    office.submit(office.mail("Away", "On holiday.", Auto_Submitted="auto-replied"))
    noise = await office.aliased("noise", office.ann)
    shown = await office.message_with(noise, "On holiday.")
    assert shown["content"]["msgtype"] == "m.notice"
    assert ghosts(office, await office.ann.members(noise)) == set()

    office.submit(office.mail("Hello there", "For nobody."), ["someone@any.example"])
    triage = await office.aliased("triage")
    shown = await office.message_with(triage, "For nobody.", office.bob)
    assert ghosts(office, await office.bob.members(triage)) == set()
    foreign = office.mail("A campaign", "A list that nobody knows.", List_Id="<spam.list.example>")
    office.submit(foreign, [office.lists])
    await office.message_with(triage, "A list that nobody knows.", office.bob)

    try:
        office.submit(office.mail(), [f"unknown-{secrets.token_hex(4)}@corp.example"])
        refused = (0, b"")
    except smtplib.SMTPRecipientsRefused as error:
        (refused,) = error.recipients.values()
    assert refused[0] == 550
    assert refused[1].startswith(b"5.1.1")


async def test_what_is_dropped_or_held_can_be_found_and_released(make_office: MakeOffice) -> None:
    office = await make_office()
    await office.start()
    office.submit(office.mail("You won the lottery", "Congratulations."))
    office.submit(office.mail("One suspect mail", "Click here."))
    office.submit(office.mail("Another suspect mail", "Click there."))
    told = await office.admins_hear("2 held in quarantine")
    admin = told["room_id"] if "room_id" in told else await office.aliased("mailroom")
    assert await office.count(admin, "held in quarantine", office.bob) == 1
    assert "suspect" not in str(await office.bob.messages(admin))

    listed = json.loads(office.cli("queue", "list", "--json", "--state", "planned"))
    dropped = [e for e in listed["entries"] if "unwanted" in e["words"]]
    assert len(dropped) == 1, listed
    assert "Congratulations." in office.cli("queue", "show", dropped[0]["key"], "--raw")
    assert "unwanted" in office.cli("queue", "show", dropped[0]["key"])

    held = json.loads(office.cli("queue", "list", "--json", "--state", "quarantined"))["entries"]
    assert len(held) == 2
    office.cli("queue", "retry", held[0]["key"])
    triage = await office.aliased("triage")
    await office.message_with(triage, "Click here.", office.bob)
    office.cli("queue", "drop", held[1]["key"])
    left = json.loads(office.cli("queue", "list", "--json", "--state", "quarantined"))["entries"]
    assert left == []

    async def nothing_new() -> bool:
        return await office.count(triage, "Click here.", office.bob) == 1

    await eventually(nothing_new)
    assert await office.count(triage, "Click there.", office.bob) == 0
