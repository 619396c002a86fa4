"""Names are computed: equal parts give equal names, and nobody outside can guess the keyed ones."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.addresses import Address, parse_spec
from bridge.core.ids import Seed, derive, ghost_localpart, keyed, message_id

SEED = Seed(b"k" * 32)
texts = st.text(max_size=20)


@given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
def test_different_parts_have_different_names(one: list[str], two: list[str]) -> None:
    assert (derive(*one) == derive(*two)) == (one == two)


def test_parts_do_not_run_together() -> None:
    assert derive("ab", "c") != derive("a", "bc")


def test_keyed_names_need_the_secret() -> None:
    assert keyed(SEED, "x") != keyed(Seed(b"j" * 32), "x")
    assert keyed(SEED, "x") != derive("x")


def test_the_secret_is_not_in_its_repr() -> None:
    assert "kkk" not in repr(SEED)


def test_a_message_id_is_an_rfc_5322_msg_id() -> None:
    made = message_id(SEED, "key", "corp.example")
    assert made.startswith("<")
    assert made.endswith("@corp.example>")
    assert made == message_id(SEED, "key", "corp.example")


def test_a_ghost_name_does_not_hold_the_address() -> None:
    assert "anna" not in ghost_localpart(SEED, "anna@client.example", "_mail_")


@given(st.text(max_size=80))
def test_parsing_an_address_never_raises_and_round_trips(text: str) -> None:
    address = parse_spec(text)
    if address is not None:
        assert parse_spec(address.spec) == address


def test_what_is_no_strict_addr_spec_is_refused() -> None:
    for text in (
        "",
        "@x",
        "a@",
        "a b@x.example",
        "a@b@c",
        "=?utf-8?q?x?= @y",
        "a@x.example\nBcc: b@x",
        "a\u202e@x",
        "a@[",
        '"@x',
    ):
        assert parse_spec(text) is None


def test_addresses_compare_without_case_and_know_their_base() -> None:
    address = parse_spec("Support+Order@Corp.Example")
    assert address is not None
    assert address.key == "support+order@corp.example"
    assert address.base() == Address("Support", "corp.example")
    assert Address("a", "x.example", "A").shown == "A <a@x.example>"
