"""Whoever sits between us and the server gets no password: STARTTLS stripped, refused, injected into, or broken."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.core.errors import BridgeError
from bridge.mail.imap.client import Connection
from bridge.mail.imap.failures import ConnectionLost, LoginRefused, Untrusted
from bridge.mail.imap.tls import context
from tests.fakes.imap_server import LyingServer, Session
from tests.fakes.imap_world import account_at, secret_of
from tests.servers.tls import Authority, server_context

SECRET = "hunter2-secret"


@asynccontextmanager
async def serving(authority: Authority, *hosts: str, **options: Any) -> AsyncIterator[tuple[LyingServer, Any]]:
    """A server with STARTTLS and an account for it."""
    tls = server_context(authority.issue("liar", *hosts))
    settings = {"capabilities": "IMAP4rev1 STARTTLS LOGINDISABLED AUTH=PLAIN", "tls": tls, **options}
    async with LyingServer(**settings) as server:
        yield server, account_at(server, host="localhost", tls="starttls", ca_file=str(authority.certificate))


def answer(*lines: str) -> Callable[[Session, str, str], Any]:
    """A lie in one segment; TAG stands for the tag."""

    async def lie(session: Session, tag: str, rest: str) -> bool:
        session.send(*(line.replace("TAG", tag) for line in lines))
        return True

    return lie


async def refused(account: Any, server: LyingServer, kind: type[BridgeError]) -> BridgeError:
    """Connecting ends so, and no line that the server saw holds the secret or tries to log in."""
    with pytest.raises(kind) as caught:
        await Connection.open(account, secret_of(SECRET))
    said = " ".join(server.lines)
    assert SECRET not in said
    assert "LOGIN" not in said
    assert "AUTHENTICATE" not in said
    return caught.value


async def test_honest_starttls_works_and_asks_for_capabilities_anew(authority: Authority) -> None:
    async with serving(authority) as (server, account):
        await (await Connection.open(account, secret_of(SECRET))).close()
        assert server.count("CAPABILITY") >= 2


async def test_data_before_the_handshake_is_refused(authority: Authority) -> None:
    async with serving(authority) as (server, account):
        server.lie("STARTTLS", answer("TAG OK begin", "* CAPABILITY IMAP4rev1 AUTH=PLAIN"))
        await refused(account, server, Untrusted)
        server.lie("STARTTLS", answer("TAG OK begin", "half a li"))
        await refused(account, server, BridgeError)


async def test_starttls_stripped_from_the_capabilities(authority: Authority) -> None:
    async with serving(authority, capabilities="IMAP4rev1 AUTH=PLAIN") as (server, account):
        await refused(account, server, Untrusted)


@pytest.mark.parametrize("word", ["NO", "BAD"])
async def test_starttls_refused(authority: Authority, word: str) -> None:
    async with serving(authority) as (server, account):
        server.lie("STARTTLS", answer(f"TAG {word} not now"))
        await refused(account, server, Untrusted)


async def test_logged_in_before_tls(authority: Authority) -> None:
    async with serving(authority, greeting=b"* PREAUTH welcome\r\n") as (server, account):
        await refused(account, server, Untrusted)


async def test_a_certificate_for_another_host_or_of_another_authority(authority: Authority, tmp_path: Path) -> None:
    async with serving(authority, "mail.example") as (server, account):
        assert "certificate" in (await refused(account, server, Untrusted)).text
    other = Authority(tmp_path)
    async with serving(authority, tls=server_context(other.issue("other"))) as (server, account):
        await refused(account, server, Untrusted)


async def test_no_tls_after_the_promise_of_it(authority: Authority) -> None:
    async def plain(session: Session, tag: str, rest: str) -> bool:
        session.send(f"{tag} OK begin")
        await session.reader.read(5)
        session.send("* OK who needs TLS")
        return await session.hang()

    async with serving(authority) as (server, account):
        server.lie("STARTTLS", plain)
        await refused(account, server, ConnectionLost)


@pytest.mark.parametrize(("auth", "dismissal"), [("xoauth2", ""), ("oauthbearer", "AQ==")])
async def test_a_refused_token_is_dismissed_as_the_standard_says(auth: str, dismissal: str) -> None:
    said: list[str] = []

    async def lie(session: Session, tag: str, rest: str) -> bool:
        session.send("+ ")
        await session.line()
        session.send("+ eyJzdGF0dXMiOiI0MDAifQ==")
        said.append((await session.reader.readline()).decode().strip())
        session.send(f"{tag} NO [AUTHENTICATIONFAILED] SASL failed for {SECRET}")
        return True

    async with LyingServer() as server:
        server.lie("AUTHENTICATE", lie)
        with pytest.raises(LoginRefused) as caught:
            await Connection.open(account_at(server, auth=auth), secret_of(SECRET))
    assert said == [dismissal]
    assert SECRET not in caught.value.text


async def test_a_busy_server_at_login_is_no_refusal() -> None:
    async with LyingServer() as server:
        server.lie("AUTHENTICATE", answer("TAG NO [UNAVAILABLE] user database is down"))
        with pytest.raises(BridgeError) as caught:
            await Connection.open(account_at(server), secret_of(SECRET))
    assert not isinstance(caught.value, LoginRefused)


def test_contexts_verify_and_are_shared(authority: Authority) -> None:
    one = context(str(authority.certificate))
    assert one is context(str(authority.certificate))
    assert one.verify_mode == ssl.CERT_REQUIRED
    assert one.check_hostname
