"""Names, logins and header fields: exactly what goes over the wire, and nothing that could smuggle a command."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.errors import Transient
from bridge.mail.imap import Account, LoginRefused, letters, names, sasl
from bridge.mail.imap.client import Listing
from bridge.mail.imap.failures import FolderMissing, clean, refused, refused_folder, refused_login
from bridge.mail.imap.sent import sent_folder


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("inbox", '"INBOX"'),
        ("Tom & Jerry", '"Tom &- Jerry"'),
        ("Entwürfe", '"Entw&APw-rfe"'),
        ("~peter/mail/台北/日本語", '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'),
        ('a "b" \\c', '"a \\"b\\" \\\\c"'),
        ("😀", '"&2D3eAA-"'),
    ],
)
def test_mailbox_names_in_modified_utf7(name: str, wire: str) -> None:
    assert names.mailbox(name) == wire


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_mailbox_names_read_back(name: str) -> None:
    assert names.decode(names.encode(name).encode("ascii")) == name


@pytest.mark.parametrize("wire", [b"&", b"&abc", b"&!!-", b"&AAA-", b"a&\xff-b"])
def test_broken_names_are_shown_and_raise_nothing(wire: bytes) -> None:
    assert names.decode(wire)


@pytest.mark.parametrize("text", ["a\r\nA1 DELETE INBOX", "a\nb", "a\0b"])
def test_line_breaks_cannot_be_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be quoted"):
        names.quote(text)


def test_the_octets_of_each_mechanism() -> None:
    assert sasl.mechanism("plain", "eva", 'p\\" ä', "h", 1).first == '\0eva\0p\\" ä'.encode()
    assert sasl.mechanism("xoauth2", "eva@x", "tok", "h", 1).first == b"user=eva@x\1auth=Bearer tok\1\1"
    bearer = sasl.mechanism("oauthbearer", "e,v=a", "tok", "imap.example", 993)
    assert bearer.first == b"n,a=e=2Cv=3Da,\1host=imap.example\1port=993\1auth=Bearer tok\1\1"
    assert base64.b64encode(bearer.dismiss) == b"AQ=="  # RFC 7628 section 4.3
    assert "tok" not in repr(bearer)


def test_how_auto_chooses() -> None:
    assert sasl.choose("auto", {"AUTH=PLAIN", "AUTH=XOAUTH2"}) == "plain"
    assert sasl.choose("auto", {"IMAP4REV1"}) == "login"
    assert sasl.choose("auto", {"LOGINDISABLED", "AUTH=XOAUTH2"}) == "xoauth2"
    assert sasl.choose("auto", {"LOGINDISABLED", "AUTH=XOAUTH2", "AUTH=OAUTHBEARER"}) == "oauthbearer"
    with pytest.raises(LoginRefused):
        sasl.choose("login", {"LOGINDISABLED"})


def test_refusals_are_sorted_by_code_never_by_words() -> None:
    assert isinstance(refused_login("AUTHENTICATIONFAILED", "x"), LoginRefused)
    assert isinstance(refused_login("EXPIRED", "try again later"), LoginRefused)
    assert isinstance(refused_login("", "server is down"), LoginRefused)
    for code in ("UNAVAILABLE", "INUSE", "LIMIT"):
        error = refused_login(code, "authentication failed")
        assert isinstance(error, Transient)
        assert error.peer_down
    assert isinstance(refused_folder("NONEXISTENT", "x", "y"), FolderMissing)
    assert isinstance(refused_folder("INUSE", "x", "y"), Transient)
    assert isinstance(refused("APPEND", "OVERQUOTA", "full"), Transient)
    assert isinstance(refused("APPEND", "TRYCREATE", "none"), FolderMissing)


def test_a_server_that_repeats_the_secret_does_not_leak_it() -> None:
    assert clean("wrong password hunter2\n\x1b[31m", hide="hunter2") == "wrong password ***  [31m"


def test_only_the_topmost_delivery_header_of_the_header_block_counts() -> None:
    raw = b"A: x\r\ndelivered-to:\r\n <Desk@Corp.example>\r\nDelivered-To: evil@x.example\r\n\r\nX-Original-To: x"
    assert letters.delivered_to(raw, "Delivered-To") == ("Desk@corp.example",)
    assert letters.delivered_to(raw, "X-Original-To") == ()
    assert letters.delivered_to(raw, "") == ()
    assert letters.delivered_to(b"Delivered-To: =?utf-8?q?a?= <x\r\n\r\n", "Delivered-To") == ()


def test_a_stand_in_keeps_the_header_and_describes_its_own_body() -> None:
    header = b"From: a@b.example\r\nContent-Type: multipart/mixed;\r\n boundary=x\r\nSubject: big\r\n\r\n"
    raw = letters.stand_in(header, "zu groß")
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[:2] == [b"From: a@b.example", b"Subject: big"]
    assert b"multipart" not in head
    assert body.decode() == "[zu groß]\r\n"
    assert letters.stand_in(b"", "gone").startswith(b"Subject: ")


def test_internal_dates_and_their_absence() -> None:
    assert letters.received_at(b" 7-Jul-1996 02:44:25 +0200", 2e9) == 836_700_265
    for odd in (None, b"", b"x", b"99-Foo-1996 02:44:25 +0000"):
        assert letters.received_at(odd, 5.0) == 5.0
    assert letters.received_at(b"07-Jul-2996 02:44:25 +0000", 5.0) == 5.0


def test_the_sent_folder_by_special_use_then_by_name_at_the_top() -> None:
    def listing(name: str, *flags: str) -> Listing:
        return Listing(name, frozenset(flags), "/")

    usual = [listing("Archive/Sent"), listing("Sent Items"), listing("Gesendet")]
    assert sent_folder(usual) == "Sent Items"
    assert sent_folder([*usual, listing("Ausgang", "\\sent")]) == "Ausgang"
    assert sent_folder([listing("Sent", "\\noselect"), listing("INBOX")]) is None


def test_an_account_without_tls_stays_on_the_machine() -> None:
    Account("a", "127.0.0.1", "u", tls="none")
    Account("a", "imap.example", "u", tls="none", allow_insecure=True)
    with pytest.raises(ValueError, match="loopback"):
        Account("a", "imap.example", "u", tls="none")
