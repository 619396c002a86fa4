"""TLS begins clean, a renewed certificate serves new connections without restart, and a broken one changes nothing."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from cryptography import x509

from bridge.mail.smtpd import Limits, Server, Timeouts
from bridge.mail.smtpd.tls import Certificate
from tests.servers.tls import Authority, ServerCertificate
from tests.waiting import eventually
from tests.wire.smtpd_door import KNOWN, MAIL, Journal, Wire, door, wire


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def pair(authority: Authority) -> ServerCertificate:
    return authority.issue("mx")


def tls(pair: ServerCertificate, kind: str = "starttls", **more: Any) -> dict[str, Any]:
    return {"tls": kind, "certificate": pair.certificate, "key": pair.key, **more}


@asynccontextmanager
async def secured(server: Server, authority: Authority) -> AsyncIterator[Wire]:
    """A connection with implicit TLS, closed at the end whether or not the server says that it ends too."""
    client = Wire(
        *await asyncio.open_connection(
            "127.0.0.1", server.port, ssl=authority.client_context(), server_hostname="localhost"
        )
    )
    try:
        assert (await client.reply()).startswith("220")
        yield client
    finally:
        client.writer.transport.abort()


@asynccontextmanager
async def submitting(server: Server, authority: Authority, *, implicit: bool = False) -> AsyncIterator[aiosmtplib.SMTP]:
    """An ordinary client, which says QUIT; its connection is closed at the end, as of `secured`."""
    client = aiosmtplib.SMTP(
        hostname="localhost",
        port=server.port,
        use_tls=implicit,
        start_tls=False,
        tls_context=authority.client_context(),
    )
    await client.connect()
    try:
        yield client
    finally:
        transport = client.transport
        await client.quit()
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


async def serial(server: Server, authority: Authority) -> int:
    """The serial number of the certificate that a new connection is shown (implicit TLS)."""
    async with secured(server, authority) as client:
        shown = client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        assert (await client.say("QUIT")).startswith("221")
        assert await client.reply() == ""
    return x509.load_der_x509_certificate(shown).serial_number


async def test_starttls_is_verified_and_forgets_what_was_said(authority: Authority, pair: ServerCertificate) -> None:
    journal = Journal()
    async with door(journal, **tls(pair)) as server, submitting(server, authority) as client:
        await client.ehlo()
        assert client.supports_extension("starttls")
        await client.starttls(tls_context=authority.client_context())
        code, answer = await client.execute_command(b"MAIL FROM:<a@b.example>")
        assert (code, answer[:5]) == (503, "5.5.1")
        await client.ehlo()
        assert not client.supports_extension("starttls")
        await client.sendmail("a@b.example", [KNOWN], MAIL)
        assert (await client.execute_command(b"STARTTLS"))[0] == 503
    assert b" with ESMTPS id " in journal.arrivals[0].raw


async def test_implicit_tls(authority: Authority, pair: ServerCertificate) -> None:
    journal = Journal()
    async with (
        door(journal, **tls(pair, "implicit")) as server,
        submitting(server, authority, implicit=True) as client,
    ):
        await client.sendmail("a@b.example", [KNOWN], MAIL * 20_000)
    assert journal.contents() == [MAIL * 20_000]


async def test_required_tls_takes_no_mail_without(pair: ServerCertificate) -> None:
    async with door(Journal(), **tls(pair, require_tls=True)) as server, wire(server) as client:
        assert (await client.say("MAIL FROM:<a@b.example>")).startswith("530 5.7.0")
        assert (await client.say("VRFY x")).startswith("530 5.7.0")
        assert (await client.say("NOOP")).startswith("250")


async def test_a_command_put_in_before_the_handshake_is_refused(pair: ServerCertificate) -> None:
    journal = Journal()
    async with door(journal, **tls(pair)) as server, wire(server) as client:
        injected = b"STARTTLS\r\nMAIL FROM:<evil@b.example>\r\nRCPT TO:<support@corp.example>\r\n"
        assert (await client.say(injected)).startswith("554 5.5.1")
        assert await client.reply() == ""


async def test_clear_text_after_220_breaks_the_handshake(pair: ServerCertificate) -> None:
    async with door(Journal(), **tls(pair)) as server, wire(server) as client:
        assert (await client.say("STARTTLS")).startswith("220")
        client.writer.write(b"MAIL FROM:<evil@b.example>\r\n")
        assert b"250" not in await client.reader.read()


async def test_a_handshake_that_never_comes_is_given_up(pair: ServerCertificate) -> None:
    patience = Timeouts(handshake=0.1)
    async with door(Journal(), timeouts=patience, **tls(pair, "implicit")) as server, wire(server, hello="") as client:
        assert await client.reader.read() == b""


@pytest.mark.parametrize("kind", ["starttls", "implicit"])
@pytest.mark.parametrize("leave", ["silence", "reset", "nonsense"])
async def test_a_handshake_that_fails_gives_its_place_back(pair: ServerCertificate, kind: str, leave: str) -> None:
    patience = Timeouts(handshake=0.1) if leave == "silence" else Timeouts()
    async with door(
        Journal(), timeouts=patience, limits=Limits(connections=1), trusted=(), **tls(pair, kind)
    ) as server:
        for _ in range(3):
            async with wire(server, hello="EHLO client.example" if kind == "starttls" else "") as client:
                if kind == "starttls":
                    assert (await client.say("STARTTLS")).startswith("220")
                await eventually(lambda: server.connections == 1)
                match leave:
                    case "silence":
                        assert await client.reader.read() == b""
                    case "reset":
                        client.writer.write(b"\x16\x03\x01")  # the beginning of a record
                        client.reset()
                    case _:
                        client.writer.write(b"EHLO client.example\r\n")
            await eventually(lambda: server.connections == 0)


async def test_a_closing_server_does_not_wait_for_a_client_that_never_ends_its_tls(
    authority: Authority, pair: ServerCertificate
) -> None:
    def leave() -> ssl.SSLSocket:
        plain = socket.create_connection(server.address, timeout=30)
        client = authority.client_context().wrap_socket(plain, server_hostname="localhost")
        assert client.recv(1000).startswith(b"220")
        client.sendall(b"QUIT\r\n")
        assert client.recv(1000).startswith(b"221")
        return client

    async with door(Journal(), **tls(pair, "implicit")) as server:
        with await asyncio.to_thread(leave):
            assert server.connections == 1
            await server.close()
            assert server.connections == 0


async def test_a_renewed_certificate_serves_the_next_connection(authority: Authority, pair: ServerCertificate) -> None:
    journal = Journal()
    async with door(journal, **tls(pair, "implicit")) as server:
        assert await serial(server, authority) == pair.serial
        async with secured(server, authority) as old:
            renewed = authority.issue("mx")
            assert await serial(server, authority) == renewed.serial  # noticed by itself
            again = authority.issue("mx")
            assert server.reload_certificates()  # or when told
            assert await serial(server, authority) == again.serial
            await old.say("EHLO client.example")  # connections that were open live on
            assert (await old.send()).startswith("250")


async def test_a_half_written_pair_does_not_replace_one_that_works(
    authority: Authority, pair: ServerCertificate
) -> None:
    async with door(Journal(), **tls(pair, "implicit")) as server:
        old_key = pair.key.read_bytes()
        renewed = authority.issue("mx")
        new_key = renewed.key.read_bytes()
        renewed.key.write_bytes(old_key)  # the new certificate is there, its key not yet
        assert not server.reload_certificates()
        assert await serial(server, authority) == pair.serial
        renewed.key.write_bytes(new_key)
        assert await serial(server, authority) == renewed.serial
        os.unlink(renewed.certificate)
        assert await serial(server, authority) == renewed.serial


def test_old_tls_versions_are_not_spoken(pair: ServerCertificate) -> None:
    assert Certificate(pair.certificate, pair.key).context().minimum_version == ssl.TLSVersion.TLSv1_2


async def test_an_idle_tls_connection_has_a_small_buffer(authority: Authority, pair: ServerCertificate) -> None:
    async with door(Journal(), **tls(pair, "implicit")) as server, secured(server, authority):
        (connection,) = server._house.connections
        assert connection.transport is not None
        layer = connection.transport._ssl_protocol
        assert len(layer._ssl_buffer) == 16 * 1024
