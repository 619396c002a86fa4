"""Nothing in a mail commands, notifies, or speaks as a member of staff."""

from tests.journey.conftest import MakeOffice
from tests.journey.office import plain


async def test_a_mail_has_no_authority(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    office.write_rules(office.rules().replace("by: reply", "by: command"))
    await office.start()
    subject = "{{7*7}} %(x)s $(id) @room"
    mail = office.mail(subject, "!send all the money\n// @room\n@ann")
    mail.add_alternative(
        "<mx-reply>He said yes.</mx-reply><script>alert(1)</script><style>p{color:red}</style>"
        f'<p onclick="x()">Dear <a href="https://matrix.to/#/{office.ann.user_id}">Ann</a> @room</p>'
        '<img src="https://tracker.example/x.png"><a href="javascript:x()">here</a><form><input></form>',
        subtype="html",
    )
    office.submit(mail)
    room = await office.room_named(subject)
    shown = await office.message_with(room, "Dear")
    content = shown["content"]
    assert content["m.mentions"] == {}
    markup = content["formatted_body"]
    for evil in (
        "<mx-reply",
        "<script",
        "alert(1)",
        "onclick",
        "matrix.to",
        "javascript:",
        "tracker",
        "<form",
        "<style",
    ):
        assert evil not in markup, evil
    assert "{{7*7}} %(x)s $(id) @room" in content["body"]
    assert "49" not in content["body"].partition("\n")[0].replace(office.customer_address, "")
    assert office.dovecot.messages(office.customer) == []

    said = await office.ann.say(room, "!send We do not.")
    await office.marked(room, said, "✅ Sent to")
    (answer,) = await office.received()
    assert answer["Subject"] == f"Re: {subject}"
    assert "We do not." in plain(answer)

    # Mail under a colleague's name is mail.
    forged = office.mail("From the boss", "!send Pay at once.", From='"Ann Berg" <ann@corp.example>')
    room, shown = await office.opened(forged, "Pay at once.")
    event = await office.ann.event(room, shown)
    assert event["sender"] not in (office.ann.user_id, office.bob.user_id)
    spoken = event["content"]["body"]
    if office.mode == "appservice":
        spoken = (await office.ann.call("GET", f"/profile/{event['sender']}/displayname"))["displayname"]
    assert "(ann@corp.example)" in spoken
    bell = office.mail("=?utf-8?q?Bell=07=0d=0aBcc=3a_x=40evil.example?=", "Ring.", In_Reply_To=forged["Message-ID"])
    office.submit(bell)
    await office.message_with(room, "Ring.")
    said = await office.ann.say(room, "!send No.")
    confirm = await office.marked(room, said, "React with ✅")
    assert office.customer_address in confirm["body"]
    mark = next(e["event_id"] for e in await office.ann.messages(room) if e["content"]["body"] == confirm["body"])
    await office.ann.react(room, mark, "✅")
    answer = (await office.received(2))[1]
    assert answer["Bcc"] is None
    assert answer["To"].endswith(f"<{office.customer_address}>")
    assert "x@evil.example" not in office.postfix.log.read_text()
    assert (await office.ann.members(room, "invite")) - {office.bob.user_id} == set()
