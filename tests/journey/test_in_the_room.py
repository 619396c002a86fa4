"""What rules do with a mail in its room: attachments withheld, seen from outside on real servers."""

import json
import re
import time

import pytest

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office, plain
from tests.journey.test_attachments import PIXEL
from tests.waiting import eventually


def with_options(office: Office, options: str, where: str = "  support:\n") -> str:
    """The office's rules with more options (YAML lines) for an inbox."""
    text = office.rules()
    assert where in text
    return text.replace(where, where + "".join(f"    {line}\n" for line in options.strip().splitlines()), 1)


async def files(office: Office, room: str) -> list[str]:
    found = await office.ann.messages(room)
    return [event["content"]["filename"] for event in found if "url" in event["content"]]


@pytest.mark.parametrize("mode", ["appservice"])
async def test_a_blocked_file_is_not_uploaded_and_its_original_is_kept(make_office: MakeOffice) -> None:
    office = await make_office()
    office.write_rules(with_options(office, 'attachments: {block: ["*.exe", text/csv], size: 20kB}'))
    await office.start()
    mail = office.mail("Have a look", "See the files.")
    mail.add_attachment(b"MZ" * 600, maintype="application", subtype="pdf", filename="invoice.pdf.exe")
    mail.add_attachment(b"a,b", maintype="text", subtype="csv", filename="table.txt")
    mail.add_attachment(b"%PDF" * 10_000, maintype="application", subtype="pdf", filename="large.pdf")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="small.pdf")
    office.submit(mail)
    room = await office.room_named("Have a look")
    told = await office.message_with(room, "not shown")
    words = told["content"]["body"]
    assert words.startswith(
        "3 attachments are not shown: invoice.pdf.exe (1 kB): *.exe is blocked; table.txt (3 B): text/csv is blocked; "
        "large.pdf (40 kB): over 20 kB. The original: `mailroom queue show smtp:"
    )
    assert told["content"]["msgtype"] == "m.notice"
    assert await files(office, room) == ["small.pdf"]
    key = words.rpartition("queue show ")[2].partition(" ")[0]
    assert "invoice.pdf.exe" in office.cli("queue", "show", key, "--raw")


ANSWER = "Thanks, it came.\n\nOn Monday Corp wrote:\n> It left on Friday.\n> Ann\n-- \nAnna Berg\nClient Ltd"


async def test_history_is_folded_and_a_reaction_brings_the_whole_text(make_office: MakeOffice) -> None:
    office = await make_office()
    options = "show: {quotes: fold, signature: none, images: files, headers: [To, Date], language: de}"
    office.write_rules(with_options(office, options))
    await office.start()
    mail = office.mail("Arrived", ANSWER)
    mail.add_alternative(
        '<p>Thanks, it came. <img src="cid:one@client" alt="Logo"></p><p>On Monday Corp wrote:</p>'
        "<blockquote>It left on Friday.<br>Ann</blockquote>",
        subtype="html",
    )
    mail.get_payload()[1].add_related(PIXEL, "image", "png", cid="<one@client>", filename="logo.png")
    office.submit(mail)
    room = await office.room_named("Arrived")
    shown = await office.message_with(room, "Thanks, it came.")
    body, html = shown["content"]["body"], shown["content"]["formatted_body"]
    assert f"To: {office.support}\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n\nThanks, it came." in body
    assert "[3 zitierte Zeilen: eingeklappt. Mit 📄 reagieren oder !full antworten bringt den ganzen Text.]" in body
    assert "[Signatur: weggelassen." in body
    assert "It left on Friday." not in body
    assert "<details><summary>3 zitierte Zeilen</summary>" in html
    assert "It left on Friday.<br>Ann</blockquote></details>" in html
    assert "[Logo]" in html
    await office.message_with(room, "logo.png")
    assert await files(office, room) == ["logo.png"]

    await office.ann.react(room, shown["event_id"], "📄")
    whole = await office.message_with(room, "ganze Nachricht.txt")
    text = (await office.ann.download(whole["content"]["url"])).decode()
    assert text.replace("\r", "").strip() == ANSWER
    said = await office.ann.reply(room, whole["event_id"], "Good.")
    await office.marked(room, said, "✅ Gesendet an")
    assert "> It left on Friday." in plain((await office.received())[0])  # what is quoted is the whole mail


async def test_a_word_brings_the_whole_text_and_never_leaves(make_office: MakeOffice) -> None:
    """Also where everything that is said is sent, and in a thread."""
    office = await make_office(hold="0s")
    office.write_rules(office.rules().replace("by: reply", "by: all"))
    await office.start()
    room, shown = await office.opened(office.mail("Arrived", ANSWER), "Thanks, it came.")
    assert "It left on Friday." not in " ".join(await office.ann.bodies(room)), "history is folded by default"
    await office.ann.say(room, "!full")
    whole = await office.message_with(room, "The whole text of the mail from")
    assert whole["content"]["body"].replace("\r", "").rstrip().endswith(ANSWER)
    assert whole["content"]["msgtype"] == "m.notice"
    asked = await office.ann.reply(room, shown, "!full")

    async def twice() -> bool:
        return await office.count(room, "The whole text of the mail from") == 2

    await eventually(twice)
    await office.ann.edit(room, asked, "!full again")

    office.submit(office.mail("Disk is full", "Make room.\n\nYesterday the watch wrote:\n> Soon."), [office.alerts])
    alerts = await office.aliased("alerts", office.bob)
    root = await office.message_with(alerts, "Make room.", office.bob)
    await office.bob.say(alerts, "!full")
    await office.message_with(alerts, "here it means none", office.bob)
    await office.bob.say_in_thread(alerts, root["event_id"], "!full")
    told = await office.message_with(alerts, "> Soon.", office.bob)
    assert told["content"]["m.relates_to"]["event_id"] == root["event_id"]

    await office.ann.say(room, "Good.")
    (answer,) = await office.received()
    assert plain(answer).startswith("Good.")


@pytest.mark.parametrize("mode", ["appservice"])
async def test_a_digest_appears_once_in_one_batch_whatever_happens_meanwhile(make_office: MakeOffice) -> None:
    """The daemon is killed in its time, and the rule is removed before it ends: what is gathered still appears.

    Half a day passes while the daemon does not run."""
    office = await make_office(hold="0s")
    at = time.strftime("%H:%M", time.gmtime(time.time() + 12 * 3600))
    rule = f'{{name: news, when: {{subject: "Offer*"}}, room: {{is: "#news-{office.tag}"}}, digest: {{at: "{at}"}}}}'
    text = office.rules()
    office.write_rules(text.replace("    rules:\n", f"    rules:\n      - {rule}\n", 1))
    await office.start()
    office.submit(office.mail("Offer 1", "Cheap."))
    news = await office.aliased("news", office.ann)
    assert office.process is not None
    await office.process.kill()
    await office.start()
    await eventually(lambda: office.log.count("mailroom runs") == 2, within=60)
    other = office.mail("Offer 2", "Cheaper.", From="Carl <carl@client.example>")
    office.submit(other)
    await eventually(lambda: office.log.count(": bridged (") == 2, within=20)
    await office.change_rules(text)
    office.submit(office.mail("Offer 3", "No digest any more."))
    room = await office.room_named("Offer 3")
    await office.message_with(room, "No digest any more.")
    assert [e for e in await office.ann.messages(news) if "Digest" in e["content"]["body"]] == []

    await office.process.kill()
    await office.start(ahead=13 * 3600)
    await eventually(lambda: office.log.count("mailroom runs") == 3, within=60)
    second = await office.message_with(news, "Cheaper.")
    root, *beneath = await office.ann.messages(news)
    assert root["content"]["body"] == (
        f"Digest: 2 mails\n• Anna Berg <{office.customer_address}>: Offer 1\n• Carl <carl@client.example>: Offer 2"
    )
    assert root["content"]["msgtype"] == "m.text"
    assert len(beneath) == 2
    for event, words in zip(beneath, ["Cheap.", "Cheaper."], strict=True):
        relation = event["content"]["m.relates_to"]
        assert (relation["rel_type"], relation["event_id"]) == ("m.thread", root["event_id"])
        assert event["content"]["body"].endswith(words)
        assert event["content"]["msgtype"] == "m.notice"
    said = await office.ann.reply(news, beneath[0]["event_id"], "No, thanks.")
    await office.marked(news, said, f"✅ Sent to {office.customer_address}")
    assert second["event_id"] == beneath[1]["event_id"]
    assert (await office.received())[0]["Subject"] == "Re: Offer 1"


@pytest.mark.parametrize("mode", ["appservice"])
async def test_new_conversations_are_taken_in_turn(make_office: MakeOffice) -> None:
    office = await make_office()
    office.write_rules(with_options(office, "assign: {rotate: [bob, ann]}\ntags: [billing, vip]"))
    await office.start()
    whose: list[str] = []
    for number in (1, 2, 3):
        office.submit(office.mail(f"Order {number}", "Where is it?"))
        room = await office.room_named(f"Order {number}")
        told = await office.message_with(room, "tags: billing, vip")
        (user,) = told["content"]["m.mentions"]["user_ids"]
        assert told["content"]["msgtype"] == "m.text"
        whose.append(user)
        topics = [e["content"]["topic"] for e in await office.ann.all_state(room) if e["type"] == "m.room.topic"]
        assert topics == [told["content"]["body"]]
    assert whose == [office.bob.user_id, office.ann.user_id, office.bob.user_id]
    first = office.mail("Order 4", "Where is it?")
    office.submit(first)
    room = await office.room_named("Order 4")
    await office.message_with(room, "For Ann Berg · tags: billing, vip")
    again = {"In_Reply_To": first["Message-ID"], "References": first["Message-ID"]}
    office.submit(office.mail("Re: Order 4", "Hello?", **again))
    await office.message_with(room, "Hello?")
    assert await office.count(room, "tags:") == 1
    key = re.findall(r"(smtp:[0-9a-f]+): bridged", office.log)[-2]
    shown = office.cli("queue", "show", key)
    assert f"assigned  {office.ann.user_id}" in shown
    assert "tags      billing, vip" in shown


@pytest.mark.parametrize("mode", ["appservice"])
async def test_a_mailbox_is_changed_only_as_the_rules_say(make_office: MakeOffice) -> None:
    office = await make_office()
    with office.dovecot.login(office.desk) as client:
        client.create("Done")
    settings = json.loads((office.folder / "mailroom.yaml").read_text())
    settings["accounts"]["desk"]["folders"] = ["INBOX", "Done"]
    (office.folder / "mailroom.yaml").write_text(json.dumps(settings))
    rules = (
        'rules:\n  - {name: done, when: {subject: "Order*"}, mailbox: {seen: true, flag: true, move: Done}}\n'
        '  - {name: lost, when: {subject: "Lost*"}, mailbox: {move: Nowhere}}'
    )
    office.write_rules(with_options(office, rules, "  desk:\n"))
    await office.start()
    office.drop_into_desk(office.mail("A question", "How much?"))
    await office.message_with(await office.room_named("A question"), "How much?")
    for number in (1, 2):
        office.drop_into_desk(office.mail(f"Lost {number}", "Where?"))
    office.drop_into_desk(office.mail("Order 7", "Two, please."))
    room = await office.room_named("Order 7")
    await office.message_with(room, "Two, please.")
    await eventually(lambda: len(office.mailbox(office.desk, "Done")) == 1, within=30)
    notice = await office.admins_hear("cannot be moved to Nowhere")
    assert "It stays in INBOX." in notice["content"]["body"]
    await office.stop()
    await office.start()  # a start looks into every folder; else each has its turn every few minutes
    await eventually(lambda: "imap:desk:Done:" in office.log and ": duplicate (" in office.log, within=30)
    assert await office.count(room, "Two, please.") == 1
    assert await office.count(await office.aliased("mailroom"), "Nowhere", office.bob) == 1
    with office.dovecot.login(office.desk) as client:
        client.select("Done", readonly=True)
        (moved,) = client.fetch("1:*", "(FLAGS)")[1]
        assert isinstance(moved, bytes)
        assert b"\\Seen" in moved
        assert b"\\Flagged" in moved
        client.select("INBOX", readonly=True)
        left = [line for line in client.fetch("1:*", "(FLAGS)")[1] if isinstance(line, bytes)]
    assert len(left) == 3
    assert not [line for line in left if b"Seen" in line or b"Flagged" in line or b"Deleted" in line]
