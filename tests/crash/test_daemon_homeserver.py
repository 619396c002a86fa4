"""The homeserver dies, or is not there yet: mail is taken all the same, and shown once when it is back (I1, I2, I8)."""

import pytest

from tests.crash.faults_office import start
from tests.crash.faults_stream import Stream
from tests.journey.office import Office


async def test_the_homeserver_is_killed_under_a_stream_of_mail(lonely: Office) -> None:
    await start(lonely)
    stream = Stream(lonely, conversations=4, each=5)
    stream.begin()
    await stream.taken(6)
    await lonely.synapse.homeserver.kill()
    await stream.all_taken()
    await lonely.synapse.homeserver.start()
    await stream.shown_once_in_order()


@pytest.mark.parametrize("mode", ["bot"], indirect=True)  # the mode makes no difference
async def test_mail_that_comes_before_the_homeserver_is_shown_later(lonely: Office) -> None:
    await lonely.synapse.homeserver.kill()
    await start(lonely)
    stream = Stream(lonely, conversations=2, each=3)
    stream.begin()
    await stream.all_taken()
    await lonely.synapse.homeserver.start()
    await stream.shown_once_in_order()
