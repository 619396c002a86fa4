"""`mailroom init` against real servers: what it writes works at once, and what does not work is said with its cure."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import main
from bridge.config import Settings, load_settings
from bridge.demo.homeserver import Homeserver
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.ports import LOOPBACK, free_port
from tests.servers.postfix import Postfix
from tests.servers.probe import Probe
from tests.servers.synapse import Registration, SynapseWithPool

Person = Callable[..., Awaitable[Probe]]


def mailroom(folder: Path, *args: str, status: int = 0) -> str:
    """Run a command with the settings in `folder`, expect its exit status, and return all that it said."""
    argv = [sys.executable, "-m", "bridge", "--config", str(folder / "mailroom.yaml"), *args]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL)
    assert done.returncode == status, f"exit {done.returncode}: {done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def mail_flags(folder: Path, desk: Mailbox, dovecot: Dovecot, postfix: Postfix, password: str = "") -> list[str]:
    """The desk's mailbox and submission account."""
    secret = folder / "given"
    secret.write_text((password or desk.password) + "\n")
    return [
        *("--imap", f"desk=imaps://{desk.user}@localhost:{dovecot.tls_port}", "--imap-password-file", str(secret)),
        *("--submission", f"smtps://{desk.user}@localhost:{postfix.tls_port}", "--identity", desk.address),
        *("--ca-file", str(dovecot.authority.certificate)),
    ]


async def test_as_an_application_service_known_to_the_homeserver_everything_works_at_once(
    short_path: Path,
    synapse: SynapseWithPool,
    dovecot: Dovecot,
    postfix: Postfix,
    mailbox: Callable[[str], Mailbox],
    appservice: Registration,
    person: Person,
) -> None:
    ann, desk = await person("ann"), mailbox("desk")
    (short_path / "registration.yaml").write_text(appservice.path.read_text())
    (short_path / "registration.yaml").chmod(0o600)
    flags = mail_flags(short_path, desk, dovecot, postfix)
    address = ("--address", "support@corp.example", "--smtp-listen", f"{LOOPBACK}:{free_port()}", "--state", "state")
    told = mailroom(short_path, "init", "--yes", "--homeserver", synapse.url, "--person", ann.user_id, *flags, *address)
    assert "appservice ping: called back" in told
    assert "can be invited" in told
    assert "folder INBOX" in told
    assert "idle: mail is announced at once" in told
    assert desk.password not in told

    settings = load_settings(short_path / "mailroom.yaml")
    assert isinstance(settings, Settings), settings
    assert settings.outbound == "observe"
    assert settings.listen.matrix is not None
    assert settings.listen.matrix.port == appservice.port  # where the homeserver pushes to
    for name in ("mailroom.yaml", "imap-desk.pass", "rules/rules.yaml"):
        assert (short_path / name).stat().st_mode & 0o777 == 0o600, name
    assert "fine: inboxes and lists: 2" in mailroom(short_path, "rules", "check")
    assert "problem" not in mailroom(short_path, "check")
    assert "support@corp.example OK" in mailroom(short_path, "recipients", "--format", "postfix").splitlines()


async def test_a_new_registration_is_written_kept_and_works_after_the_homeserver_has_read_it(
    short_path: Path, tmp_path: Path
) -> None:
    async with Homeserver(tmp_path / "synapse") as home:
        ann = await home.register("ann")
        listen = f"{LOOPBACK}:{free_port()}"
        flags = ["--homeserver", home.url, "--person", ann.user_id, "--matrix-listen", listen, "--state", "state"]
        told = mailroom(short_path, "init", "--yes", *flags, status=1)
        assert "app_service_config_files" in told
        assert "init --resume" in told
        registration = short_path / "registration.yaml"
        assert registration.stat().st_mode & 0o777 == 0o600
        tokens = registration.read_text()
        assert json.loads(tokens)["url"] == f"http://{listen}"
        assert "restart the homeserver" in mailroom(short_path, "init", "--resume", status=1)

        home.registrations = (registration,)
        await home.restart()
        assert "appservice ping: called back" in mailroom(short_path, "init", "--resume")
        told = mailroom(short_path, "init", "--yes", "--force", *flags)
        assert f"kept  {short_path / 'rules'} as it is" in told
        assert registration.read_text() == tokens


async def test_as_a_bot_it_logs_in(short_path: Path, synapse: SynapseWithPool, person: Person) -> None:
    bot, ann = await person("bot"), await person("ann")
    secret = short_path / "given"
    secret.write_text(bot.password + "\n")
    flags = ["--mode", "bot", "--homeserver", synapse.url, "--bot-user", bot.user_id, "--bot-password-file"]
    told = mailroom(short_path, "init", "--yes", *flags, str(secret), "--person", ann.user_id, "--state", "state")
    assert f"we are {bot.user_id}" in told
    assert not (short_path / "registration.yaml").exists()
    mailroom(short_path, "check")
    devices = (await bot.call("GET", "/devices"))["devices"]
    assert len(devices) == 1, "the tests of init and check leave no session behind"


async def test_what_is_refused_is_said_with_its_cure_and_all_is_written(
    short_path: Path,
    synapse: SynapseWithPool,
    dovecot: Dovecot,
    postfix: Postfix,
    mailbox: Callable[[str], Mailbox],
    person: Person,
) -> None:
    bot, ann, desk = await person("bot"), await person("ann"), mailbox("desk")
    secret = short_path / "bot"
    secret.write_text(bot.password + "\n")
    flags = mail_flags(short_path, desk, dovecot, postfix, password="not the password")
    home = ["--mode", "bot", "--homeserver", synapse.url, "--bot-user", bot.user_id, "--bot-password-file", str(secret)]
    told = mailroom(short_path, "init", "--yes", *home, "--person", ann.user_id, *flags, "--state", "state", status=1)
    problems = [line for line in told.splitlines() if line.startswith("problem")]
    assert [line.split(":")[0].split(maxsplit=1)[1] for line in problems] == ["mailbox desk", "submission desk"]
    assert all(" — check user" in line for line in problems)
    assert "not the password" not in told
    assert isinstance(load_settings(short_path / "mailroom.yaml"), Settings)
    assert mailroom(short_path, "init", "--yes", status=1).startswith(f"{short_path}/mailroom.yaml is there already")


async def test_a_person_is_asked_and_may_correct_an_answer(
    short_path: Path,
    synapse: SynapseWithPool,
    dovecot: Dovecot,
    mailbox: Callable[[str], Mailbox],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bot, eva, box = await person("bot"), await person("eva"), mailbox("eva")
    monkeypatch.chdir(short_path)
    server = f"imaps://localhost:{dovecot.tls_port}"
    answers = [
        *("bot", synapse.url, eva.user_id, "", bot.user_id, bot.password),
        *("y", server, box.user, "wrong", "change", server, box.user, box.password, "n"),
        *("", "n", "state"),
    ]
    ca = ["init", "--ca-file", str(dovecot.authority.certificate)]
    run = CliRunner()
    done = await asyncio.to_thread(run.invoke, main, ca, input="\n".join(answers) + "\n")
    assert done.exit_code == 0, done.output
    assert bot.password not in done.output
    assert box.password not in done.output
    settings = load_settings(short_path / "mailroom.yaml")
    assert isinstance(settings, Settings)
    assert await settings.accounts[box.user].credential.secret() == box.password
