"""The rules with which a daemon or an import begins: those of the files, or those that were in force last."""

import logging
import time

from bridge.app.enacted import last_in_force
from bridge.app.reload import HEALTH
from bridge.app.rulebooks import compile_for
from bridge.config import Settings
from bridge.core.errors import Permanent
from bridge.core.ports import Health
from bridge.routing import Compiled, CompiledRulebook

log = logging.getLogger("mailroom.app")


def rulebook_or_refuse(settings: Settings, server: str = "") -> CompiledRulebook:
    """The rules as they are now. Raises Permanent with every problem when they have any."""
    compiled = compile_for(settings, server)
    for warning in compiled.warnings:
        log.warning("%s", warning)
    return or_refuse(compiled)


def or_refuse(compiled: Compiled) -> CompiledRulebook:
    """Its rulebook. Raises Permanent with every problem when there is none."""
    if compiled.rulebook is None:
        raise Permanent("\n".join(str(problem) for problem in compiled.problems))
    return compiled.rulebook


def rules_to_begin_with(settings: Settings, server: str = "") -> tuple[Compiled, Health | None]:
    """The rules as they are now; when they have problems, those that were in force last: a mistake in a file must not
    keep the daemon from starting again. Then with what to say of it; the reloader tells the admin room.
    """
    compiled = compile_for(settings, server)
    for warning in compiled.warnings:
        log.warning("%s", warning)
    last = last_in_force(settings, server) if compiled.rulebook is None else None
    if last is None:
        return compiled, None
    log.error("the rules have problems: the rulebook that was in force last goes on")
    words = f"the rules have problems, those that were in force last go on: {compiled.problems[0]}"
    return last, Health(HEALTH, "failed", words, time.time())
