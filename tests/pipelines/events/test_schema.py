"""Events as they go over the bus."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from analytics.facts import Direction
from analytics.road_users import RoadUser
from pipelines.events.schema import Counts, CrossingRecord, Event

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
CROSSING = CrossingRecord(at=NOW, gate="north", direction=Direction.A, road_user=RoadUser.BUS, track=7)
EVENT = Event.wrap(Counts(camera_id="kuda", start_at=NOW, end_at=NOW, observed_s=10.0, crossings=(CROSSING,)), NOW)


def test_an_event_comes_back_from_json_as_it_was():
    assert Event.from_json(EVENT.to_json()) == EVENT


def test_what_a_newer_worker_adds_loses_nothing_that_is_known():
    newer = json.loads(EVENT.to_json())
    newer["data"]["colour"] = "red"
    newer["data"]["crossings"][0]["number_plate"] = None
    newer["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert Event.from_json(json.dumps(newer)) == EVENT


@pytest.mark.parametrize("missing", ["camera_id", "start_at", "kind"])
def test_what_is_no_event_of_ours_is_refused(missing):
    other = json.loads(EVENT.to_json())
    del other["data"][missing]
    with pytest.raises(ValidationError):
        Event.from_json(json.dumps(other))
