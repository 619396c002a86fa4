"""While the homeserver is away for long, mail reaches people by mail; afterwards it is in the chat all the same."""

from tests.journey.office import Office, plain
from tests.waiting import eventually


async def test_mail_falls_back_to_mail_and_is_shown_afterwards(alone: Office) -> None:
    office, homeserver = alone, alone.synapse.homeserver
    boss = office.dovecot.add_user("boss")
    office.may_send_as(office.support)
    wish = f"    fallback: {{after: 3s, to: {boss.address}}}\n    rules:\n"
    office.write_rules(office.rules().replace("    rules:\n", wish, 1))
    await office.start()
    office.submit(office.mail("Before", "All is well."))
    await office.message_with(await office.room_named("Before"), "All is well.")

    def subjects() -> list[str]:
        return sorted(mail["Subject"] for mail in office.mailbox(boss))

    await homeserver.kill()
    office.submit(office.mail("First", "Nobody sees me."))
    await eventually(lambda: subjects() == ["Fwd: First"], within=60)
    (mail,) = office.mailbox(boss)
    assert "cannot be reached since" in " ".join(plain(mail).split())
    assert "Nobody sees me." in str(mail)

    await office.stop()
    await office.start()
    await eventually(lambda: office.log.count("mailroom runs") == 2, within=60)
    office.submit(office.mail("Second", "Nor me."))
    await eventually(lambda: subjects() == ["Fwd: First", "Fwd: Second"], within=60)

    await homeserver.start()
    for subject, words in (("First", "Nobody sees me."), ("Second", "Nor me.")):
        await office.message_with(await office.room_named(subject), words)
    await office.admins_hear("The homeserver was away since")
    office.submit(office.mail("After", "All is well again."))
    await office.message_with(await office.room_named("After"), "All is well again.")
    assert subjects() == ["Fwd: First", "Fwd: Second"]
