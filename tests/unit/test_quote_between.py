"""Answers below and between quotations, and above help desks' markers: their context stays, history goes."""

import pytest

from tests.unit.quoting_samples import told

ANSWERS = {
    "mail answered below, as lists do": """
q On 2026-02-03 21:40, Ines wrote:
q > Does the build work without the patch?
q > I get an error.
n
n It does since 4.2. Which compiler is it?
n
s --·
s Raf
s https://raf.example
""",
    "answers between, where context stays": """
n Dear all,
n
n On 5 Feb 2026, at 08:00, Lena Frost wrote:
n
n > Who opens on Saturday?
n
n I do.
n
n > And who closes?
n
n Max.
n
q > Thanks!
q > Lena
""",
    "header fields above marked lines, the answer below": """
q From: Ole Vik <ole@fjord.example>
q Date: Mon, 2 Mar 2026 08:00:00 +0100
q
q > Knots are listed twice.
q
n Applied, thanks.
""",
    "a header block above marked lines, the answer above": """
n Twice is right, they differ.
n
q From: Ole Vik <ole@fjord.example>
q Sent: Monday, 2 March 2026 08:00
q To: boats@lists.example
q Subject: Knots
q
q > Knots are listed twice.
n
n See page 4.
""",
    "one question cited by hand": """
n You asked:
n
n > Is it waterproof?
n
n It is, down to five metres.
""",
    "a greeting, the quotation, the answer": """
n Hello Bo,
q On Fri, 2026-01-09 at 10:00 +0100, Bo wrote:
q > The gate is stuck.
n
n Oil is in the shed.
""",
    "a quoted line that wrapping broke": """
n Yes.
q
q On 9 Jan 2026 at 10:00, Bo <bo@farm.example> wrote:
q > The gate at the far end of the lower meadow is stuck again and nobody
q knows why
q > since Tuesday.
""",
    "Polymail, with blank lines and brackets on their own": """
n Good idea.
q
q On Tue, Jan 13, 2026 at 10:07 AM Lea Stern
q
q <
q mailto:Lea Stern <lea@orchard.example>
q > wrote:
q
q Shall we prune in March?
""",
    "an attribution that is only a date and an address": """
n Not yet.
q
q 2026/1/13 Lea Stern <lea@orchard.example>
q
q > Have you pruned?
""",
    "a name between dashes": """
n Now I have.
q
q ---- Lea Stern wrote ----
q
q > Have you pruned?
""",
    "an attribution wrapped behind an abbreviated day": """
n Danke, passt.
q
q Lea Stern <lea@orchard.example> schrieb am Di., 13.
q Jan. 2026 um 10:07 Uhr:
q
q > Im März?
""",
    "a name and an address alone, without marks": """
n Not this year.
q
q Lea Stern <lea@orchard.example> wrote:
q
q Shall we prune in March?
""",
    "a help desk's line with the answer above it": """
n I have restarted it, no change.
n
q ##- Please type your reply above this line -##
q
q Your request (5512) has been updated.
q
q Kai (Support), Jan 7, 11:02
q Please restart the router.
""",
    "a help desk's line in German, with an attribution above it": """
n Danke, das war es.
q
q Am 7. Januar 2026 um 11:02 schrieb Hilfe <hilfe@netz.example>:
q
q --- Bitte antworten Sie oberhalb dieser Zeile ---
q Haben Sie neu gestartet?
""",
    "a help desk's own mail begins with its line": """
d -- Reply above this line --
n
n Your ticket 77 was closed by Kai.
n Tell us if the fault comes back.
""",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_told_from_what_they_answer(name: str) -> None:
    wanted, given = told(ANSWERS[name])
    assert given == wanted
