"""Validation against the schemas of the publishers of data formats (tests/support/schemas)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT7

SCHEMAS = Path(__file__).parent / "schemas"


@cache
def _registry() -> Registry:
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMAS.glob("*.json"))]
    return Registry().with_resources((c["$id"], DRAFT7.create_resource(c)) for c in contents)


def violations(name: str, document: Any) -> list[str]:
    """Places at which a document breaks the JSON Schema of this file, each with the reason."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    validator = Draft7Validator(schema, registry=_registry(), format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
