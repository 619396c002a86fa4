"""Finds and reads the settings file. It never stops at the first problem and never shows a value."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bridge.config.settings import Settings
from bridge.yamldoc import Document, Problem, check, in_order, load

DEFAULTS = (Path("mailroom.yaml"), Path("/etc/mailroom/mailroom.yaml"))

_IN_A_FILE = "write it into a file of mode 0600 and name that: password_file, or use password_command"
HINTS = {
    **dict.fromkeys(("password", "pass", "secret"), _IN_A_FILE),
    **dict.fromkeys(("token", "access_token"), "write it into a file of mode 0600 and name that: token_file"),
    "certificate": "smtp_cert and smtp_key",
}
"""Cures for keys that people write and the settings must not have."""


def find_settings(given: Path | None, environment: Mapping[str, str]) -> Path:
    """--config, else $MAILROOM_CONFIG, else ./mailroom.yaml, else /etc/mailroom/mailroom.yaml (whether it is there or
    not)."""
    if given is not None:
        return given
    if named := environment.get("MAILROOM_CONFIG"):
        return Path(named)
    return next((path for path in DEFAULTS if path.exists()), DEFAULTS[-1])


def load_settings(path: Path) -> Settings | list[Problem]:
    """The settings, or every problem with them."""
    document, problems = load(path)
    if not document.sha256:
        there = os.access(path, os.R_OK)
        return problems if there else [replace(problem, cure=_absent(path)) for problem in problems]
    problems.extend(_private(path, document))
    settings, wrong = check(document, Settings, hints=HINTS, context={"base": path.absolute().parent})
    problems.extend(wrong)
    if settings is None:
        return in_order(problems)
    problems.extend(_files(settings, document))
    return in_order(problems) or settings


def _absent(path: Path) -> str:
    if path.exists():
        return "run it as the user that it belongs to"
    return "`mailroom init` writes one; --config or $MAILROOM_CONFIG name one that is elsewhere"


def _private(path: Path, document: Document) -> Iterator[Problem]:
    mode = path.stat().st_mode
    if mode & 0o077:
        yield document.problem((), f"others may read it (mode {mode & 0o777:04o})", f"chmod 600 {path}")


def _files(settings: Settings, document: Document) -> Iterator[Problem]:
    """Files that are named must be there, and secret ones for us alone."""
    secret: list[tuple[tuple[str, ...], Path | None]] = [
        (("homeserver", "registration"), settings.homeserver.registration),
        (("homeserver", "password_file"), settings.homeserver.password_file),
        (("listen", "smtp_key"), settings.listen.smtp_key),
    ]
    public: list[tuple[tuple[str, ...], Path | None]] = [
        (("homeserver", "ca_file"), settings.homeserver.ca_file),
        (("listen", "smtp_cert"), settings.listen.smtp_cert),
    ]
    for section, logins in (("accounts", settings.accounts), ("submission", settings.submission)):
        for name, login in logins.items():
            secret.append(((section, name, "password_file"), login.password_file))
            secret.append(((section, name, "token_file"), login.token_file))
            public.append(((section, name, "ca_file"), login.ca_file))
    for path, file in (*secret, *public):
        if file is None:
            continue
        if not os.access(file, os.R_OK) or not file.is_file():
            yield document.problem(path, f"{file} cannot be read", "write the file, or mend the path")
        elif (path, file) in secret and file.stat().st_mode & 0o077:
            yield document.problem(path, f"others may read {file}", f"chmod 600 {file}")
