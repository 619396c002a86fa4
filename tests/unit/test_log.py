"""A log line says what happened and never a secret, mail content or a forged second line."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bridge.log import parse_levels, setup


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Logging is global: leave it as it was."""
    top = logging.getLogger()
    handlers, level = top.handlers[:], top.level
    names = [
        name for name in logging.root.manager.loggerDict if name.startswith(("nio", "mailroom", "aio", "mail.log"))
    ]
    before = {name: (logging.getLogger(name).level, logging.getLogger(name).propagate) for name in names}
    yield
    top.handlers[:] = handlers
    top.setLevel(level)
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and name.startswith(("nio", "mailroom", "aio", "mail.log", "sqlalchemy")):
            logger.level, logger.propagate = before.get(name, (logging.NOTSET, True))
    logging.getLogger("asyncio").setLevel(logging.NOTSET)
    logging.root.manager._clear_cache()


def test_secrets_are_struck_from_every_part_of_a_line() -> None:
    stream = io.StringIO()
    add = setup(stream=stream, secrets=["hunter2hunter2", "s3cret"])
    add('quo"ted\\one')
    log = logging.getLogger("mailroom.mail")
    log.info("login with %s", "hunter2hunter2")
    try:
        raise ValueError("s3cret")
    except ValueError:
        log.exception('and quo"ted\\one')
    assert "hunter2" not in stream.getvalue()
    assert "s3cret" not in stream.getvalue()
    assert 'quo"ted' not in stream.getvalue()
    assert "login with [secret]" in stream.getvalue()


def test_json_lines_hold_the_fields_of_a_record_and_no_secret() -> None:
    stream = io.StringIO()
    setup(stream=stream, style="json", secrets=['quo"ted\\one'])
    logging.getLogger("mailroom.engine").warning('lane %s: quo"ted\\one', "conv:1", extra={"lane": "conv:1"})
    line = json.loads(stream.getvalue())
    assert (line["level"], line["logger"], line["lane"]) == ("warning", "mailroom.engine", "conv:1")
    assert line["message"] == "lane conv:1: [secret]"
    assert line["time"].endswith("Z")


def test_a_line_break_in_a_message_forges_no_record() -> None:
    stream = io.StringIO()
    setup(stream=stream)
    logging.getLogger("mailroom.smtp").info("HELO %s", "x\n2026-01-01T00:00:00Z CRITICAL mailroom: stolen")
    assert [line[:4] for line in stream.getvalue().splitlines()][1:] == ["  | "]


def test_loggers_that_print_whole_events_are_silent() -> None:
    stream = io.StringIO()
    setup({"": logging.DEBUG}, stream=stream)
    for name in ("nio.events.misc", "nio.responses"):
        logging.getLogger(name).error("the content of a message")
    logging.getLogger("aiosmtpd").info("DATA the content of a mail")
    assert stream.getvalue() == ""


def test_each_part_has_its_level() -> None:
    stream = io.StringIO()
    setup(parse_levels("warning,imap=debug"), stream=stream)
    logging.getLogger("mailroom.chat").info("no")
    logging.getLogger("mailroom.imap").debug("yes")
    assert [line.split(": ")[1] for line in stream.getvalue().splitlines()] == ["yes"]


def test_a_wrong_level_names_the_right_ones() -> None:
    assert parse_levels("") == {}
    with pytest.raises(ValueError, match="use debug, info"):
        parse_levels("imap=loud")
