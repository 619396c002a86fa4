"""The real command, ended at any moment and started again: nothing lost, doubled or out of order (I1, I2, I5, I11)."""

import asyncio
import os
import random
import resource
import signal
import smtplib
import subprocess
import sys

import pytest

from bridge.demo.process import LOOPBACK
from tests.crash.faults_office import insist, start
from tests.crash.faults_stream import Stream, quiet
from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.waiting import eventually

MAILS = 100
in_bot_mode = pytest.mark.parametrize("mode", ["bot"], indirect=True)  # where the mode makes no difference
in_appservice_mode = pytest.mark.parametrize("mode", ["appservice"], indirect=True)


@in_appservice_mode
@pytest.mark.timeout(300)
async def test_killed_again_and_again_under_a_stream_of_mail(make_office: MakeOffice) -> None:
    office = await make_office()
    await start(office)
    stream = Stream(office, conversations=10, each=MAILS // 10)
    stream.begin()
    dice = random.Random(7)
    for count in sorted(dice.sample(range(1, MAILS), 4)):
        await stream.taken(count)
        await asyncio.sleep(dice.uniform(0, 0.3))  # any moment will do
        office.kill()
        await start(office)
    await stream.all_taken()
    await stream.shown_once_in_order()


@in_bot_mode
async def test_told_to_stop_under_load_it_ends_well_and_goes_on_later(make_office: MakeOffice) -> None:
    office = await make_office()
    await start(office)
    stream = Stream(office, conversations=5, each=8)
    stream.begin()
    await stream.taken(12)
    pid = pid_of(office)
    os.kill(pid, signal.SIGTERM)
    await eventually(lambda: office.process is None or office.process.pid is None, within=20)
    assert "mailroom stops" in office.log
    assert "Traceback" not in office.log
    await start(office)
    await stream.all_taken()
    await stream.shown_once_in_order()


@in_bot_mode
async def test_a_full_disk_refuses_mail_for_now_and_loses_none(make_office: MakeOffice) -> None:
    """No octet can be written (RLIMIT_FSIZE): large mail gets 452, small mail some 4xx, and both come again."""
    office = await make_office()
    await start(office)
    pid = pid_of(office)
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    large = office.mail("Large", "Number 0\n" + "x" * 60 + "\n" * 400_000)
    small = office.mail("Small", "Number 0")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    assert refused(office, large) == 452
    assert 400 <= refused(office, small) < 500
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    await asyncio.to_thread(insist, office.smtp_port, [large, small], office.customer_address, office.support)
    assert pid_of(office) == pid, "it lives on"
    for name in ("Large", "Small"):
        room = await office.room_named(name)
        await office.message_with(room, "Number 0")
        await quiet(office)
        assert await office.count(room, "Number 0") == 1


def pid_of(office: Office) -> int:
    """The daemon, which must run."""
    assert office.process is not None
    assert office.process.pid is not None
    return office.process.pid


def refused(office: Office, message: object) -> int:
    """The code with which a mail is refused."""
    with pytest.raises(smtplib.SMTPDataError) as told:
        office.submit(message)
    return int(told.value.smtp_code)


@in_bot_mode
async def test_a_second_daemon_refuses_in_one_line(make_office: MakeOffice) -> None:
    office = await make_office()
    await start(office)
    argv = [sys.executable, "-m", "bridge", "--config", str(office.folder / "mailroom.yaml"), "run"]
    second = await asyncio.to_thread(subprocess.run, argv, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert "another mailroom" in second.stderr
    assert "Traceback" not in second.stderr
    with smtplib.SMTP(LOOPBACK, office.smtp_port, timeout=20) as client:
        assert client.noop()[0] == 250, "the first one works on"
