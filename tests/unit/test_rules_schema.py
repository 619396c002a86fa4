"""The JSON Schemas of rules and tests let an editor complete and check: they say all, and accept every sample."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from bridge.app.firstrules import rules_text
from bridge.cli.main import main
from bridge.routing.schema import rules_schema, trials_schema

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "rules" / "README.md").read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)
EXAMPLES = sorted((ROOT / "rules" / "examples").glob("*/*.yaml"))
RULES, TESTS = json.loads(rules_schema()), json.loads(trials_schema())


def as_editors_read(text: str) -> Any:
    """YAML 1.2 core: true and false are booleans, digits are numbers, and nothing else is more than text."""

    def plain(node: yaml.Node) -> Any:
        match node:
            case yaml.MappingNode():
                return {key.value: plain(value) for key, value in node.value}
            case yaml.SequenceNode():
                return [plain(value) for value in node.value]
        if not node.style and node.value in ("true", "false"):
            return node.value == "true"
        if not node.style and re.fullmatch(r"-?[0-9]+", node.value):
            return int(node.value)
        return None if not node.style and node.value in ("", "null", "~") else node.value

    root = yaml.compose(text, Loader=yaml.CSafeLoader)  # the other one stumbles over "order 7?}"
    assert root is not None
    return plain(root)


def problems(schema: dict[str, Any], text: str) -> list[str]:
    checker = jsonschema.Draft202012Validator(schema)
    return [f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in checker.iter_errors(as_editors_read(text))]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_fits_the_schema_that_its_first_line_names(path: Path) -> None:
    text = path.read_text()
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert named is not None, "the first line names no schema"
    schema = json.loads((path.parent / named[1]).read_text())
    assert schema == (TESTS if path.name.endswith(".test.yaml") else RULES)
    assert problems(schema, text) == []


@pytest.mark.parametrize("text", BLOCKS, ids=range(len(BLOCKS)))
def test_every_file_of_the_manual_fits(text: str) -> None:
    assert problems(TESTS if text.startswith("tests:") else RULES, text) == []


def test_first_rules_fit_and_name_the_schema_that_lies_beside_them() -> None:
    text = rules_text("corp.example", ["@ann:corp.example"], [("desk", "")], [("info@corp.example", "")], server="x")
    assert text.startswith("# yaml-language-server: $schema=rules.schema.json\n")
    assert problems(RULES, text) == []


def test_the_command_prints_both() -> None:
    assert CliRunner().invoke(main, ["rules", "schema"]).output == rules_schema()
    assert CliRunner().invoke(main, ["rules", "schema", "--tests"]).output == trials_schema()


MISTAKES = [
    "inboxes: {s: {adress: a@b.example}}",
    "inboxes: {s: {rules: [{when: {kind: newsletter}}]}}",
    "inboxes: {s: {rules: [{when: {kind: [bulk, newsletter]}}]}}",
    "inboxes: {s: {rules: [{do: refuse}]}}",
    "inboxes: {s: {room: {history: all}}}",
    "inboxes: {s: {private: maybe}}",
    "inboxes: {s: {rules: [{when: {subject: {text: x}}}]}}",
    "inboxes: {s: {notify: [ann]}}",
    "before: {name: x}",
]


@pytest.mark.parametrize("text", MISTAKES)
def test_an_editor_marks_what_the_loader_refuses(text: str) -> None:
    assert problems(RULES, text) != []


def inside(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property, list element and named value, with its path."""
    if isinstance(schema, dict):
        for name, below in schema.get("properties", {}).items():
            yield f"{path}.{name}", below
        for name in ("items", "additionalProperties"):
            if isinstance(schema.get(name), dict):
                yield f"{path}.{name}", schema[name]
        for name, below in schema.items():
            yield from inside(below, f"{path}.{name}")
    elif isinstance(schema, list):
        for index, below in enumerate(schema):
            yield from inside(below, f"{path}.{index}")


@pytest.mark.parametrize("schema", [RULES, TESTS], ids=["rules", "tests"])
def test_nothing_is_left_open_and_every_key_has_a_description(schema: dict[str, Any]) -> None:
    for path, below in inside(schema):
        assert set(below) - {"title", "description", "default"}, f"{path} takes anything"
    keys = {**schema["properties"]}
    for name, model in schema["$defs"].items():
        keys |= {f"{name}.{key}": below for key, below in model.get("properties", {}).items()}
    for name, below in keys.items():
        reference = below.get("$ref", "").removeprefix("#/$defs/")
        assert "description" in below or "description" in schema["$defs"].get(reference, {}), f"{name} says nothing"


def test_words_are_offered_one_by_one() -> None:
    kinds = RULES["$defs"]["WhenDoc"]["properties"]["kind"]["anyOf"]
    assert kinds[0]["enum"][:3] == ["personal", "list", "bulk"]
    assert kinds[1]["items"]["enum"] == kinds[0]["enum"]
    assert RULES["$defs"]["WhenDoc"]["properties"]["spam"]["type"] == "boolean"
