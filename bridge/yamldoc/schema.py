"""JSON Schema of a document's model, for editors that complete and check YAML. It is written from the types alone."""

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema


class _Written(GenerateJsonSchema):
    """What a person writes: defaults are left out (they are shown in another notation), an empty value is none."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def json_schema(model: type[BaseModel], title: str) -> str:
    """The schema's text, always the same for the same types."""
    schema: dict[str, Any] = model.model_json_schema(by_alias=True, schema_generator=_Written, mode="validation")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=False) + "\n"
