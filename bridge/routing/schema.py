"""The JSON Schema of rule files, for editors; written from the types of the documents."""

from bridge.routing.documents import RulesDoc
from bridge.yamldoc.schema import json_schema


def rules_schema() -> str:
    """The text of deploy/schemas/rules.schema.json."""
    return json_schema(RulesDoc, "Rules of Mailroom")
