"""MAIL and RCPT arguments are read leniently in form, and never in two ways."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.mail.smtpd.path import is_postmaster, parse_path


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("FROM:<a@b.example>", "a@b.example"),
        ("from: <a@b.example>", "a@b.example"),
        ("FROM:a@b.example", "a@b.example"),
        ("FROM:<>", ""),
        ("FROM:<@relay.example,@two.example:a@b.example>", "a@b.example"),
        ('FROM:<"a b>"@c.example>', '"a b>"@c.example'),
        ("FROM:<a..b.@docomo.example>", "a..b.@docomo.example"),
        ("FROM:<pälzer@müller.example>", "pälzer@müller.example"),
        ("FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]"),
        ("FROM:<prvs=12+x=y@b.example>", "prvs=12+x=y@b.example"),
        ("FROM:<postmaster>", "postmaster"),
    ],
)
def test_paths_that_senders_write(argument: str, address: str) -> None:
    path = parse_path("FROM:", argument)
    assert path is not None
    assert path.address == address


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "<a@b.example>",
        "FROM:",
        "FROM:<a@b.example",
        "FROM:<a b@c.example>",
        "FROM:<a@b.example>junk",
        "FROM:<a@b@c.example>",
        "FROM:<a@b.example\x00>",
        "FROM:<a@b.example\u2028>",
        "FROM:<a@b.example> SIZE=",
        "FROM:<a@b.example> SIZE=1 size=2",
        "FROM:<\udcff@b.example>",
        f"FROM:<{'x' * 400}@b.example>",
    ],
)
def test_what_could_be_read_two_ways_is_refused(argument: str) -> None:
    assert parse_path("FROM:", argument) is None


def test_parameters_are_keywords_with_values() -> None:
    path = parse_path("FROM:", "FROM:<a@b.example> size=12 SMTPUTF8 Body=8BITMIME")
    assert path is not None
    assert path.parameters == {"SIZE": "12", "SMTPUTF8": "", "BODY": "8BITMIME"}


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_no_accepted_address_holds_a_control_character(text: str) -> None:
    path = parse_path("TO:", f"TO:<{text}>")
    assert path is None or path.address.isprintable()


@pytest.mark.parametrize("address", ["postmaster", "Postmaster", "POSTMASTER@corp.example"])
def test_postmaster_in_any_case(address: str) -> None:
    assert is_postmaster(address)
    assert not is_postmaster("x" + address)
