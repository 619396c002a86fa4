"""What is left of a stranger's HTML: what people may see, and nothing that acts, loads or pretends."""

import re

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mail import html, limits
from bridge.mail.html import link, read, sanitise
from bridge.mail.plain import from_html, unflow


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p>Hello <b>you</b></p>", "<p>Hello <b>you</b></p>"),
        ("one<br>two", "one<br>two"),
        ("<html><head><title>T</title><style>p{}</style></head><body>x</body></html>", "x"),
        ("a<script>alert(1)</script>b", "ab"),
        ("a<!-- secret -->b<!--[if mso]>outlook<![endif]-->", "ab"),
        ("<div style='DISPLAY : none'>preheader</div>shown", "shown"),
        ("<p style='max-height:0;overflow:hidden'>preheader</p>shown", "shown"),
        ("<div style='display:none'>only</div>", "<div>only</div>"),  # hiding everything cannot be meant
        ("<div style='opacity:0.5'>shown</div>", "<div>shown</div>"),
        ("<font color=red size=7>x</font>", "x"),
        ("<center>x</center>", "<div>x</div>"),
        ("<p onclick='x()' class=c id=i style='color:red'>x</p>", "<p>x</p>"),
        ("<div></div><p>&nbsp;</p><p>x</p>", "<p>x</p>"),
        ("<table><tr><td>only</td></tr></table>", "<div>only</div>"),
        ("<ol start=3><li>x</ol>", '<ol start="3"><li>x</li></ol>'),
        ("<iframe src='https://x.example'>x</iframe>y", "y"),
        ("<svg><title>t</title><text>x</text></svg>y", "xy"),
        ("", ""),
        ("<p> </p>", ""),
        ("<br><div><br>&nbsp;</div>", ""),
        ("<table><tr><td></td><td></td></tr></table>", ""),
        ("<hr>", "<hr>"),
    ],
)
def test_what_is_shown(written: str, shown: str) -> None:
    assert sanitise(written) == shown


GAP = "\u2003"


def test_a_table_of_data_stays_a_table_and_reads_well_where_none_is_drawn() -> None:
    shown = sanitise("<table><tr><th>a<th></tr><tr><td>1<td>2</tr></table>")
    assert shown == (
        f"<table><tbody><tr><th>a{GAP}</th><th><br></th></tr><tr><td>1{GAP}</td><td>2<br></td></tr></tbody></table>"
    )
    assert sanitise(shown) == shown
    assert from_html(shown) == "a |\n1 | 2"
    without_tables = nh3.clean(shown, tags={"br"})
    assert without_tables == f"a{GAP}<br>1{GAP}2<br>"


@pytest.mark.parametrize(
    "written",
    [
        "<table role=presentation><tr><td>Logo<td>Shop</tr><tr><td>1<td>2</tr></table>",
        "<table><tr><td>Logo<td><h1>Shop</h1></tr></table>",
        f"<table><tr><td>Logo<td>{'word ' * 40}</tr></table>",
        "<table><tr><td>1<td><table><tr><td>x</table></tr></table>",
    ],
)
def test_tables_that_only_place_things_become_blocks(written: str) -> None:
    assert "<t" not in sanitise(written)


@pytest.mark.parametrize(
    "written",
    [
        "<table><tr><td>Subtotal<td>5.00</tr></table>",
        f"<table><tr><th>Logo<th>{'word ' * 40}</tr></table>",
        "<table><tr><td>1<td>2</tr><tr><td>3<td>4</tr></table>",
    ],
)
def test_tables_of_few_words_stay_tables(written: str) -> None:
    assert sanitise(written).startswith("<table>")


@pytest.mark.parametrize(
    ("image", "count"),
    [
        ("<img src='https://x.example/a.png' alt='A'>", 1),
        ("<img src='//x.example/a.png' width=600 height=200>", 1),
        ("<img srcset='https://x.example/a.png 2x'>", 1),
        ("<img src='https://x.example/a.png' width=1 height=1 alt='pixel'>", 0),
        ("<img src='https://x.example/a.png' style='width:1px;height:1px'>", 0),
        ("<img src='https://x.example/line.png' width=600 height=1>", 0),
        ("<style>.t{width:1px;height:0}</style><img class=t src='https://x.example/a.png'>", 0),
        ("<img src='https://x.example/wf/open?upn=abc'>", 0),
        ("<img src='https://x.example/track/open.php?u=1&id=2'>", 0),
        ("<img src='https://x.example/e/pixel.gif?id=2'>", 0),
        ("<img src='https://x.example/spacer.gif' width=20 height=20>", 1),
        ("<img src='https://x.example/o/open-house.jpg'>", 1),
        ("<img style='display:none' src='https://x.example/a.png'>", 0),
        ("<div style='display:none'><img src='https://x.example/a.png'></div>", 0),
        ("<img src='cid:a'>", 0),
        ("<img src='data:image/png;base64,AA'>", 0),
    ],
)
def test_remote_images_are_counted_and_tracking_pixels_are_not(image: str, count: int) -> None:
    found = read(f"<p>Hello</p>{image}")
    assert found.remote_images == count
    assert "x.example" not in found.html
    assert "pixel" not in found.html


@pytest.mark.parametrize(
    ("alt", "shown"),
    [("😀", "😀"), ("👩🏽‍🚀", "👩🏽‍🚀"), ("❤️", "❤️"), ("Smile", "[Smile]"), ("*", "[*]"), ("日本", "[日本]")],
)
def test_emoji_that_are_sent_as_pictures_are_emoji(alt: str, shown: str) -> None:
    found = read(f"<p>Hi <img src='https://x.example/e.png' class=emoji alt='{alt}'></p>")
    assert found.html == f"<p>Hi {shown}</p>"
    assert found.remote_images == (shown != alt)


CLASSICS = [
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<img src="x` `<script>alert(1)</script>"` `>',
    "<listing>&lt;img src=1 onerror=alert(1)&gt;</listing>",
    '<xmp><p title="</xmp><img src=x onerror=alert(1)>"></xmp>',
    "<plaintext><script>alert(1)</script>",
    '<textarea><p title="</textarea><img src=x onerror=alert(1)>">',
    '<title><a title="</title><img src=x onerror=alert(1)>">',
    '<select><template><style><!--</style><a rel="--></style></template></select><img src=x onerror=alert(1)>">',
    '<a href="jav&#x09;ascript:alert(1)">x</a><a href=" &#14; javascript:alert(1)">y</a>',
    "<p <script>alert(1)</script>>x</p><<b>b</b>",
    '<table><td><a href="https://x.example"><table><td></a>x',
    "<b><i></b>x</i><p><div></p>y</div><ul><p><li></p>z",
    "<!--><img src=x onerror=alert(1)>--><!--[if]><script>alert(1)</script>-->",
    "<svg><foreignObject><p>x</svg><body onload=alert(1)>",
    "<br><br/><br / ><p/><div/>x<a/>y<b/>",
    "<html><html><body><head><body><title>t<p>x",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
]


def test_a_long_exchange_is_read_however_deep_it_is_nested() -> None:
    below = "<p>First of all</p>"
    for number in range(60):
        below = (
            f"<div dir=ltr>Answer {number}</div><div class=gmail_quote><div class=gmail_attr>Day {number}, Jon wrote:"
            f"</div><blockquote class=gmail_quote>{below}</blockquote></div>"
        )
    assert limits.readable_html(below)
    shown = sanitise(below)
    assert sanitise(shown) == shown
    assert [f"Answer {number}" in shown for number in range(60)] == [True] * 60
    assert from_html(shown).split("\n")[-1].endswith("> First of all")
    depth = deepest = 0
    for tag in re.findall(r"<(/?)(?!br|hr|img)", shown):
        depth += -1 if tag else 1
        deepest = max(deepest, depth)
    assert deepest <= limits.HTML_DEPTH


def test_a_tag_of_a_thousand_attributes_is_not_read_as_html() -> None:
    crowded = "<p " + " ".join(f"a{number}=1" for number in range(1000))
    assert not limits.readable_html(crowded + ">x")
    assert not limits.readable_html(f"{crowded} title='>'>x<p>y")
    assert not limits.readable_html("<p title='>' " + crowded[3:])
    assert limits.readable_html(f"<p title='{crowded[3:]}'>{'long text ' * 5000}<p>y")


@pytest.mark.parametrize("written", CLASSICS)
def test_what_parsers_read_in_two_ways_acts_in_none(written: str) -> None:
    shown = sanitise(f"<p>Hello</p>{written}<p>Bye</p>")
    assert sanitise(shown) == shown
    for tag in re.findall(r"<[^>]*>", shown):
        assert not re.search(r"(?i)onerror|onload|script:|<(?:script|style|svg|math|img|form|title)", tag)


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "matrix:u/ann:corp.example",
        "mxc://corp.example/x",
        "//corp.example/x",
        "https:corp.example",
        "https:\\\\corp.example",
        "https://matrix.to/#/@ann:corp.example",
        "http://MATRIX.TO/#/@ann:corp.example",
        "https://matrix.to./#/@ann:corp.example",
        "https://x@matrix.to/#/@ann:corp.example",
        "https://ｍatrix.to/#/@ann:corp.example",
        "https://matrix%2Eto/#/@ann:corp.example",
        "https://matrix。to/#/@ann:corp.example",
        "https://mat\u200brix.to/#/@ann:corp.example",
    ],
)
def test_links_that_are_not_followed(href: str) -> None:
    assert link(href) == ""
    assert sanitise(f'<a href="{href}">Ann</a>') == "Ann"


@pytest.mark.parametrize("href", ["https://corp.example/?a=1&b=2", "HTTP://corp.example", "mailto:ann@corp.example"])
def test_links_that_are_followed(href: str) -> None:
    assert link(href) == href


def test_images_are_only_parts_of_the_mail() -> None:
    known = frozenset({"logo@1"})
    assert (
        sanitise('<img src="cid:logo@1" alt="Logo" width=40>', known) == '<img src="cid:logo@1" alt="Logo" width="40">'
    )
    assert sanitise('<img src="cid:logo%401">', known) == '<img src="cid:logo@1" alt="">'
    assert sanitise('<img src="cid:other" alt="Other">', known) == "[Other]"
    assert sanitise('<img src="https://t.example/p.gif" alt="Map">', known) == "[Map]"
    assert sanitise('x<img src="https://t.example/p.gif">', known) == "x"
    assert sanitise('x<img src="mxc://t.example/p">', known) == "x"
    assert sanitise('x<img src="data:image/png;base64,AAAA">', known) == "x"


def test_nothing_of_matrix_can_be_forged() -> None:
    forged = (
        '<mx-reply><a href="https://matrix.to/#/!r:x/$e">In reply to</a></mx-reply><span data-mx-spoiler>@room</span>'
    )
    assert sanitise(forged + "<font data-mx-color='#ff0000'>x</font>") == "@roomx"


TAGS = """
<div> </div> <p> </p> <b> </b> <i> <a&#32;href='https://x.example/?a&b'> </a> <table> <tr> <td> </td> </table>
<ul> <ol> <li> </ul> <blockquote> </blockquote> <pre> </pre> <br> <hr> <img&#32;src='cid:i'&#32;alt='x"y'> <h1> </h1>
<!--c--> <style> <details> <summary> <code> </code> <caption> <th> <thead> <center> <svg> <math> <select> &nbsp;
&lt;b&gt; & < > " text word <p&#32;style='display:none'> </script> <div&#32;dir=rtl> <bdo&#32;dir=rtl>
<font&#32;color=white> \u202e <a&#32;href='https://y.example/'> bank.example <title> <textarea> <![CDATA[ <form>
<frameset>
"""
markup = st.lists(st.sampled_from(TAGS.split()) | st.text(max_size=4), max_size=40).map(
    lambda pieces: "".join(pieces).replace("&#32;", " ")
)


@given(markup)
def test_the_result_is_a_fixed_point_within_the_subset(written: str) -> None:
    shown = sanitise(written, frozenset({"i"}))
    assert sanitise(shown, frozenset({"i"})) == shown
    assert nh3.clean(shown, url_schemes={"https", "cid"}, link_rel=None) == shown
    assert not re.search(r"(?i)<(script|style|title|textarea|svg|math|form|mx-reply)", shown)
    from_html(shown).encode()


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ("<p>x</p><blockquote>q<br>r</blockquote><p>y</p>", "x\n\n> q\n> r\n\ny"),
        ('<a href="https://x.example/">here</a>', "here <https://x.example/>"),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ('<img src="cid:i" alt="Logo"> x', "[Logo] x"),
        ("a<hr>b", "a\n---\nb"),
        ("<h1>T</h1>x", "T\n\nx"),
    ],
)
def test_html_reads_well_as_text(shown: str, text: str) -> None:
    assert from_html(shown) == text


@pytest.mark.parametrize(
    ("flowed", "delsp", "text"),
    [
        ("a \nb\nc", False, "a b\nc"),
        ("a \nb", True, "ab"),
        ("> a \n> b\nc", False, "> a b\nc"),
        (">> a \n> b", False, ">> a \n> b"),
        ("a \n-- \nsig", False, "a \n-- \nsig"),
        (" >not a quote\n From me", False, ">not a quote\nFrom me"),
        ("last ", False, "last "),
    ],
)
def test_flowed_text(flowed: str, delsp: bool, text: str) -> None:
    assert unflow(flowed, delsp=delsp) == text


@pytest.mark.parametrize(
    "row", ['<td><a href="https://a.example/1">one</a></td><td>two</td>', "<td><b>one</b> </td><td><img alt=two></td>"]
)
def test_what_parts_cells_comes_out_the_same_at_once(row: str) -> None:
    """A second pass over the whole tree, only because of a space, costs a newsletter half as much again."""
    tree = html.parse(f"<table><tr>{row}</tr><tr>{row}</tr></table>")
    written = html._cleaned(html._seen(tree, frozenset()).html)
    assert html.again_sanitised(written, frozenset()) == written
