"""An office whose daemon can be killed at any step, in both modes."""

from collections.abc import AsyncIterator

import pytest

from tests.crash.faults_office import Mortal
from tests.journey import conftest as journey
from tests.journey.conftest import MakeOffice

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
