"""Rendering mail: any input fits into events, says who wrote it, and notifies nobody unasked."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.chat.contents import alone, file, relate, told
from bridge.chat.limits import EVENT, PARTS, fits, octets, sound
from bridge.chat.names import Names
from bridge.chat.render import render
from bridge.core.addresses import Address
from bridge.core.decision import Notify
from bridge.core.effects import Show, Speaker, Tell
from bridge.core.ids import Seed
from bridge.core.mail import Part

NAMES = Names(Seed(b"0" * 16), "corp.example", "@mailroom:corp.example")
ANNA = Address("anna", "client.example", "Anna Berg")
MAIL = Show("k", "l", "r", "c", "x", "a", Speaker(ANNA), subject="", text="Hello")
MOST = 60_000


def test_plain_text_stays_plain() -> None:
    (content,) = render(MAIL, NAMES, None, {}).contents
    assert content == {"msgtype": "m.text", "body": "Hello", "m.mentions": {}, "org.matrix-mailroom.key": "k.0"}


def test_the_bot_names_the_sender_in_text_and_profile() -> None:
    (content,) = render(replace(MAIL, html="<p>Hello</p>"), NAMES, ANNA, {}).contents
    assert content["body"] == "Anna Berg (anna@client.example): Hello"
    bold = "<strong data-mx-profile-fallback>Anna Berg (anna@client.example): </strong>"
    assert content["formatted_body"] == bold + "<p>Hello</p>"
    assert content["com.beeper.per_message_profile"]["displayname"] == "Anna Berg (anna@client.example)"
    assert content["com.beeper.per_message_profile"]["has_fallback"] is True


@pytest.mark.parametrize("named", [None, ANNA])
def test_a_mail_that_says_nothing_says_so_whoever_speaks(named: Address | None) -> None:
    (content,) = render(replace(MAIL, text=" \n"), NAMES, named, {}).contents
    assert content["body"] == ("Anna Berg (anna@client.example): " if named else "") + "(empty message)"
    (content,) = render(replace(MAIL, text="", subject="Hi"), NAMES, named, {}).contents
    assert "(empty" not in content["body"]


def test_a_line_above_a_mail_bears_one_mark() -> None:
    banner = "It is forged.\n❌ Not delivered to kim@customer.example: there is no such mailbox."
    (content,) = render(replace(MAIL, banner=banner), NAMES, None, {}).contents
    assert content["body"].startswith("⚠ It is forged.\n❌ Not delivered to kim@customer.example:")


def test_markup_in_names_subjects_and_banners_is_text() -> None:
    show = replace(MAIL, subject="<h1>x</h1>", banner="<img src=x>\n\u202eevil", html="<p>y</p>")
    (content,) = render(show, NAMES, ANNA.named("<b>A</b>"), {}).contents
    markup = content["formatted_body"]
    assert "<h1>" not in markup
    assert "<img" not in markup
    assert "<b>A" not in markup
    assert "\u202e" not in json.dumps(content, ensure_ascii=False)


def test_images_are_ours_and_links_to_people_are_no_pills() -> None:
    markup = (
        '<img src="cid:a@b" alt="x"><img src="cid:gone">'
        '<a href="https://matrix.to/#/@ann:corp.example">Ann</a><a HREF="matrix:u/ann:corp.example">y</a>'
        '<a href="https://shop.example/">z</a>'
    )
    (content,) = render(replace(MAIL, html=markup), NAMES, None, {"a@b": "mxc://s/m", "evil": "https://x"}).contents
    made = content["formatted_body"]
    assert '<img src="mxc://s/m" alt="x">' in made
    assert "cid:" not in made
    assert "matrix.to" not in made
    assert "matrix:" not in made
    assert 'href="https://shop.example/"' in made


@pytest.mark.parametrize(
    ("notify", "kind", "mentions"),
    [
        (Notify("all"), "m.text", {}),
        (Notify("none", ("@ann:corp.example",)), "m.notice", {}),
        (Notify("mention", ("@ann:corp.example",)), "m.text", {"user_ids": ["@ann:corp.example"]}),
    ],
)
def test_loudness(notify: Notify, kind: str, mentions: dict[str, Any]) -> None:
    (content,) = render(replace(MAIL, notify=notify, text="@room @ann"), NAMES, None, {}).contents
    assert (content["msgtype"], content["m.mentions"]) == (kind, mentions)


def test_a_long_text_is_split_at_paragraphs_and_nothing_is_lost() -> None:
    paragraphs = [f"{n}: " + "x" * 900 for n in range(100)]
    rendered = render(replace(MAIL, text="\n\n".join(paragraphs)), NAMES, None, {})
    assert 1 < len(rendered.contents) <= PARTS
    assert rendered.full == ""
    assert "\n\n".join(content["body"] for content in rendered.contents).split("\n\n") == paragraphs


def test_only_the_first_of_several_mentions() -> None:
    show = replace(MAIL, text="wort " * 20_000, notify=Notify("mention", ("@ann:corp.example",)))
    first, *others = render(show, NAMES, None, {}).contents
    assert first["m.mentions"]
    assert others
    assert all(content["m.mentions"] == {} for content in others)


def test_a_huge_text_shows_its_head_and_leaves_the_whole_for_a_file() -> None:
    text = "line\n" * 100_000
    (head,) = (rendered := render(replace(MAIL, text=text), NAMES, None, {})).contents
    assert head["body"].endswith("(the full message is attached)")
    assert rendered.full == text.strip()


def test_html_over_the_limit_gives_way_to_the_text() -> None:
    (content,) = render(replace(MAIL, html="<p>" + "x" * 50_000 + "</p>"), NAMES, None, {}).contents
    assert content["body"] == "Hello"
    assert "formatted_body" not in content


def test_html_over_the_limit_without_text_is_attached() -> None:
    rendered = render(replace(MAIL, text="", html="<p>" + "word " * 20_000 + "</p>"), NAMES, None, {})
    assert "word word" in rendered.full


hostile = st.text(st.characters() | st.sampled_from('\x00\x01\x1f"\\<>&\ud800\u202e\U0001f600\n '), max_size=60)
sizes = st.integers(1, 3_000)


@settings(max_examples=80, deadline=None)
@given(hostile, hostile, hostile, hostile, sizes, st.booleans())
def test_every_event_is_under_the_limit(text: str, markup: str, subject: str, name: str, times: int, bot: bool) -> None:
    mention = Notify("mention", tuple(f"@{n}{'x' * 200}:corp.example" for n in range(100)))
    show = replace(MAIL, text=text * times, html=markup * times, subject=subject * times, banner=subject * times)
    named = ANNA.named(name * times) if bot else None
    rendered = render(replace(show, notify=mention), NAMES, named, {})
    assert rendered.contents
    assert len(rendered.contents) == len(render(replace(show, notify=mention), NAMES, None, {}).contents)
    for content in rendered.contents:
        assert len(json.dumps(sound(content), ensure_ascii=False).encode()) < MOST
        assert content["body"]
    tell = Tell("t", "l", "r", text=text * times, html=markup * times, mention=mention.people, edits="x")
    for edits in (None, "$" + "x" * 250):
        assert octets(told(tell, root="$r", edits=edits)) < MOST
    part = Part(0, name * times, text * times, 1, "")
    assert octets(file("k", part, 1, "mxc://s/m", NAMES, named)) < MOST


def test_a_thread_can_be_left_away_and_a_reply_stays() -> None:
    content = {"body": "x"}
    assert alone(content) is None
    assert alone(relate(content, "$root")) == content
    assert alone(relate(content, "$root", "$asked")) == relate(content, None, "$asked")
    assert alone(relate(content, None, "$asked")) is None


@pytest.mark.parametrize(
    ("declared", "kind", "shown"),
    [
        ("image/png", "m.image", "image/png"),
        ("image/svg+xml", "m.file", "image/svg+xml"),
        ("audio/ogg", "m.audio", "audio/ogg"),
        ("video/mp4", "m.video", "video/mp4"),
        ("text/html\r\nX: y", "m.file", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_type_says_if_that_is_safe(declared: str, kind: str, shown: str) -> None:
    content = file("k", Part(0, "a\u202egpj.exe", declared, 1, ""), 1, "mxc://s/m", NAMES, None)
    assert (content["msgtype"], content["info"]["mimetype"]) == (kind, shown)
    assert content["filename"] == "agpj.exe"


@given(
    st.text(st.sampled_from('a\n"\x00é𝄞\ud800'), max_size=30),
    st.integers(1, 3000),
    st.lists(st.text(max_size=20), max_size=5),
)
def test_whether_a_content_fits_is_told_as_its_octets_tell(text: str, times: int, people: list[str]) -> None:
    content = {"body": text * times, "msgtype": "m.text", "m.mentions": {"user_ids": people}}
    assert fits(content) == (octets(content) <= EVENT)


def test_a_content_on_the_edge_fits() -> None:
    around = octets({"body": ""})
    assert fits({"body": "a" * (EVENT - around)})
    assert not fits({"body": "a" * (EVENT - around + 1)})
    assert not fits({"body": "\x00" * ((EVENT - around) // 6 + 1)})
