"""Incidents over HTTP: list with pages and filters, single incident, image."""

from datetime import timedelta

import pytest

from analytics.facts import IncidentEvidence, IncidentType
from analytics.road_users import RoadUser
from pipelines.events.schema import IncidentPhase
from tests.support.portal_events import NOON, incident


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [found["id"] for found in answer.json()["incidents"]]


@pytest.fixture
def police(signed_in):
    return signed_in("budi")


def test_pages_have_no_gap_even_for_incidents_of_the_same_instant(police, store):
    store(*(incident(n, detected_at=NOON) for n in range(7)), incident(99))
    seen, cursor = [], None
    for _ in range(3):
        answer = police.get("/api/incidents", params={"limit": 3, **({"before": cursor} if cursor else {})})
        seen += ids(answer)
        cursor = answer.json()["next"]
    assert cursor is None
    assert seen == ["laluan-1-099", *(f"laluan-1-{n:03}" for n in range(6, -1, -1))]


@pytest.mark.parametrize(
    ("parameters", "numbers"),
    [
        ({}, {0, 1, 2}),
        ({"type": "wrong_way"}, {1}),
        ({"open": True}, {0, 1}),
        ({"open": False}, {2}),
        ({"camera": "barelang"}, {2}),
        ({"from": (NOON + timedelta(seconds=1)).isoformat()}, {1, 2}),
        ({"to": (NOON + timedelta(seconds=1)).isoformat()}, {0}),
    ],
)
def test_list_can_be_filtered(police, store, parameters, numbers):
    store(
        incident(0),
        incident(1, type=IncidentType.WRONG_WAY),
        incident(2, camera_id="barelang", phase=IncidentPhase.ENDED, end_at=NOON + timedelta(seconds=30)),
    )
    assert {int(name[-3:]) for name in ids(police.get("/api/incidents", params=parameters))} == numbers


def test_incident_has_type_position_times_evidence_and_reason(police, store):
    evidence = IncidentEvidence(road_user=RoadUser.TRUCK, duration_s=12.5, passed_by=3)
    store(incident(1, lat=1.125, lon=104.045, evidence=evidence), incident(2))
    found = police.get("/api/incidents/laluan-1-001").json()
    assert (found["camera_name"], found["site_name"]) == ("Laluan utara", "Simpang Laluan")
    assert (found["type"], found["reason"]) == ("stopped_vehicle", "stands in a live lane")
    assert IncidentEvidence(**found["evidence"]) == evidence
    assert police.get("/api/incidents/laluan-1-002").json()["evidence"] is None, "from an older worker"
    assert (found["pixel"], found["position"]) == ([10, 20], {"lat": 1.125, "lon": 104.045})
    assert found["start_at"] < found["detected_at"]
    assert (found["end_at"], found["snapshot"]) == (None, None)


def test_snapshot_is_the_stored_image(police, store, config):
    folder = config.data_dir / "snapshots"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"\xff\xd8jpeg")
    (config.data_dir / "secret.jpg").write_bytes(b"secret")
    store(incident(1, snapshot="a"), incident(2, snapshot="../secret"), incident(3, snapshot="gone"))
    image = police.get(police.get("/api/incidents/laluan-1-001").json()["snapshot"])
    assert (image.content, image.headers["content-type"]) == (b"\xff\xd8jpeg", "image/jpeg")
    for number in (2, 3):
        answer = police.get(f"/api/incidents/laluan-1-{number:03}/snapshot.jpg")
        assert (answer.status_code, answer.json()) == (404, {"detail": "No image of this incident was stored."})


@pytest.mark.parametrize("cursor", ["x", "eHh4", "%ff", "MjAyNi0xMS0yMlQwMDowMDowMCBh"])
def test_invalid_cursor_is_refused(police, cursor):
    answer = police.get("/api/incidents", params={"before": cursor})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("before: ")


def test_unknown_incident_is_not_found(police):
    assert police.get("/api/incidents/tidak-ada").status_code == 404
