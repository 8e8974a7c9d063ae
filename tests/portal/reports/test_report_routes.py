"""Reports of viewers about cameras: what may be reported, how often, and what operators do with it."""

import pytest

from portal.reports.routes import REPORTS_PER_ADDRESS


def report(client, kind="no_picture", camera="barelang"):
    return client.post(f"/api/cameras/{camera}/reports", json={"kind": kind})


def reports(client):
    return client.get("/api/camera-reports").json()["reports"]


def test_operators_see_what_viewers_report_until_they_handle_it(anonymous, signed_in):
    operator = signed_in("sari")
    assert report(anonymous, "wrong_level").status_code == 204
    assert report(anonymous, "privacy").status_code == 204
    found = reports(operator)
    assert {(each["camera_id"], each["kind"], each["n"]) for each in found} == {
        ("barelang", "wrong_level", 1),
        ("barelang", "privacy", 1),
    }
    assert found[0]["camera_name"]
    assert operator.delete("/api/camera-reports/barelang/privacy").status_code == 204
    assert [each["kind"] for each in reports(operator)] == ["wrong_level"]


def test_a_repeated_report_counts_once(anonymous, signed_in):
    for _ in range(3):
        assert report(anonymous).status_code == 204
    assert [each["n"] for each in reports(signed_in("sari"))] == [1]


def test_one_address_cannot_flood_the_list(anonymous):
    answers = [report(anonymous).status_code for _ in range(REPORTS_PER_ADDRESS + 1)]
    assert answers == [204] * REPORTS_PER_ADDRESS + [429]


@pytest.mark.parametrize("camera", ["kantor", "nowhere"])
def test_a_camera_that_the_viewer_cannot_see_cannot_be_reported(anonymous, camera):
    assert report(anonymous, camera=camera).status_code == 404


@pytest.mark.parametrize("body", [{}, {"kind": "rude"}, {"kind": "privacy", "text": "Budi, 0812-3456"}])
def test_a_report_has_one_of_the_kinds_and_nothing_else(anonymous, body):
    assert anonymous.post("/api/cameras/barelang/reports", json=body).status_code == 422


@pytest.mark.parametrize(("name", "status"), [(None, 401), ("budi", 403), ("rina", 403)])
def test_only_operators_read_and_handle_reports(anonymous, signed_in, name, status):
    client = anonymous if name is None else signed_in(name)
    assert client.get("/api/camera-reports").status_code == status
    assert client.delete("/api/camera-reports/barelang/privacy").status_code == status
