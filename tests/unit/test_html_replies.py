"""Answers in HTML in the manner of many programs, each written for this test: what is new, what stands below it.

The truth was written before the first run: the new text, and the kinds of the pieces in order.
"""

import pytest

from tests.unit.html_samples import Sample, is_cut_where_its_text_is, is_told_apart, named

GREAT = [
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
]

OTHERS = [
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


@pytest.mark.parametrize("sample", [*named(GREAT), *named(OTHERS)])
def test_what_is_new_is_told_from_what_stands_below(sample: Sample) -> None:
    is_told_apart(sample)


@pytest.mark.parametrize("sample", [*named(GREAT), *named(OTHERS)])
def test_the_html_is_cut_where_its_text_is(sample: Sample) -> None:
    is_cut_where_its_text_is(sample)
