"""Rules that ask more than who wrote: what the trusted server and the filter said, groups, text, kind, and rules whose
time is over. Seen from outside, through the whole daemon.
"""

from email.message import EmailMessage

import pytest

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office

pytestmark = pytest.mark.parametrize("mode", ["appservice"])
"""Rules decide before any chat."""

TOP = """
zone: Europe/Berlin
times: {{always: [{{hours: 0:00-12:00}}, {{hours: 12:00-24:00}}]}}
groups:
  partners: [client.example, "*@partner.example"]
before:
  - {{name: over, expires: 2020-01-01, do: drop}}
  - {{name: off, enabled: false, do: drop}}
  - {{name: forged, when: {{authentication: {{dmarc: fail}}}}, do: quarantine}}
  - {{name: junk, when: {{spam: true}}, do: drop}}
inboxes:
"""
RULES = """    rules:
      - name: urgent
        when: {{from: partners, body: "*urgent*", time: always, not: {{attachment: true}}}}
        room: {{is: "#urgent-{tag}"}}
      - {{name: diary, when: {{kind: calendar}}, room: {{is: "#diary-{tag}"}}}}
"""


async def running(make_office: MakeOffice) -> Office:
    office = await make_office(more={"authserv": ["mx.corp.example"], "spam_headers": ["X-Filter"]})
    rules = office.rules().replace("inboxes:\n", TOP.format(), 1)
    office.write_rules(rules.replace("    rules:\n", RULES.format(tag=office.tag), 1))
    office.cli("rules", "check")
    await office.start()
    return office


def invitation(office: Office) -> EmailMessage:
    mail = office.mail("Lunch", "Shall we?")
    mail.add_alternative("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n", subtype="calendar", params={"method": "REQUEST"})
    return mail


async def test_mail_goes_where_its_conditions_say(make_office: MakeOffice) -> None:
    office = await running(make_office)
    results = "mx.corp.example; dmarc=fail header.from=client.example"
    office.submit(office.mail("Forged", "Pay me.", Authentication_Results=results))
    office.submit(office.mail("Junk", "Buy me.", X_Filter="Yes, score=9"))
    await office.admins_hear("1 held in quarantine")
    office.submit(office.mail("Help", "Hello,\nthis is URGENT!\nAnna"))
    office.submit(invitation(office))
    urgent = await office.aliased("urgent", office.ann)
    await office.message_with(urgent, "this is URGENT!")
    diary = await office.aliased("diary", office.ann)
    await office.message_with(diary, "Shall we?")

    # What another server says, and a field that is not our filter's, count for nothing.
    word = {"Authentication_Results": "mx.evil.example; dmarc=fail", "X_Spam_Flag": "YES"}
    mail = office.mail("Order 8", "This is urgent, see the file.", **word)
    mail.add_attachment(b"1, 2, 3", "text", "csv", filename="order.csv")
    await office.opened(mail, "see the file")
    assert await office.count(urgent, "see the file") == 0


async def test_a_first_contact_is_told_from_one_that_is_known(make_office: MakeOffice) -> None:
    office = await make_office()
    room = f'{{is: "#new-{office.tag}"}}'
    new = f"      - {{name: new, when: {{correspondent: first-contact}}, room: {room}}}\n"
    office.write_rules(office.rules().replace("    rules:\n", f"    rules:\n{new}", 1))
    await office.start()
    office.submit(office.mail("Hello", "Who are you?"))
    newcomers = await office.aliased("new")
    await office.message_with(newcomers, "Who are you?", office.bob)
    await office.opened(office.mail("Order 7", "Me again."), "Me again.")
    assert await office.count(newcomers, "Me again.", office.bob) == 0
