"""The servers the other tests rely on do their jobs, so that a failure elsewhere is the bridge's."""

import asyncio
import imaplib
import smtplib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from bridge.demo.homeserver import Homeserver
from bridge.demo.mailserver import MailServer
from bridge.demo.submission import SubmissionServer
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.postfix import Postfix, SmtpSink
from tests.servers.probe import MatrixError, Probe
from tests.servers.synapse import POOL, Registration, SynapseWithPool
from tests.servers.tls import Authority
from tests.waiting import eventually

MAIL = b"From: a@client.example\r\nSubject: hello\r\n\r\nHello\r\n.dot\r\n"


async def test_dovecot_serves_what_was_delivered(dovecot: Dovecot, mailbox: Callable[[str], Mailbox]) -> None:
    eva = mailbox("eva")
    dovecot.deliver(eva, MAIL)
    with dovecot.login(eva) as client:
        assert {b"IDLE", b"CONDSTORE", b"UIDPLUS", b"SPECIAL-USE"} <= set(client.capability()[1][0].split())
        client.select()
        found = client.uid("FETCH", "1", "(BODY.PEEK[])")[1][0]
    assert isinstance(found, tuple)
    assert found[1] == MAIL
    assert dovecot.messages(eva) == [MAIL.replace(b"\r\n", b"\n")]


async def test_dovecot_speaks_tls_that_verifies(dovecot: Dovecot, mailbox: Callable[[str], Mailbox]) -> None:
    eva = mailbox("eva")
    with dovecot.login(eva, tls=True) as implicit:
        assert implicit.select()[0] == "OK"
    with imaplib.IMAP4("localhost", dovecot.port) as explicit:
        explicit.starttls(dovecot.authority.client_context())
        assert explicit.login(eva.user, eva.password)[0] == "OK"


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
async def test_dovecot_takes_a_good_token_and_refuses_an_expired_one(
    dovecot: Dovecot, mailbox: Callable[[str], Mailbox], mechanism: str
) -> None:
    eva = mailbox("eva")

    def log_in(token: str) -> str:
        head = f"user={eva.user}" if mechanism == "XOAUTH2" else f"n,a={eva.user},"
        first = [f"{head}\1auth=Bearer {token}\1\1".encode()]
        with imaplib.IMAP4("localhost", dovecot.port) as client:
            return client.authenticate(mechanism, lambda _: first.pop() if first else b"")[0]

    assert log_in(dovecot.token(eva)) == "OK"
    with pytest.raises(imaplib.IMAP4.error):
        log_in(dovecot.token(eva, lifetime=-60))


async def test_postfix_relays_to_a_sink(postfix: Postfix, sink: Callable[..., Awaitable[SmtpSink]]) -> None:
    taker = await sink()
    await postfix.route_to_smtp("sink.test", taker.port)
    await asyncio.to_thread(send, postfix.port, "a@client.example", ["x@sink.test", "y@sink.test"])
    [mail] = await taker.wait_for(1)
    assert mail.mail_from == "a@client.example"
    assert mail.recipients == ("x@sink.test", "y@sink.test")
    assert b"\r\nSubject: hello\r\n" in mail.raw
    assert mail.raw.endswith(b"\r\n\r\nHello\r\n.dot\r\n")
    assert await postfix.queue() == []


async def test_postfix_delivers_into_mailboxes(
    postfix: Postfix, dovecot: Dovecot, mailbox: Callable[[str], Mailbox]
) -> None:
    eva = mailbox("eva")
    subaddress = eva.address.replace("@", "+list@")
    await asyncio.to_thread(send, postfix.port, "a@client.example", [eva.address, subaddress])
    await eventually(lambda: len(dovecot.messages(eva)) == 2)
    delivered = b"".join(dovecot.messages(eva))
    assert f"Delivered-To: {eva.address}\n".encode() in delivered
    assert f"Delivered-To: {subaddress}\n".encode() in delivered


async def test_postfix_refuses_at_once_and_bounces_later(
    postfix: Postfix, dovecot: Dovecot, mailbox: Callable[[str], Mailbox], sink: Callable[..., Awaitable[SmtpSink]]
) -> None:
    eva = mailbox("eva")
    await postfix.route("gone@client.example", "error:5.1.1 no such user")
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="no such user"):
        await asyncio.to_thread(send, postfix.port, eva.address, ["gone@client.example"])
    refuser = await sink("-f", "rcpt")
    await postfix.route_to_smtp("moved@client.example", refuser.port)
    await asyncio.to_thread(send, postfix.port, eva.address, ["moved@client.example"])
    await eventually(lambda: len(dovecot.messages(eva)) == 1)
    assert b"multipart/report; report-type=delivery-status" in dovecot.messages(eva)[0]


async def test_postfix_takes_submissions_of_dovecots_users_only(
    postfix: Postfix, dovecot: Dovecot, mailbox: Callable[[str], Mailbox]
) -> None:
    eva = mailbox("eva")

    def submit(password: str) -> None:
        trust = dovecot.authority.client_context()
        with smtplib.SMTP_SSL("localhost", postfix.tls_port, local_hostname="test", context=trust) as client:
            client.login(eva.user, password)
            client.sendmail(eva.address, [eva.address], MAIL)
        with smtplib.SMTP("localhost", postfix.submission_port, local_hostname="test") as client:
            client.starttls(context=trust)
            client.login(eva.user, password)
            client.sendmail(eva.address, [eva.address], MAIL)

    with pytest.raises(smtplib.SMTPAuthenticationError):
        await asyncio.to_thread(submit, "wrong")
    await asyncio.to_thread(submit, eva.password)
    await eventually(lambda: len(dovecot.messages(eva)) == 2)


async def test_people_talk_on_synapse(person: Callable[..., Awaitable[Probe]]) -> None:
    ann, bob = await person("ann", displayname="Ann Berg"), await person("bob")
    room = await ann.create_room(preset="private_chat", invite=[bob.user_id])
    assert await bob.wait_for_invite() == room
    await bob.join(room)
    first = await ann.say(room, "hello")
    answer = await bob.reply(room, first, "hello yourself")
    await ann.react(room, answer, "👍")
    gone = await ann.say(room, "oops")
    await ann.redact(room, gone)
    mxc = await ann.upload(b"bytes", "text/plain", "a.txt")
    assert await bob.download(mxc) == b"bytes"
    assert await bob.bodies(room) == ["hello", "hello yourself"]
    assert [event["type"] for event in await bob.related(room, answer)] == ["m.reaction"]
    assert await bob.members(room) == {ann.user_id, bob.user_id}
    assert (await bob.state(room, "m.room.member", ann.user_id))["displayname"] == "Ann Berg"


async def test_a_registration_of_the_pool_makes_ghosts_and_is_pushed_to(
    appservice: Registration, ghost: Callable[..., Probe]
) -> None:
    seen: asyncio.Queue[str] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {appservice.hs_token}"
        for event in (await request.json())["events"]:
            seen.put_nowait(event["content"].get("body", ""))
        return web.json_response({})

    app = web.Application()
    app.router.add_put("/_matrix/app/v1/transactions/{id}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", appservice.port).start()
    try:
        bot, visitor = ghost(appservice), ghost(appservice, appservice.ghost("a1b2"))
        wish = {"type": "m.login.application_service", "username": f"{appservice.user_prefix}a1b2"}
        await bot.call("POST", "/register", {**wish, "inhibit_login": True})
        room = await bot.create_room(room_alias_name=f"{appservice.alias_prefix}c1", invite=[visitor.user_id])
        await visitor.join(f"#{appservice.alias_prefix}c1:{appservice.server_name}")
        # spec v1.17, device masquerading: the device is made first, then it may stand in any request
        await visitor.call("PUT", "/devices/MAILROOM", {})
        path = f"/rooms/{room}/send/m.room.message/t1"
        await visitor.call("PUT", path, {"msgtype": "m.text", "body": "boo"}, device_id="MAILROOM", ts=1_000_000)
        assert (await bot.messages(room))[0]["origin_server_ts"] == 1_000_000
        async with asyncio.timeout(30):
            while await seen.get() != "boo":
                pass
        with pytest.raises(MatrixError, match="M_FORBIDDEN"):
            await ghost(appservice, f"@somebody:{appservice.server_name}").joined_rooms()
    finally:
        await runner.cleanup()


async def test_an_empty_pool_fills_again(synapse: SynapseWithPool, ghost: Callable[..., Probe]) -> None:
    entries = [await synapse.take() for _ in range(POOL + 1)]
    assert len({entry.port for entry in entries}) == len({entry.id for entry in entries}) == POOL + 1
    assert await ghost(entries[-1]).joined_rooms() == []


async def test_a_homeserver_keeps_its_users_across_restart_and_kill(tmp_path: Path) -> None:
    async with Homeserver(tmp_path) as homeserver:
        ann = Probe.of(homeserver.url, await homeserver.register("ann"))
        room = await ann.create_room()
        await homeserver.restart()
        await homeserver.kill()
        await homeserver.start()
        assert await ann.joined_rooms() == [room]
        await ann.close()
    assert Homeserver(tmp_path).url == homeserver.url
    assert (tmp_path / "homeserver.yaml").stat().st_mode & 0o077 == 0


async def test_the_playgrounds_mail_goes_round(tmp_path: Path) -> None:
    async with MailServer(tmp_path) as mailboxes:
        maildirs = {"ann@corp.example": mailboxes.add_user("ann", "secret")}
        async with SubmissionServer({"desk": "secret"}, maildirs, {}) as submission:

            def play() -> list[bytes]:
                with smtplib.SMTP("127.0.0.1", submission.port, local_hostname="test") as client:
                    client.login("desk", "secret")
                    client.sendmail("desk@corp.example", ["Ann@corp.example"], MAIL)
                with imaplib.IMAP4("127.0.0.1", mailboxes.port) as client:
                    client.login("ann", "secret")
                    return [bytes(word) for word in client.select()[1] if isinstance(word, bytes)]

            assert await asyncio.to_thread(play) == [b"1"]
        [mail] = mailboxes.messages("ann")
        assert b"Delivered-To: Ann@corp.example\n" in mail


async def test_the_playgrounds_submission_refuses_strangers_and_hands_on(
    tmp_path: Path, sink: Callable[..., Awaitable[SmtpSink]]
) -> None:
    taker = await sink()
    async with SubmissionServer({"desk": "secret"}, {}, {"support.example": taker.port}) as submission:

        def play(password: str, recipient: str) -> None:
            with smtplib.SMTP("127.0.0.1", submission.port, local_hostname="test") as client:
                client.login("desk", password)
                client.sendmail("ann@client.example", [recipient], MAIL)

        with pytest.raises(smtplib.SMTPAuthenticationError):
            await asyncio.to_thread(play, "wrong", "x@support.example")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await asyncio.to_thread(play, "secret", "x@elsewhere.example")
        await asyncio.to_thread(play, "secret", "x@support.example")
    [mail] = await taker.wait_for(1)
    assert mail.recipients == ("x@support.example",)


async def test_certificates_expire_and_are_renewed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    first, second = authority.issue("imap"), authority.issue("imap")
    assert first.certificate == second.certificate
    assert first.serial != second.serial
    authority.issue("old", days=-1)


def send(port: int, sender: str, recipients: list[str]) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="test") as client:
        client.sendmail(sender, recipients, MAIL)
