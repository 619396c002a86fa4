"""What `mailroom init` writes: it loads, it opens nothing to anyone, and it replaces nothing unasked."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.app.doctor import check
from bridge.app.firstrules import rules_text
from bridge.app.install import Installation, Login, files, in_the_way, settings_text, write
from bridge.app.rulebooks import compile_for
from bridge.cli.main import main
from bridge.config import Settings, load_settings
from bridge.core.errors import Permanent
from bridge.routing import CompiledRulebook, Facts, compile_rules

HOME = "corp.example"
ANN, EVA, FAR = "@ann:corp.example", "@eva:corp.example", "@ann:other.example"
DESK = Login("desk", "imaps://mail.corp.example", "desk@corp.example", "secret-word")
EVAS = Login("eva", "imap://mail.corp.example", "eva", "other-secret")
SENDER = replace(DESK, url="smtps://mail.corp.example", identities=("desk@corp.example", "info@corp.example"))


def book(folder: Path, text: str) -> CompiledRulebook:
    """The rulebook that a text is."""
    (folder / "rules.yaml").write_text(text)
    compiled = compile_rules(folder, facts=Facts(server=HOME))
    assert compiled.rulebook is not None, compiled.problems
    assert compiled.warnings == ()
    return compiled.rulebook


def test_a_mailbox_called_like_a_person_is_private_and_theirs(tmp_path: Path) -> None:
    rules = book(
        tmp_path, rules_text("corp.example", [ANN, EVA], [("eva", ""), ("desk", "desk@corp.example")], [], server=HOME)
    )
    eva, desk = rules.scopes["inbox:eva"].base, rules.scopes["inbox:desk"].base
    assert (eva.private, eva.room.members, eva.sending) == (True, (EVA,), None)
    assert (desk.private, desk.room.members) == (False, (ANN, EVA))
    assert desk.sending is not None
    assert {address.spec for _, address in desk.sending.identities} == {"desk@corp.example"}
    assert rules.unmatched.base.room.members == (ANN,), "what nothing matches is for the admin alone"


local = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789._=/+-", min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(local, min_size=1, max_size=4, unique=True), st.lists(local, max_size=3, unique=True))
def test_rules_for_any_names_are_sound(
    tmp_path_factory: pytest.TempPathFactory, people: list[str], boxes: list[str]
) -> None:
    users = [f"@{name}:corp.example" for name in people]
    text = rules_text("corp.example", users, [(box, "") for box in boxes], [("support@corp.example", "")], server=HOME)
    rules = book(tmp_path_factory.mktemp("rules"), text)
    assert rules.people() == set(users)
    assert len(rules.scopes) == len(boxes) + 1


def test_people_on_other_servers_and_of_one_name(tmp_path: Path) -> None:
    rules = book(tmp_path, rules_text("corp.example", [ANN, FAR], [], [("info@corp.example", "")], server=HOME))
    assert rules.people() == {ANN, FAR}
    assert rules.knows("info+x@corp.example")
    assert rules.scopes["inbox:info"].base.room.federate
    assert rules.unmatched.base.room.federate


@pytest.mark.parametrize("bot", ["", "@bot:corp.example"])
def test_what_is_written_loads_and_sends_nothing_yet(tmp_path: Path, bot: str) -> None:
    made = Installation(
        tmp_path / "new" / "mailroom.yaml",
        "https://matrix.corp.example",
        (ANN, EVA),
        "corp.example",
        bot_user=bot,
        bot_password="third-secret" if bot else "",
        mailboxes=(DESK, EVAS),
        senders=(SENDER,),
        addresses=("info@corp.example",),
        smtp="127.0.0.1:2525",
        lmtp="lmtp.sock",
    )
    if not bot:
        write(made.folder / "registration.yaml", "{}", replace=False)
    for path, text in list(files(made)):
        write(path, text, replace=False)
        assert path.stat().st_mode & 0o777 == 0o600
    loaded = load_settings(made.settings)
    assert isinstance(loaded, Settings), loaded
    assert loaded.outbound == "observe"
    assert loaded.admins == (ANN,)
    compiled = compile_for(loaded, "corp.example")
    assert (compiled.problems, compiled.warnings) == ((), ())
    assert "secret" not in settings_text(made)
    assert "secret" not in repr(made)
    assert in_the_way(made) == []


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    made = Installation(tmp_path / "mailroom.yaml", "https://m.corp.example", (ANN,), "corp.example", mailboxes=(DESK,))
    (tmp_path / "imap-desk.pass").write_text("precious\n")
    assert in_the_way(made) == [tmp_path / "imap-desk.pass"]
    with pytest.raises(Permanent, match="is there already"):
        write(tmp_path / "imap-desk.pass", "new", replace=False)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.yaml").write_text("domain: corp.example\n")
    assert [path.name for path, _ in files(made)] == ["imap-desk.pass", "mailroom.yaml"], "rules of one's own are kept"


def init(folder: Path, *flags: str) -> Result:
    """Run init without questions."""
    return CliRunner().invoke(main, ["--config", str(folder / "mailroom.yaml"), "init", "--yes", *flags])


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "needs --homeserver"),
        (["--homeserver", "https://m.example"], "needs --person"),
        (["--homeserver", "m.example", "--person", ANN], "is no https URL"),
        (["--homeserver", "https://m.example", "--person", "ann"], "is no Matrix user id"),
        (["--mode", "bot", "--homeserver", "https://m.example", "--person", ANN], "needs --bot-user"),
    ],
)
def test_without_questions_what_is_missing_or_wrong_is_wrong_usage(
    tmp_path: Path, flags: list[str], words: str
) -> None:
    done = init(tmp_path, *flags)
    assert done.exit_code == 2, done.output
    assert words in done.output
    assert list(tmp_path.iterdir()) == []


async def test_a_damaged_authority_file_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate\n")
    made = Installation(
        tmp_path / "mailroom.yaml",
        "http://127.0.0.1:9",
        (ANN,),
        "corp.example",
        bot_user="@bot:corp.example",
        bot_password="third-secret",
        mailboxes=(replace(DESK, url="imaps://127.0.0.1:9"),),
        senders=(replace(SENDER, url="smtps://127.0.0.1:9"),),
        ca_file=str(tmp_path / "ca.pem"),
    )
    for path, text in list(files(made)):
        write(path, text, replace=False)
    found = [finding async for finding in check(made.settings)]
    faults = {finding.what.split(":")[0] for finding in found if finding.level == "problem"}
    assert faults == {"homeserver", "mailbox desk", "submission desk"}
    assert all(finding.cure for finding in found if finding.level == "problem")
