"""Credentials are shown once, by one mechanism, to a server whose TLS was verified, and to nobody else."""

import base64
import logging
from pathlib import Path

import pytest

from bridge.core.errors import Permanent, Transient
from bridge.mail.submit import SubmissionAccount, probe
from tests.fakes.smtp_account import Secret, account, pool, send
from tests.fakes.smtp_submission import DROP, FakeSubmission
from tests.servers.tls import Authority, server_context

PASSWORD = "correct-horse"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


def said(server: FakeSubmission, secret: str = PASSWORD) -> bool:
    """Whether the secret was sent in any form, in clear or inside TLS."""
    everything = bytes(server.clear).decode("latin-1") + "\n".join(server.commands)
    forms = (secret, f"\0desk\0{secret}", f"user=desk\x01auth=Bearer {secret}\x01\x01")
    return any(form in everything or base64.b64encode(form.encode()).decode() in everything for form in forms)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_login_over_verified_tls(authority: Authority, mechanism: str, tls: str) -> None:
    context = server_context(authority.issue("good"))
    users = {"desk": PASSWORD}
    async with FakeSubmission(auth=mechanism, users=users, tls=context, implicit=tls == "implicit") as server:
        ca_file = str(authority.certificate)
        ours = account(server, tls=tls, user="desk", secret=Secret(PASSWORD), ca_file=ca_file)
        async with pool(ours) as submission:
            assert (await send(submission)).accepted
        assert PASSWORD.encode() not in server.clear
        assert b"AUTH" not in server.clear


async def test_a_token_is_asked_for_anew_at_each_login(authority: Authority) -> None:
    context = server_context(authority.issue("good"))
    async with FakeSubmission(auth="XOAUTH2 PLAIN", users={"desk": "token-2"}, tls=context, implicit=True) as server:
        tokens = Secret("token-1", "token-2")
        ca_file = str(authority.certificate)
        ours = account(server, tls="implicit", user="desk", auth="xoauth2", secret=tokens, ca_file=ca_file)
        async with pool(ours) as submission:
            with pytest.raises(Transient) as refused:
                await send(submission)
        assert refused.value.code == "535 5.7.8"
        assert "" in server.commands  # the 334 with the error was answered by an empty line
        async with pool(ours) as submission:
            assert (await send(submission)).accepted
        assert tokens.asked == 2


async def test_a_refused_login_is_tried_once_and_then_the_account_rests_long() -> None:
    async with FakeSubmission(auth="PLAIN LOGIN", users={"desk": "other"}) as server:
        async with pool(account(server, user="desk", secret=Secret(PASSWORD))) as ours:
            for _ in range(3):
                with pytest.raises(Transient) as caught:
                    await send(ours)
                assert caught.value.peer_down
                assert caught.value.retry_after is not None
                assert caught.value.retry_after > 590
                assert "refuses the login of desk" in caught.value.text
        assert server.count("AUTH") == 1
        assert server.mails == []


async def test_a_temporary_login_failure_rests_shorter() -> None:
    script = {"AUTH": ["454 4.7.0 directory away"]}
    async with FakeSubmission(script, auth="PLAIN") as server:
        ours = account(server, user="desk", secret=Secret(PASSWORD))
        async with pool(ours) as submission:
            with pytest.raises(Transient) as caught:
                await send(submission)
    assert caught.value.peer_down
    assert caught.value.retry_after == pytest.approx(300)


async def test_a_server_that_quotes_the_password_back_does_not_get_it_into_our_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    coded = base64.b64encode(f"\0desk\0{PASSWORD}".encode()).decode()
    script = {"AUTH": [f"500 5.5.1 unknown command AUTH PLAIN {coded} {PASSWORD}"]}
    async with FakeSubmission(script, auth="PLAIN") as server:
        ours = account(server, user="desk", secret=Secret(PASSWORD))
        async with pool(ours) as submission:
            with pytest.raises(Transient) as caught:
                await send(submission)
    shown = caught.value.text + repr(caught.value) + repr(ours) + caplog.text
    assert PASSWORD not in shown
    assert coded not in shown


@pytest.mark.parametrize("trouble", ["stripped", "refused", "dropped", "other-ca", "other-name", "expired"])
async def test_where_starttls_fails_nobody_sees_a_credential(
    authority: Authority, tmp_path: Path, trouble: str
) -> None:
    certificate = {
        "other-ca": lambda: Authority(tmp_path).issue("good"),
        "other-name": lambda: authority.issue("other", "mail.elsewhere.example"),
        "expired": lambda: authority.issue("old", days=-1),
    }.get(trouble, lambda: authority.issue("good"))()
    script = {
        "refused": {"STARTTLS": ["454 4.7.0 not now"]},
        "dropped": {"STARTTLS": [DROP]},
    }.get(trouble, {})
    server = FakeSubmission(
        script,
        auth="PLAIN LOGIN",
        users={"desk": PASSWORD},
        tls=server_context(certificate),
        offer_starttls=trouble != "stripped",
    )
    if trouble == "stripped":
        server.extensions.append("AUTH PLAIN LOGIN")
    async with server:
        secret = Secret(PASSWORD)
        ca_file = str(authority.certificate)
        async with pool(account(server, tls="starttls", user="desk", secret=secret, ca_file=ca_file)) as ours:
            with pytest.raises(Transient) as caught:
                await send(ours)
        assert caught.value.peer_down
        assert caught.value.code == ("" if trouble == "dropped" else "tls")
        assert secret.asked == 0
        assert not said(server)
        assert server.count("AUTH") == 0
        assert server.mails == []


async def test_what_was_slipped_in_before_the_handshake_is_forgotten(authority: Authority) -> None:
    script = {"STARTTLS": ["220 go\r\n250-evil.example\r\n250 AUTH LOGIN"]}
    context = server_context(authority.issue("good"))
    async with FakeSubmission(script, auth="PLAIN", users={"desk": PASSWORD}, tls=context) as server:
        ca_file = str(authority.certificate)
        ours = account(server, tls="starttls", user="desk", secret=Secret(PASSWORD), ca_file=ca_file)
        async with pool(ours) as submission:
            assert (await send(submission)).accepted
        assert server.count("EHLO") == 2
        assert server.count("AUTH PLAIN") == 1
        assert said(server)
        assert b"AUTH" not in server.clear


@pytest.mark.parametrize("trouble", ["other-ca", "other-name", "expired"])
async def test_implicit_tls_is_verified_too(authority: Authority, tmp_path: Path, trouble: str) -> None:
    certificate = {
        "other-ca": lambda: Authority(tmp_path).issue("good"),
        "other-name": lambda: authority.issue("other", "mail.elsewhere.example"),
        "expired": lambda: authority.issue("old", days=-1),
    }[trouble]()
    async with FakeSubmission(auth="PLAIN", tls=server_context(certificate), implicit=True) as server:
        secret = Secret(PASSWORD)
        ca_file = str(authority.certificate)
        async with pool(account(server, tls="implicit", user="desk", secret=secret, ca_file=ca_file)) as ours:
            with pytest.raises(Transient) as caught:
                await send(ours)
        assert caught.value.code == "tls"
        assert secret.asked == 0
        assert server.commands == []


def test_tls_is_not_optional_to_another_host() -> None:
    with pytest.raises(Permanent, match="TLS is off"):
        SubmissionAccount("main", "mail.corp.example", 25, ("desk@corp.example",), tls="none")
    allowed = SubmissionAccount("main", "mail.corp.example", 25, ("desk@corp.example",), tls="none", insecure=True)
    assert allowed.insecure


async def test_the_probe_logs_in_sends_nothing_and_says_what_is_offered(authority: Authority) -> None:
    context = server_context(authority.issue("good"))
    async with FakeSubmission(
        auth="PLAIN", users={"desk": PASSWORD}, tls=context, extensions=("SIZE 10000000",)
    ) as server:
        ca_file = str(authority.certificate)
        findings = await probe(account(server, tls="starttls", user="desk", secret=Secret(PASSWORD), ca_file=ca_file))
        assert [one.level for one in findings] == ["ok", "ok", "warning"]
        assert "STARTTLS, logged in as desk" in findings[0].words
        assert server.count("MAIL") == 0
        assert server.commands[-1] == "QUIT"


async def test_the_probe_names_the_cure() -> None:
    async with FakeSubmission(auth="PLAIN", users={"desk": "other"}) as server:
        (finding,) = await probe(account(server, user="desk", secret=Secret(PASSWORD)))
    assert finding.level == "problem"
    assert "check user and password" in finding.cure
