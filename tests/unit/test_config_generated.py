"""The sample settings and the schemas in deploy/ say what the types say.

After a change of the types, run this file once with MAILROOM_UPDATE=1 in the environment and commit what it wrote.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bridge.config import Settings, load_settings
from bridge.config.sample import sample, settings_schema
from bridge.routing.schema import rules_schema

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.mark.parametrize(
    ("file", "write"),
    [
        ("mailroom.example.yaml", sample),
        ("schemas/settings.schema.json", settings_schema),
        ("schemas/rules.schema.json", rules_schema),
    ],
)
def test_what_is_in_deploy_is_current(file: str, write: Callable[[], str]) -> None:
    path = DEPLOY / file
    if os.environ.get("MAILROOM_UPDATE"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write())
    assert path.read_text() == write()


def test_the_sample_loads_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "mailroom.yaml"
    path.write_text(sample())
    path.chmod(0o600)
    for name in ("registration.yaml", "eva.pass", "desk.pass"):
        (tmp_path / name).write_text("x\n")
        (tmp_path / name).chmod(0o600)
    settings = load_settings(path)
    assert isinstance(settings, Settings), [str(problem) for problem in settings]
    assert settings.outbound == "observe"


def test_a_default_written_out_in_the_sample_means_the_default(tmp_path: Path) -> None:
    """Uncommenting a line `# key: value` of the sample must change nothing."""
    lines = []
    inside_hidden = False
    for line in sample().splitlines():
        bare = line.split("  # ")[0]
        hidden = bare.lstrip().startswith("# ")
        if hidden and bare.rstrip().endswith(":"):
            inside_hidden = bare.startswith("# ") or bare.lstrip() in ("# limits:",)
            lines.append(bare.replace("# ", "", 1) if inside_hidden else "")
        else:
            lines.append(bare.replace("# ", "", 1) if hidden and ":" in bare and not bare.startswith("# Rel") else line)
    text = "\n".join(line for line in lines[3:] if line.strip() not in ("admins:",))
    plain, written = tmp_path / "plain.yaml", tmp_path / "written.yaml"
    plain.write_text(sample())
    written.write_text(text)
    for path in (plain, written):
        path.chmod(0o600)
    for name in ("registration.yaml", "eva.pass", "desk.pass"):
        (tmp_path / name).write_text("x\n")
        (tmp_path / name).chmod(0o600)
    assert yaml.safe_load(text)["retry"]["give_up"] == "5d"
    first, second = load_settings(plain), load_settings(written)
    assert isinstance(second, Settings), [str(problem) for problem in second]
    assert first == second
