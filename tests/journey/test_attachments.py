"""Files and pictures pass both ways octet for octet, and long mail is shown, never refused."""

import hashlib
import random
import re
from email.message import EmailMessage

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office, plain
from tests.servers.probe import Json

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100"
    "18dd8db00000000049454e44ae426082"
)
NOISE = random.Random(7).randbytes(300_000)


async def file_named(office: Office, room: str, name: str) -> Json:
    event = await office.message_with(room, name)
    for event in await office.ann.messages(room):
        if event["content"].get("filename", event["content"]["body"]) == name and "url" in event["content"]:
            return event
    raise AssertionError(f"no file {name}")


async def test_files_and_pictures_pass_both_ways(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    mail = office.mail("A picture", "See the picture.")
    mail.add_alternative('<p>See <b>the picture</b>: <img src="cid:one@client"></p>', subtype="html")
    body = mail.get_payload()[1]
    body.add_related(PIXEL, "image", "png", cid="<one@client>")
    mail.add_attachment(NOISE, maintype="application", subtype="pdf", filename="Größe & Preis.pdf")
    mail.add_attachment(PIXEL + b"\0", maintype="image", subtype="png", filename="pixel.png")
    office.submit(mail)
    room = await office.room_named("A picture")
    shown = await office.message_with(room, "the picture")
    mxc = re.search(r'<img[^>]* src="(mxc://[^"]+)"', shown["content"]["formatted_body"])
    assert mxc
    assert await office.ann.download(mxc[1]) == PIXEL
    document = await file_named(office, room, "Größe & Preis.pdf")
    assert document["content"]["msgtype"] == "m.file"
    assert document["content"]["info"] == {"mimetype": "application/pdf", "size": len(NOISE)}
    assert await office.ann.download(document["content"]["url"]) == NOISE
    image = await file_named(office, room, "pixel.png")
    assert image["content"]["msgtype"] == "m.image"
    assert await office.ann.download(image["content"]["url"]) == PIXEL + b"\0"

    photo = await office.ann.upload(NOISE, "image/jpeg", "photo.jpg")
    reply = {"m.in_reply_to": {"event_id": document["event_id"]}}
    content = {"body": "photo.jpg", "msgtype": "m.image", "url": photo, "info": {"mimetype": "image/jpeg"}}
    said = await office.ann.send(room, {**content, "m.relates_to": reply})
    await office.marked(room, said, "✅ Sent to")
    (answer,) = await office.received()
    assert [(part.get_filename(), part.get_content_type()) for part in answer.iter_attachments()] == [
        ("photo.jpg", "image/jpeg")
    ]
    assert octets(answer) == [NOISE]
    assert "photo.jpg" not in plain(answer)

    content |= {"msgtype": "m.file", "filename": "prices.pdf", "body": "Here are the prices.", "info": {}}
    await office.ann.send(room, {**content, "m.relates_to": reply})
    answer = (await office.received(2))[-1]
    assert "Here are the prices." in plain(answer)
    assert [part.get_filename() for part in answer.iter_attachments()] == ["prices.pdf"]
    assert octets(answer) == [NOISE]


def octets(mail: EmailMessage) -> list[bytes]:
    return [part.get_payload(decode=True) for part in mail.iter_attachments()]


async def test_long_mail_is_shown_whole(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    lines = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(1_724)]
    text = "\n".join(lines) + "\nThe end."
    assert len(text) > 112_000
    office.submit(office.mail("A long text", text))
    room = await office.room_named("A long text")
    await office.message_with(room, lines[0])
    last = await office.message_with(room, "The end.")
    shown = "\n".join(await office.ann.bodies(room))
    assert [line for line in lines if line not in shown] == []
    said = await office.ann.reply(room, last["event_id"], "Read it all.")
    await office.marked(room, said, "✅ Sent to")

    longer = "\n".join(lines * 4) + "\nThe very end."
    office.submit(office.mail("A longer text", longer))
    room = await office.room_named("A longer text")
    await office.message_with(room, "the full message is attached")
    full = await file_named(office, room, "full message.txt")
    assert "The very end." in (await office.ann.download(full["content"]["url"])).decode()

    page = office.mail("A newsletter", "")
    rows = "".join(f"<tr><td>{line}</td><td><script>alert(1)</script>Row</td></tr>" for line in lines * 2)
    page.set_content(f"<table>{rows}</table><p>Bottom.</p>", subtype="html")
    assert len(page.as_bytes()) > 300_000
    office.submit(page)
    room = await office.room_named("A newsletter")
    await office.message_with(room, lines[0])
    whole = "\n".join(await office.ann.bodies(room))
    if "Bottom." not in whole:
        full = await file_named(office, room, "full message.txt")
        whole = (await office.ann.download(full["content"]["url"])).decode()
    assert "Bottom." in whole
    assert "alert(1)" not in whole
    assert len(await office.received(1)) == 1
