"""Quality of incidents over HTTP, against plain SQL over the rows."""

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from analytics.facts import IncidentType
from analytics.incidents.handling import Step, StepContent
from portal.incidents.steps import NewStep, add_step
from tests.support.portal_events import ago, incident, minute

CAMERAS = {"laluan-1": "Simpang Laluan", "barelang": "Barelang", "kantor": "Kantor"}
"""Site, or name where there is none, by camera."""


def take(pool, number, camera, *steps):
    for known, step in enumerate(steps):
        content = StepContent(step=step, note="bayangan" if step in (Step.REJECTED, Step.NOTED) else "")
        new = NewStep(
            incident_id=f"{camera}-{number:03}",
            camera_id=camera,
            taken_by="budi" if number % 2 else "sari",
            content=content,
            known_steps=known,
            request_id=uuid4(),
        )
        with pool.connection() as connection:
            add_step(connection, new, (), ())


@pytest.fixture
def city(store, pool):
    """Incidents of some days at three sites with any verdicts."""
    rng = random.Random(18)
    with pool.connection() as connection:
        for camera, days in (("laluan-1", 100), ("barelang", 4)):
            connection.execute(
                "INSERT INTO camera_service VALUES (%s, now() - %s, 'in_service', NULL, NULL, true)",
                [camera, timedelta(days=days)],
            )
    choices = [
        (),
        (Step.NOTED,),
        (Step.ACKNOWLEDGED,),
        (Step.VERIFIED,),
        (Step.REJECTED,),
        (Step.VERIFIED, Step.DISPATCHED, Step.CLEARED),
        (Step.REJECTED, Step.REOPENED),
        (Step.NOTED, Step.VERIFIED, Step.REJECTED),
    ]
    for number in range(120):
        camera = rng.choice(list(CAMERAS))
        at = ago(rng.uniform(60, 12 * 86_400))
        store(
            incident(
                number,
                camera_id=camera,
                type=rng.choice((IncidentType.WRONG_WAY, IncidentType.STOPPED_VEHICLE)),
                start_at=at - timedelta(seconds=rng.uniform(0, 30)),
                detected_at=at,
                confidence=rng.choice((0.6, 0.7, 0.8, 0.9)),
            )
        )
        take(pool, number, camera, *rng.choice(choices))


COUNTS = """
SELECT camera_id, type, count(*),
    count(*) FILTER (WHERE verdict.confirmed), count(*) FILTER (WHERE NOT verdict.confirmed),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM detected_at - start_at)),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM answer.at - detected_at))
FROM incidents
LEFT JOIN (SELECT DISTINCT ON (incident_id) incident_id, confirmed FROM incident_steps ORDER BY incident_id, n DESC)
    AS verdict USING (incident_id)
LEFT JOIN (SELECT incident_id, min(at) AS at FROM incident_steps WHERE state <> 'new' GROUP BY incident_id)
    AS answer USING (incident_id)
WHERE detected_at >= now() - interval '7 days' GROUP BY camera_id, type ORDER BY camera_id, type
"""


@pytest.mark.usefixtures("city")
def test_every_figure_is_that_of_plain_sql_over_the_rows(signed_in, pool):
    report = signed_in("budi").get("/api/incidents/quality", params={"days": 7}).json()
    with pool.connection() as connection:
        expected = connection.execute(COUNTS).fetchall()
        operators = connection.execute("SELECT count(DISTINCT taken_by) FROM incident_steps").fetchone()
    rows = {(row["site"], row["type"]): row for row in report["rows"]}
    assert len(rows) == len(expected) >= 5
    for camera, kind, raised, confirmed, rejected, delay_s, acknowledge_s in expected:
        row = rows[CAMERAS[camera], kind]
        assert (row["raised"], row["confirmed"], row["rejected"]) == (raised, confirmed, rejected)
        verdicts = confirmed + rejected
        assert row["precision"] == (pytest.approx(confirmed / verdicts) if verdicts else None)
        assert row["false_per_day"] == pytest.approx(rejected / (4 if camera == "barelang" else 7), rel=1e-3)
        assert row["delay_s"] == pytest.approx(float(delay_s))
        assert row["acknowledge_s"] == (None if acknowledge_s is None else pytest.approx(float(acknowledge_s)))
    assert report["operators"] == operators[0] == 2
    assert sum(row["raised"] for row in report["rows"]) >= report["alarms"] > 0
    assert report["alarms_per_ten_minutes"] == pytest.approx(report["alarms"] / (7 * 144))
    assert {each["verdicts"] for each in report["thresholds"]} == {
        sum(row["confirmed"] + row["rejected"] for row in report["rows"] if row["type"] == each["type"])
        for each in report["thresholds"]
    }


def test_a_flood_counts_in_full_in_the_load_also_across_a_full_ten_minutes(signed_in, store):
    types = list(IncidentType)
    edge = minute(ago(3600)).timestamp() // 600 * 600
    at = [datetime.fromtimestamp(edge + 20 * (n - 7), UTC) for n in range(15)]
    cameras = list(CAMERAS)
    store(*(incident(n, detected_at=at[n], type=types[n % 5], camera_id=cameras[n // 5]) for n in range(15)))
    report = signed_in("budi").get("/api/incidents/quality").json()
    assert (report["alarms"], report["busiest_ten_minutes"]) == (15, 15)


def test_without_incidents_nothing_is_made_up(signed_in):
    report = signed_in("sari").get("/api/incidents/quality").json()
    assert (report["rows"], report["thresholds"], report["alarms"], report["busiest_ten_minutes"]) == ([], [], 0, 0)


@pytest.mark.parametrize("days", [0, 93, "x"])
def test_a_period_that_is_not_served_is_refused(signed_in, days):
    answer = signed_in("sari").get("/api/incidents/quality", params={"days": days})
    assert (answer.status_code, answer.json()["detail"].split(":")[0]) == (422, "days")


def test_planners_and_the_public_see_no_quality(anonymous, signed_in):
    assert anonymous.get("/api/incidents/quality").status_code == 401
    assert signed_in("rina").get("/api/incidents/quality").status_code == 403
