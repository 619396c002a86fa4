"""Plays the story on a world and tells it line by line; leaves no process behind, however it ends.

What it prints is for people: plain lines, with colour on a terminal only.
"""

import asyncio
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bridge.demo.files import PASSWORD
from bridge.demo.process import LOOPBACK
from bridge.demo.story import Step, Story
from bridge.demo.world import Broken, Ports, World

INTERRUPTED = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def play(folder: Path, ports: Ports, *, once: bool) -> int:
    """Play in `folder`. Returns the exit status: 0 all held, 1 something did not, 130 interrupted before the end."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal without these characters still tells the story
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of a deprecation of its own
    return asyncio.run(_play(World(folder, ports), once=once))


async def _play(world: World, *, once: bool) -> int:
    """The signals end only the acting; the cleaning up is never interrupted."""
    acting = asyncio.create_task(_act(world, once=once))
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, acting.cancel)
    status = INTERRUPTED
    try:
        status = await acting
    except asyncio.CancelledError:
        _say("\nEnding …")
    finally:
        await world.close()
    return status


async def _act(world: World, *, once: bool) -> int:
    story = Story(world)
    steps: tuple[Step, ...] = (
        ("The homeserver starts: Synapse, with Mailroom registered as an application service", world.start_homeserver),
        ("The mail servers start: mailboxes over IMAP, and one that sends", world.start_mail),
        ("Mailroom starts", world.start_daemon),
        *story.steps(),
    )
    try:
        world.prepare()
    except Broken as error:
        _say(f"{_red('✗')} {error}")
        return 2
    _say(f"Mailroom, played on this machine. Everything lives in {world.folder}, new at each start.\n")
    for number, (title, deed) in enumerate(steps, 1):
        _say(f"{number}/{len(steps)}  {title}")
        if not await _held(deed):
            _say(f"     The logs: {world.home}/daemon.log, {world.folder}/homeserver/, {world.folder}/mailboxes/")
            return 1
    _say(f"\nAll {len(steps)} steps held.")
    if once:
        return 0
    _say(_closing_words(world))
    return await _stay(world)


async def _held(deed: Callable[[], Awaitable[str]]) -> bool:
    began = time.monotonic()
    try:
        seen = await deed()
    except Exception as error:  # whatever it is, the step did not hold, and a person reads why
        words = str(error) if isinstance(error, Broken) else f"{type(error).__name__}: {error}"
        _say(f"     {_red('✗')} {words}")
        return False
    first, *more = seen.splitlines()
    _say(f"     {_green('✓')} {first} " + _dim(f"({time.monotonic() - began:.1f} s)"))
    for line in more:
        _say(f"       {line}")
    return True


async def _stay(world: World) -> int:
    """Until Ctrl-C; ends with 1 when a server ends first."""
    try:
        while True:
            world.check()
            await asyncio.sleep(1)
    except Broken as error:
        _say(f"{_red('✗')} {error}")
        return 1
    except asyncio.CancelledError:
        _say("\nEnding …")
        return 0


def _closing_words(world: World) -> str:
    ports, home = world.ports, world.home
    return f"""
The playground stays open until Ctrl-C. Every password is {PASSWORD!r}.

Chat      Any Matrix client: homeserver {world.homeserver.url}, user ann or bob.
          In Element: Sign in, Edit the homeserver, "Other homeserver", that address.
          Reply to a mail in its room and it is sent; what is no reply stays a note.
Mail      {_by_hand(ports.smtp)}
          Answers lie in the customers' mailboxes, IMAP at {LOOPBACK}:{ports.imap}, users anna and ben; and
          through {world.submission.url} (the same users) they write to support@corp.example and sales@corp.example.
Rules     {home}/rules/office.yaml
          Change it and save: it is read again at once.
Settings  {home}/mailroom.yaml
Ask       {sys.executable} -m bridge --config {home}/mailroom.yaml status
          (or: check, queue list, rules check; --help lists all)
Log       {home}/daemon.log
"""


def _by_hand(port: int) -> str:
    """A command that sends a mail, with what this machine has."""
    head = "From: Anna Lund <anna@client.example>\\nTo: sales@corp.example\\nSubject: Hello\\n\\nIs anybody there?\\n"
    if shutil.which("curl"):
        route = f"smtp://{LOOPBACK}:{port} --mail-from anna@client.example --mail-rcpt sales@corp.example"
        return f"printf '{head}' |\n            curl -sS {route} -T -"
    code = f'import smtplib; smtplib.SMTP("{LOOPBACK}", {port}).sendmail("anna@client.example", '
    return f"""{sys.executable} -c '{code}\n            "sales@corp.example", "{head}")'"""


def _say(text: str) -> None:
    print(text, flush=True)


def _coloured(text: str, code: str) -> str:
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if plain else f"\033[{code}m{text}\033[0m"


def _green(text: str) -> str:
    return _coloured(text, "32")


def _red(text: str) -> str:
    return _coloured(text, "31")


def _dim(text: str) -> str:
    return _coloured(text, "2")
