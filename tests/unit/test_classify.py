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
GMAIL = '{"emoji": "👍", "version": 1}'
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
            ["In-Reply-To: <1@corp.example>", MIXED, *part("Content-Type: text/vnd.google.email-reaction+json", GMAIL)],
            "reaction",
        ),
        # what a person wrote to a list is the list's, whatever is in it
        (["List-Id: <l.corp.example>", MIXED, *part("Content-Type: text/calendar; method=REQUEST")], "list"),
        # a file that a person passes on is theirs; as the mail itself it is the calendar's
        ([MIXED, *part("Content-Type: text/calendar; method=PUBLISH|Content-Disposition: attachment")], "personal"),
        ([MIXED, *part("Content-Type: text/calendar; method=PUBLISH")], "calendar"),
        ([MIXED, *part("Content-Type: application/ics; name=invite.ics", INVITATION)], "calendar"),
        # RFC 5965
        (["Content-Type: multipart/report; report-type=feedback-report; boundary=b", *part("", "x")], "feedback"),
        (["Content-Type: multipart/report; boundary=b", *part("Content-Type: message/feedback-report")], "feedback"),
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


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        # a subject's words, each with a second sign, in the manner of Exchange, Domino, Zimbra, vacation(1), Gmail
        (["Subject: Automatic reply: Order 17", "X-Auto-Response-Suppress: All"], "auto-reply"),
        (["Subject: Abwesenheitsnotiz: Order 17", "X-Auto-Response-Suppress: DR, OOF, AutoReply"], "auto-reply"),
        (["Subject: Réponse automatique : Order 17", "X-Auto-Response-Suppress: All"], "auto-reply"),
        (["Subject: 自動応答: Order 17", "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent"], "auto-reply"),
        (["Subject: [EXT] Otomatik yanıt: Order 17", "Return-Path: <>"], "auto-reply"),
        (["Subject: I am out of the office until Monday", "Precedence: bulk"], "auto-reply"),
        (["Subject: Ann Berg is away", "Return-Path: <>"], "personal"),
        (["Subject: Нет на месте: Order", "Return-Path: <>"], "auto-reply"),
        (["Subject: Risposta automatica: x", "In-Reply-To: <1@x.example>", "X-AutoGenerated: yes"], "auto-reply"),
        (["Subject: On vacation", "X-FC-MachineGenerated: true"], "auto-reply"),
        # the words alone are a person's, and so is an answer to such a mail
        (["Subject: Automatic reply: Order 17"], "personal"),
        (["Subject: Out of office next week"], "personal"),
        (["Subject: Out of office next week", "X-Auto-Response-Suppress: All"], "personal"),
        (["Subject: Re: Automatic reply: Order 17", "X-Auto-Response-Suppress: All"], "personal"),
        (["Subject: Auto insurance question", "Return-Path: <>"], "personal"),
        (["Subject: Awaiting your reply", "Return-Path: <>"], "personal"),
        (["Subject: Automatic reply: x", "In-Reply-To: <1@x.example>"], "personal"),
        (["Subject: Automatic reply: x", "In-Reply-To: <1@x.example>", "X-Auto-Response-Suppress:"], "personal"),
        # nor is anything of a person automatic on a list
        (["Subject: Out of office: who has the keys?", "List-Id: <l.corp.example>", "Precedence: bulk"], "list"),
        (["Subject: Automatic reply: x", "X-BeenThere: l@corp.example", "X-Auto-Response-Suppress: All"], "list"),
        # signs that need no words
        (["Subject: x", "X-Zimbra-AutoReply: yes"], "auto-reply"),
        (["Subject: x", "X-Autogenerated: Reply"], "auto-reply"),
        (["Subject: x", "X-Autogenerated: Forward"], "personal"),
        (["Subject: x", "Delivered-To: Autoresponder"], "auto-reply"),
        (["Subject: x", "X-POST-MessageClass: 9; Autoresponder"], "auto-reply"),
        (["Subject: x", "Auto-Submitted: auto-notified; owner-email=a@b.example"], "auto-reply"),
        (["Subject: x", "Auto-Submitted: auto-forwarded"], "auto-reply"),
        (["Subject: x", "Auto-Submitted: yes"], "personal"),
    ],
)
def test_a_machine_is_known_by_its_fields_or_by_its_words_together_with_another_sign(
    lines: list[str], kind: str
) -> None:
    mail = read_mail("\r\n".join(("From: Ann <ann@corp.example>", *lines, "", "body")).encode())
    assert (mail.kind, mail.kind_why) == (kind, mail.kind_why)
    assert mail.kind_why


@pytest.mark.parametrize(
    ("lines", "sign", "identifier", "post"),
    [
        (["X-BeenThere: Users@corp.example"], "X-Beenthere is set", "users.corp.example", "Users@corp.example"),
        (
            ["Mailing-List: list users@corp.example; contact users-owner@corp.example"],
            "Mailing-List is set",
            "users.corp.example",
            "users@corp.example",
        ),
        (
            ["Mailing-List: contact users-help@corp.example; run by ezmlm", "List-Post: <mailto:users@corp.example>"],
            "List-Post is set",
            "users.corp.example",
            "users@corp.example",
        ),
        (
            ["Mailing-List: contact users-help@corp.example; run by ezmlm"],
            "Mailing-List is set",
            "users.corp.example",
            "users@corp.example",
        ),
        (
            ["X-Mailing-List: <kernel@vger.example>  archive/latest/17"],
            "X-Mailing-List is set",
            "kernel.vger.example",
            "kernel@vger.example",
        ),
        (["Sender: owner-users@corp.example"], "Sender is a list's owner", "users.corp.example", "users@corp.example"),
        (
            ["Delivered-To: mailing list users@corp.example"],
            "Delivered-To names a mailing list",
            "users.corp.example",
            "users@corp.example",
        ),
        (["X-ML-Name: users"], "X-ML-Name is set", None, None),
        (["List-Id: Corp users users.corp.example"], "List-ID is set", "users.corp.example", None),
        (["List-Id: nothing that names one"], "List-ID is set", None, None),
    ],
)
def test_lists_are_known_by_their_older_signs(
    lines: list[str], sign: str, identifier: str | None, post: str | None
) -> None:
    mail = read_mail("\r\n".join(("From: Ann <ann@corp.example>", "Subject: x", *lines, "", "body")).encode())
    assert (mail.kind, mail.kind_why) == ("list", sign)
    assert (mail.list.id if mail.list else None) == identifier
    assert (mail.list.post.spec if mail.list and mail.list.post else None) == post


@pytest.mark.parametrize("field", ["Sender: owner@corp.example", "Sender: owner-@corp.example", "Sender: owner-x"])
def test_the_owner_of_something_is_no_list(field: str) -> None:
    assert read(field)[0] == "personal"


def test_a_list_has_its_name_its_way_out_and_its_archive() -> None:
    lines = (
        "From: Ann <ann@corp.example>",
        'List-Id: "Corp users, all" <users.corp.example>',
        "List-Unsubscribe: <mailto:leave@corp.example?subject=leave>,\r\n <https://corp.example/leave>, <javascript:x>",
        "Archived-At: <https://corp.example/archive/17>",
    )
    found = read_mail("\r\n".join((*lines, "", "body")).encode()).list
    assert found is not None
    assert found.name == "Corp users, all"
    assert found.unsubscribe == ("mailto:leave@corp.example?subject=leave", "https://corp.example/leave")
    assert found.archived_at == "https://corp.example/archive/17"


def test_a_mail_is_empty_when_nothing_stands_in_it() -> None:
    assert read("", "", " ")[0] == "personal"  # its body is the word that `read` writes
    bare = b"From: Ann <ann@corp.example>\r\nSubject: call me\r\n\r\n \r\n"
    assert (read_mail(bare).kind, read_mail(bare).kind_why) == ("empty", "no text and no attachments")
    html = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n<html><body><p>&nbsp;</p></body></html>"
    assert read_mail(html).kind == "empty"
    file = b"From: a@b.example\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF"
    assert read_mail(file).kind == "personal"
    broken = b"From: a@b.example\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: x-strange\r\n\r\n \r\n"
    assert read_mail(broken).kind == "personal", "something may stand there"
