"""NGSI-LD TrafficFlowObserved, against the published schema."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from analytics.facts import Direction, Sight
from analytics.road_users import RoadUser
from pipelines.events.schema import GateRecord
from portal.open_data import routes
from portal.open_data.traffic_flow import MINUTES, period_of
from tests.support.portal_events import crossing, ten_seconds
from tests.support.published_schemas import violations

URN = "urn:ngsi-ld:TrafficFlowObserved:simpang:laluan-1:utara:"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "FLOW_MAX_AGE_S", 0)


def entities(client: httpx.Client, options: str = "keyValues") -> dict[str, dict[str, Any]]:
    answer = client.get("/api/v1/traffic-flow.jsonld", params={"options": options})
    assert answer.headers["Content-Type"] == "application/ld+json"
    return {entity["id"]: entity for entity in answer.raise_for_status().json()}


def minute(n: int, direction: Direction, start: datetime, **changes: Any) -> GateRecord:
    at = start + timedelta(minutes=n)
    fields = {"coverage": 1.0, "flow_veh_h": 60.0, **changes}
    return GateRecord(gate="utara", direction=direction, start_at=at, end_at=at + timedelta(minutes=1), **fields)


def test_entities_are_valid_and_what_was_not_observed_has_no_attribute(anonymous: httpx.Client) -> None:
    found = entities(anonymous)
    assert set(found) == {f"{URN}{direction.value}" for direction in Direction}
    for entity in found.values():
        assert violations("ngsi_traffic_flow_observed", entity) == []
        assert entity["coverage"] == 0
        assert not {"intensity", "averageVehicleSpeed"} & set(entity), "no data is not zero"


def test_vehicles_are_counted_persons_are_not_and_speed_is_the_space_mean(
    anonymous: httpx.Client, store: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    start, end = period_of(datetime.now(UTC))
    monkeypatch.setattr(routes, "period_of", lambda now: (start, end))
    inside = start + timedelta(minutes=1, seconds=20)
    vehicles = [crossing(inside, speed_kmh=speed) for speed in (20.0, 60.0, None)]
    others = [
        crossing(inside, RoadUser.PERSON, speed_kmh=4.0),
        crossing(start - timedelta(seconds=1), speed_kmh=90.0),
        crossing(start + timedelta(minutes=MINUTES), speed_kmh=90.0),
    ]
    gates = [minute(n, Direction.A, start, coverage=0.5 if n == 0 else 1.0) for n in range(1, MINUTES)]
    gates += [minute(1, Direction.B, start), minute(2, Direction.B, start, sight=Sight.BLIND)]
    store(ten_seconds(inside, *vehicles, *others, gates=gates))
    found = entities(anonymous)
    assert found[f"{URN}{Direction.A}"]["dateObservedFrom"] == start.isoformat().replace("+00:00", "Z")
    forward = {
        name: found[f"{URN}{Direction.A}"].get(name) for name in ("intensity", "averageVehicleSpeed", "coverage")
    }
    assert forward == {"intensity": 3, "averageVehicleSpeed": 30.0, "coverage": 0.8}
    back = {name: found[f"{URN}{Direction.B}"].get(name) for name in ("intensity", "averageVehicleSpeed", "coverage")}
    assert back == {"intensity": 0, "averageVehicleSpeed": None, "coverage": 0.2}
    for entity in found.values():
        assert violations("ngsi_traffic_flow_observed", entity) == []


def test_the_normalized_form_has_the_same_values_as_properties(anonymous: httpx.Client) -> None:
    simple, full = entities(anonymous), entities(anonymous, "normalized")
    for key, entity in full.items():
        for name, attribute in entity.items():
            if name in ("id", "type", "@context"):
                assert attribute == simple[key][name]
                continue
            assert attribute["type"] == ("GeoProperty" if name == "location" else "Property")
            value = attribute["value"]
            assert (value["@value"] if "@type" in str(value) and "@value" in value else value) == simple[key][name]


def test_the_period_is_of_whole_minutes_whose_data_has_arrived() -> None:
    start, end = period_of(datetime(2026, 11, 20, 5, 6, 59, tzinfo=UTC))
    assert (f"{start:%H:%M:%S}", f"{end:%H:%M:%S}") == ("05:00:00", "05:05:00")
    assert period_of(datetime(2026, 11, 20, 5, 7, tzinfo=UTC))[1] - end == timedelta(minutes=1)
