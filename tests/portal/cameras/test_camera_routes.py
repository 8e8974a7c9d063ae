"""Cameras: what is known of them now, and to whom."""

from analytics.facts import Level
from pipelines.events.condition import Condition, ConditionDetails
from pipelines.events.schema import CameraStatus, Health
from tests.support.portal_events import ago, level, online
from tests.support.servers import wait_until


def by_id(client):
    return {camera["id"]: camera for camera in client.get("/api/cameras").json()["cameras"]}


def test_only_public_cameras_exist_for_an_anonymous_visitor(anonymous):
    assert list(by_id(anonymous)) == ["laluan-1", "barelang"]


def test_every_camera_exists_for_whoever_is_signed_in(signed_in):
    for name in ("rina", "budi", "sari"):
        assert list(by_id(signed_in(name))) == ["laluan-1", "barelang", "kantor"]


def test_a_camera_of_which_nothing_is_known_has_no_data(anonymous):
    camera = by_id(anonymous)["barelang"]
    assert (camera["status"], camera["level"], camera["video"], camera["last_analysed_at"]) == (
        "offline",
        "unknown",
        None,
        None,
    )
    assert camera["zones"] == [{"id": "view", "level": "unknown", "speed_kmh": None, "since_at": None}]


def test_the_level_is_the_worst_of_its_zones(anonymous, store):
    store(
        online("laluan-1", ago(1)),
        level("laluan-1", "masuk", ago(70), Level.DENSE, Level.FREE),
        level("laluan-1", "masuk", ago(10), Level.DENSE, speed_kmh=31.5),
        level("laluan-1", "keluar", ago(10), Level.FREE, Level.UNKNOWN),
    )
    wait_until(lambda: by_id(anonymous)["laluan-1"]["level"] == "dense", "the level")
    camera = by_id(anonymous)["laluan-1"]
    assert camera["status"] == "online"
    assert camera["video"] == {"hls": "/live/laluan-1/index.m3u8"}
    assert camera["position"] == {"lat": 1.12, "lon": 104.04}, "the site's, for want of its own"
    entering = camera["zones"][0]
    assert (entering["id"], entering["level"], entering["speed_kmh"]) == ("masuk", "dense", 31.5)
    assert entering["since_at"] < camera["last_analysed_at"]


def test_no_address_of_a_camera_is_told(anonymous, signed_in):
    for client in (anonymous, signed_in("sari")):
        for path in ("/api/cameras", "/api/cameras/laluan-1"):
            assert "rtsp" not in client.get(path).text
            assert "s3cret" not in client.get(path).text


def test_a_view_that_is_no_basis_for_facts_has_no_level_and_only_operators_are_told_why(anonymous, signed_in, store):
    why = "the view has shifted by 5.0% of its longer side; aim the camera back"
    details = ConditionDetails(shift_share=0.05, rotation_deg=0.0)
    store(
        level("laluan-1", "masuk", ago(20), Level.JAMMED, Level.FREE),
        online("laluan-1", ago(20)),
        Health(
            camera_id="laluan-1",
            at=ago(1),
            status=CameraStatus.UNUSABLE,
            condition=Condition.MOVED,
            details=details,
            reason=why,
        ),
    )
    wait_until(lambda: by_id(anonymous)["laluan-1"]["status"] == "unusable", "the fault to be told")
    told = ("moved", {"shift_share": 0.05, "rotation_deg": 0.0}, why)
    for client, explained in ((anonymous, (None,) * 3), (signed_in("rina"), (None,) * 3), (signed_in("sari"), told)):
        for camera in (by_id(client)["laluan-1"], client.get("/api/cameras/laluan-1").json()):
            assert camera["level"] == "unknown"
            assert (camera["condition"], camera["details"], camera["reason"]) == explained
            assert {zone["level"] for zone in camera["zones"]} == {"unknown"}
            assert camera["video"], "people can still look at the road"


def test_how_well_the_machine_keeps_up_is_told_to_operators_alone(anonymous, signed_in, store):
    load = {"wanted_fps": 8.0, "held_fps": 1.5, "reached": 0.62, "age_p95_s": 0.31}
    store(online("laluan-1", ago(1), **load))
    sari = signed_in("sari")
    wait_until(lambda: by_id(sari)["laluan-1"]["load"], "the load to be told")
    for client, told in (
        (anonymous, None),
        (signed_in("rina"), None),
        (sari, {"analysed_fps": 5.0, "overloaded": False, **load}),
    ):
        for camera in (by_id(client)["laluan-1"], client.get("/api/cameras/laluan-1").json()):
            assert camera["load"] == told


def test_a_camera_that_is_down_has_no_level(anonymous, store):
    store(
        level("laluan-1", "masuk", ago(20), Level.JAMMED, Level.FREE),
        online("laluan-1", ago(20)),
        Health(camera_id="laluan-1", at=ago(5), status=CameraStatus.CONNECTING, reason="timed out"),
    )
    wait_until(lambda: by_id(anonymous)["laluan-1"]["status"] == "connecting", "the status")
    camera = by_id(anonymous)["laluan-1"]
    assert (camera["level"], camera["video"]) == ("unknown", None)
    assert camera["last_analysed_at"] is not None


def test_one_camera_with_its_geometry(anonymous):
    camera = anonymous.get("/api/cameras/laluan-1").json()
    assert camera["gates"] == [{"id": "utara", "p1": [100.0, 400.0], "p2": [900.0, 400.0]}]
    assert camera["zones"][1]["polygon"][0] == [640.0, 300.0]
    assert camera["image_size"] == [1280, 720]
    assert camera["site"]["name"] == "Simpang Laluan"


def test_the_picture_size_of_a_camera_without_geometry_is_as_reported(anonymous, store):
    store(online("barelang", ago(1), image_size=(704, 576)))
    wait_until(lambda: by_id(anonymous)["barelang"]["status"] == "online", "the status")
    camera = anonymous.get("/api/cameras/barelang").json()
    assert (camera["image_size"], camera["zones"][0]["polygon"]) == ([704, 576], [])


def test_a_report_from_the_future_is_not_believed(anonymous, store):
    store(online("barelang", ago(-3600)), online("laluan-1", ago(20)))
    wait_until(lambda: by_id(anonymous)["laluan-1"]["status"] == "online", "the other camera")
    assert by_id(anonymous)["barelang"]["status"] == "offline"
