"""Mails in the manner of the programs that desks meet, each beside the truth about it, written by hand.

The truth says what a person would: white space at the ends of lines and empty lines do not count. `new_may_end_with`
are closing words of which people may hold that they are a signature.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.core.body import of_kind
from bridge.core.mail import Mail
from bridge.mail.parse import read_mail

FOLDER = Path(__file__).parent / "desk"
SAMPLES = sorted(path.stem for path in FOLDER.glob("*.eml"))
_KEYS = (
    "kind language new new_may_end_with new_strip_quotes new_holds new_lacks new_lines quoted_holds signature "
    "signature_holds disclaimer_holds forwarded html_holds html_lacks remote_images list bounce calendar reaction "
    "attachments problem_holds"
)
KEYS = frozenset(_KEYS.split())


def lines(text: str, *, bare: bool = False) -> list[str]:
    """The lines a person sees; `bare` without marks of quotation."""
    shown = (" ".join((line.lstrip("> ") if bare else line).split()) for line in text.split("\n"))
    return [line for line in shown if line]


def piece(mail: Mail, kind: Any) -> str:
    return of_kind(mail.pieces, kind) if mail.pieces else (mail.text if kind == "new" else "")


def new_html(mail: Mail) -> str:
    return "".join(p.text for p in mail.html_pieces if p.kind == "new") if mail.html_pieces else mail.html


@pytest.fixture(params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> tuple[Mail, dict[str, Any]]:
    raw = (FOLDER / f"{request.param}.eml").read_bytes()
    truth: dict[str, Any] = yaml.safe_load((FOLDER / f"{request.param}.yaml").read_text(encoding="utf-8"))
    assert not set(truth) - KEYS
    return read_mail(raw), truth


def test_there_is_a_sample_of_each_client_and_kind() -> None:
    assert len(SAMPLES) >= 60


def test_new_words_are_told_from_the_rest(sample: tuple[Mail, dict[str, Any]]) -> None:
    mail, truth = sample
    new, bare = piece(mail, "new"), bool(truth.get("new_strip_quotes"))
    found = lines(new, bare=bare)
    if "new" in truth:
        closing = lines(truth.get("new_may_end_with", ""))
        if closing and found[-len(closing) :] == closing:
            found = found[: -len(closing)]
        attribution = 1 if bare and found and found[0].endswith(":") else 0  # it may stay with what is answered
        assert found[attribution:] == lines(truth["new"], bare=bare)
    for line in truth.get("new_lines", ()):
        assert line in found
    flat = " ".join(found)
    assert [words for words in truth.get("new_holds", ()) if words not in flat] == []
    assert [words for words in truth.get("new_lacks", ()) if words in flat] == []


def test_what_is_not_new_is_told_apart_and_kept(sample: tuple[Mail, dict[str, Any]]) -> None:
    mail, truth = sample
    for kind in ("quoted", "signature", "disclaimer"):
        flat = " ".join(lines(piece(mail, kind)))
        assert [words for words in truth.get(f"{kind}_holds", ()) if words not in flat] == []
    if "signature" in truth:
        assert lines(piece(mail, "signature")) == lines(truth["signature"])
    forwarded = truth.get("forwarded", [])
    assert [
        {"from": [a.spec for a in one.from_], "subject": one.subject} for one in mail.forwarded[: len(forwarded)]
    ] == [{"from": [one["from"]], "subject": one["subject"]} for one in forwarded]
    for told, one in zip(forwarded, mail.forwarded, strict=True):
        assert told["holds"] in " ".join(one.text.split())


def test_the_html_shows_the_new_words_and_no_more(sample: tuple[Mail, dict[str, Any]]) -> None:
    mail, truth = sample
    shown = new_html(mail)
    assert [words for words in truth.get("html_holds", ()) if words not in shown] == []
    assert [words for words in truth.get("html_lacks", ()) if words in shown] == []
    assert mail.remote_images == truth.get("remote_images", mail.remote_images)


def test_its_kind_and_language_are_known(sample: tuple[Mail, dict[str, Any]]) -> None:
    mail, truth = sample
    assert mail.kind == truth["kind"]
    assert mail.kind_why
    assert mail.language in ("", truth.get("language", mail.language))  # a few words may be too few, never wrong
    if "list" in truth:
        assert mail.list is not None
        told = {"id": mail.list.id, "name": mail.list.name, "archived_at": mail.list.archived_at}
        told["post"] = mail.list.post.spec if mail.list.post else ""
        assert {key: told[key] for key in truth["list"]} == truth["list"]


def test_the_language_is_mostly_known() -> None:
    told = {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8")).get("language") for path in FOLDER.glob("*.yaml")
    }
    known = [name for name, code in told.items() if code and read_mail((FOLDER / f"{name}.eml").read_bytes()).language]
    assert len(known) >= sum(1 for code in told.values() if code) * 0.6


def test_reports_invitations_and_reactions_are_read(sample: tuple[Mail, dict[str, Any]]) -> None:
    mail, truth = sample
    assert mail.reaction == truth.get("reaction", "")
    assert (mail.bounce is not None) == ("bounce" in truth or truth["kind"] == "feedback")
    if "bounce" in truth and mail.bounce:
        assert mail.bounce.original_id == truth["bounce"]["original"]
        classes = {True: "permanent", False: "temporary", None: ""}
        told = [
            {
                "address": f.address,
                "action": f.action,
                "status": f.status,
                "class": classes[f.permanent],
                "reason": f.reason,
            }
            for f in mail.bounce.failures
        ]
        wanted = truth["bounce"]["recipients"]
        assert [{k: got[k] for k in want} for got, want in zip(told, wanted, strict=True)] == wanted
    assert (mail.calendar is not None) == ("calendar" in truth)
    if "calendar" in truth and mail.calendar:
        (event,) = mail.calendar.events
        found = {
            "method": mail.calendar.method,
            "title": event.title,
            "start": event.start,
            "place": event.place,
            "organizer": event.organizer,
            "answer": event.answer,
        }
        assert {key: found[key] for key in truth["calendar"]} == truth["calendar"]


def test_what_is_attached_and_what_is_odd_is_told(sample: tuple[Mail, dict[str, Any]]) -> None:
    mail, truth = sample
    if "attachments" in truth:
        assert [part.name for part in mail.attachments] == truth["attachments"]
    odd = "; ".join(mail.problems)
    assert [words for words in truth.get("problem_holds", ()) if words not in odd] == []
