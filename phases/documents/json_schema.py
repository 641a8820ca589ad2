"""The form of a plan file as JSON Schema, for editors that complete and check while somebody writes.

The importer checks more than a schema can say: references, codes that stand twice, what some reader of
YAML would take for something else.
"""

import json
from typing import Any, Final

from pydantic import TypeAdapter

from phases.documents.document import VERSION, adapter_of
from phases.registry import plan_sections

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def plan_json_schema() -> dict[str, Any]:
    """Return the schema of a whole plan file, with the sections of every room."""
    sections = plan_sections()
    found, shared = TypeAdapter.json_schemas(
        [(name, "validation", adapter_of(section)) for name, section in sections.items()],
        ref_template="#/$defs/{model}",
    )
    properties: dict[str, Any] = {"version": {"const": VERSION}}
    properties |= {name: found[name, "validation"] for name in sections}
    whole = {
        "$schema": DIALECT,
        "title": "Plan file of Rollout Portal, version 1",
        "type": "object",
        "properties": properties,
        "required": ["version", "rollout"],
        "additionalProperties": False,
        "$defs": shared.get("$defs", {}),
    }
    return {key: value if key == "title" else _plain(value) for key, value in whole.items()}


def _plain(value: Any) -> Any:
    """Take out what a plan file cannot say (nothing at all as a value) and titles that repeat the key."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("anyOf", [None])[-1] == {"type": "null"} and len(value["anyOf"]) == 2:
        rest = {key: one for key, one in value.items() if key not in ("anyOf", "default")}
        value = value["anyOf"][0] | rest
    return {key: _plain(one) for key, one in value.items() if key != "title" or not isinstance(one, str)}


def schema_text() -> str:
    """Return the schema as text, always the same bytes for the same sections."""
    return json.dumps(plan_json_schema(), indent=2, ensure_ascii=False, sort_keys=False) + "\n"
