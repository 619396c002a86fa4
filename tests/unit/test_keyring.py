"""Keys cost nothing before they are needed, and leave nothing behind where they cannot be."""

import subprocess
import sys
from pathlib import Path

import pytest

from bridge.chat.client import Wire
from bridge.chat.keyring import Keyring
from bridge.core.errors import CannotEncrypt, Permanent, Transient
from bridge.core.ports import Health


class Told(list[Health]):
    """What the journal was told."""

    async def __call__(self, health: Health) -> None:
        self.append(health)


async def refused(_: str) -> Wire:
    raise Permanent("no device for you")


def test_nothing_of_encryption_is_imported_before_a_room_is_encrypted() -> None:
    heavy = "{'nio', 'vodozemac', 'peewee', 'Crypto', 'bridge.chat.olm', 'bridge.chat.crosssigning'}"
    look = f"import sys, bridge.app.daemon, bridge.app.doctor; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_who_may_not_speak_leaves_no_file_of_keys(tmp_path: Path) -> None:
    file = tmp_path / "encryption.db"
    keys = Keyring(file, "secret", refused, Told())
    for _ in range(2):
        with pytest.raises(Permanent, match="no device for you"):
            await keys.wake()
    assert not file.exists()
    assert not keys.woken.is_set()
    await keys.aclose()


async def test_without_its_packages_the_cure_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "bridge.chat.olm", None)
    told = Told()
    keys = Keyring(tmp_path / "encryption.db", "secret", refused, told)
    for _ in range(2):
        with pytest.raises(CannotEncrypt, match=r"pip install 'matrix-mailroom\[encryption\]'"):
            await keys.wake()
    assert [(health.name, health.state) for health in told] == [("encryption", "failed")], "told once"
    assert keys.trouble in told[0].detail
    await keys.aclose()


async def test_where_no_keys_are_kept_there_are_none() -> None:
    keys = Keyring(None, "secret", refused, Told())
    with pytest.raises(Permanent):
        await keys.wake()
    await keys.aclose()


async def test_a_damaged_file_of_keys_is_told_of_and_stops_nothing_else(tmp_path: Path) -> None:
    file, told = tmp_path / "encryption.db", Told()
    file.write_bytes(b"no database " * 1_000)
    keys = Keyring(file, "secret", refused, told)
    with pytest.raises(CannotEncrypt, match="cannot be kept"):
        await keys.wake()
    assert [health.state for health in told] == ["failed"]
    await keys.aclose()


async def test_a_homeserver_that_is_away_is_no_trouble_of_the_keys(tmp_path: Path) -> None:
    async def away(_: str) -> Wire:
        raise Transient("away", peer_down=True)

    keys = Keyring(tmp_path / "encryption.db", "secret", away, told := Told())
    with pytest.raises(Transient, match="away"):
        await keys.wake()
    assert not keys.trouble
    assert not told
    await keys.aclose()
