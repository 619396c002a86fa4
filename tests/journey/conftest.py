"""The office of a journey, in both modes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.journey.office import Mode, Office
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.servers.probe import Probe
from tests.servers.synapse import SynapseWithPool

MakeOffice = Callable[..., Awaitable[Office]]


@pytest.fixture(params=["appservice", "bot"])
def mode(request: pytest.FixtureRequest) -> Mode:
    """Every journey runs in both modes."""
    mode: Mode = request.param
    return mode


@pytest.fixture
async def make_office(
    mode: Mode,
    short_path: Path,
    synapse: SynapseWithPool,
    dovecot: Dovecot,
    postfix: Postfix,
    person: Callable[..., Awaitable[Probe]],
) -> AsyncIterator[MakeOffice]:
    """`await make_office(...)`: an office whose daemon does not run yet."""
    offices: list[Office] = []
    registration = await synapse.take() if mode == "appservice" else None
    said = {server.log: server.log.stat().st_size if server.log.exists() else 0 for server in (postfix, dovecot)}

    async def make(**more: Any) -> Office:
        people = {"bot": await person("mailbot"), "ann": await person("ann"), "bob": await person("bob")}
        folder = short_path / f"o{len(offices)}"
        folder.mkdir()
        offices.append(Office(folder, mode, synapse, dovecot, postfix, registration, **people, **more))
        return offices[-1]

    yield make
    for office in offices:
        await office.close()
        print(office.log)  # shown with a failure, and what the servers said meanwhile
    for log, before in said.items():
        print(log.read_bytes()[before:].decode(errors="replace") if log.exists() else "")


@pytest.fixture
async def office(make_office: MakeOffice) -> Office:
    """An office whose daemon runs."""
    made = await make_office()
    await made.start()
    return made


@pytest.fixture
async def alone(mode: Mode, short_path: Path, dovecot: Dovecot, postfix: Postfix) -> AsyncIterator[Office]:
    """An office with a homeserver of its own, which may be stopped; its daemon does not run yet."""
    synapse = SynapseWithPool(short_path / "hs")
    await synapse.homeserver.start()
    registration = await synapse.take() if mode == "appservice" else None
    people = {name: Probe.of(synapse.url, await synapse.register(name)) for name in ("bot", "ann", "bob")}
    office = Office(short_path, mode, synapse, dovecot, postfix, registration, **people)
    yield office
    await office.close()
    for probe in people.values():
        await probe.close()
    await synapse.homeserver.stop()
    print(office.log)
