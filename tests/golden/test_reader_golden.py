"""Whole mails in the manner of many programs, beside the truth about each, written by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.core.mail import Mail
from bridge.mail.parse import read_mail

FOLDER = Path(__file__).parent / "reader"
SAMPLES = sorted(path.stem for path in FOLDER.glob("*.eml"))


def told(mail: Mail) -> dict[str, Any]:
    """What the truth files speak of."""
    return {
        "from_": [address.shown for address in mail.from_],
        "reply_to": [address.shown for address in mail.reply_to],
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "subject": mail.subject,
        "kind": mail.kind,
        "list": mail.list and [mail.list.id, mail.list.post and mail.list.post.spec],
        "hops": mail.hops,
        "text": mail.text,
        "html": mail.html,
        "attachments": [[part.name, part.type, part.size, part.inline] for part in mail.attachments],
        "problems": list(mail.problems),
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_the_mail_is_understood_as_a_person_would(name: str) -> None:
    truth = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    mail = told(read_mail((FOLDER / f"{name}.eml").read_bytes()))
    assert {key: mail[key] for key in truth} == truth


@pytest.mark.parametrize("name", SAMPLES)
def test_line_ends_do_not_change_the_content(name: str) -> None:
    raw = (FOLDER / f"{name}.eml").read_bytes()
    assert b"\r\n" in raw
    bare = read_mail(raw.replace(b"\r\n", b"\n"))
    mail = read_mail(raw)
    assert (bare.content, bare.text, bare.html) == (mail.content, mail.text, mail.html)
