"""A link shows where it leads when its text says another place."""

import pytest

from bridge.mail.html import sanitise
from bridge.mail.html_links import link, note
from bridge.mail.plain import from_html


@pytest.mark.parametrize(
    ("text", "target", "host"),
    [
        ("bank.example", "https://evil.example/login", "evil.example"),
        ("https://bank.example/login", "https://evil.example/login", "evil.example"),
        ("www.bank.example", "http://203.0.113.9/", "203.0.113.9"),
        ("Log in at https://www.bank.example now", "https://evil.example", "evil.example"),
        ("Log in at bank.example now", "https://evil.example", "evil.example"),
        ("bank.example", "https://bank.example.evil.example/", "bank.example.evil.example"),
        ("bank.example", "https://notbank.example/", "notbank.example"),
        ("https://bank.example@evil.example/", "https://evil.example/", "evil.example"),
        ("https://bank.example:x@evil.example/", "https://evil.example/", "evil.example"),
        ("https://bank.example", "https://bаnk.example/", "xn--bnk-6cd.example"),  # a Cyrillic а
        ("click", "https://bаnk.example/", "xn--bnk-6cd.example"),
        ("bаnk.example", "https://bаnk.example/", "xn--bnk-6cd.example"),
        ("ваnк。example", "https://evil.example/", "evil.example"),
        ("bank\u200b.example", "https://evil.example/", "evil.example"),
        ("ann@bank.example", "mailto:ann@evil.example", "evil.example"),
        ("ann@bank.example", "https://evil.example/", "evil.example"),
        ("bank.example [→ bank.example]", "https://evil.example/", "evil.example"),
        ("BANK.EXAMPLE:443/path", "https://evil.example:8443/", "evil.example"),
        ("https://bank.example/a", "https://urldefense.com/v3/__https://evil.example/a__;!!x!y$", "urldefense.com"),
        ("bank.example", "https://evil.example/url?q=https://bank.example/", "evil.example"),
        (
            "https://bank.example/",
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2F&data=1",
            "eur01.safelinks.protection.outlook.com",
        ),
    ],
)
def test_another_target_is_told(text: str, target: str, host: str) -> None:
    assert note(text, target) == f" [→ {host}]"
    assert note(text + note(text, target), target) == ""


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("read more", "https://go.news.example/?u=1"),
        ("bank.example", "https://www.bank.example/"),
        ("www.bank.example", "https://bank.example/"),
        ("bank.example/offers", "https://click.bank.example/x"),
        ("https://shop.bank.example", "https://bank.example"),
        ("ann@bank.example", "mailto:ann@bank.example?subject=x"),
        ("München: münchen.example", "https://münchen.example/"),
        ("почта", "https://почта.example/"),
        ("report.pdf", "https://files.example/report.pdf"),
        ("See report.final now", "https://files.example/"),
        ("e.g. this", "https://files.example/"),
        ("v1.2.3", "https://files.example/"),
        ("5.00 EUR", "https://files.example/"),
        (
            "https://bank.example/",
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fbank.example%2F&data=1",
        ),
        ("https://bank.example/a", "https://urldefense.com/v3/__https://bank.example/a__;!!x!y$"),
        ("https://bank.example/a", "https://urldefense.proofpoint.com/v2/url?u=https-3A__bank.example_a&d=x"),
        ("bank.example", "https://www.google.com/url?q=https://bank.example/&sa=D"),
        ("", "https://files.example/"),
    ],
)
def test_what_agrees_or_names_nothing_is_left_alone(text: str, target: str) -> None:
    assert note(text, target) == ""


def test_the_true_target_stands_in_the_html_once() -> None:
    shown = sanitise("<p>Go to <a href='https://evil.example/x'><b>bank</b>.example</a>!</p>")
    assert shown == '<p>Go to <a href="https://evil.example/x"><b>bank</b>.example [→ evil.example]</a>!</p>'
    assert sanitise(shown) == shown
    forged = sanitise("<a href='https://evil.example/'>bank.example<i style='display:none'> [→ evil.example]</i></a>")
    assert forged == '<a href="https://evil.example/">bank.example [→ evil.example]</a>'


def test_a_name_before_the_host_is_not_taken_for_it() -> None:
    assert link("https://bank.example@evil.example/x?a@b") == "https://evil.example/x?a@b"
    assert link("https://bank.example%40evil.example/") == ""
    assert link("https://@/") == ""


PICTURE = "<img src='https://cdn.example/a.png' width=600>"


@pytest.mark.parametrize(
    ("written", "shown", "text"),
    [
        (
            f"<p>Hi <a href='https://shop.example/sale?x=1'>{PICTURE}</a></p>",
            '<p>Hi <a href="https://shop.example/sale?x=1">[shop.example]</a></p>',
            "Hi [shop.example] <https://shop.example/sale?x=1>",
        ),
        (
            "<table><tr><td><a href='https://go.news.example/u/1'><div><img src='cid:gone' alt=' '></div></a></td></tr>"
            "</table>",
            '<div><a href="https://go.news.example/u/1">[go.news.example]</a></div>',
            "[go.news.example] <https://go.news.example/u/1>",
        ),
        (
            f"<a href='mailto:desk@corp.example'>{PICTURE}</a>",
            '<a href="mailto:desk@corp.example">[corp.example]</a>',
            "[corp.example] <desk@corp.example>",
        ),
    ],
)
def test_a_link_whose_picture_is_not_shown_stays_reachable(written: str, shown: str, text: str) -> None:
    assert sanitise(written) == shown
    assert from_html(shown) == text


@pytest.mark.parametrize(
    "written",
    [
        f"<a href='https://x.example/'>Our shop</a> <a href='https://x.example/'>{PICTURE}</a>",
        f"<a href='https://x.example/'>Our shop{PICTURE}</a>",
        f"<a href='https://x.example/'>Our shop</a><a href='javascript:x()'>{PICTURE}</a>",
        "<a href='https://x.example/'>Our shop</a><a href='https://y.example'><img src='//y.example/o' width=1></a>",
        f"<a href='https://x.example/'>Our shop</a><a href='https://y.example' style='display:none'>{PICTURE}</a>",
        "<a href='https://x.example/'>Our shop</a><a href='https://y.example'> </a>",
    ],
)
def test_a_link_is_shown_once_and_none_is_shown_for_what_nobody_sees(written: str) -> None:
    assert sanitise(written) == '<a href="https://x.example/">Our shop</a>'


def test_two_pictures_of_one_link_are_one_link() -> None:
    picture = f"<a href='https://x.example/'>{PICTURE}</a>"
    assert sanitise(picture + picture).count("x.example]") == 1
