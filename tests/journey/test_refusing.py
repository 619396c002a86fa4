"""What the rules refuse is refused at the door: its sender hears it, and nothing of it is kept."""

import smtplib

import pytest

from bridge.demo.process import LOOPBACK
from tests.journey.conftest import MakeOffice


@pytest.mark.parametrize("mode", ["appservice"])
async def test_unwanted_mail_is_refused_before_it_is_accepted(make_office: MakeOffice) -> None:
    office = await make_office()
    refusing = '    rules:\n      - {name: never, when: {subject: "*viagra*"}, reject: We buy none}\n'
    office.write_rules(office.rules().replace("    rules:\n", refusing, 1))
    await office.start()
    office.submit(office.mail("A first one", "Wait for me."))
    await office.message_with(await office.room_named("A first one"), "Wait for me.")

    with pytest.raises(smtplib.SMTPDataError) as refused:
        office.submit(office.mail("Buy viagra", "Now."))
    assert refused.value.smtp_code == 550
    assert refused.value.smtp_error == b"5.7.1 We buy none"
    assert "viagra" not in office.log

    with smtplib.LMTP(str(office.folder / "lmtp.sock")) as client:
        mail = office.mail("More viagra", "For some.")
        client.sendmail(office.customer_address, [office.alerts, office.support], mail.as_bytes())
        assert client.getreply() == (550, b"5.7.1 We buy none")  # the library asked for the first answer alone
    alerts = await office.aliased("alerts")
    await office.message_with(alerts, "For some.", office.bob)

    with smtplib.SMTP(LOOPBACK, office.smtp_port) as client:
        mail = office.mail("Viagra for all", "For both.")
        client.sendmail(office.customer_address, [office.support, office.alerts], mail.as_bytes())
    await office.message_with(alerts, "For both.", office.bob)
    await office.admins_hear("held in quarantine")
    held = office.cli("queue", "list", "--state", "quarantined")
    assert "it was accepted before" in held
    assert len([line for line in held.splitlines() if "smtp:" in line]) == 1
