"""What nobody was meant to see is not shown, and what was meant is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mail.html import sanitise
from bridge.mail.html_colours import close, colour
from bridge.mail.html_hidden import Sheet, declarations

GONE = [
    "<div style='display:none!important'>PRE</div>",
    "<div style='color:red;DISPLAY:NONE'>PRE</div>",
    "<span style='visibility:hidden'>PRE</span>",
    "<div style='opacity:0'>PRE</div>",
    "<div style='opacity: 0.0'>PRE</div>",
    "<div style='opacity:0%'>PRE</div>",
    "<div style='max-height:0px;overflow:hidden'>PRE</div>",
    "<div style='height:0;overflow:hidden'>PRE</div>",
    "<div style='width:0px; overflow:hidden'>PRE</div>",
    "<div style='line-height:0;overflow:hidden'>PRE</div>",
    "<div style='display:none;mso-hide:all;max-height:0'>PRE</div>",
    "<div style='font-size:0'>PRE</div>",
    "<div style='font-size:1px;line-height:1px'>PRE</div>",
    "<div style='font-size:0'><b style='font-size:1em'>PRE</b></div>",
    "<div style='font:0/0 a'>PRE</div>",
    "<div style='position:absolute;left:-9999px'>PRE</div>",
    "<div style='position:absolute;clip:rect(0 0 0 0)'>PRE</div>",
    "<div style='clip-path:inset(50%)'>PRE</div>",
    "<div style='transform:scale(0)'>PRE</div>",
    "<div style='color:transparent'>PRE</div>",
    "<div hidden>PRE</div>",
    "<div style='color:#ffffff'>PRE</div>",  # on the white that every program starts with
    "<font color=white>PRE</font>",
    "<div style='background:#000'><span style='color:#000000'>PRE</span></div>",
    "<table bgcolor='#1a1a1a'><tr><td style='color:#1b1b1b'>PRE</td></tr></table>",
    "<table><tr bgcolor=222222><td><p><font color='#222'>PRE</font></p></td></tr></table>",
    "<div style='background-color:rgb(240,240,240)'><i style='color:rgb(241, 241, 241)'>PRE</i></div>",
    "<style>.preheader{display:none !important}</style><div class='x preheader'>PRE</div>",
    "<style>#pre, td.pre { font-size:0px }</style><div id=pre>PRE</div>",
    "<style>/* a */ @import url(x); .h { visibility : hidden }</style><div class=h>PRE</div>",
    "<style>.btn:hover{background:#00f} .x .y{background:#00f}</style><div style='color:#fff'>PRE</div>",
    "<style>.w{color:#fff}</style><div class=w>PRE</div>",
    "<style>.a{display:block}.a{display:none}</style><div class=a>PRE</div>",
    "<style>p.imp{display:none!important}</style><p class=imp style='display:block'>PRE</p>",
    "<style>.a{display:none}.m .a{display:none}@media (max-width:600px){.a{display:block}}</style><p class=a>PRE</p>",
    "<style>@media (prefers-color-scheme:dark){.a{display:block!important}}.a{display:none}</style><p class=a>PRE</p>",
    "<style>.a{display:block}p.a{display:none}</style><p class=a>PRE</p>",
    "<style>.b{content:'\\201C'}.a{display:none}</style><p class=a>PRE</p>",
]

SEEN = [
    "<div style='opacity:0.5'>PRE</div>",
    "<div style='font-size:0'><b style='font-size:14px'>PRE</b></div>",  # a gap between columns, closed
    "<td style='font-size:0'><table><tr><td style='font-size:12px'>PRE</table>",
    "<div style='visibility:hidden'><b style='visibility:visible'>PRE</b></div>",
    "<div style='line-height:0'>PRE</div>",
    "<div style='height:0'>PRE</div>",  # flows out of its box
    "<div style='text-indent:-10px'>PRE</div>",
    "<div style='display:none;display:block'>PRE</div>",
    "<a href='https://x.example' style='display:inline-block;mso-hide:all'>PRE</a>",  # hidden from Word alone
    "<div style='color:#fff;background:#000'>PRE</div>",
    "<table background='https://x.example/hero.jpg'><tr><td style='color:#fff'>PRE</table>",
    "<div style='background-image:url(hero.jpg)'><h1 style='color:#ffffff'>PRE</h1></div>",
    "<div style='background:linear-gradient(red,blue)'><h1 style='color:#fff'>PRE</h1></div>",
    "<style>table td .dark{background:#000}</style><div class=dark style='color:#fff'>PRE</div>",
    "<style>table .btn a, .x td.dark{background:#00f}</style><table bgcolor='#fff'><tr><td class='dark'>"
    "<font color=white>PRE</font></table>",
    "<style>.body > p{background:#000}</style><div style='background:#fff'><p style='color:#fff'>PRE</p></div>",
    "<style>*{background:#000}</style><div style='color:#fff'>PRE</div>",
    "<style>[data-x]{background:#000}</style><div style='color:#fff'>PRE</div>",
    "<style>.dark{background:#000}</style><div class=dark><p style='color:#fff'>PRE</p></div>",
    "<style>@media (max-width:600px){.m{display:none}}</style><div class=m>PRE</div>",
    "<style>@media print{.a{display:none}.b{display:none}} .c{color:red}</style><div class=b>PRE</div>",
    "<div style='background:#fff'><a href='https://x.example' style='color:inherit'>PRE</a></div>",
    "<div style='color:#eeeeee'>PRE</div>",  # pale, but there
    "<div style='color:var(--text)'>PRE</div>",
    "<div style='font-size:x-small'>PRE</div>",
    "<div style='font:bold 12px Arial'>PRE</div>",
    "<div style='text-indent:-9999px'>x<br>PRE</div>",  # it moves one line away
    "<div style='max-height:0'>PRE</div>",
    "<span style='height:0;overflow:hidden'>PRE</span>",  # only boxes have a height
    "<table><tr><td style='height:0;overflow:hidden'>PRE</table>",
    "<div style='height:1%;overflow:hidden'>PRE</div>",
    "<div style='height:0;min-height:2em;overflow:hidden'>PRE</div>",
    "<div style='height:0;padding:20px;overflow:hidden'>PRE</div>",
    "<div style='position:absolute;clip:rect(0px,900px,900px,0px)'>PRE</div>",
    "<div style='opacity:0px'>PRE</div>",
    "<div style='font-size:-5px'>PRE</div>",
    "<div style='font-size:0;font:14px Arial'>PRE</div>",
    "<div style='font-size:1px'><p style='font-size:16em'>PRE</p></div>",
    "<div style='display:none;all:revert'>PRE</div>",
    "<div style='dis/**/play:none'>PRE</div>",
    "<div style=\"font-family:'a;display:none;b'\">PRE</div>",
    "<div style='background:url(a;display:none;b)'>PRE</div>",
    "<div style='x:{;display:none'>PRE</div>",
    f"<div style='display:none;{'a:b;' * 1500}display:block'>PRE</div>",
    "<div hidden style='display:block'>PRE</div>",
    "<div style='color:transparent'><p style='color:#000'>PRE</p></div>",
    "<div style='color:transparent;text-shadow:0 0 0 #000'>PRE</div>",
    "<div style='color:#fff;text-shadow:0 0 2px #000'>PRE</div>",
    "<div style='color:#fff;box-shadow:inset 0 0 0 99px #000'>PRE</div>",
    "<div style='background-color:#fff;background:#000;color:#fff'>PRE</div>",
    "<img src=cid:a><div style='color:#fff;position:absolute;top:0'>PRE</div>",
    "<object data=x>PRE</object>",
    "<video src=x>PRE</video>",
    "<svg><text>PRE</text></svg>",
    "<math><mtext>PRE</mtext></math>",
    "<select><option>PRE</select>",
    "<textarea>PRE</textarea>",
]

RULES = [
    "{hide}.a{{display:block}}",
    "p.a{{display:block}}{hide}",
    "#i{{display:block}}{hide}",
    ".b{{display:block}}.b{{color:red}}",
    "{hide}.b{{display:block}}",
    "{hide}div .a{{display:block}}",
    "{hide}[class]{{display:block}}",
    "{hide}.a:not(:hover){{display:block}}",
    "{hide}.a:not(.q .z){{display:block}}",
    "{hide}@media screen{{.a{{display:block}}}}",
    "{hide}@media (min-width:1px){{.a{{display:block!important}}}}",
    "{hide}@media (max-width:99999px){{.a{{display:block}}}}",
    "{hide}@supports (display:block){{.a{{display:block}}}}",
    "{hide}.a{{all:unset}}",
    ".a,{{display:none}}",
    ".a,p:bogus{{display:none}}",
    ".a,3x{{display:none}}",
    ".A{{display:none}}",
    "foo;{hide}",
    "}}{hide}",
    ".z({hide})",
    ".z[{hide}]",
    ".z{{content:'}}{hide}'}}",
    ".z{{content:'\\'}}{hide}'}}",
    ".z{{background:url(x}}{hide})}}",
    ".z\\{{}}{hide}",
    "/* * }}{hide} */",
    "/*{pad}}}{hide}*/",
    ".a{{<!-- display:none}}",
    "@namespace 'x';{hide}",
    "{hide}{pad}.a{{display:block}}",
    "{hide}{many}.a{{display:block}}",
    ".z{{.y{{}}}}{hide}.z{{.a{{}} color:red}} .a{{.q{{}} display:block}}",
    "{hide}@media screen{{p{{background:#000}}}}",
]
"""Style sheets by which nothing is hidden from those who read the mail in a browser."""


@pytest.mark.parametrize("written", GONE)
def test_hidden_text_is_not_shown(written: str) -> None:
    assert "PRE" not in sanitise(f"<p>Dear Ann</p>{written}<p>Yours</p>")
    assert "Dear Ann" in sanitise(f"<p>Dear Ann</p>{written}<p>Yours</p>")


@pytest.mark.parametrize("written", SEEN)
def test_text_that_can_be_seen_is_shown(written: str) -> None:
    assert "PRE" in sanitise(f"<p>Dear Ann</p>{written}<p>Yours</p>")


@pytest.mark.parametrize("rules", RULES)
def test_a_style_sheet_hides_only_what_browsers_hide(rules: str) -> None:
    hide = ".a{color:#fff}" if "background" in rules else ".a{display:none}"
    css = rules.format(hide=hide, pad="/* long */" * 20_001, many=".z{}" * 4_001)
    assert "PRE" in sanitise(f"<p>Dear Ann</p><style>{css}</style><p class='b a' id=i>PRE</p>")


@pytest.mark.parametrize(
    "sheet",
    [
        "<style media=print>.a{display:none}</style>",
        "<style media='screen and (max-width: 480px)'>.a{display:none}</style>",
        "<style type='text/x'>.a{display:none}</style>",
        "<template><style>.a{display:none}</style></template>",
        "<xmp><style>.a{display:none}</style></xmp>",
        "<style>.a{display:none}</style><style media='(min-width:1px)'>.a{display:block}</style>",
    ],
)
def test_a_style_sheet_for_others_hides_nothing(sheet: str) -> None:
    assert "PRE" in sanitise(f"<p>Dear Ann</p>{sheet}<p class=a>PRE</p>")


def test_of_very_many_classes_none_hides() -> None:
    many = " ".join(f"c{number}" for number in range(30))
    css = "<style>.c1{display:none}.c29{display:block}</style>"
    assert "PRE" in sanitise(f"<p>Dear Ann</p>{css}<p class='{many}'>PRE</p>")


@pytest.mark.parametrize("written", GONE)
def test_hiding_everything_cannot_have_been_meant(written: str) -> None:
    assert "PRE" in sanitise(written)


def test_hiding_most_of_a_mail_by_its_colour_cannot_have_been_meant() -> None:
    letter = "All that this letter has to say. " * 20
    assert letter.strip() in sanitise(f"<div style='color:#fff'>{letter}</div><p>Footer</p>")
    kept = sanitise(f"<div style='color:#fff'>{letter}</div><p style='display:none'>PRE</p><p>Footer</p>")
    assert letter.strip() in kept
    assert "PRE" not in kept


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("#FFF", (255, 255, 255)),
        ("00ff00", (0, 255, 0)),
        ("rgb( 1, 2, 3 )", None),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("rgba(1,2,3,1)", (1, 2, 3)),
        ("rgba(1,2,3,0.2)", None),
        ("#00000080", None),
        ("White", (255, 255, 255)),
        ("papayawhip", None),
        ("", None),
    ],
)
def test_colours(written: str, value: tuple[int, int, int] | None) -> None:
    assert colour(written) == value


def test_colours_that_nobody_tells_apart() -> None:
    assert close((255, 255, 255), (250, 250, 250))
    assert not close((255, 255, 255), (238, 238, 238))


@given(st.text(alphabet="abc{}@;:!.#,/* \n-()0px%", max_size=200))
def test_no_style_sheet_breaks_the_reading(css: str) -> None:
    sheet = Sheet(css)
    sheet.style("p", {"class": "a b", "style": css})
    declarations(css)
    assert "x" in sanitise(f"<style>{css}</style>x") or "<" in css
