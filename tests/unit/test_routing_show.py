"""How mail looks by the rules: merged key by key, and what may never be shown is refused."""

from pathlib import Path

from bridge.core.decision import Looks
from tests.unit.test_routing_book import book
from tests.unit.test_routing_problems import INBOX, problems

BOX = "inboxes:\n  s:\n    address: s@d.example\n    room: {for: ann}\n"


def test_looks_are_merged_key_by_key_and_triage_has_those_of_the_defaults(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "defaults: {show: {language: de, quotes: fold}}\n"
        + BOX
        + "    show: {quotes: none, headers: [To, Cc]}\n    rules:\n"
        + "      - {name: bulk, when: {kind: bulk}, show: {images: files, signature: fold}}\n",
    )
    base, bulk, stray = (rules.scope("inbox:s"), rules.scope("inbox:s", "bulk"), rules.scope("unmatched"))
    assert base is not None
    assert bulk is not None
    assert stray is not None
    assert base.looks == Looks("none", headers=("To", "Cc"), language="de")
    assert bulk.looks == Looks("none", "fold", "files", ("To", "Cc"), "de")
    assert stray.looks == Looks("fold", language="de")


def test_a_disclaimer_goes_the_way_of_the_signature_unless_it_has_its_own(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "defaults: {show: {disclaimer: none}}\n"
        + BOX
        + "    show: {signature: full}\n"
        + "  t:\n    address: t@d.example\n    room: {for: ann}\n    show: {disclaimer: fold}\n",
    )
    own, other = rules.scope("inbox:s"), rules.scope("inbox:t")
    assert own is not None
    assert other is not None
    assert own.looks == Looks(signature="full", disclaimer="none")
    assert other.looks == Looks(disclaimer="fold")
    (tmp_path / "b").mkdir()
    alone = book(tmp_path / "b", BOX + "    show: {signature: full}\n").scope("inbox:s")
    assert alone is not None
    assert alone.looks == Looks(signature="full", disclaimer="full")


def test_who_got_a_blind_copy_is_never_shown(tmp_path: Path) -> None:
    found = problems(tmp_path, INBOX + "    show: {headers: [To, Bcc, 'X Y']}\n")
    assert found == [
        "a.yaml:8:21: inboxes.s.show.headers: Bcc is never shown: take it out",
        "a.yaml:8:21: inboxes.s.show.headers: 'X Y' is no header field: write its name: [To, Cc, Date]",
    ]


def test_times_are_written_in_the_zone_of_the_inbox_else_of_all_the_rules(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "zone: Europe/Berlin\n"
        + BOX
        + "  t:\n    address: t@d.example\n    room: {for: ann}\n    show: {zone: Asia/Tokyo}\n",
    )
    zones = [scope.looks.zone for name in ("inbox:s", "inbox:t") if (scope := rules.scope(name))]
    assert zones == ["Europe/Berlin", "Asia/Tokyo"]
    assert (found := book(tmp_path, BOX).scope("inbox:s")) is not None
    assert found.looks.zone == "UTC"


def test_a_zone_that_is_none_is_named_with_its_cure(tmp_path: Path) -> None:
    found = problems(tmp_path, INBOX + "    show: {zone: Europe/Berln}\n")
    assert found == ["a.yaml:8:18: inboxes.s.show.zone: 'Europe/Berln' is no time zone: did you mean 'Europe/Berlin'?"]
