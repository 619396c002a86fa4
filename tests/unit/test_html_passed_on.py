"""Mail in HTML that passes mail on, or answers below and between, in the manner of many programs.

The truth was written before the first run: the new text, and the kinds of the pieces in order.
"""

import pytest

from tests.unit.html_samples import Sample, is_cut_where_its_text_is, is_told_apart, named

FORWARDED = [
    Sample(
        "Gmail",
        '<div dir="ltr">See below.<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- '
        "Forwarded "
        'message ---------<br>From: <strong class="gmail_sendername">Jon Pell</strong> '
        "&lt;jon@pell.example&gt;<br>Date: "
        "Mon, Nov 2, 2026 at 9:14 AM<br>Subject: Orchard<br>To: Mara<br></div><br><br><div>How many?</div><blockquote "
        'class="gmail_quote">older</blockquote><div>Yours, Jon</div></div></div>',
        "See below.",
        "new forwarded",
        "Fwd: Orchard",
    ),
    Sample(
        "Gmail in a language nobody listed",
        '<div dir="ltr">Ona.<br><div class="gmail_quote"><div class="gmail_attr">---------- Barua iliyotumwa '
        "---------<br>"
        'Kutoka: <strong class="gmail_sendername">Jon</strong><br></div>Masanduku mangapi?</div></div>',
        "Ona.",
        "new forwarded",
        "Orchard",
    ),
    Sample(
        "Thunderbird",
        '<p>See below.</p><div class="moz-forward-container"><br><br>-------- Forwarded Message --------<table '
        'class="moz-email-headers-table"><tr><th>Subject: </th><td>Orchard</td></tr><tr><th>From: '
        "</th><td>Jon</td></tr>"
        "</table><br><p>How many?</p></div>",
        "See below.",
        "new forwarded",
        "Fwd: Orchard",
    ),
    Sample(
        "Outlook",
        '<p>See below.</p><div id="divRplyFwdMsg"><b>Von:</b> Jon<br><b>Gesendet:</b> Montag<br><b>An:</b> Mara<br>'
        "<b>Betreff:</b> Orchard</div><p>How many?</p>",
        "See below.",
        "new forwarded",
        "WG: Orchard",
    ),
    Sample(
        "Outlook without a word",
        '<p>&nbsp;</p><div id="divRplyFwdMsg"><b>Kutoka:</b> Jon<br><b>Tarehe:</b> 2/11</div><p>How many?</p>',
        "",
        "forwarded",
        "Orchard",
    ),
    Sample(
        "Apple Mail",
        'See below.<br><div><blockquote type="cite"><div>Begin forwarded message:</div><br><div><b>From: </b>Jon '
        "&lt;jon@pell.example&gt;</div><div><b>Subject: </b>Orchard</div><div><b>Date: </b>2 November "
        "2026</div><br><div>How"
        " many?</div></blockquote></div>",
        "See below.",
        "new forwarded",
        "Fwd: Orchard",
    ),
    Sample(
        "Roundcube",
        '<p>See below.</p><p>-------- Original Message --------</p><div id="forwardbody1"><p>How many?</p></div>',
        "See below.",
        "new forwarded",
        "Fwd: Orchard",
    ),
]

BELOW = [
    Sample(
        "Thunderbird, answering below",
        '<div class="moz-cite-prefix">On 11/2/26 09:14, Jon Pell wrote:<br></div><blockquote type="cite" '
        'cite="mid:1@p">'
        "<p>How many?</p></blockquote><p>Ten.</p>",
        "Ten.",
        "quoted new",
    ),
    Sample(
        "Gmail, answering below",
        '<div class="gmail_quote"><div class="gmail_attr">On Mon, Nov 2, 2026 Jon wrote:<br></div><blockquote '
        'class="gmail_quote">How many?</blockquote><div>Ten.</div></div>',
        "Ten.",
        "quoted new",
    ),
    Sample(
        "Yahoo, answering below",
        '<div class="yahoo_quoted">On Monday Jon wrote:<div>How many?</div></div><div>Ten.</div>',
        "Ten.",
        "quoted new",
    ),
    Sample(
        "Thunderbird, answering between",
        '<div class="moz-cite-prefix">On 11/2/26 09:14, Jon Pell wrote:<br></div><blockquote type="cite">How many?'
        '</blockquote><p>Ten.</p><blockquote type="cite">When?</blockquote><p>Tuesday.</p>',
        "> How many?\n\nTen.\n\n> When?\n\nTuesday.",
        "quoted new",
    ),
    Sample(
        "Gmail, answering between",
        '<div class="gmail_quote"><div class="gmail_attr">On Mon, Nov 2, 2026 at 9:14 AM Jon Pell '
        "&lt;jon@pell.example&gt; "
        'wrote:<br></div><blockquote class="gmail_quote">How many?</blockquote><div>Ten.</div><blockquote '
        'class="gmail_quote">When?</blockquote><div>Tuesday.</div></div>',
        "> How many?\n\nTen.\n\n> When?\n\nTuesday.",
        "quoted new",
    ),
    Sample(
        "Apple Mail, answering between",
        '<div>Thanks, see between.</div><blockquote type="cite">How many?</blockquote><div>Ten.</div><blockquote '
        'type="cite">When?</blockquote><div>Tuesday.</div>',
        "Thanks, see between.\n\n> How many?\n\nTen.\n\n> When?\n\nTuesday.",
        "new",
    ),
    Sample(
        "a text indented by Gmail quotes nobody",
        '<div>Our offer:</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>Ten '
        "crates</div></blockquote>"
        "<div>Yours</div>",
        "Our offer:\nTen crates\nYours",
        "new",
        "Orchard",
    ),
    Sample(
        "Yahoo, answering within the quotation and nowhere else",
        '<div class="ydp1a2b3c4dyahoo_quoted"><div>Ten, and the ladder.</div><div>How many?</div></div>',
        "Ten, and the ladder.\nHow many?",
        "new",
    ),
    Sample(
        "Feishu, likewise",
        '<div class="history-quote-wrapper"><p>Ten, and the ladder.</p></div>',
        "Ten, and the ladder.",
        "new",
    ),
    Sample(
        "all that was written lies in the signature's element",
        '<div class="gmail_signature">Ten crates, please, and the ladder.</div>',
        "Ten crates, please, and the ladder.",
        "new",
    ),
]


@pytest.mark.parametrize("sample", [*named(FORWARDED), *named(BELOW)])
def test_what_is_new_is_told_from_what_stands_below(sample: Sample) -> None:
    is_told_apart(sample)


@pytest.mark.parametrize("sample", [*named(FORWARDED), *named(BELOW)])
def test_the_html_is_cut_where_its_text_is(sample: Sample) -> None:
    is_cut_where_its_text_is(sample)
