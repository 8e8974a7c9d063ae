"""Contracts of the events for other programs: a JSON Schema for each kind, and an AsyncAPI document of the topics."""

import json
from typing import Any

import yaml
from pydantic import TypeAdapter

from pipelines.events.event_reference import KINDS, first_line
from pipelines.events.schema import MAJOR, MINOR, TOPICS, Event, event_type, schema_id

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""Dialect of the schemas. [pydantic 2]"""
ASYNCAPI = "3.0.0"
"""Version of AsyncAPI."""
KAFKA_BINDING = "0.5.0"
"""Version of AsyncAPI's Kafka binding."""
ASYNCAPI_FILE = "asyncapi.yaml"
"""Name of the AsyncAPI document."""
CONTENT_TYPE = "application/json"
"""Format of `data`, and of the value of a Kafka record."""

_NOTE = "# Generated: simpang contracts docs/events\n"
"""First line of the AsyncAPI document. [text]"""
_DESCRIPTION = """\
What a worker of Simpang measures, as CloudEvents 1.0 in binary mode on Apache Kafka. Incidents of one
camera keep their order; after an outage other events may arrive later than newer ones: order them by their times. An
event may be delivered more than once, with the same `ce_id`. Times are UTC; what was not observed is null. Ignore
fields and codes that you do not know.
"""
"""Description in the AsyncAPI document. [text]"""


def contracts() -> dict[str, str]:
    """Return the contents of all files by name."""
    files = {schema_file(kind): json.dumps(data_schema(kind), indent=2, ensure_ascii=False) + "\n" for kind in KINDS}
    document = yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=120)
    return {**files, ASYNCAPI_FILE: _NOTE + document}


def schema_file(kind: str) -> str:
    """Return the name of the file with the schema of a kind of event."""
    return f"{kind}.schema.json"


def data_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of the data of an event. kind: a key of `KINDS`.

    >>> data_schema("health")["$id"]
    'urn:simpang:event:health:1.2'
    """
    schema = TypeAdapter(KINDS[kind]).json_schema(mode="serialization")
    return {"$schema": DIALECT, "$id": schema_id(kind), **schema}


def headers_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of the headers of a Kafka record: the attributes of the event, and its content type."""
    fixed = {"specversion": "1.0", "type": event_type(kind), "dataschema": schema_id(kind)}
    attributes = TypeAdapter(Event).json_schema(mode="serialization")["properties"]
    headers: dict[str, Any] = {"content-type": {"type": "string", "const": CONTENT_TYPE}}
    for name, attribute in attributes.items():
        if name in ("data", "datacontenttype"):
            continue
        values = {"const": fixed[name]} if name in fixed else {}
        formats = {"format": attribute["format"]} if "format" in attribute else {}
        headers[f"ce_{name}"] = {"type": "string", **values, **formats, "description": attribute["description"]}
    return {"type": "object", "required": list(headers), "properties": headers}


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI document, which refers to the files of the schemas."""
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "Simpang: traffic events",
            "version": f"{MAJOR}.{MINOR}",
            "description": _DESCRIPTION,
            "license": {"name": "AGPL-3.0-or-later"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {kind: _channel(kind) for kind in KINDS},
        "operations": {f"send-{kind}": _operation(kind) for kind in KINDS},
        "components": {"messages": {kind: _message(kind) for kind in KINDS}},
    }


def _channel(kind: str) -> dict[str, Any]:
    return {
        "address": TOPICS[kind],
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        "bindings": {"kafka": {"topic": TOPICS[kind], "bindingVersion": KAFKA_BINDING}},
    }


def _operation(kind: str) -> dict[str, Any]:
    return {
        "action": "send",
        "summary": f"A worker publishes {kind} events.",
        "channel": {"$ref": f"#/channels/{kind}"},
        "messages": [{"$ref": f"#/channels/{kind}/messages/{kind}"}],
    }


def _message(kind: str) -> dict[str, Any]:
    return {
        "name": event_type(kind),
        "summary": first_line(KINDS[kind].__doc__),
        "contentType": CONTENT_TYPE,
        "headers": headers_schema(kind),
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{schema_file(kind)}"},
        },
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "Id of the camera."},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }
