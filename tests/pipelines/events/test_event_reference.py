"""The reference of the events."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.events.event_reference import KINDS, document, json_schema
from pipelines.events.schema import TOPICS

DOCUMENT = Path(__file__).parents[3] / "docs" / "events.md"


def test_the_document_lists_the_events_as_they_are() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == document(), "run python -m pipelines.events.event_reference docs/events.md"


def test_every_topic_has_a_schema() -> None:
    assert set(KINDS) == set(TOPICS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described(kind: str) -> None:
    schema = json_schema(kind)
    objects = [schema, schema["properties"]["data"]]
    objects += [nested for nested in schema["$defs"].values() if nested.get("type") == "object"]
    silent = {name for each in objects for name, field in _fields(each) if not field.get("description")}
    assert silent == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_has_a_unit_or_is_a_share_or_a_count(kind: str) -> None:
    schema = json_schema(kind)
    objects = [schema["properties"]["data"]]
    objects += [nested for nested in schema["$defs"].values() if nested.get("type") == "object"]
    floats = {
        name: field
        for each in objects
        for name, field in _fields(each)
        if any(option.get("type") == "number" for option in field.get("anyOf", [field]))
    }
    shares = {name for name, field in floats.items() if "unit" not in field}
    assert all("0..1" in floats[name]["description"] for name in shares - {"saturation"})


def _fields(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(schema["properties"].items())
