"""The schemas of the JSON that commands print say what the types say.

After a change of the types, run this file once with MAILROOM_UPDATE=1 in the environment and commit what it wrote.
"""

import os
from pathlib import Path

import pytest

from bridge.cli.printed import SCHEMAS, schema

FOLDER = Path(__file__).parents[2] / "deploy" / "schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_in_deploy_is_current(name: str) -> None:
    path = FOLDER / f"{name}.schema.json"
    if os.environ.get("MAILROOM_UPDATE"):
        path.write_text(schema(name))
    assert path.read_text() == schema(name)
