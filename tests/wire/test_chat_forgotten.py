"""What the chat side remembers of ghosts is bounded, and who was forgotten only costs a few requests again."""

from dataclasses import replace

import pytest

from bridge.chat import speakers
from bridge.chat.connect import AppserviceSettings, connect_appservice
from bridge.chat.registration import generate
from bridge.core.addresses import Address
from bridge.core.effects import Speaker
from bridge.core.ids import Seed
from tests.fakes.homeserver import fake_homeserver
from tests.fakes.homeserver_world import a_mail


async def test_the_oldest_ghosts_are_forgotten_and_speak_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speakers, "_KNOWN", 2)
    settings = AppserviceSettings("", generate("http://127.0.0.1:1"))
    async with (
        fake_homeserver() as fake,
        connect_appservice(replace(settings, url=fake.url), Seed(b"s" * 16)) as connected,
    ):

        async def says_something(who: str) -> int:
            """How many requests it took."""
            fake.seen.clear()
            mail = replace(a_mail(who), speaker=Speaker(Address(who, "client.example", who), ghost=True))
            assert await connected.chat.show("!r", mail, root=None, images={})
            return len(fake.seen)

        assert await says_something("ann") > 1
        assert await says_something("bob") > 1
        assert [await says_something(who) for who in ("ann", "bob")] == [1, 1], "both are remembered"
        assert await says_something("cleo") > 1
        assert await says_something("bob") == 1
        assert await says_something("ann") > 1, "the oldest was forgotten, and speaks none the less"
