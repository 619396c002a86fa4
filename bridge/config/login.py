"""How to log in: a user, and where its secret is. The secret itself is read when it is needed and never kept.

It stands in no repr, log line or exception; a command is run without a shell, its output is cut at 64 kB.
"""

import asyncio
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema, model_validator

from bridge.config.values import FilePath
from bridge.core.errors import Permanent, Transient
from bridge.yamldoc.types import Doc, Word, complaint

_LIMIT = 65_536
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Command:
    """A command and the directory it is run in (the settings file's). Its arguments may be secret: no repr."""

    argv: tuple[str, ...] = field(repr=False)
    cwd: Path


def _command(value: object, info: ValidationInfo) -> Command:
    try:
        argv = tuple(shlex.split(value)) if isinstance(value, str) else ()
    except ValueError:
        argv = ()
    if not argv:
        raise complaint("is no command", "write a program and its arguments; no shell reads them")
    return Command(argv, (info.context or {}).get("base", Path()))


CommandLine = Annotated[Command, PlainValidator(_command), WithJsonSchema({"type": "string"})]


@dataclass(frozen=True, slots=True)
class Credential:
    """What a login needs. `mechanism` "auto" is LOGIN or PLAIN by what the server offers."""

    user: str
    mechanism: Literal["auto", "login", "plain", "xoauth2", "oauthbearer"]
    file: Path | None = None
    command: Command | None = None

    async def secret(self) -> str:
        """The password or token, read anew. Raises Permanent (no such file), Transient (the command failed)."""
        if self.file is not None:
            return await asyncio.to_thread(read_secret, self.file)
        assert self.command is not None
        return await _run(self.command)


def read_secret(path: Path) -> str:
    """The first line of a file. Raises Permanent when it cannot be read, is empty, or others may read it."""
    try:
        mode = path.stat().st_mode
        if mode & 0o077:
            raise Permanent(f"{path} can be read by others: chmod 600 {path}")
        with path.open(encoding="utf-8") as stream:
            text = stream.readline(_LIMIT).strip("\r\n")
    except OSError as error:
        raise Permanent(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Permanent(f"{path} is not UTF-8") from None
    if not text:
        raise Permanent(f"{path} is empty")
    return text


async def _run(command: Command) -> str:
    program = command.argv[0]
    try:
        process = await asyncio.create_subprocess_exec(
            *command.argv,
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise Permanent(f"the command {program} cannot be run: {error.strerror}") from None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_TIMEOUT):
            output = await process.stdout.read(_LIMIT)
            status = await process.wait()
    except TimeoutError:
        raise Transient(f"the command {program} did not answer within {_TIMEOUT:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = output.decode("utf-8", "replace").splitlines()
    if status != 0 or not lines or not lines[0]:
        raise Transient(f"the command {program} gave no secret (exit status {status})")
    return lines[0]


class Login(Doc):
    """A user and exactly one way to its secret."""

    user: Word = Field(description="who logs in")
    password_file: FilePath | None = Field(default=None, description="a file with the password in its first line")
    password_command: CommandLine | None = Field(default=None, description="a command that prints the password")
    token_file: FilePath | None = Field(default=None, description="a file with an OAuth 2 access token")
    token_command: CommandLine | None = Field(default=None, description="a command that prints an OAuth 2 token")
    auth: Literal["auto", "login", "plain", "xoauth2", "oauthbearer"] = Field(
        default="auto", description="the mechanism; with a token, auto is xoauth2"
    )

    @model_validator(mode="after")
    def _one(self) -> "Login":
        ways = (self.password_file, self.password_command, self.token_file, self.token_command)
        if sum(way is not None for way in ways) != 1:
            names = "password_file, password_command, token_file, token_command"
            raise complaint("needs exactly one way to its secret", f"write one of {names}")
        token = self.token_file is not None or self.token_command is not None
        if (self.auth in ("xoauth2", "oauthbearer")) is not token and self.auth != "auto":
            raise complaint("`auth` does not fit the secret", "xoauth2 and oauthbearer go with a token")
        return self

    @property
    def credential(self) -> Credential:
        """How to log in."""
        file, command = self.password_file or self.token_file, self.password_command or self.token_command
        token = self.token_file is not None or self.token_command is not None
        return Credential(self.user, "xoauth2" if token and self.auth == "auto" else self.auth, file, command)
