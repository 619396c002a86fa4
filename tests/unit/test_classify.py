"""The kind of a mail and its reason; above all, what a person wrote is never called automatic."""

import pytest

from bridge.mail.parse import read_mail


def read(*lines: str) -> tuple[str, str]:
    mail = read_mail("\r\n".join(("From: Ann <ann@corp.example>", "Subject: x", *lines, "", "body")).encode())
    return mail.kind, mail.kind_why


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ([], "personal"),
        (["X-Auto-Response-Suppress: All"], "personal"),
        (["Auto-Submitted: no"], "personal"),
        (["Auto-Submitted: no; why=a-person"], "personal"),
        (["Precedence: first-class"], "personal"),
        (["List-Id: Users <users.corp.example>"], "list"),
        (["List-Post: <mailto:users@corp.example>"], "list"),
        (["X-BeenThere: users@corp.example"], "list"),
        (["Precedence: list"], "list"),
        (["List-Id: <users.corp.example>", "Precedence: bulk", "List-Unsubscribe: <mailto:u@corp.example>"], "list"),
        (["List-Id: <users.corp.example>", "X-Auto-Response-Suppress: All", "X-Autoreply: yes"], "list"),
        (["List-Id: <users.corp.example>", "Auto-Submitted: auto-generated"], "list"),
        (["List-Id: <users.corp.example>", "Auto-Submitted: auto-replied"], "auto-reply"),
        (["Auto-Submitted: auto-replied"], "auto-reply"),
        (["Auto-Submitted: Auto-Generated (by cron)"], "auto-reply"),
        (['Auto-Submitted: auto-replied; owner-email="ann@corp.example"'], "auto-reply"),
        (["X-Autoreply: yes"], "auto-reply"),
        (["X-Autoreply: no"], "personal"),
        (["Precedence: auto_reply"], "auto-reply"),
        (["Precedence: bulk"], "bulk"),
        (["Precedence: junk"], "bulk"),
        (["List-Unsubscribe: <https://corp.example/u>"], "bulk"),
        (["Feedback-ID: 1:campaign:corp"], "bulk"),
        (["List-Id: <news.corp.example>", "Feedback-ID: 1:campaign:corp"], "bulk"),
        (["X-Failed-Recipients: bob@corp.example"], "bounce"),
        (
            ["Content-Type: multipart/report; report-type=delivery-status; boundary=b", "", "--b", "", "x", "--b--"],
            "bounce",
        ),
        (
            ["Content-Type: multipart/report; report-type=disposition-notification; boundary=b", "", "--b", "", "x"],
            "auto-reply",
        ),
    ],
)
def test_kinds(lines: list[str], kind: str) -> None:
    found, why = read(*lines)
    assert found == kind
    assert why


def test_a_report_about_a_person_is_a_bounce_only_from_the_daemon() -> None:
    daemon = b"Return-Path: <>\r\nFrom: Mail System <MAILER-DAEMON@mx.example>\r\nSubject: failed\r\n\r\nno such user"
    assert read_mail(daemon).kind == "bounce"
    assert read_mail(daemon.replace(b"MAILER-DAEMON", b"ann")).kind == "personal"


@pytest.mark.parametrize(
    ("field", "identifier"),
    [
        ("List-Id: Corp Users <Users.Corp.example>", "users.corp.example"),
        ("List-ID: users.corp.example", "users.corp.example"),
        ('List-Id: "a <b> c" <users.corp.example>', "users.corp.example"),
        ("List-Id: =?utf-8?q?J=C3=B6rgs?= Liste <l.x.example>", "l.x.example"),
    ],
)
def test_list_identifiers(field: str, identifier: str) -> None:
    found = read_mail(f"From: a@b.example\r\n{field}\r\n\r\nx".encode()).list
    assert found is not None
    assert found.id == identifier


@pytest.mark.parametrize(
    "field", ["List-Id: no identifier here", "List-Id: <>", f"List-Id: <{'x' * 300}>", "X-List: a"]
)
def test_what_names_no_list(field: str) -> None:
    assert read_mail(f"From: a@b.example\r\n{field}\r\n\r\nx".encode()).list is None


@pytest.mark.parametrize(
    ("post", "spec"),
    [
        ("<mailto:users@corp.example>", "users@corp.example"),
        ("<mailto:users%2Ball@corp.example?subject=x>", "users+all@corp.example"),
        ("<https://corp.example/post>, <mailto:users@corp.example>", "users@corp.example"),
        ("NO", None),
        ("NO (closed list)", None),
        ("<https://corp.example/post>", None),
    ],
)
def test_where_a_list_is_written_to(post: str, spec: str | None) -> None:
    found = read_mail(f"From: a@b.example\r\nList-Id: <l.x>\r\nList-Post: {post}\r\n\r\nx".encode()).list
    assert found is not None
    assert (found.post.spec if found.post else None) == spec
