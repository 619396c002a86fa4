"""Who bears a colleague's name or a domain like ours is known by it, and honest people are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.addresses import Address, parse_spec
from bridge.core.lookalikes import Likeness, faces, likenesses, skeleton, wire_domain

ANN = Address("ann", "corp.example", "Ann Berg")
KNOWN = faces(
    [("Ann Berg", ANN), ("Jörg Müller", Address("jm", "corp.example")), ("Paul Iwu", None), ("Bo", None)],
    ["corp.example", "Nordwind-Shop.de"],
)


def kinds(name: str, spec: str) -> list[tuple[str, str]]:
    address = parse_spec(spec)
    assert address is not None
    return [(like.kind, like.of) for like in likenesses(address.named(name), KNOWN)]


@pytest.mark.parametrize(
    "name",
    [
        "Ann Berg",
        "ann berg",
        "Berg, Ann",
        "Ann  Berg (CEO)",
        "\u0410nn B\u0435rg",  # Cyrillic A and e
        "\uff21nn \uff22erg",  # full width
        "An\u200bn Berg",  # a space that is none
        "\u0391nn Be\u0280g",  # Greek Alpha, small capital R
        "\U0001d400nn Berg",  # mathematical bold
        "Ann B\u00e9rg",
    ],
)
def test_a_colleagues_name_on_a_foreign_address_is_told(name: str) -> None:
    assert kinds(name, "x@mail.example") == [("person", "Ann Berg")]


@pytest.mark.parametrize(
    ("name", "of"), [("PauI lwu", "Paul Iwu"), ("Paul 1wu", "Paul Iwu"), ("Jorg Muller", "Jörg Müller")]
)
def test_letters_that_read_alike_make_the_same_name(name: str, of: str) -> None:
    assert kinds(name, "x@mail.example") == [("person", of)]


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("Ann Berg", "ann@corp.example"),
        ("Ann Berg", "ANN+x@corp.example"),
        ("Ann Berg", "ann.berg@mail.corp.example"),
        ("Anna Berg", "anna@client.example"),
        ("Ann Bergmann", "x@client.example"),
        ("Ann", "ann@client.example"),
        ("Bo", "bo@client.example"),
        ("", "x@client.example"),
    ],
)
def test_who_is_somebody_else_and_says_so_is_left_alone(name: str, spec: str) -> None:
    assert kinds(name, spec) == []


@pytest.mark.parametrize(
    "domain",
    [
        "c\u043erp.example",  # Cyrillic o
        "xn--crp-9yc.example",  # Greek omicron, as machines write it
        "c0rp.example",
        "corpp.example",
        "crop.example",
        "cor.example",
        "mail.c0rp.example",
        "corp.example.evil.test",
        "corp-example.test",
        "corp.exarnple",
    ],
)
def test_a_domain_that_reads_like_ours_is_told(domain: str) -> None:
    assert kinds("Eve", f"eve@{domain}") == [("domain", "corp.example")]


@pytest.mark.parametrize("domain", ["nordwind-sh0p.de", "nordvvind-shop.de", "nordwindshop.de", "nordwind-shop.dk"])
def test_every_domain_of_ours_is_guarded(domain: str) -> None:
    assert kinds("", f"x@{domain}") == [("domain", "nordwind-shop.de")]


@pytest.mark.parametrize(
    "domain",
    ["corp.example", "sub.corp.example", "client.example", "group.example", "carbs.example", "corp.test", "example"],
)
def test_other_domains_are_left_alone(domain: str) -> None:
    assert kinds("", f"x@{domain}") == []


def test_one_letter_makes_no_likeness_of_a_short_domain() -> None:
    """Companies of three letters have many neighbours by honest chance; the same to the eye is another matter."""
    short = faces([], ["abc.de"])
    assert likenesses(Address("x", "abd.de"), short) == ()
    assert likenesses(Address("x", "\u0430bc.de"), short) == (Likeness("domain", "abc.de"),)


@pytest.mark.parametrize("name", ["boss@corp.example", "Boss <boss@corp.example>", "boss\uff20corp.example"])
def test_an_address_in_the_name_that_is_not_the_real_one_is_told(name: str) -> None:
    assert ("address", "boss@corp.example") in kinds(name, "x@evil.example")


@pytest.mark.parametrize("name", ["x@evil.example", "Eve @ evil", "sales@evil.example", "@", "a@b@c"])
def test_an_address_of_the_same_house_in_the_name_is_left_alone(name: str) -> None:
    assert kinds(name, "x@evil.example") == []


def test_a_domain_is_told_as_machines_write_it() -> None:
    assert wire_domain("c\u043erp.example") == "xn--crp-sed.example"
    assert wire_domain("corp.example") == "corp.example"
    wire_domain("a" * 200 + "\u043e.example").encode("ascii")


@given(st.text(max_size=60))
def test_a_skeleton_is_never_refused_and_case_is_nothing_to_it(text: str) -> None:
    assert skeleton(text) == skeleton(text)
    assert isinstance(likenesses(Address("x", "evil.example", text), KNOWN), tuple)


@given(st.text(alphabet="abcdegkopqtuxyz", min_size=6, max_size=20), st.integers(0, 19), st.characters(codec="ascii"))
def test_any_one_letter_of_ours_changed_is_told(label: str, at: int, letter: str) -> None:
    ours = f"{label}.example"
    changed = f"{label[: at % len(label)]}{letter}{label[at % len(label) + 1 :]}.example".lower()
    address = parse_spec(f"x@{changed}")
    if address is None or address.domain in (ours, ".example") or "." in label or letter in ".-":
        return
    assert [like.kind for like in likenesses(address, faces([], [ours]))] == ["domain"]


@pytest.mark.parametrize("letter", [chr(code) for code in range(128)])
def test_a_plain_letter_reads_alike_whatever_strange_letters_stand_beside_it(letter: str) -> None:
    """What is plain takes a short way; it must lead to the same end."""
    assert skeleton(f"x{letter}x{letter}") == skeleton(f"x{letter}x{letter}\u2060")
