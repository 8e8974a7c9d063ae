"""Incidents of accounts with limited rights, and of sites with equal names."""

from uuid import uuid4

import pytest

from analytics.camera import Position
from pipelines.config.settings import SiteConfig
from portal.incidents.queries import recent_incidents
from tests.support.portal_events import ago, incident

ALL = {"laluan-1", "barelang", "kantor"}


@pytest.fixture
def config(config):
    """Two sites have one name, and the id of a site is that of a camera. `budi` has rights for `laluan-1` alone."""
    namesake = SiteConfig(id="barelang", name="Simpang Laluan", position=Position(lat=1.10, lon=104.05))
    cameras = [one.model_copy(update={"site": "barelang"}) if one.id == "kantor" else one for one in config.cameras]
    users = [one.model_copy(update={"owners": ("Dishub",)}) if one.name == "budi" else one for one in config.users]
    changed = {"sites": (*config.sites, namesake), "cameras": tuple(cameras), "users": tuple(users)}
    return config.model_copy(update=changed)


@pytest.fixture
def limited(signed_in):
    return signed_in("budi")


@pytest.fixture
def operator(signed_in):
    return signed_in("sari")


def take(client, camera, step, known=0, **more):
    body = {"step": step, "known_steps": known, "request_id": str(uuid4()), **more}
    return client.post(f"/api/incidents/{camera}-001/steps", json=body)


@pytest.fixture(autouse=True)
def _incidents(store):
    store(*(incident(1, camera_id=camera, detected_at=ago(60)) for camera in ALL))


def test_incidents_of_places_with_equal_names_are_alarms_and_rows_of_their_own(operator):
    alarms = operator.get("/api/incidents/alarms").json()["incidents"]
    assert [alarm["grouping"] for alarm in alarms] == ["single"] * 3
    report = operator.get("/api/incidents/quality").json()
    assert [(row["site"], row["raised"]) for row in report["rows"]] == [
        ("Barelang", 1),
        ("Simpang Laluan", 1),
        ("Simpang Laluan", 1),
    ]


def test_a_camera_out_of_scope_has_no_incident_to_see_or_to_handle(limited):
    address = "/api/incidents/kantor-001"
    assert limited.get(address).status_code == limited.get(f"{address}/steps").status_code == 404
    assert take(limited, "kantor", "acknowledged").status_code == 404
    assert take(limited, "laluan-1", "merged", merged_into="kantor-001").status_code == 422
    (alarm,) = limited.get("/api/incidents/alarms").json()["incidents"]
    assert [member["camera_id"] for member in alarm["members"]] == ["laluan-1"]


def test_an_incident_out_of_scope_is_not_named_as_the_one_that_remains(limited, operator, pool):
    assert take(operator, "laluan-1", "merged", merged_into="kantor-001").status_code == 200

    def named(client):
        page = client.get("/api/incidents").json()["incidents"]
        (listed,) = (row for row in page if row["id"] == "laluan-1-001")
        (logged,) = client.get("/api/incidents/laluan-1-001/steps").json()["steps"]
        one = client.get("/api/incidents/laluan-1-001").json()
        assert one["handling"]["state"] == listed["handling"]["state"] == logged["state"] == "merged"
        return one["handling"]["merged_into"], listed["handling"]["merged_into"], logged["merged_into"]

    assert named(operator) == ("kantor-001",) * 3
    assert named(limited) == (None,) * 3
    with pool.connection() as connection:
        rows = recent_incidents(connection, list(ALL), ago(120))
    assert {(row.state, row.merged_into) for row in rows} == {("merged", None), ("new", None)}


def test_the_quality_counts_operators_and_incidents_within_the_scope(limited, operator):
    assert take(operator, "kantor", "acknowledged").status_code == 200
    assert operator.get("/api/incidents/quality").json()["operators"] == 1
    report = limited.get("/api/incidents/quality").json()
    assert (report["operators"], [row["site"] for row in report["rows"]]) == (0, ["Simpang Laluan"])
    assert take(limited, "laluan-1", "rejected", note="bayangan").status_code == 200
    assert limited.get("/api/incidents/quality").json()["operators"] == 1
