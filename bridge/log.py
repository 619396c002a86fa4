"""Logging for the whole daemon: one line a record on stderr, for people or as JSON.

It never logs content: the libraries that print whole events are silenced, and secrets handed to `redact` are struck
from every line. Parts log to "mailroom.<part>".
"""

import json
import logging
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TextIO

ROOT = "mailroom"
STRUCK = "[secret]"
LEVELS = ("debug", "info", "warning", "error", "critical")

_SILENT = ("nio.events.misc", "nio.responses", "nio.crypto.log")
"""They print whole events and server responses at WARNING: message content."""

_QUIET = ("nio", "aiohttp", "aiosmtpd", "aioimaplib", "mail.log", "sqlalchemy", "alembic", "asyncio")
"""Other people's loggers speak from WARNING on: below it, some print what they transfer."""

_SHORTEST = 6
"""Characters: shorter texts are no secrets worth striking, and would strike innocent words."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class Redaction:
    """Strikes known secrets from texts. It keeps them in memory only, and has no repr that shows them."""

    __slots__ = ("_secrets",)

    def __init__(self) -> None:
        self._secrets: tuple[str, ...] = ()

    def add(self, secret: str) -> None:
        """Strike this from now on."""
        if len(secret) >= _SHORTEST:
            # JSON and repr write quotes, backslashes and line breaks in other ways.
            known = {*self._secrets, secret, json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
            self._secrets = tuple(sorted(known, key=len, reverse=True))

    def strike(self, text: str) -> str:
        """The text without secrets, the longest first, so that none shows as the rest of another."""
        for secret in self._secrets:
            text = text.replace(secret, STRUCK)
        return text


class _Formatter(logging.Formatter):
    """Formats a record, its traceback included, and strikes secrets from the finished line."""

    converter = staticmethod(time.gmtime)

    def __init__(self, redaction: Redaction, *, as_json: bool) -> None:
        super().__init__("%(asctime)sZ %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
        self._redaction = redaction
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        line = self._json(record) if self._as_json else self._human(record)
        return self._redaction.strike(line)

    def _human(self, record: logging.LogRecord) -> str:
        # A line break inside a message must not look like a record of its own (log forging).
        head, *rest = super().format(record).splitlines() or [""]
        return "\n  | ".join((head, *rest))

    def _json(self, record: logging.LogRecord) -> str:
        extra = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        data: dict[str, object] = {
            "time": f"{self.formatTime(record, self.datefmt)}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **extra,
        }
        if record.exc_info:
            data["exception"] = self.formatException(record.exc_info)
        return json.dumps(data, ensure_ascii=False, default=str)


def parse_levels(words: str) -> dict[str, int]:
    """Levels by part: "info,imap=debug,chat=warning" gives {"": 20, "imap": 10, …}. Raises ValueError with its cure."""
    levels: dict[str, int] = {}
    for word in filter(None, (part.strip() for part in words.split(","))):
        part, _, level = word.rpartition("=")
        if level.lower() not in LEVELS:
            raise ValueError(f"{level!r} is no log level: use {', '.join(LEVELS)}, as in info,imap=debug")
        levels[part] = getattr(logging, level.upper())
    return levels


def setup(
    levels: Mapping[str, int] | None = None,
    *,
    style: Literal["human", "json"] = "human",
    stream: TextIO | None = None,
    secrets: Iterable[str] = (),
) -> Callable[[str], None]:
    """Begin logging. `levels` by part, "" for all others (INFO). Returns what takes further secrets to strike."""
    redaction = Redaction()
    for secret in secrets:
        redaction.add(secret)
    # What no line of ours shows is not looked up for each: a third of its cost (Logging HOWTO, Optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    vars(logging)["_srcfile"] = None
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Formatter(redaction, as_json=style == "json"))
    top = logging.getLogger()
    top.handlers[:] = [handler]
    top.setLevel(logging.WARNING)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _SILENT:
        silent = logging.getLogger(name)
        silent.setLevel(logging.CRITICAL + 1)
        silent.propagate = False
    wanted = {"": logging.INFO, **(levels or {})}
    for part, level in wanted.items():
        logging.getLogger(f"{ROOT}.{part}" if part else ROOT).setLevel(level)
    return redaction.add
