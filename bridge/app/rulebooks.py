"""Compiles the rules that the settings name, and the planner's surroundings that go with them."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from bridge.config import Settings
from bridge.core.ids import Seed
from bridge.core.lookalikes import faces
from bridge.core.ports import Rulebook
from bridge.core.setup import Setup
from bridge.core.verdicts import UNNAMED
from bridge.routing import Compiled, Facts, compile_rules

CURE = "pip install 'matrix-mailroom[encryption]', where the bridge is installed"
"""How to have what encryption needs."""


def facts_of(settings: Settings, server: str = "") -> Facts:
    """What the settings say that rules are held against.

    `server`: the homeserver's name, when it is known; a bot's user id tells it too.
    """
    return Facts(
        accounts=frozenset(settings.accounts),
        identities=settings.identities if settings.submission else None,
        authserv=_trusted(settings),
        spam_headers=settings.spam_headers,
        now=time.time(),
        server=server or (settings.homeserver.user or "").partition(":")[2],
        admin_room=settings.admin_room,
        admins=settings.admins,
        cannot_encrypt="" if find_spec("vodozemac") else CURE,
    )


def _trusted(settings: Settings) -> frozenset[str]:
    unnamed = [UNNAMED] if settings.authserv_unnamed else []
    return frozenset((*(name.casefold() for name in settings.authserv), *unnamed))


def compile_for(settings: Settings, server: str = "", directory: Path | None = None) -> Compiled:
    """The rulebook of the settings' rules directory, or of another one held against the same settings.

    `server`: the homeserver's name, when it is known.
    """
    return compile_rules(directory or settings.rules, facts=facts_of(settings, server))


def setup_maker(settings: Settings, seed: Seed, bot: str) -> Callable[[Rulebook], Setup]:
    """Makes the setup that belongs to a rulebook."""

    def setup_for(rulebook: Rulebook) -> Setup:
        triage = rulebook.scope("unmatched")
        assert triage is not None, "every rulebook has the scope unmatched"
        domains = frozenset(domain.lower() for domain in settings.own_domains)
        return Setup(
            seed=seed,
            bot=bot,
            outbound=settings.outbound,
            own_domains=domains,
            own=rulebook.own(),
            staff=rulebook.people(),
            triage=triage,
            admin_room=settings.admin_room,
            admins=settings.admins,
            identities=settings.identities,
            authserv=_trusted(settings),
            faces=faces(rulebook.colleagues(), domains or {key.rpartition("@")[2] for key in rulebook.own()}),
        )

    return setup_for
