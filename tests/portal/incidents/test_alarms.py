"""Alarms over HTTP: incidents and cameras without pictures, grouped."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from analytics.facts import IncidentType
from pipelines.events.schema import IncidentPhase
from tests.support.portal_events import ago, incident, minute


@pytest.fixture
def police(signed_in):
    return signed_in("budi")


@pytest.fixture
def gaps(pool):
    """Stores gaps as the assessment does: `gaps(camera, minutes ago, coverage, cause)`, and how far it has come."""

    def write(*rows, until=0):
        now = minute(ago(0))
        with pool.connection() as connection:
            connection.execute("DELETE FROM gap_progress")
            connection.execute("INSERT INTO gap_progress VALUES (%s)", [now - timedelta(minutes=until)])
            values = [
                (camera, now - timedelta(minutes=minutes_ago), coverage, cause)
                for camera, minutes_ago, coverage, cause in rows
            ]
            connection.cursor().executemany("INSERT INTO gaps VALUES (%s, %s, %s, %s, '')", values)
        return now

    return write


def test_cameras_that_failed_together_are_one_alarm_with_its_members(police, gaps):
    now = gaps(
        # Both fail within 30 s, on either side of a full minute.
        *(("laluan-1", n, 0.9 if n == 5 else 0, "site_power") for n in range(1, 6)),
        *(("barelang", n, 0.2 if n == 4 else 0, "site_power") for n in range(1, 5)),
        *(("kantor", n, 0, "link") for n in range(1, 31)),
    )
    found = police.get("/api/incidents/alarms").json()
    assert found["incidents"] == []
    alone, together = found["outages"]
    assert (alone["grouping"], alone["cause"], alone["sites"]) == ("single", "link", ["Kantor"])
    assert (together["grouping"], together["cause"], together["type"]) == ("together", "site_power", None)
    assert together["sites"] == ["Simpang Laluan", "Barelang"]
    assert [member["camera_name"] for member in together["members"]] == ["Laluan utara", "Barelang"]
    began = datetime.fromisoformat(together["started_at"])
    assert abs(began - (now - timedelta(minutes=5) + timedelta(seconds=54))) < timedelta(seconds=1)


@pytest.mark.parametrize(
    "rows",
    [
        [("laluan-1", 2, 0, "link")],
        [("laluan-1", 1, 0.6, "link")],
        [("laluan-1", 1, 0, "maintenance"), ("barelang", 1, 0, "view")],
        [("gone", 1, 0, "link")],
    ],
)
def test_what_is_over_or_ends_without_a_repair_is_no_alarm(police, gaps, rows):
    gaps(*rows)
    assert police.get("/api/incidents/alarms").json()["outages"] == []


def test_without_a_running_store_no_outage_is_present(police, gaps):
    gaps(("laluan-1", 16, 0, "link"), until=15)
    assert police.get("/api/incidents/alarms").json()["outages"] == []


def test_an_outage_begins_after_the_last_whole_minute(police, gaps):
    now = gaps(("laluan-1", 1, 0, "link"), ("laluan-1", 2, 0, "link"), ("laluan-1", 4, 0, "link"))
    (alarm,) = police.get("/api/incidents/alarms").json()["outages"]
    assert datetime.fromisoformat(alarm["started_at"]) == now - timedelta(minutes=2)


def test_outages_of_days_are_one_alarm_of_their_own(police, gaps):
    gaps(
        *(("laluan-1", n, 0, "link") for n in range(1, 1500)),
        *(("barelang", n, 0, "camera") for n in range(1, 1600)),
        *(("kantor", n, 0, "link") for n in range(1, 1400)),
    )
    lasting, lately = police.get("/api/incidents/alarms").json()["outages"]
    assert (lasting["grouping"], lasting["sites"]) == ("lasting", ["Barelang", "Simpang Laluan"])
    assert (lately["grouping"], lately["sites"]) == ("single", ["Kantor"])


def test_repeated_incidents_of_a_site_are_one_alarm_until_they_are_closed(police, store):
    begun = ago(900)
    over = {"phase": IncidentPhase.ENDED, "end_at": begun + timedelta(seconds=30)}
    store(
        incident(1, detected_at=begun, **over),
        incident(2, detected_at=begun + timedelta(seconds=200)),
        incident(3, detected_at=begun, type=IncidentType.WRONG_WAY),
        incident(4, detected_at=begun, camera_id="barelang"),
        incident(5),
    )

    def members():
        return {
            tuple(member["incident_id"] for member in alarm["members"]): alarm["grouping"]
            for alarm in police.get("/api/incidents/alarms").json()["incidents"]
        }

    assert members() == {
        ("laluan-1-001", "laluan-1-002"): "repeated",
        ("laluan-1-003",): "single",
        ("barelang-004",): "single",
    }
    closed = {"step": "rejected", "note": "bayangan", "known_steps": 0, "request_id": str(uuid4())}
    assert police.post("/api/incidents/laluan-1-001/steps", json=closed).status_code == 200
    assert ("laluan-1-002",) in members()


def test_a_flood_is_one_alarm(police, store):
    types = list(IncidentType)
    cameras = ("laluan-1", "barelang", "kantor")
    store(*(incident(n, detected_at=ago(500 - n), type=types[n % 5], camera_id=cameras[n // 5 % 3]) for n in range(15)))
    (alarm,) = police.get("/api/incidents/alarms").json()["incidents"]
    assert (alarm["grouping"], len(alarm["members"])) == ("flood", 15)


def test_planners_and_the_public_see_no_alarms(anonymous, signed_in):
    assert anonymous.get("/api/incidents/alarms").status_code == 401
    assert signed_in("rina").get("/api/incidents/alarms").status_code == 403
