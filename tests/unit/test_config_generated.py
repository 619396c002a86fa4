"""The sample settings and the schemas in deploy/ say what the types say.

After a change of the types, run this file once with MAILROOM_UPDATE=1 in the environment and commit what it wrote.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.config import Settings, load_settings
from bridge.config.sample import sample, settings_schema
from bridge.routing.schema import rules_schema, trials_schema

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.mark.parametrize(
    ("file", "write"),
    [
        ("mailroom.example.yaml", sample),
        ("schemas/settings.schema.json", settings_schema),
        ("schemas/rules.schema.json", rules_schema),
        ("schemas/tests.schema.json", trials_schema),
    ],
)
def test_what_is_in_deploy_is_current(file: str, write: Callable[[], str]) -> None:
    path = DEPLOY / file
    if os.environ.get("MAILROOM_UPDATE"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write())
    assert path.read_text() == write()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory with the files that the sample names."""
    for name in ("registration.yaml", "eva.pass", "desk.pass"):
        (tmp_path / name).write_text("x\n")
        (tmp_path / name).chmod(0o600)
    return tmp_path


def read(home: Path, text: str) -> Settings:
    path = home / "mailroom.yaml"
    path.write_text(text)
    path.chmod(0o600)
    settings = load_settings(path)
    assert isinstance(settings, Settings), [str(problem) for problem in settings]
    return settings


def uncommented(text: str) -> str:
    """The sample with every default written out; hidden keys without a default stay hidden."""
    lines = []
    for line in text.splitlines():
        hidden = re.match(r"(?P<indent> *)# (?P<rest> *(?P<key>\w+):(?P<value> \S.*?)?)  # ", line)
        if hidden is None:
            lines.append(line)
        elif hidden["value"] or hidden["key"] in ("limits", "retry"):
            lines.append(hidden["indent"] + hidden["rest"])
    return "\n".join(lines)


def test_the_sample_loads_as_it_stands_and_sends_nothing(home: Path) -> None:
    assert read(home, sample()).outbound == "observe"


def test_a_default_written_out_means_the_default(home: Path) -> None:
    text = uncommented(sample())
    assert "give_up: 5d" in text
    assert "    from: now" in text
    assert "    size: 50MB" in text
    assert read(home, text) == read(home, sample())
