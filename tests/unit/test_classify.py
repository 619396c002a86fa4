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
            "receipt",
        ),
        (["Precedence: list", "List-Unsubscribe: <https://corp.example/u>"], "list"),
    ],
)
def test_kinds(lines: list[str], kind: str) -> None:
    found, why = read(*lines)
    assert found == kind
    assert why


MIXED = "Content-Type: multipart/mixed; boundary=b"


def part(head: str, body: str = "x") -> list[str]:
    return ["", "--b", *head.split("|"), "", body, "--b--"]


RECEIPT = [
    "Content-Type: multipart/report; boundary=b",
    *part("Content-Type: message/disposition-notification", "Disposition: manual-action/MDN-sent-manually; displayed"),
]
INVITATION = "BEGIN:VCALENDAR\r\nPRODID:-//x//EN\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT"
REACTION = [MIXED, *part("Content-Type: text/plain; charset=utf-8|Content-Disposition: Reaction", "👍")]


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        # RFC 8098
        (RECEIPT, "receipt"),
        (["Auto-Submitted: auto-replied", *RECEIPT], "receipt"),
        ([MIXED, *part("Content-Type: message/disposition-notification")], "personal"),
        # RFC 5546: a message between calendars, not a file that is one
        ([MIXED, *part('Content-Type: text/calendar; charset="utf-8"; method=REQUEST')], "calendar"),
        (["Content-Type: text/calendar; METHOD=Reply", "", "BEGIN:VCALENDAR"], "calendar"),
        ([MIXED, *part("Content-Type: text/calendar", INVITATION)], "calendar"),
        (
            [MIXED, *part("Content-Type: text/calendar", INVITATION.replace("METHOD:REQUEST", "METHOD;X=1:CANCEL"))],
            "calendar",
        ),
        (
            [MIXED, *part("Content-Type: text/calendar|Content-Transfer-Encoding: base64", "TUVUSE9EOkNPVU5URVINCg==")],
            "calendar",
        ),
        ([MIXED, *part("Content-Type: text/calendar", INVITATION.replace("METHOD", "X-METHOD"))], "personal"),
        ([MIXED, *part("Content-Type: text/calendar; method=eat")], "personal"),
        ([MIXED, *part("Content-Type: text/plain", INVITATION)], "personal"),
        (["Auto-Submitted: auto-generated", MIXED, *part("Content-Type: text/calendar; method=REQUEST")], "calendar"),
        (["Feedback-ID: 1:webinar:corp", MIXED, *part("Content-Type: text/calendar; method=REQUEST")], "bulk"),
        (["List-Unsubscribe: <https://x>", MIXED, *part("Content-Type: text/calendar; method=REQUEST")], "bulk"),
        # RFC 9078, and Gmail's own
        (["In-Reply-To: <1@corp.example>", *REACTION], "reaction"),
        (REACTION, "personal"),
        (
            ["In-Reply-To: <1@corp.example>", MIXED, *part("Content-Type: image/png|Content-Disposition: reaction")],
            "personal",
        ),
        (
            ["In-Reply-To: <1@corp.example>", MIXED, *part("Content-Type: text/vnd.google.email-reaction+json", "{}")],
            "reaction",
        ),
        # what a person wrote to a list is the list's, whatever is in it
        (["List-Id: <l.corp.example>", MIXED, *part("Content-Type: text/calendar; method=REQUEST")], "list"),
        (["List-Id: <l.corp.example>", "In-Reply-To: <1@corp.example>", *REACTION], "list"),
        (["X-BeenThere: l@corp.example", *RECEIPT], "list"),
    ],
)
def test_what_is_meant_for_programs_has_its_own_kind(lines: list[str], kind: str) -> None:
    assert read(*lines)[0] == kind


def test_a_calendar_is_not_searched_for_its_method_beyond_its_beginning() -> None:
    late = [MIXED, *part("Content-Type: text/calendar", "X:1\r\n" * 2000 + "METHOD:REQUEST")]
    assert read(*late)[0] == "personal"
    huge = [MIXED, *part("Content-Type: text/calendar", "METHOD:REQUEST\r\n" + "X:1\r\n" * 300_000)]
    assert read(*huge)[0] == "personal"


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
