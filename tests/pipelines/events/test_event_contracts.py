"""Contracts of the events: committed files, and validity of events of this version and of recorded ones."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from pipelines.commands.contracts import contracts as command
from pipelines.events.event_contracts import ASYNCAPI_FILE, camera_schema, contracts, data_schema, headers_schema
from pipelines.events.event_reference import KINDS
from pipelines.events.registered_camera import CAMERA_TOPIC, RegisteredCamera
from pipelines.events.schema import TOPICS, Event
from tests.support.events import one_of_each

FOLDER = Path(__file__).parents[3] / "docs" / "events"
RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.jsonl"))
LINES = [line for path in RECORDED for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_committed_contracts_are_those_of_the_code() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert committed == contracts(), "run simpang contracts docs/events"


def test_the_command_writes_all_contracts(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(tmp_path / "new" / "folder")])
    assert result.exit_code == 0
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == set(contracts())


@pytest.mark.parametrize("kind", KINDS)
def test_each_schema_is_a_valid_schema(kind: str) -> None:
    Draft202012Validator.check_schema(data_schema(kind))
    Draft202012Validator.check_schema(headers_schema(kind))


@pytest.mark.parametrize("event", one_of_each(), ids=lambda event: event.data.kind)
def test_an_event_fits_its_schema(event: Event) -> None:
    validator = Draft202012Validator(data_schema(event.data.kind))
    data = json.loads(event.data.model_dump_json())
    validator.validate(data)
    del data["camera_id"]
    assert [error.message for error in validator.iter_errors(data)] == ["'camera_id' is a required property"]


def test_a_record_of_the_registry_fits_its_schema_and_unknown_fields_are_ignored() -> None:
    record = {"id": "north", "name": "North", "url": "rtsp://${dishub}@10.0.0.7/1", "position": {"lat": 1, "lon": 104}}
    camera = RegisteredCamera.model_validate_json(json.dumps(record | {"later": 1}))
    Draft202012Validator.check_schema(camera_schema())
    Draft202012Validator(camera_schema()).validate(json.loads(camera.model_dump_json()))


@pytest.mark.parametrize("line", LINES)
def test_a_recorded_event_fits_the_schema_and_is_read_without_loss(line: str) -> None:
    recorded = json.loads(line)
    Draft202012Validator(data_schema(recorded["data"]["kind"])).validate(recorded["data"])
    read = json.loads(Event.from_json(line).to_json())
    assert _kept(recorded, read) == []


def test_events_of_every_kind_are_recorded() -> None:
    assert {json.loads(line)["data"]["kind"] for line in LINES} == set(TOPICS)


def test_the_asyncapi_document_has_every_topic_and_its_references_lead_somewhere() -> None:
    document = yaml.safe_load((FOLDER / ASYNCAPI_FILE).read_text(encoding="utf-8"))
    assert document["asyncapi"] == "3.0.0"
    topics = {*TOPICS.values(), CAMERA_TOPIC}
    assert {channel["address"] for channel in document["channels"].values()} == topics
    references = list(_references(document))
    assert len(references) == 4 * len(topics)
    for reference in references:
        file, _, path = reference.partition("#")
        target = json.loads((FOLDER / file).read_text(encoding="utf-8")) if file else document
        for part in path.split("/")[1:]:
            target = target[part]
        assert target


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for value in node.values() for found in _references(value)]
    return [found for value in node for found in _references(value)] if isinstance(node, list) else []


def _kept(recorded: Any, read: Any, path: str = "") -> list[str]:
    """Return the paths of what was recorded and is not the same in what was read; fields that were added are none."""
    if isinstance(recorded, dict):
        return [
            lost
            for name, value in recorded.items()
            for lost in ([f"{path}.{name}"] if name not in read else _kept(value, read[name], f"{path}.{name}"))
        ]
    if isinstance(recorded, list):
        pairs = enumerate(zip(recorded, read, strict=True))
        return [lost for k, (a, b) in pairs for lost in _kept(a, b, f"{path}[{k}]")]
    return [] if recorded == read else [path]
