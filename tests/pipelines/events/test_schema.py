"""JSON of the events."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from analytics.facts import Direction
from analytics.road_users import RoadUser
from pipelines.events.condition import CameraCondition, Condition, ConditionDetails
from pipelines.events.condition_status import STATUS_OF
from pipelines.events.condition_text import english
from pipelines.events.schema import CameraStatus, CountsReport, CrossingRecord, Event, Health, IncidentPhase
from tests.support.events import incident

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
CROSSING = CrossingRecord(at=NOW, gate="north", direction=Direction.A, road_user=RoadUser.BUS, track=7)
EVENT = Event.wrap(
    CountsReport(camera_id="kuda", start_at=NOW, end_at=NOW, observed_s=10.0, crossings=(CROSSING,)), NOW
)


def test_an_event_is_equal_after_json():
    assert Event.from_json(EVENT.to_json()) == EVENT


def test_fields_of_a_newer_worker_are_ignored():
    newer = json.loads(EVENT.to_json())
    newer["data"]["colour"] = "red"
    newer["data"]["crossings"][0]["number_plate"] = None
    newer["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert Event.from_json(json.dumps(newer)) == EVENT


def test_an_event_of_an_older_worker_has_no_condition():
    older = json.loads(Event.wrap(Health(camera_id="kuda", at=NOW, status=CameraStatus.ONLINE), NOW).to_json())
    del older["data"]["condition"], older["data"]["details"]
    health = Event.from_json(json.dumps(older)).data
    assert (health.condition, health.details) == (None, None)


def test_an_incident_of_an_older_worker_has_no_evidence():
    older = json.loads(incident(IncidentPhase.RAISED).to_json())
    del older["data"]["evidence"]
    assert Event.from_json(json.dumps(older)).data.evidence is None


def test_figures_of_evidence_from_a_newer_worker_are_ignored():
    event = incident(IncidentPhase.RAISED)
    newer = json.loads(event.to_json())
    newer["data"]["evidence"]["braking_ms2"] = 7.5
    assert Event.from_json(json.dumps(newer)) == event


def test_a_condition_of_a_newer_worker_is_none_and_the_rest_is_kept():
    details = ConditionDetails(error="flood")
    event = Event.wrap(
        Health(camera_id="kuda", at=NOW, status=CameraStatus.OFFLINE, details=details, reason="flood"), NOW
    )
    newer = json.loads(event.to_json())
    newer["data"]["condition"] = "flooded"
    newer["data"]["details"]["water_level_m"] = 1.2
    newer["data"]["details"]["cause"] = "rain"
    assert Event.from_json(json.dumps(newer)) == event


@pytest.mark.parametrize("condition", Condition)
def test_a_condition_is_equal_after_json(condition):
    details = ConditionDetails(cause=condition, pixel=(1.5, 2), image_size=(320, 240), shift_share=0.25)
    health = Health(camera_id="kuda", at=NOW, status=STATUS_OF[condition], condition=condition, details=details)
    event = Event.wrap(health, NOW)
    assert Event.from_json(event.to_json()) == event
    assert "hidden_share" not in json.loads(event.to_json())["data"]["details"], "what does not apply is left out"


@pytest.mark.parametrize("condition", Condition)
def test_every_condition_has_an_english_text_in_one_line(condition):
    text = english(CameraCondition.of(condition, error="no route to host", codec="mjpeg"))
    assert (text == "") == (condition in (Condition.OK, Condition.CONNECTING))
    assert "\n" not in text


@pytest.mark.parametrize("missing", ["camera_id", "start_at", "kind"])
def test_an_event_without_a_required_field_is_refused(missing):
    other = json.loads(EVENT.to_json())
    del other["data"][missing]
    with pytest.raises(ValidationError):
        Event.from_json(json.dumps(other))
