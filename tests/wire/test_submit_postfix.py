"""Against a real Postfix: a composed answer goes through TLS and login and lies in the mailbox as it was written."""

import email
from collections.abc import Callable
from dataclasses import replace
from email.policy import default
from functools import partial
from typing import Any

import pytest

from bridge.core.addresses import Address, parse_spec
from bridge.core.errors import Permanent, Transient
from bridge.core.mail import Draft, Media
from bridge.mail.compose import compose
from bridge.mail.submit import SubmissionAccount, probe
from tests.fakes.smtp_account import Secret, pool
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.postfix import Postfix
from tests.waiting import eventually

TLS = ["starttls", "implicit"]


def account(postfix: Postfix, dovecot: Dovecot, sender: Mailbox, **changes: Any) -> SubmissionAccount:
    """The sender's account."""
    given: dict[str, Any] = {
        "name": "main",
        "host": "localhost",
        "port": postfix.tls_port if changes.get("tls") == "implicit" else postfix.submission_port,
        "tls": "starttls",
        "identities": (sender.address,),
        "user": sender.user,
        "secret": Secret(sender.password),
        "ca_file": str(dovecot.authority.certificate),
    }
    return SubmissionAccount(**(given | changes))


def answer(sender: Mailbox, *rcpts: str) -> Draft:
    """An answer with everything in it that a mail server might touch."""
    return Draft(
        message_id=f"<answer.{sender.user}@corp.example>",
        date=1_794_000_000.0,
        from_=address(sender.address).named("Ann Bérg, Support"),
        mail_from=sender.address,
        to=tuple(address(rcpt).named("Jürgen") for rcpt in rcpts),
        cc=(),
        subject="Re: Grüße " + "und noch mehr " * 12,
        text="Hallo\n.\n..zwei\nFrom here\n" + "x" * 2000 + " ä",
        quote="On a day, Bob wrote:\n> so",
        in_reply_to="<p@x.example>",
        references=("<r@x.example>", "<p@x.example>"),
        media=(Media("mxc://s/1", "Übersicht.bin", "application/x-thing"),),
    )


def address(spec: str) -> Address:
    """The address that `spec` is."""
    found = parse_spec(spec)
    assert found is not None
    return found


@pytest.mark.parametrize("tls", TLS)
async def test_a_composed_answer_lies_in_the_mailbox_as_it_was_written(
    postfix: Postfix, dovecot: Dovecot, mailbox: Callable[[str], Mailbox], tls: str
) -> None:
    sender, bob, eva = mailbox("ann"), mailbox("bob"), mailbox("eva")
    rcpts = (bob.address, f"{eva.user}@y.example")
    octets = compose(answer(sender, *rcpts), [bytes(range(256)) * 40])
    async with pool(account(postfix, dovecot, sender, tls=tls)) as ours:
        result = await ours.submit(address(sender.address), sender.address, rcpts, octets)
    assert result.accepted == rcpts
    assert "queued as" in result.words
    for one in (bob, eva):
        (stored,) = await eventually(partial(dovecot.messages, one))
        stored, written = stored.replace(b"\r\n", b"\n"), octets.replace(b"\r\n", b"\n")
        assert stored.endswith(written.partition(b"\n\n")[2])
        found, meant = (email.message_from_bytes(octets, policy=default) for octets in (stored, written))
        assert [(name, found[name]) for name in meant.keys()] == meant.items()  # noqa: SIM118  fields, not a dict


async def test_a_wrong_password_is_refused_by_a_real_server_as_we_expect(
    postfix: Postfix, dovecot: Dovecot, mailbox: Callable[[str], Mailbox]
) -> None:
    sender, bob = mailbox("ann"), mailbox("bob")
    wrong = account(postfix, dovecot, sender, secret=Secret("wrong"))
    async with pool(wrong) as ours:
        with pytest.raises(Transient) as caught:
            await ours.submit(
                address(sender.address),
                sender.address,
                [bob.address],
                compose(replace(answer(sender, bob.address), media=())),
            )
    assert caught.value.code == "535 5.7.8"
    assert caught.value.peer_down


async def test_an_access_token_logs_in(postfix: Postfix, dovecot: Dovecot, mailbox: Callable[[str], Mailbox]) -> None:
    sender, bob = mailbox("ann"), mailbox("bob")
    octets = compose(replace(answer(sender, bob.address), media=()))
    stale = account(postfix, dovecot, sender, auth="xoauth2", secret=Secret(dovecot.token(sender, lifetime=-60)))
    async with pool(stale) as ours:
        with pytest.raises(Transient) as caught:
            await ours.submit(address(sender.address), sender.address, [bob.address], octets)
        assert caught.value.code == "535 5.7.8"
    fresh = account(postfix, dovecot, sender, auth="xoauth2", secret=Secret(dovecot.token(sender)))
    async with pool(fresh) as ours:
        assert (await ours.submit(address(sender.address), sender.address, [bob.address], octets)).accepted == (
            bob.address,
        )


async def test_a_mail_over_its_size_is_refused_before_it_travels(
    postfix: Postfix, dovecot: Dovecot, mailbox: Callable[[str], Mailbox]
) -> None:
    sender, bob = mailbox("ann"), mailbox("bob")
    octets = compose(replace(answer(sender, bob.address), media=())) + b"x" * 76 * 800_000
    async with pool(account(postfix, dovecot, sender)) as ours:
        with pytest.raises(Permanent, match=r"takes 60\.0 MB"):
            await ours.submit(address(sender.address), sender.address, [bob.address], octets)


async def test_the_probe_finds_a_real_server_well(
    postfix: Postfix, dovecot: Dovecot, mailbox: Callable[[str], Mailbox]
) -> None:
    sender = mailbox("ann")
    findings = await probe(account(postfix, dovecot, sender))
    assert findings[0].level == "ok"
    assert f"logged in as {sender.user}" in findings[0].words
