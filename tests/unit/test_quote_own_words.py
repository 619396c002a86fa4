"""Mail passed on stays content, and what only looks like history stays new."""

import pytest

from bridge.mail.parse import read_mail
from tests.unit.quoting_samples import told

PASSED_ON = {
    "Gmail": """
n Kai, can you take this?
n
f ---------- Forwarded message ---------
f From: Ruth Amsel <ruth@garden.example>
f Date: Thu, Mar 5, 2026 at 7:30 AM
f Subject: Broken pot
f To: <shop@pots.example>
f
f The pot came broken.
f
f Ruth
""",
    "Apple, marked, words below": """
n For the file:
n
f Begin forwarded message:
f
f > From: Court <court@law.example>
f > Subject: Hearing
f > Date: 5 March 2026 at 10:01:02 CET
f > To: office@law.example
f >
f > The hearing is moved.
n
n I told the client.
""",
    "Thunderbird, in Italian": """
n Ti giro questa.
n
f -------- Messaggio inoltrato --------
f Oggetto: 	Fattura
f Data: 	Mon, 2 Mar 2026 08:00:00 +0100
f Mittente: 	Ditta <ditta@ferro.example>
f A: 	ufficio@ferro.example
f
f In allegato la fattura.
""",
    "mutt, with an end": """
n See below, what do you think?
n
f ----- Forwarded message from Ola <ola@fjord.example> -----
f
f Date: Mon, 2 Mar 2026 08:00:00 +0100
f From: Ola <ola@fjord.example>
f To: list@fjord.example
f Subject: Net
f
f The net is torn.
f
f ----- End forwarded message -----
n
n I would mend it.
""",
    "Outlook, nothing above": """
f From: Rita Braun <rita@haus.example>
f Sent: Monday, 2 March 2026 08:00
f To: Verwaltung <verwaltung@haus.example>
f Subject: Heizung
f
f Die Heizung ist kalt.
""",
}

NEW_ONLY = {
    "a travel plan is no header block": """
n From: Oslo
n To: Bergen
n Date: Friday
n
n Please book two seats for this.
""",
    "a story is no attribution": """
n In 2019 the mayor wrote:
n
n We shall build a bridge. It was never built, and I ask why.
""",
    "an attribution with nothing above it and no marks below": """
q On 13 Jan 2026 10:07, "Lea Stern" <lea@orchard.example> wrote:
n
n Shall we prune in March?
n Yes, the second week.
""",
    "a form of a web site": """
n A new request came in through the contact page.
n
n From: Ulla Strand
n Email: ulla@strand.example
n Subject: Mooring
n Message:
n Is there a mooring for a boat of nine metres in July?
""",
    "a form in German, the message below its labels": """
n Kontaktformular, eingegangen am 3.3.2026 um 10:12
n
n Von: Ulla Strand <ulla@strand.example>
n Betreff: Liegeplatz
n
n Nachricht: Gibt es im Juli einen Liegeplatz?
n Telefon: 030 5550101
""",
    "a heading between dashes": """
n Two things.
n
n --- Reply ---
n
n The form answers within a day.
""",
    "a request to be taken off a list": """
n Hello,
n
n please unsubscribe me, my address is ulla@strand.example.
n
n And is there a digest?
""",
    "a mail that says only where the list is": """
n The link on https://lists.example/listinfo/boats is broken, see also boats@lists.example.
""",
    "a mail that is only a notice": """
n This message is confidential and meant for the recipient alone; if you got it in error, delete this e-mail.
""",
    "a request with time and address is no attribution": """
n Please write to desk@hotel.example before 3 March 2026, 12:00 with the following:
n
n name, passport, number of guests.
""",
    "rules and headings of a report": """
n Summary
n -------
n
n Sales rose.
n
n ----
n
n Costs rose too.
n ====
n Nothing else to say.
""",
    "a sentence that begins like a phone's line": """
n Sent from the depot this morning, should be with you by noon.
""",
    "dashes before each point": """
n We need:
n
n -- bolts
n -- nuts
n
n before Monday.
""",
    "a sentence about confidentiality": """
n Please keep this confidential until the recipient has signed, then send me an email.
""",
    "thanks at the beginning": """
n Thank you
n
n The boat lies at pier four.
n The key is with Bo.
n Call before you come.
""",
    "thanks at the beginning, in German": """
n Danke!
n
n Das Boot liegt an Steg vier.
n Den Schlüssel hat Bo.
n Bitte vorher anrufen.
""",
    "thanks without a name": """
n Could you resend the file?
n
n Thanks!
""",
    "a list below a closing": """
n Best regards
n
n 1. The first box holds the lamps.
n 2. The second box holds the cables.
n 3. The third box is empty.
""",
    "a sentence with an address and a colon": """
n Hello,
n
n On Monday ann@yard.example asked for this: two lamps and a cable.
n Today she wants three.
""",
    "a closing in the middle": """
n Best regards to your sister as well.
n
n See you on Monday, and bring the drill with you, because ours is broken and the shop is shut.
""",
    "a colon before a list": """
n On Monday 2 March 2026 we need:
n - two vans
n - a driver
""",
    "shell prompts and patches": """
n Try this:
n
n $ make
n --- a/file.c
n +++ b/file.c
n @@ -1 +1 @@
n -old
n +new
""",
}


@pytest.mark.parametrize("name", PASSED_ON)
def test_mail_passed_on_is_kept_as_content(name: str) -> None:
    wanted, given = told(PASSED_ON[name])
    assert given == wanted


@pytest.mark.parametrize("name", NEW_ONLY)
def test_what_only_looks_like_history_stays_new(name: str) -> None:
    wanted, given = told(NEW_ONLY[name])
    assert given == wanted


def test_a_subject_of_forwarding_makes_a_block_below_words_content() -> None:
    text = """
n What shall we answer?
f
f From: Ruth Amsel <ruth@garden.example>
f Sent: Monday, 2 March 2026 08:00
f To: Shop <shop@pots.example>
f Subject: Broken pot
f
f It came broken.
"""
    wanted, given = told(text, forward=True)
    assert given == wanted


def test_the_source_of_a_mail_in_a_text_is_that_mail_from_its_first_field() -> None:
    spam = """
n Why was this not caught?
n
f Return-Path: <win@prizes.example>
f Received: from mx.prizes.example (192.0.2.7)
f  by mail.corp.example; Mon, 2 Mar 2026 08:00:00 +0100
f X-Spam-Score: 0.1
f From: Prizes <win@prizes.example>
f To: desk@corp.example
f Subject: You won
f Date: Mon, 2 Mar 2026 08:00:00 +0100
f
f Click here.
"""
    wanted, given = told(spam, forward=True)
    assert given == wanted
    alone = """
f Delivered-To: desk@corp.example
f Message-ID: <1@prizes.example>
f From: Prizes <win@prizes.example>
f Subject: You won
f
f Click here.
"""
    wanted, given = told(alone)
    assert given == wanted


def test_a_report_of_delivery_is_all_new_for_nobody_wrote_it() -> None:
    mail = read_mail(
        b"From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n--x\n\n'
        b"The mail was not delivered.\n\n----- Original message -----\nFrom: a@b.example\nSubject: x\n\nHello\n"
        b"--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        b"Final-Recipient: rfc822; c@d.example\nAction: failed\nStatus: 5.1.1\n--x--\n"
    )
    assert mail.kind == "bounce"
    assert [piece.kind for piece in mail.pieces] == ["new"]
