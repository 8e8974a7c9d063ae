"""Contracts of the events for other programs: a JSON Schema for each kind, and an AsyncAPI document of the topics."""

import json
from typing import Any

import yaml
from pydantic import TypeAdapter

from pipelines.events.event_reference import KINDS, first_line
from pipelines.events.registered_camera import CAMERA_SCHEMA, CAMERA_TOPIC, RegisteredCamera
from pipelines.events.schema import MAJOR, MINOR, TOPICS, Event, event_type, schema_id

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""Dialect of the schemas. [pydantic 2]"""
ASYNCAPI = "3.0.0"
"""Version of AsyncAPI."""
KAFKA_BINDING = "0.5.0"
"""Version of AsyncAPI's Kafka binding."""
SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
"""Name of the dialect in AsyncAPI."""
CAMERA = "camera"
"""Name of the record of the registry in the documents."""
CAMERA_FILE = "camera.schema.json"
"""Name of the file with its schema."""
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
    schemas = {schema_file(kind): data_schema(kind) for kind in KINDS} | {CAMERA_FILE: camera_schema()}
    files = {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}
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


def camera_schema() -> dict[str, Any]:
    """Return the JSON Schema of a record of the registry of cameras."""
    return {"$schema": DIALECT, "$id": CAMERA_SCHEMA, **RegisteredCamera.model_json_schema(mode="serialization")}


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
        "channels": {**{kind: _channel(kind, TOPICS[kind]) for kind in KINDS}, CAMERA: _channel(CAMERA, CAMERA_TOPIC)},
        "operations": {
            **{f"send-{kind}": _operation(kind, f"A worker publishes {kind} events.") for kind in KINDS},
            f"send-{CAMERA}": _operation(CAMERA, "simpang cameras changes the registry, which workers read."),
        },
        "components": {"messages": {**{kind: _message(kind) for kind in KINDS}, CAMERA: _camera_message()}},
    }


def _channel(kind: str, topic: str) -> dict[str, Any]:
    return {
        "address": topic,
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        "bindings": {"kafka": {"topic": topic, "bindingVersion": KAFKA_BINDING}},
    }


def _operation(kind: str, summary: str) -> dict[str, Any]:
    return {
        "action": "send",
        "summary": summary,
        "channel": {"$ref": f"#/channels/{kind}"},
        "messages": [{"$ref": f"#/channels/{kind}/messages/{kind}"}],
    }


def _message(kind: str) -> dict[str, Any]:
    return {
        "name": event_type(kind),
        "summary": first_line(KINDS[kind].__doc__),
        "headers": headers_schema(kind),
        **_content(schema_file(kind)),
    }


def _camera_message() -> dict[str, Any]:
    headers = {
        "content-type": {"type": "string", "const": CONTENT_TYPE},
        "ce_dataschema": {"type": "string", "const": CAMERA_SCHEMA},
    }
    return {
        "name": CAMERA,
        "summary": first_line(RegisteredCamera.__doc__),
        "headers": {"type": "object", "required": list(headers), "properties": headers},
        **_content(CAMERA_FILE),
    }


def _content(file: str) -> dict[str, Any]:
    """Return the payload and the binding of a message. file: of its schema."""
    return {
        "contentType": CONTENT_TYPE,
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": {"$ref": f"./{file}"}},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "Id of the camera."},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }
