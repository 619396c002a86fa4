"""Names: computed, opaque where they cannot be deleted, honest where people see them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.chat import limits
from bridge.chat.names import Names, display_name, transaction
from bridge.chat.registration import dump, generate, load
from bridge.core.addresses import Address
from bridge.core.errors import Permanent
from bridge.core.ids import Seed

NAMES = Names(Seed(b"0" * 16), "corp.example", "@mailroom:corp.example")
OTHER = Names(Seed(b"1" * 16), "corp.example", "@mailroom:corp.example")
ANNA = Address("Anna.Berg", "client.example", "Anna Berg")


def test_a_ghost_is_the_same_for_the_same_mailbox_and_tells_nothing() -> None:
    ghost = NAMES.ghost(ANNA)
    assert ghost == NAMES.ghost(Address("anna.berg", "client.example", "A. B."))
    assert ghost != OTHER.ghost(ANNA)
    assert NAMES.is_ghost(ghost)
    assert "anna" not in ghost
    assert len(ghost) < 255


def test_only_our_own_namespace_is_ours() -> None:
    ghost = NAMES.ghost(ANNA)
    assert not NAMES.is_ours(ghost.replace("corp.example", "evil.example"))
    assert not NAMES.is_ours("@ann:corp.example")
    assert not Names(Seed(b"0" * 16), "corp.example", "@b:corp.example", ghosts="").is_ghost("@ann:corp.example")


def test_transaction_ids_differ_by_effect_and_part() -> None:
    assert len({transaction(key, part) for key in ("a", "b") for part in (0, 1)}) == 4


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Anna Berg", "Anna Berg (Anna.Berg@client.example)"),
        ("", "Anna.Berg@client.example"),
        ("anna.berg@client.example", "Anna.Berg@client.example"),
        ("Boss <boss@corp.example>", "Anna.Berg@client.example"),
        ("Anna\u202e\n\x00 Berg\u200b", "Anna Berg (Anna.Berg@client.example)"),
    ],
)
def test_the_real_address_is_always_shown(name: str, shown: str) -> None:
    assert display_name(ANNA.named(name)) == shown


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=300))
def test_display_names_fit(name: str, host: str) -> None:
    shown = display_name(Address("x" * 64, host, name))
    assert 0 < len(shown.encode()) <= 255


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=300), st.integers(10, 60), st.integers(1, 6))
def test_split_loses_nothing_but_line_breaks(text: str, budget: int, most: int) -> None:
    pieces, rest = limits.split(text, budget, most)
    assert len(pieces) <= most
    assert all(limits.octets(piece) <= budget + 2 for piece in pieces)
    kept = "".join((*pieces, rest)).replace("\n", "").replace("…", "")
    assert kept == text.replace("\n", "").replace("…", "")


def test_a_registration_survives_its_file_and_hides_its_tokens() -> None:
    made = generate("http://127.0.0.1:9009", prefix="_mail.room_")
    assert load(json.loads(dump(made))) == made
    assert made.as_token not in repr(made)
    assert made.hs_token not in repr(made)
    assert made.as_token != made.hs_token
    document = json.loads(dump(made))
    assert all(space["exclusive"] for kind in ("users", "aliases") for space in document["namespaces"][kind])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("as_token", None),
        ("hs_token", 7),
        ("url", ""),
        ("namespaces", None),
        ("namespaces", {"users": []}),
        ("namespaces", {"users": [{"exclusive": True, "regex": "@.*"}]}),
        ("namespaces", {"users": [{"exclusive": False, "regex": "@_mailroom_.*"}]}),
        ("namespaces", {"users": [{"exclusive": True, "regex": "@_mailroom_("}]}),
    ],
)
def test_a_bad_registration_is_refused_without_telling_secrets(key: str, value: object) -> None:
    made = generate("http://127.0.0.1:9009")
    with pytest.raises(Permanent, match="registration") as refused:
        load({**json.loads(dump(made)), key: value})
    assert made.as_token not in refused.value.text


@pytest.mark.parametrize("regex", ["@_x_.*:corp.example", r"@_x_.*:corp\.example", "^@_x_[0-9a-f]+", "@_x_.+$"])
def test_namespaces_are_understood_as_people_write_them(regex: str) -> None:
    document = json.loads(dump(generate("http://127.0.0.1:9009")))
    document["namespaces"] = {"users": [{"exclusive": True, "regex": regex}], "aliases": []}
    assert load(document).ghosts == "_x_"


def test_illegal_localparts_are_refused() -> None:
    with pytest.raises(Permanent):
        generate("http://127.0.0.1", sender="Mail Room")
