"""Generator of docs/events.md, and JSON Schema of the events.

Run `python -m pipelines.events.event_reference docs/events.md` after a change of an event. A test compares both.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from analytics.measures import measures_of
from pipelines.events.condition_status import STATUS_OF
from pipelines.events.condition_text import TEXTS
from pipelines.events.schema import (
    TOPICS,
    Congestion,
    CountsReport,
    CrossingRecord,
    Event,
    GapReport,
    GateRecord,
    Health,
    IncidentReport,
    ZoneRecord,
)

KINDS: dict[str, type[BaseModel]] = {
    "counts": CountsReport,
    "congestion": Congestion,
    "incident": IncidentReport,
    "health": Health,
    "gap": GapReport,
}
"""Kind of event -> class of its data."""
_RECORDS: dict[str, type] = {record.__name__: record for record in (CrossingRecord, GateRecord, ZoneRecord)}
"""Name of a record -> its class, for records with measures."""

_INTRODUCTION = """# Events

<!-- Generated: python -m pipelines.events.event_reference docs/events.md -->

A worker emits what it measures as JSON events to Apache Kafka. The store writes them to the database
([database.md](database.md)); any other program may read the same topics. The schemas are in
`pipelines/events/schema.py`, the measures in `analytics/facts.py`; [adding-a-measure.md](adding-a-measure.md) shows how
one is added. `simpang contracts FOLDER` writes the JSON Schema of each kind and an AsyncAPI document; those of this
version are in [events/](events/asyncapi.yaml).

| topic | kind | when |
| --- | --- | --- |
| `traffic.counts` | `counts` | every 10 s; the intervals of a minute come with an event soon after its end |
| `traffic.congestion` | `congestion` | on every change of a zone's level, and repeated once a minute |
| `traffic.incidents` | `incident` | when an incident is raised, and when it is over |
| `traffic.health` | `health` | on every change of a camera's status, and every few seconds |
| `traffic.gaps` | `gap` | when a worker had to drop events, such as those of a full outbox |

- The Kafka key is the id of the camera, so that its incidents keep their order. After an outage other events may arrive
  later than newer ones: order them by their times.
- A record is a CloudEvent in binary mode: attributes are headers (`ce_id`, `ce_type`, ...), the value is `data`.
  Earlier versions sent the whole event as the value (structured mode); a store reads both. Update it before workers.
- An event may be delivered more than once. A replayed event has the `id` of the first.
- Times are UTC (RFC 3339). What was not observed is `null`, never 0.
- `ce_dataschema` has the version of the schema. Within `v1` fields are added, and neither renamed nor removed: ignore
  fields that you do not know. A store sets events of another major version aside, with the reason, in `dead_letters`.
"""
"""First part of the document. [text]"""

_CONDITIONS = """
What `health` reports in `condition`, the gravest first: a camera in several conditions reports the first of them.
`{name}` is the detail of that name. The `address` of the stream, where known, precedes the text. Ignore codes that
you do not know.
"""
"""Introduction of the table of conditions. [text]"""


def json_schema(kind: str) -> dict[str, Any]:
    """JSON Schema of an event with its envelope. kind: a key of `KINDS`.

    >>> json_schema("health")["properties"]["data"]["properties"]["status"]["description"]
    'State of the camera.'
    """
    envelope = TypeAdapter(Event).json_schema(mode="serialization")
    data = TypeAdapter(KINDS[kind]).json_schema(mode="serialization", ref_template="#/$defs/{model}")
    used = data.pop("$defs", {})
    return {**envelope, "properties": {**envelope["properties"], "data": data}, "$defs": used}


def document() -> str:
    """Text of docs/events.md."""
    envelope = TypeAdapter(Event).json_schema(mode="serialization")
    parts = [_INTRODUCTION, "## Attributes: CloudEvents 1.0\n", *_table(envelope)]
    for kind, cls in KINDS.items():
        schema = json_schema(kind)
        parts += [f"\n## `{kind}` on `{TOPICS[kind]}`\n", f"{first_line(cls.__doc__)}\n"]
        parts += _table(schema["properties"]["data"], schema["$defs"])
        for name, nested in schema["$defs"].items():
            if nested.get("type") == "object":
                measures = measures_of(_RECORDS[name]) if name in _RECORDS else {}
                fields = sorted(nested["properties"].items(), key=lambda field: field[0] in measures)
                parts += [f"\n### {name}\n", f"{first_line(nested['description'])}\n"]
                parts += _table({"properties": dict(fields)}, schema["$defs"])
    parts += ["\n## Conditions\n", _CONDITIONS.lstrip(), *_conditions()]
    return "\n".join(parts) + "\n"


def _conditions() -> Iterator[str]:
    """Lines of a table with the status and the English text of each condition."""
    yield from ("| condition | status | English |", "| --- | --- | --- |")
    for condition, status in STATUS_OF.items():
        yield f"| `{condition}` | `{status}` | {TEXTS[condition]} |"


def first_line(text: str | None) -> str:
    """Return the first line of a docstring."""
    return (text or "").strip().splitlines()[0]


def _table(schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> Iterator[str]:
    """Lines of a table with name, type, unit and meaning of each property."""
    yield from ("| field | type | unit | meaning |", "| --- | --- | --- | --- |")
    for name, field in schema["properties"].items():
        unit = field.get("unit", "")
        meaning = field.get("description", "").replace(f" Unit: {unit}.", "")
        yield f"| `{name}` | {_type(field, definitions or {})} | {unit} | {meaning} |"


def _type(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Type of a property in words.

    >>> _type({"anyOf": [{"type": "number"}, {"type": "null"}]}, {})
    'number or null'
    """
    match field:
        case {"anyOf": list(options)}:
            text = " or ".join(_type(option, definitions) for option in options)
        case {"$ref": str(reference)}:
            name = reference.rsplit("/", 1)[-1]
            values = definitions.get(name, {}).get("enum", [])
            text = ", ".join(f"`{value}`" for value in values) or name
        case {"const": value}:
            text = f"`{value}`"
        case {"type": "array", "prefixItems": list(items)}:
            text = f"[{', '.join(_type(item, definitions) for item in items)}]"
        case {"type": "array", "items": dict(item)}:
            text = f"array of {_type(item, definitions)}"
        case _:
            text = str(field.get("format") or field.get("type") or "object")
    return text


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
