"""An office whose daemon can be killed at any step, in both modes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.crash.faults_office import Mortal
from tests.journey import conftest as journey
from tests.journey.conftest import MakeOffice
from tests.journey.office import Mode, Office
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.servers.probe import Probe
from tests.servers.synapse import SynapseWithPool

mode = journey.mode
make_office = journey.make_office


@pytest.fixture
async def mortal(make_office: MakeOffice) -> AsyncIterator[Mortal]:
    """Its daemon lives. Answers leave at once."""
    mortal = Mortal(await make_office(hold="0s"))
    await mortal.live()
    yield mortal
    await mortal.close()
    print(f"starts took {min(mortal.starts):.2f} to {max(mortal.starts):.2f} s")  # shown with -s or a failure


@pytest.fixture
async def lonely(mode: Mode, short_path: Path, dovecot: Dovecot, postfix: Postfix) -> AsyncIterator[Office]:
    """An office with a homeserver of its own, which may be killed. Its daemon does not run yet."""
    own = SynapseWithPool(short_path / "own")
    await own.homeserver.start()
    people = [Probe.of(own.url, await own.register(name)) for name in ("mailbot", "ann", "bob")]
    folder = short_path / "office"
    folder.mkdir()
    bot, ann, bob = people
    office = Office(folder, mode, own, dovecot, postfix, await own.take(), bot=bot, ann=ann, bob=bob)
    yield office
    await office.close()
    for probe in people:
        await probe.close()
    await own.homeserver.stop()
    print(office.log)  # shown with a failure
