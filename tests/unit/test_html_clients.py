"""HTML mail in the manner of many programs, each written for this test: what is new, and what stands below it.

The truth was written before the first run: the new text, and the kinds of the pieces in order.
"""

from typing import NamedTuple

import pytest

from bridge.core.body import of_kind
from bridge.core.mail import Mail
from bridge.mail.html import settled
from bridge.mail.parse import read_mail
from bridge.mail.plain import from_html


class Sample(NamedTuple):
    client: str
    html: str
    new: str
    kinds: str
    subject: str = "Re: Orchard"


TOP = [
    Sample(
        "Gmail",
        '<div dir="ltr">Tuesday suits me.<div><br></div><div>Mara</div></div><br>'
        '<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, Nov 2, 2026 at '
        "9:14 AM "
        'Jon Pell &lt;<a href="mailto:jon@pell.example">jon@pell.example</a>&gt; wrote:<br></div>'
        '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">'
        '<div dir="ltr">Shall we pick on Tuesday?<br>-- <br><div class="gmail_signature">Jon Pell</div></div>'
        "</blockquote></div>",
        "Tuesday suits me.\n\nMara",
        "new quoted",
    ),
    Sample(
        "Gmail in a language nobody listed",
        '<div dir="ltr">Haya.</div><br><div class="gmail_quote"><div class="gmail_attr">Jtt, 2 Nov 2026 — Jon Pell '
        'aliandika hivi</div><blockquote class="gmail_quote">Twende lini?</blockquote></div>',
        "Haya.",
        "new quoted",
    ),
    Sample(
        "Gmail, signature below the quotation",
        '<div dir="ltr">Yes.</div><div class="gmail_extra"><br><div class="gmail_quote">2026-11-02 9:14 GMT+01:00 '
        "Jon Pell "
        '<span>&lt;jon@pell.example&gt;</span>:<br><blockquote class="gmail_quote">Shall we?</blockquote></div><br><br '
        'clear="all"><div><br></div>-- <br><div class="gmail_signature" data-smartmail="gmail_signature">Mara Lind<br>'
        "Orchards</div></div>",
        "Yes.",
        "new quoted signature",
    ),
    Sample(
        "Gmail, signature above the quotation",
        '<div dir="ltr">Yes.<div><br></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" '
        'class="gmail_signature">Mara Lind<br>Orchards</div></div><br><div class="gmail_quote"><div '
        'class="gmail_attr">Le '
        'lun. 2 nov. 2026 à 09:14, Jon Pell a écrit :<br></div><blockquote class="gmail_quote">Quand '
        "?</blockquote></div>",
        "Yes.",
        "new signature quoted",
    ),
    Sample(
        "Outlook for Windows",
        '<div class="WordSection1"><p class="MsoNormal">Please send ten crates.<o:p></o:p></p><p class="MsoNormal">'
        '<o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">'
        '<p class="MsoNormal"><b>From:</b> Jon Pell &lt;jon@pell.example&gt; <br><b>Sent:</b> Monday, November 2, 2026 '
        "9:14 AM<br><b>To:</b> Mara Lind &lt;mara@orchard.example&gt;<br><b>Subject:</b> "
        "Orchard<o:p></o:p></p></div></div>"
        '<p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class="MsoNormal">How many crates?<o:p></o:p></p></div>',
        "Please send ten crates.",
        "new quoted",
    ),
    Sample(
        "Outlook for Windows in a language nobody listed",
        "<div class=WordSection1><p class=MsoNormal>Masanduku kumi.</p><div "
        "style='mso-element:para-border-div;border:none;"
        "border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b><span>Kutoka kwa:</span></b>"
        " Jon<br><b>Ilitumwa tarehe:</b> 2/11<br><b>Kwenda kwa:</b> Mara<br><b>Mada ya barua:</b> Orchard</p></div>"
        "<p class=MsoNormal>Masanduku mangapi?</p></div>",
        "Masanduku kumi.",
        "new quoted",
    ),
    Sample(
        "Outlook on the web",
        '<div class="elementToProof" style="font-size:12pt">Ten, please.</div><div id="Signature"><p>Mara Lind</p><p>'
        'Orchards</p></div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">'
        '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" color="#000000"><b>Fra:</b> Jon Pell<br>'
        "<b>Sendt:</b> 2. november 2026 09:14<br><b>Til:</b> Mara Lind<br><b>Emne:</b> Orchard</font><div>&nbsp;</div>"
        '</div><div class="BodyFragment">How many crates?</div>',
        "Ten, please.",
        "new signature quoted",
    ),
    Sample(
        "Outlook for iOS",
        '<div dir="ltr">Ten.</div><div id="ms-outlook-mobile-signature" dir="ltr"><div>Get <a '
        'href="https://aka.example/o">'
        'Outlook for iOS</a></div></div><hr style="display:inline-block;width:98%"><div '
        'id="divRplyFwdMsg"><b>From:</b> Jon'
        "<br><b>Sent:</b> Monday<br><b>To:</b> Mara<br><b>Subject:</b> Orchard</div><div>How many?</div>",
        "Ten.",
        "new signature quoted",
    ),
    Sample(
        "the new Outlook's reference to the message",
        '<div class="elementToProof">Ten.</div><div id="mail-editor-reference-message-container"><hr><p>Jon Pell, '
        "Monday"
        "</p><div>How many?</div></div>",
        "Ten.",
        "new quoted",
    ),
    Sample(
        "Outlook 2003",
        "<div><span class=123>Ten crates.</span></div><br><div class=OutlookMessageHeader lang=en-us dir=ltr "
        "align=left>"
        "<hr tabindex=-1><font face=Tahoma size=2><b>Von:</b> Jon<br><b>Gesendet:</b> Montag<br><b>An:</b> Mara<br>"
        "<b>Betreff:</b> Orchard<br></font></div><div>How many?</div>",
        "Ten crates.",
        "new quoted",
    ),
    Sample(
        "Outlook for Mac",
        '<div>Ten crates.</div><div><br></div><span id="OLK_SRC_BODY_SECTION"><div style="border-top:#b5c4df 1pt '
        'solid">'
        "<span><b>From: </b></span> Jon<br><span><b>Date: </b></span> Monday<br><span><b>To: </b></span> Mara<br>"
        "<b>Subject: </b> Orchard</div><div>How many?</div></span>",
        "Ten crates.",
        "new quoted",
    ),
    Sample(
        "Hotmail of old",
        '<div dir="ltr">Ten.<br><br><div><hr id="stopSpelling">Date: Mon, 2 Nov 2026<br>From: jon@pell.example<br>To: '
        "mara@orchard.example<br>Subject: Orchard<br><br>How many?</div></div>",
        "Ten.",
        "new quoted",
    ),
    Sample(
        "Apple Mail",
        '<html><body style="overflow-wrap: break-word;">Ten.<br '
        'id="lineBreakAtBeginningOfMessage"><div><br><blockquote '
        'type="cite"><div>On 2. Nov 2026, at 09:14, Jon Pell &lt;jon@pell.example&gt; wrote:</div><br '
        'class="Apple-interchange-newline"><div><div>How many?</div></div></blockquote></div><br></body></html>',
        "Ten.",
        "new quoted",
    ),
    Sample(
        "iOS Mail",
        '<body dir="auto"><div dir="ltr">Ten.</div><div dir="ltr"><br><blockquote type="cite">Am 02.11.2026 um '
        "09:14 schrieb"
        ' Jon Pell &lt;jon@pell.example&gt;:<br><br></blockquote></div><blockquote type="cite"><div '
        'dir="ltr">\ufeffHow '
        "many?</div></blockquote></body>",
        "Ten.",
        "new quoted",
    ),
    Sample(
        "Yahoo",
        '<div dir="ltr">Ten.</div><div><br></div><div id="ydp1a2b3c4dyahoo_quoted_123" class="ydp1a2b3c4dyahoo_quoted">'
        "<div>On Monday, November 2, 2026 at 09:14:00 AM GMT+1, Jon Pell wrote:</div><div><br></div><div>How "
        "many?</div>"
        "</div>",
        "Ten.",
        "new quoted",
    ),
    Sample(
        "Proton",
        '<div style="font-family:Arial">Ten.</div><div class="protonmail_signature_block"><div '
        'class="protonmail_signature_block-user">Mara Lind</div><div>Sent with Proton Mail secure email.</div></div>'
        '<div class="protonmail_quote">Am Montag, 2. November 2026 um 09:14 schrieb Jon '
        "&lt;jon@pell.example&gt;:<br><br>"
        '<blockquote class="protonmail_quote" type="cite">How many?</blockquote><br></div>',
        "Ten.",
        "new signature quoted",
    ),
    Sample(
        "Zimbra",
        '<div style="font-family:arial">Ten.<div><br></div><div data-marker="__SIG_PRE__">Mara '
        "Lind<br>Orchards</div><hr "
        'id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>De: </b>"Jon" '
        "&lt;jon@pell.example&gt;<br>"
        '<b>Para: </b>"Mara"<br><b>Enviados: </b>Lunes<br><b>Asunto: </b>Orchard<br></div><br><div '
        'data-marker="__QUOTED_TEXT__"><div>How many?</div></div></div>',
        "Ten.",
        "new signature quoted",
    ),
    Sample(
        "Zimbra of old",
        '<div>Ten.<br><hr id="zwchr"><b>From: </b>Jon<br><b>To: </b>Mara<br><b>Sent: </b>Monday<br>How many?</div>',
        "Ten.",
        "new quoted",
    ),
    Sample(
        "Lotus iNotes",
        '<font size=2>Ten.<br><br></font><div class="iNotesHistory" style="padding-left:5px"><font '
        'color="#990099">-----jon '
        "wrote: -----</font><div>How many?</div></div>",
        "Ten.",
        "new quoted",
    ),
    Sample(
        "Tutanota",
        "<div>Ten.</div><div><br></div><div>-- <br>Mara</div><div><br></div><div>Nov 2, 2026, 09:14 by "
        'jon@pell.example:<br></div><blockquote class="tutanota_quote"><div>How many?</div></blockquote>',
        "Ten.",
        "new signature quoted",
    ),
    Sample(
        "Samsung",
        '<div dir="auto">Ten.</div><div dir="auto"><br></div><div id="composer_signature" dir="auto"><div>Sent from my '
        'phone</div></div><div><br></div><div align="left" dir="auto"><div>-------- Original message '
        "--------</div><div>"
        "From: Jon &lt;jon@pell.example&gt; </div><div>Date: 02/11/2026 09:14 (GMT+01:00) </div><div>To: Mara "
        "</div><div>"
        "Subject: Orchard </div><div><br></div></div>How many?",
        "Ten.",
        "new signature quoted",
    ),
    Sample(
        "GMX and web.de",
        '<div style="font-family:Verdana"><div>Zehn.</div><div>&nbsp;<div name="quote" style="margin:10px 5px 5px 10px;'
        'border-left:2px solid #C3D9E5"><div style="margin:0 0 10px 0"><b>Gesendet:</b> Montag<br><b>Von:</b> Jon</div>'
        '<div name="quoted-content">Wie viele?</div></div></div></div>',
        "Zehn.",
        "new quoted",
    ),
    Sample(
        "Fastmail",
        '<div>Ten.</div><div><br></div><div id="sig123" class="signature"><div>--</div><div>Mara '
        "Lind</div></div><div><br>"
        '</div><div>On Mon, 2 Nov 2026, at 09:14, Jon Pell wrote:<br></div><blockquote type="cite" id="qt"><div>How '
        "many?</div></blockquote>",
        "Ten.",
        "new signature quoted",
    ),
    Sample(
        "Thunderbird",
        '<html><body><p>Ten.</p><div class="moz-signature">-- <br>Mara Lind</div><div class="moz-cite-prefix">Il '
        "02/11/26 "
        '09:14, Jon Pell ha scritto:<br></div><blockquote type="cite" cite="mid:1@pell.example"><p>How many?</p>'
        "</blockquote></body></html>",
        "Ten.",
        "new signature quoted",
    ),
    Sample(
        "Roundcube",
        '<p>Ten.</p><div id="_rc_sig">-- <br>Mara</div><p id="reply-intro">Dana 2026-11-02 09:14, Jon napisa:</p>'
        '<blockquote type="cite" style="padding:0 0.4em;border-left:#1010ff 2px solid">How many?</blockquote>',
        "Ten.",
        "new signature quoted",
    ),
    Sample(
        "Zoho",
        '<div>Ten.<br></div><div class="zmail_extra" style="" id="Zm-_Id_-Sgn1"><br>---- On Mon, 02 Nov 2026 '
        "09:14:00 +0100 "
        '<b>Jon &lt;jon@pell.example&gt;</b> wrote ----<br><br><blockquote style="margin:0"><div>How many?</div>'
        "</blockquote></div>",
        "Ten.",
        "new quoted",
    ),
    Sample(
        "Spark",
        '<div name="messageBodySection"><div dir="auto">Ten.</div></div><div '
        'name="messageSignatureSection"><br><div>Mara '
        'Lind</div></div><div name="messageReplySection">On 2 Nov 2026, 09:14 +0100, Jon wrote:<br><blockquote '
        'type="cite">How many?</blockquote></div>',
        "Ten.",
        "new signature quoted",
    ),
    Sample(
        "Mailspring",
        '<div>Ten.<br></div><div class="gmail_quote nylas-quote nylas-quote-id-7"><br>On Nov 2 2026, at 9:14 am, '
        "Jon wrote:"
        '<br><blockquote class="gmail_quote">How many?</blockquote></div>',
        "Ten.",
        "new quoted",
    ),
    Sample(
        "Front",
        '<div>Ten.<br></div><div class="front-signature">Mara | Orchards</div><br><blockquote type="cite" '
        'class="front-blockquote">On November 2, 2026, 9:14 AM GMT+1 <a '
        'href="mailto:jon@pell.example">jon@pell.example</a>'
        " wrote:<br><br>How many?</blockquote>",
        "Ten.",
        "new signature quoted",
    ),
    Sample(
        "Freshdesk",
        '<div style="font-size:13px">Ten.</div><div class="freshdesk_quote"><blockquote class="freshdesk_quote">On '
        "Mon, 2 "
        "Nov at 9:14 AM , Jon wrote:<br>How many?</blockquote></div>",
        "Ten.",
        "new quoted",
    ),
    Sample(
        "a help desk that quotes with divisions",
        "<div>Ten.</div><div>02/11/2026 09:14 - Jon wrote:</div><div type='cite' "
        "style='border:none;border-left:solid blue "
        "1.5pt;padding:0cm 0cm 0cm 4.0pt'>How many?<br>Twelve?</div>",
        "Ten.",
        "new quoted",
    ),
    Sample(
        "Foxmail",
        "<div>十箱。</div><div><br></div><blockquote style='margin-top:0px;margin-left:0.5em'><div>&nbsp;</div><div "
        "style='border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm'><div><b>发件人：</b>&nbsp;Jon"
        "</div><div><b>发送时间：</b>&nbsp;2026-11-02 09:14</div><div><b>收件人：</b>&nbsp;Mara</div><div><b>主题：</b>"
        "&nbsp;Orchard</div></div><div>多少箱？</div></blockquote>",
        "十箱。",
        "new quoted",
    ),
    Sample(
        "Feishu",
        '<div>十箱。</div><div class="lark-mail-signature">Mara</div><div class="history-quote-wrapper"><div>发件人：'
        "Jon</div><div>多少箱？</div></div>",
        "十箱。",
        "new signature quoted",
    ),
    Sample(
        "a program with names of its own",
        '<div>Ten.</div><div class="acme-signature">Mara</div><div class="acme_quote">2026-11-02 '
        "Jon<br><blockquote>How "
        "many?</blockquote></div>",
        "Ten.",
        "new signature quoted",
    ),
    Sample(
        "Gmail, passed on by Exchange, answered there",
        '<div>Ten.</div><hr><div id="x_divRplyFwdMsg"><b>From:</b> Jon</div><div class="x_gmail_quote"><blockquote '
        'class="x_gmail_quote">How many?</blockquote>Three?</div>',
        "Ten.",
        "new quoted",
    ),
]

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
        "all that was written lies in the signature's element",
        '<div class="gmail_signature">Ten crates, please, and the ladder.</div>',
        "Ten crates, please, and the ladder.",
        "new",
    ),
]


def mail_of(sample: Sample) -> Mail:
    head = f"From: mara@orchard.example\r\nSubject: {sample.subject}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    return read_mail((head + sample.html).encode())


def named(samples: list[Sample]) -> list[object]:
    return [pytest.param(sample, id=sample.client) for sample in samples]


@pytest.mark.parametrize("sample", [*named(TOP), *named(FORWARDED), *named(BELOW)])
def test_what_is_new_is_told_from_what_stands_below(sample: Sample) -> None:
    mail = mail_of(sample)
    assert of_kind(mail.pieces, "new") == sample.new
    assert [piece.kind for piece in mail.pieces] == sample.kinds.split()
    assert "\n".join(piece.text for piece in mail.pieces) == mail.text


@pytest.mark.parametrize("sample", [*named(TOP), *named(FORWARDED), *named(BELOW)])
def test_the_html_is_cut_where_its_text_is(sample: Sample) -> None:
    mail = mail_of(sample)
    assert "".join(piece.text for piece in mail.html_pieces) == mail.html
    assert [piece.kind for piece in mail.html_pieces] == [piece.kind for piece in mail.pieces]
    for rich, plain in zip(mail.html_pieces, mail.pieces, strict=True):
        assert settled(rich.text)
        assert from_html(rich.text).split() == plain.text.split()
    assert settled(mail.html)
