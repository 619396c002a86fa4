"""Secrets are read when they are needed, from a file or a command, and errors never show them."""

import sys
from pathlib import Path

import pytest

from bridge.config.login import Command, Credential
from bridge.core.errors import Permanent, Transient


def from_file(path: Path) -> Credential:
    return Credential("eva", "auto", file=path)


def from_command(*argv: str, cwd: Path = Path()) -> Credential:
    return Credential("eva", "xoauth2", command=Command(argv, cwd))


async def test_the_first_line_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "pass"
    path.write_bytes(b" pass word \r\nsecond line\n")
    path.chmod(0o600)
    assert await from_file(path).secret() == " pass word "


async def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pass"
    path.write_text("hunter2")
    path.chmod(0o644)
    with pytest.raises(Permanent, match="chmod 600") as refused:
        await from_file(path).secret()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
async def test_a_file_without_a_secret_is_permanent(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pass"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Permanent):
        await from_file(path).secret()


async def test_a_missing_file_is_permanent(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="cannot be read"):
        await from_file(tmp_path / "none").secret()


async def test_a_command_is_run_without_a_shell_in_the_settings_directory(tmp_path: Path) -> None:
    words = "import os, sys; print(os.getcwd() + sys.argv[1])"
    secret = await from_command(sys.executable, "-c", words, "; echo $HOME", cwd=tmp_path).secret()
    assert secret == f"{tmp_path}; echo $HOME"


async def test_a_command_that_fails_is_tried_again_and_its_output_does_not_show() -> None:
    words = "import sys; print('hunter2'); print('hunter2', file=sys.stderr); sys.exit(3)"
    with pytest.raises(Transient, match="exit status 3") as failed:
        await from_command(sys.executable, "-c", words).secret()
    assert "hunter2" not in str(failed.value)


async def test_a_command_that_is_not_there_is_permanent() -> None:
    with pytest.raises(Permanent, match="cannot be run"):
        await from_command("/no/such/program").secret()
