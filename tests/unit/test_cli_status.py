"""`mailroom status`, `rules check` and `recipients`: what they say without asking any server."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import main
from bridge.cli.printed import RulesJson, StatusJson
from bridge.core.plan import Bookmark
from bridge.core.ports import Health
from bridge.store import lock
from bridge.store.journal import Journal
from bridge.store.lock import running
from tests.contract.journal_world import arrival, open_room, plan, show
from tests.unit.cli_world import Installation


@pytest.fixture
def at(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def test_before_the_first_start(at: Installation) -> None:
    told = at.says("status")
    assert "does not run" in told
    assert "none yet" in told
    assert not at.state.exists(), "looking makes nothing"
    now = StatusJson.model_validate_json(at.says("status", "--json"))
    assert (now.pid, now.counts, now.outbound) == (None, None, "observe")


def test_what_the_daemon_said_last(at: Installation) -> None:
    async def work(journal: Journal) -> None:
        mail = arrival("imap:eva:INBOX:1:7")
        await journal.accept([mail], Bookmark("imap:eva:INBOX", "7"))
        await journal.report(Health("homeserver", "waiting", "cannot be reached", time.time() - 7200))
        await journal.report(Health("imap:eva", "ok", "watching", time.time()))

    at.journal(work)
    now = StatusJson.model_validate_json(at.says("status", "--json"))
    assert now.counts is not None
    assert now.counts.new == 1
    seen = [(box.account, box.folder, box.state, box.newest) for box in now.mailboxes]
    assert seen == [("eva", "INBOX", "ok", 100.0), ("eva", "Old", "ok", None)]
    told = at.says("status")
    assert "2h ago" in told
    assert "cannot be reached" in told
    assert "this is what it said last" in told


def test_lanes_are_named_with_what_holds_them_up(at: Installation) -> None:
    head, behind = open_room("o" * 32, "conv:c"), show("s" * 32)

    async def work(journal: Journal) -> None:
        await plan(journal, [head, behind])
        await journal.claim(1000.0, 1)
        await journal.postpone(head.key, 4e9, "403 M_FORBIDDEN")

    at.journal(work)
    (lane,) = StatusJson.model_validate_json(at.says("status", "--json")).lanes
    assert (lane.lane, lane.waiting, lane.head, lane.attempts) == ("conv:c", 2, head.key, 1)
    assert "403 M_FORBIDDEN" in at.says("status")


def test_rules_that_are_not_in_force_are_said(at: Installation) -> None:
    digest = StatusJson.model_validate_json(at.says("status", "--json")).rules.digest

    async def work(journal: Journal) -> None:
        await journal.accept([], Bookmark("rulebook", digest))

    at.journal(work)
    assert "not in force" not in at.says("status")
    at.write_rules((at.folder / "rules/rules.yaml").read_text() + "# changed\n")
    assert "not in force yet" in at.says("status")
    at.write_rules("inboxes: {x: {addres: a@b.example}}\n")
    assert f"in force are older ones ({digest[:12]})" in at.says("status")


def test_a_running_daemon_is_known_by_its_lock(at: Installation) -> None:
    lock.prepare(at.state)
    held = lock.acquire(at.state)
    assert running(at.state) == os.getpid()
    assert f"runs, pid {os.getpid()}" in at.says("status")
    held.release()
    assert running(at.state) is None


def test_a_dead_daemons_pid_is_no_daemon(at: Installation) -> None:
    lock.prepare(at.state)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (at.state / lock.LOCK_NAME).write_text(f"{dead.pid}\n")
    assert running(at.state) is None


def test_settings_with_problems_are_said_by_place(at: Installation) -> None:
    (at.folder / "pass").unlink()
    told = at.says("status", status=1)
    assert f"{at.folder / 'mailroom.yaml'}:1:" in told
    assert "cannot be read" in told


def test_rules_check_says_every_problem_by_place(at: Installation) -> None:
    assert at.says("rules", "check") == "fine: inboxes and lists: 1\n"
    at.write_rules("people: {ann: Ann}\ninboxes:\n  support:\n    addres: support@corp.example\n    rom: {}\n")
    told = at.says("rules", "check", status=1)
    assert "rules.yaml:4:5" in told
    assert "rules.yaml:5:5" in told
    assert "did you mean 'address'?" in told
    found = RulesJson.model_validate_json(at.says("rules", "check", "--json", status=1))
    assert not found.ok
    assert {(problem.line, problem.column) for problem in found.problems} >= {(4, 5), (5, 5)}


def test_rules_check_takes_other_paths(at: Installation, tmp_path: Path) -> None:
    examples = Path(__file__).parents[2] / "rules" / "examples"
    assert "fine" in at.says("rules", "check", str(examples))
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.yaml").write_text("inboxes: []\n")
    assert "a.yaml:1:" in at.says("rules", "check", str(examples), str(broken / "a.yaml"), status=1)
    assert at.says("rules", "check", str(tmp_path / "nothing"), status=2)


def test_recipients_are_those_that_rcpt_takes(at: Installation) -> None:
    plain = at.says("recipients").splitlines()
    assert plain == ["@desk.example", "postmaster@corp.example", "postmaster@desk.example", "support@corp.example"]
    assert at.says("recipients", "--format", "postfix").splitlines() == [f"{address} OK" for address in plain]


def test_broken_rules_give_no_half_table(at: Installation) -> None:
    at.write_rules("inboxes: {x: {addres: a@b.example}}\n")
    done = at.run("recipients", "--format", "postfix", status=1)
    assert done.stdout == ""
    assert "rules.yaml:1:" in done.stderr


def test_help_imports_nothing_slow() -> None:
    slow = "{'pydantic', 'sqlalchemy', 'aiohttp', 'nio', 'yaml'}"
    program = (
        "import sys\nfrom bridge.cli import main\n"
        "try: main(['--help'])\n"
        f"except SystemExit: print(sorted({slow} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "status" in done.stdout


def test_the_daemon_starts_without_what_few_of_its_days_need() -> None:
    """Uploads and logins, migrations, the reader of mail, explanations and plans in the admin room."""
    late = "{'nio', 'alembic', 'lxml', 'bs4', 'bridge.mail.parse', 'bridge.routing.trials', 'bridge.app.planning'}"
    program = f"import sys, bridge.cli.run, bridge.app.daemon\nprint(sorted({late} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_folder_that_is_not_ours_is_said_without_a_traceback(
    at: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("bridge.config.load_settings", denied)
    result = CliRunner().invoke(main, ["--config", str(at.state / "x"), "status"])
    assert result.exit_code == 1
    assert result.output == f"{at.state / 'x'}: permission denied: run this as the daemon's user\n"
