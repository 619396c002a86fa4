"""The JSON Schemas of rule files and of their tests, for editors; written from the types of the documents."""

from bridge.routing.documents import RulesDoc
from bridge.routing.trial_doc import TrialsDoc
from bridge.yamldoc.schema import json_schema


def rules_schema() -> str:
    """The text of deploy/schemas/rules.schema.json."""
    return json_schema(RulesDoc, "Rules of Mailroom")


def trials_schema() -> str:
    """The text of deploy/schemas/tests.schema.json."""
    return json_schema(TrialsDoc, "Tests of rules of Mailroom")
