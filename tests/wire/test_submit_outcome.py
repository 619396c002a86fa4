"""What became of a mail is told recipient by recipient, and what the server said decides what happens next."""

import asyncio

import pytest
from aiosmtplib import SMTPResponse
from aiosmtplib.protocol import SMTPProtocol

from bridge.core.errors import Permanent, Transient
from bridge.core.ports import Submitted
from bridge.mail.submit import SubmissionPool, Timeouts
from tests.fakes.smtp_account import MAIL, account, pool, send
from tests.fakes.smtp_submission import DROP, LATE, SILENT, FakeSubmission

ANN, BOB = "ann@x.example", "bob@y.example"


async def test_the_octets_arrive_unchanged_and_the_queue_id_is_kept() -> None:
    async with FakeSubmission() as server, pool(account(server)) as ours:
        result = await send(ours, ANN, BOB)
        assert result.accepted == (ANN, BOB)
        assert result.refused == ()
        assert "4Xk2" in result.words
        assert server.mails == [MAIL]


async def test_size_and_delivery_notices_are_asked_for_where_offered() -> None:
    async with FakeSubmission() as server, pool(account(server)) as ours:
        await send(ours)
        mail = next(one for one in server.commands if one.startswith("MAIL"))
        assert mail == f"MAIL FROM:<desk@corp.example> SIZE={len(MAIL)} RET=HDRS ENVID=k1@corp.example"
        assert f"RCPT TO:<{ANN}> NOTIFY=FAILURE,DELAY" in server.commands


async def test_nothing_is_asked_for_that_is_not_offered() -> None:
    async with FakeSubmission(extensions=()) as server, pool(account(server)) as ours:
        await send(ours)
        assert {"MAIL FROM:<desk@corp.example>", f"RCPT TO:<{ANN}>"} <= set(server.commands)


async def test_a_greylisted_recipient_waits_while_the_other_gets_the_mail() -> None:
    script = {f"RCPT:{BOB}": ["450 4.7.1 greylisted, come back"]}
    async with FakeSubmission(script) as server, pool(account(server)) as ours:
        result = await send(ours, ANN, BOB)
        assert result.accepted == (ANN,)
        (refusal,) = result.refused
        assert (refusal.recipient, refusal.code, refusal.permanent) == (BOB, "450 4.7.1", False)
        assert refusal.words == "greylisted, come back"
        assert len(server.mails) == 1


async def test_when_nobody_is_accepted_there_are_refusals_and_no_mail() -> None:
    script = {f"RCPT:{ANN}": ["550 5.1.1 no such user"], f"RCPT:{BOB}": ["452 4.5.3 too many recipients"]}
    async with FakeSubmission(script) as server, pool(account(server)) as ours:
        result = await send(ours, ANN, BOB)
        assert result.accepted == ()
        assert [(one.code, one.permanent) for one in result.refused] == [("550 5.1.1", True), ("452 4.5.3", False)]
        assert server.count("DATA") == 0


@pytest.mark.parametrize(("reply", "permanent"), [("554 5.7.1 spam", True), ("451 4.3.0 later", False)])
@pytest.mark.parametrize("stage", ["DATA", "."])
async def test_a_refused_content_is_the_outcome_of_everyone_who_was_accepted(
    reply: str, permanent: bool, stage: str
) -> None:
    script = {stage: [reply], f"RCPT:{BOB}": ["550 5.1.1 unknown"]}
    async with FakeSubmission(script) as server, pool(account(server)) as ours:
        result = await send(ours, ANN, BOB)
        assert result.accepted == ()
        assert {one.recipient: one.permanent for one in result.refused} == {BOB: True, ANN: permanent}


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "MAIL", f"RCPT:{ANN}", "DATA", "."])
async def test_a_421_at_any_stage_lets_the_account_rest_and_nobody_knocks_meanwhile(stage: str) -> None:
    async with FakeSubmission({stage: ["421 4.7.0 too many"]}) as server, pool(account(server)) as ours:
        with pytest.raises(Transient) as first:
            await send(ours)
        assert first.value.peer_down
        assert first.value.retry_after == pytest.approx(300)
        assert first.value.code == "421 4.7.0"
        with pytest.raises(Transient) as second:
            await send(ours, BOB)
        assert second.value.peer_down
        assert second.value.retry_after is not None
        assert server.connections == 1


@pytest.mark.parametrize("reply", ["450 4.7.0 slow down", "451 4.7.650 throttled", "454 4.7.0 later", "432 4.7.12 x"])
async def test_a_throttled_sender_lets_the_account_rest(reply: str) -> None:
    async with FakeSubmission({"MAIL": [reply]}) as server, pool(account(server)) as ours:
        with pytest.raises(Transient) as caught:
            await send(ours)
        assert caught.value.peer_down
        with pytest.raises(Transient):
            await send(ours)
        assert server.connections == 1


async def test_an_ordinary_4yz_at_mail_is_about_this_mail_only() -> None:
    async with FakeSubmission({"MAIL": ["451 4.3.0 try later", "250 ok"]}) as server, pool(account(server)) as ours:
        with pytest.raises(Transient) as caught:
            await send(ours)
        assert not caught.value.peer_down
        assert (await send(ours)).accepted == (ANN,)
        assert server.connections == 1


async def test_a_sender_that_the_account_may_not_use_is_permanent() -> None:
    async with FakeSubmission({"MAIL": ["553 5.7.1 not owned"]}) as server, pool(account(server)) as ours:
        with pytest.raises(Permanent) as caught:
            await send(ours)
        assert caught.value.code == "553 5.7.1"
        assert "not owned" in caught.value.text


async def test_a_connection_that_dies_after_the_dot_is_an_unknown_outcome() -> None:
    async with FakeSubmission({".": [DROP]}) as server, pool(account(server)) as ours:
        with pytest.raises(Transient) as caught:
            await send(ours)
        assert caught.value.code == "unknown-outcome"
        assert not caught.value.peer_down
        assert server.mails == [MAIL]


@pytest.mark.parametrize("stage", [f"RCPT:{ANN}", "DATA"])
async def test_a_connection_that_dies_before_the_dot_is_known_to_have_sent_nothing(stage: str) -> None:
    async with FakeSubmission({stage: [DROP]}) as server, pool(account(server)) as ours:
        with pytest.raises(Transient) as caught:
            await send(ours)
        assert caught.value.code == ""
        assert server.mails == []


async def test_a_silent_dot_ends_as_an_unknown_outcome_when_patience_does() -> None:
    patience = Timeouts(dot=0.05, rate=1e9)
    async with FakeSubmission({".": [SILENT]}) as server, pool(account(server, timeouts=patience)) as ours:
        with pytest.raises(Transient) as caught:
            await send(ours)
        assert caught.value.code == "unknown-outcome"


async def test_a_late_reply_to_the_dot_is_one_delivery() -> None:
    async with FakeSubmission({".": [LATE]}) as server, pool(account(server)) as ours:
        sending = asyncio.create_task(send(ours))
        await server.silent.wait()
        assert not sending.done()
        server.release.set()
        assert (await sending).accepted == (ANN,)
        assert (server.count("DATA"), len(server.mails)) == (1, 1)


async def test_the_dot_has_ten_minutes_and_a_command_five(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5321 section 4.5.3.2, seen in the patience with which each reply is awaited."""
    patience: list[float | None] = []
    original = SMTPProtocol.read_response

    async def noted(self: SMTPProtocol, timeout: float | None = None) -> SMTPResponse:
        patience.append(timeout)
        return await original(self, timeout)

    monkeypatch.setattr(SMTPProtocol, "read_response", noted)
    async with FakeSubmission() as server, pool(account(server)) as ours:
        await send(ours)
        greeting, ehlo, mail, rcpt, data, dot = patience
    assert (mail, rcpt, data) == (300, 300, 300)
    assert dot is not None
    assert dot >= 600
    assert None not in (greeting, ehlo)


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "MAIL", f"RCPT:{ANN}", "DATA", "."])
@pytest.mark.parametrize("reply", ["what?", "999 nine", "25", "250" + " x" * 40_000, DROP, SILENT])
async def test_nonsense_silence_or_a_hang_up_at_any_stage_is_transient(stage: str, reply: str) -> None:
    early, late = stage in ("GREETING", "EHLO"), stage == "."
    patience = Timeouts(
        connect=0.2 if early else 30, command=30 if early or late else 0.2, dot=0.2 if late else 30, rate=1e9
    )
    async with FakeSubmission({stage: [reply]}) as server, pool(account(server, timeouts=patience)) as ours:
        told = await outcome(ours)
    if isinstance(told, Transient):
        assert told.peer_down is early
    else:
        assert told.accepted == ()
        assert not any(one.permanent for one in told.refused)


async def outcome(ours: SubmissionPool) -> Submitted | Transient:
    """What a submission came to."""
    try:
        return await send(ours)
    except Transient as error:
        return error


async def test_too_large_a_mail_is_refused_before_it_is_sent() -> None:
    async with FakeSubmission(extensions=("SIZE 100",)) as server, pool(account(server)) as ours:
        with pytest.raises(Permanent, match="takes"):
            await send(ours)
        assert server.count("MAIL") == 0


async def test_a_size_of_zero_is_no_limit() -> None:
    async with FakeSubmission(extensions=("SIZE 0",)) as server, pool(account(server)) as ours:
        assert (await send(ours)).accepted == (ANN,)


async def test_without_smtputf8_a_non_ascii_local_part_is_refused_in_clear_words() -> None:
    async with FakeSubmission(extensions=()) as server, pool(account(server)) as ours:
        result = await send(ours, "grün@x.example")
        assert result.refused[0].permanent
        assert "cannot carry non-ASCII addresses" in result.refused[0].words
        assert server.count("MAIL") == 0


async def test_with_smtputf8_it_is_declared() -> None:
    async with FakeSubmission() as server, pool(account(server)) as ours:
        assert (await send(ours, "grün@x.example")).accepted == ("grün@x.example",)
        assert "SMTPUTF8" in next(one for one in server.commands if one.startswith("MAIL"))


async def test_a_non_ascii_domain_needs_no_smtputf8() -> None:
    async with FakeSubmission(extensions=()) as server, pool(account(server)) as ours:
        assert (await send(ours, "ann@bücher.example")).accepted == ("ann@bücher.example",)
        assert "RCPT TO:<ann@xn--bcher-kva.example>" in server.commands


@pytest.mark.parametrize("rcpt", ["a@x.example>\r\nRCPT TO:<b@y.example", "a b@x", "<a@x>", "", "a@x> NOTIFY=NEVER"])
async def test_nothing_but_an_address_gets_into_a_command(rcpt: str) -> None:
    async with FakeSubmission() as server, pool(account(server)) as ours:
        with pytest.raises(Permanent):
            await send(ours, rcpt or " ")
        assert server.connections == 0


@pytest.mark.parametrize("tail", [b"a\nb\r\n", b"a\r.\r\n", b"\n.\n"])
async def test_bare_line_breaks_are_never_sent(tail: bytes) -> None:
    async with FakeSubmission() as server, pool(account(server)) as ours:
        with pytest.raises(Permanent, match="bare"):
            await send(ours, message=MAIL + tail)
        assert server.connections == 0
