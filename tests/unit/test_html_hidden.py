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
    "<div style='text-indent:-9999px'>PRE</div>",
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
]


@pytest.mark.parametrize("written", GONE)
def test_hidden_text_is_not_shown(written: str) -> None:
    assert "PRE" not in sanitise(f"<p>Dear Ann</p>{written}<p>Yours</p>")
    assert "Dear Ann" in sanitise(f"<p>Dear Ann</p>{written}<p>Yours</p>")


@pytest.mark.parametrize("written", SEEN)
def test_text_that_can_be_seen_is_shown(written: str) -> None:
    assert "PRE" in sanitise(f"<p>Dear Ann</p>{written}<p>Yours</p>")


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
