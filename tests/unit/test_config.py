"""The settings file: what it may say, what is refused and with which cure; secrets never show."""

from datetime import date
from pathlib import Path

import pytest

from bridge.config import Settings, find_settings, load_settings

TEXT = """\
homeserver: {url: https://matrix.corp.example/, mode: appservice, registration: registration.yaml}
accounts:
  eva: {imap: imaps://mail.corp.example, user: eva, password_file: eva.pass, folders: [INBOX], from: now, sent: auto}
listen: {smtp: 127.0.0.1:2525, lmtp: lmtp.sock, matrix: 127.0.0.1:9009}
submission:
  main: {url: smtps://mail.corp.example, user: desk, password_file: desk.pass, identities: [support@corp.example]}
outbound: observe
own_domains: [corp.example]
state: /var/lib/mailroom
rules: rules
admin_room: "#mailroom"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("registration.yaml", "eva.pass", "desk.pass", "key.pem"):
        (tmp_path / name).write_text("secret of a file\n")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "cert.pem").write_text("")
    return tmp_path


def write(home: Path, text: str = TEXT) -> Path:
    path = home / "mailroom.yaml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def good(home: Path, text: str = TEXT) -> Settings:
    settings = load_settings(write(home, text))
    assert isinstance(settings, Settings), [str(problem) for problem in settings]
    return settings


def bad(home: Path, old: str, new: str) -> list[str]:
    assert old in TEXT
    found = load_settings(write(home, TEXT.replace(old, new)))
    assert isinstance(found, list)
    return [str(problem).removeprefix(f"{home}/mailroom.yaml:").replace(str(home), "HOME") for problem in found]


def test_the_design_sample_is_read_with_paths_made_absolute(home: Path) -> None:
    settings = good(home)
    assert settings.homeserver.url == "https://matrix.corp.example"
    assert settings.homeserver.registration == home / "registration.yaml"
    assert settings.rules == home / "rules"
    assert settings.state == Path("/var/lib/mailroom")
    (lmtp,), (smtp,) = settings.listen.lmtp, settings.listen.smtp
    assert lmtp.socket == home / "lmtp.sock"
    assert (smtp.host, smtp.port, smtp.socket) == ("127.0.0.1", 2525, None)
    eva = settings.accounts["eva"]
    assert (eva.server.host, eva.server.port, eva.server.security) == ("mail.corp.example", 993, "tls")
    assert (eva.folders, eva.from_, eva.sent, eva.delivery_header) == (("INBOX",), "now", "auto", None)
    main = settings.submission["main"]
    assert (main.server.port, main.server.security) == (465, "tls")
    assert settings.identities == {"support@corp.example"}
    assert settings.retry.schedule.delays == (60, 300, 900, 3600, 7200, 14_400)
    assert settings.outbound == "observe"


def test_schemes_say_how_the_connection_is_secured(home: Path) -> None:
    settings = good(
        home,
        TEXT.replace("imaps://mail.corp.example", "imap://mail.corp.example:1143").replace("smtps://", "smtp://"),
    )
    assert (settings.accounts["eva"].server.port, settings.accounts["eva"].server.security) == (1143, "starttls")
    assert (settings.submission["main"].server.port, settings.submission["main"].server.security) == (587, "starttls")


def test_plain_text_is_for_loopback_unless_allowed(home: Path) -> None:
    old = "imap: imaps://mail.corp.example"
    assert (
        good(home, TEXT.replace(old, "imap: 'imap://[::1]:143', tls: none")).accounts["eva"].server.security == "none"
    )
    assert bad(home, old, "imap: imap://10.0.0.1, tls: none") == [
        "3:8: accounts.eva: would send a password over the network in plain text: "
        "remove `tls: none`; if the network is safe, say `allow_insecure: true`"
    ]
    allowed = good(home, TEXT.replace(old, "imap: imap://10.0.0.1, tls: none, allow_insecure: true"))
    assert allowed.accounts["eva"].server.security == "none"


@pytest.mark.parametrize(("written", "meant"), [("all", "all"), ("now", "now"), ("2026-01-31", date(2026, 1, 31))])
def test_where_a_mailbox_starts(home: Path, written: str, meant: object) -> None:
    assert good(home, TEXT.replace("from: now", f"from: {written}")).accounts["eva"].from_ == meant


def test_bot_mode(home: Path) -> None:
    head = TEXT.splitlines()[0]
    bot = "homeserver: {url: http://127.0.0.1:8008, mode: bot, user: '@bot:corp.example', password_file: eva.pass}"
    settings = good(home, TEXT.replace(head, bot).replace(", matrix: 127.0.0.1:9009", ""))
    assert settings.homeserver.credential is not None
    assert settings.homeserver.credential.user == "@bot:corp.example"
    assert bad(home, head, "homeserver: {url: http://127.0.0.1:8008, mode: bot}") == [
        "1:13: homeserver: mode bot needs a user and one way to its password: write user and password_file"
    ]


TABLE = [
    ("eva.pass", "none.pass", "3:68: accounts.eva.password_file: HOME/none.pass cannot be read: write the file"),
    ("password_file: eva.pass", "password: hunter2", "3:53: accounts.eva.password: this key is unknown: write it into"),
    ("password_file: eva.pass", "auth: plain", "3:8: accounts.eva: needs exactly one way to its secret: write one of"),
    ("password_file: eva.pass", "token_file: eva.pass, auth: login", "3:8: accounts.eva: `auth` does not fit"),
    ("imaps://mail", "imaps://eva:hunter2@mail", "3:15: accounts.eva.imap: holds a user or password: remove it"),
    ("imaps://mail", "pop3://mail", "3:15: accounts.eva.imap: has an unknown scheme: use one of imaps://, imap://"),
    ("from: now", "from: yesterday", "3:102: accounts.eva.from: must be now, all or a date: write a date as"),
    ("127.0.0.1:2525", "2525", "4:16: listen.smtp: is neither host:port nor a socket: write 127.0.0.1:2525"),
    (", matrix: 127.0.0.1:9009", "", "1:1: mode appservice needs a listener for the homeserver: write listen.matrix"),
    ("lmtp: lmtp.sock", "smtp_cert: cert.pem", "4:9: listen: smtp_cert and smtp_key go together: name both"),
    ("lmtp: lmtp.sock", "smtps: '[::]:465'", "4:9: listen: TLS needs a certificate: name smtp_cert and smtp_key"),
    ("lmtp: lmtp.sock", "limits: {recipients: 5}", "4:53: listen.limits.recipients: must be at least 100"),
    ("[support@corp.example]", "Desk <s@c>", "6:92: submission.main.identities: is no mail address: write"),
    ("observe", "observ", "7:11: outbound: must be one of observe, own-domains, all: did you mean 'observe'?"),
    ("rules: rules", "rulse: rules", "10:1: rulse: this key is unknown: did you mean 'rules'?"),
    ('"#mailroom"', "mailroom", '11:13: admin_room: is neither a room alias nor a room id: write "#alias" in quotes'),
    ('"#mailroom"', "#mailroom", "11:12: admin_room: has no value: write one"),
]


@pytest.mark.parametrize(("old", "new", "expected"), TABLE)
def test_each_mistake_is_named_at_its_place_and_no_value_shows(home: Path, old: str, new: str, expected: str) -> None:
    found = bad(home, old, new)
    assert any(line.startswith(expected) for line in found), found
    assert "hunter2" not in "".join(found)


def test_settings_that_are_not_there_are_told_with_their_cure(home: Path) -> None:
    (problem,) = load_settings(home / "none.yaml")
    assert problem.what.startswith("cannot be read")
    assert "mailroom init" in problem.cure


def test_own_domains_only_needs_own_domains(home: Path) -> None:
    found = load_settings(
        write(home, TEXT.replace("observe", "own-domains").replace("own_domains: [corp.example]\n", ""))
    )
    assert isinstance(found, list)
    assert "own_domains" in found[0].what


@pytest.mark.parametrize("file", ["mailroom.yaml", "eva.pass", "registration.yaml"])
def test_files_that_others_may_read_are_a_problem_with_its_cure(home: Path, file: str) -> None:
    path = write(home)
    (home / file).chmod(0o640)
    found = load_settings(path)
    assert isinstance(found, list)
    assert [problem.cure for problem in found] == [f"chmod 600 {home / file}"]


def test_all_problems_come_at_once(home: Path) -> None:
    path = write(home, TEXT.replace("observe", "x").replace("imaps://", "x://").replace("https://", "ftp://"))
    path.chmod(0o644)
    found = load_settings(path)
    assert isinstance(found, list)
    assert [problem.path for problem in found] == ["", "homeserver.url", "accounts.eva.imap", "outbound"]


def test_no_secret_stands_in_the_repr(home: Path) -> None:
    text = TEXT.replace("password_file: eva.pass", "token_command: get-token --key hunter2")
    settings = good(home, text)
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings.accounts["eva"].credential)


def test_where_the_settings_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_settings(None, {}) == Path("/etc/mailroom/mailroom.yaml")
    (tmp_path / "mailroom.yaml").write_text("")
    assert find_settings(None, {}) == Path("mailroom.yaml")
    assert find_settings(None, {"MAILROOM_CONFIG": "/x.yaml"}) == Path("/x.yaml")
    assert find_settings(Path("/y.yaml"), {"MAILROOM_CONFIG": "/x.yaml"}) == Path("/y.yaml")
