"""Current state of the cameras over HTTP, and which users may see it."""

from datetime import timedelta

from analytics.facts import Direction, Level
from pipelines.events.condition import Condition, ConditionDetails
from pipelines.events.schema import CameraStatus, GateRecord, Health
from tests.support.portal import client_of, serving
from tests.support.portal_events import ago, level, minute, online, ten_seconds
from tests.support.servers import wait_until


def by_id(client):
    return {camera["id"]: camera for camera in client.get("/api/cameras").json()["cameras"]}


def test_client_without_session_sees_public_cameras_only(anonymous):
    assert list(by_id(anonymous)) == ["laluan-1", "barelang"]


def test_signed_in_users_see_every_camera(signed_in):
    for name in ("rina", "budi", "sari"):
        assert list(by_id(signed_in(name))) == ["laluan-1", "barelang", "kantor"]


def test_camera_without_reports_has_no_data(anonymous):
    camera = by_id(anonymous)["barelang"]
    assert (camera["status"], camera["level"], camera["video"], camera["last_analysed_at"]) == (
        "offline",
        "unknown",
        None,
        None,
    )
    assert camera["zones"] == [{"id": "view", "level": "unknown", "speed_kmh": None, "since_at": None, "sight": None}]


def test_level_of_a_camera_is_the_worst_of_its_zones(anonymous, store):
    store(
        online("laluan-1", ago(1)),
        level("laluan-1", "masuk", ago(70), Level.DENSE, Level.FREE),
        level("laluan-1", "masuk", ago(10), Level.DENSE, speed_kmh=31.5),
        level("laluan-1", "keluar", ago(10), Level.FREE, Level.UNKNOWN),
    )
    wait_until(lambda: by_id(anonymous)["laluan-1"]["level"] == "dense", "the level")
    camera = by_id(anonymous)["laluan-1"]
    assert camera["status"] == "online"
    hls, small = "/live/laluan-1/index.m3u8", "/live/laluan-1.small/index.m3u8"
    assert camera["video"] == {"hls": hls, "still": None, "preview": None, "small": small, "only_pictures": False}
    assert camera["position"] == {"lat": 1.12, "lon": 104.04}, "the site's, as the camera has none"
    entering = camera["zones"][0]
    assert (entering["id"], entering["level"], entering["speed_kmh"]) == ("masuk", "dense", 31.5)
    assert entering["since_at"] < camera["last_analysed_at"]


def test_address_of_a_camera_is_not_published(anonymous, signed_in):
    for client in (anonymous, signed_in("sari")):
        for path in ("/api/cameras", "/api/cameras/laluan-1"):
            assert "rtsp" not in client.get(path).text
            assert "s3cret" not in client.get(path).text


def test_tampered_camera_has_no_level_and_only_operators_read_its_condition(anonymous, signed_in, store):
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
    wait_until(lambda: by_id(anonymous)["laluan-1"]["status"] == "unusable", "the fault")
    full = ("moved", {"shift_share": 0.05, "rotation_deg": 0.0}, why)
    for client, explained in ((anonymous, (None,) * 3), (signed_in("rina"), (None,) * 3), (signed_in("sari"), full)):
        for camera in (by_id(client)["laluan-1"], client.get("/api/cameras/laluan-1").json()):
            assert camera["level"] == "unknown"
            assert (camera["condition"], camera["details"], camera["reason"]) == explained
            assert {zone["level"] for zone in camera["zones"]} == {"unknown"}
            assert camera["video"], "people may still see the road"
            assert camera["cause"] == "view", "the class of the cause is public"


def test_only_operators_read_the_load(anonymous, signed_in, store):
    load = {"wanted_fps": 8.0, "held_fps": 1.5, "reached": 0.62, "picture_scale": 0.75, "age_p95_s": 0.31}
    store(online("laluan-1", ago(1), **load))
    sari = signed_in("sari")
    wait_until(lambda: by_id(sari)["laluan-1"]["load"], "the load")
    for client, expected in (
        (anonymous, None),
        (signed_in("rina"), None),
        (sari, {"analysed_fps": 5.0, "overloaded": False, **load}),
    ):
        for camera in (by_id(client)["laluan-1"], client.get("/api/cameras/laluan-1").json()):
            assert camera["load"] == expected


def test_camera_that_is_down_has_no_level(anonymous, store):
    store(
        level("laluan-1", "masuk", ago(20), Level.JAMMED, Level.FREE),
        online("laluan-1", ago(20)),
        Health(camera_id="laluan-1", at=ago(5), status=CameraStatus.CONNECTING, reason="timed out"),
    )
    wait_until(lambda: by_id(anonymous)["laluan-1"]["status"] == "connecting", "the status")
    camera = by_id(anonymous)["laluan-1"]
    assert (camera["level"], camera["video"]) == ("unknown", None)
    assert camera["last_analysed_at"] is not None


def test_single_camera_has_its_geometry(anonymous):
    camera = anonymous.get("/api/cameras/laluan-1").json()
    assert camera["gates"] == [{"id": "utara", "p1": [100.0, 400.0], "p2": [900.0, 400.0]}]
    assert camera["zones"][1]["polygon"][0] == [640.0, 300.0]
    assert camera["image_size"] == [1280, 720]
    assert camera["site"]["name"] == "Simpang Laluan"


def test_frame_size_of_a_camera_without_geometry_is_as_reported(anonymous, store):
    store(online("barelang", ago(1), image_size=(704, 576)))
    wait_until(lambda: by_id(anonymous)["barelang"]["status"] == "online", "the status")
    camera = anonymous.get("/api/cameras/barelang").json()
    assert (camera["image_size"], camera["zones"][0]["polygon"]) == ([704, 576], [])


def test_report_from_the_future_is_ignored(anonymous, store):
    store(online("barelang", ago(-3600)), online("laluan-1", ago(20)))
    wait_until(lambda: by_id(anonymous)["laluan-1"]["status"] == "online", "the other camera")
    assert by_id(anonymous)["barelang"]["status"] == "offline"


def test_the_flow_of_a_camera_is_that_of_its_busiest_gate_in_both_directions(config, pool, store):
    begin = minute(ago(540))
    gates = [
        *(
            gate_of("utara", Direction.A, begin + timedelta(minutes=n), flow_veh_h=600 + 100 * (n % 2))
            for n in range(8)
        ),
        *(gate_of("utara", Direction.B, begin + timedelta(minutes=n), flow_veh_h=300) for n in range(8)),
        *(gate_of("selatan", Direction.A, begin + timedelta(minutes=n), flow_veh_h=700) for n in range(8)),
        gate_of("timur", Direction.A, begin, flow_veh_h=9000),
        gate_of("barat", Direction.A, begin - timedelta(hours=1), flow_veh_h=9000),
    ]
    store(online("laluan-1", ago(1)), ten_seconds(begin, gates=gates))
    with serving(config, pool) as address, client_of(address) as client:
        wait_until(lambda: by_id(client)["laluan-1"]["flow_veh_h"] is not None, "the flow")
        assert by_id(client)["laluan-1"]["flow_veh_h"] == 950, "a gate of one minute does not count"
        assert by_id(client)["barelang"]["flow_veh_h"] is None


def gate_of(gate, direction, start, **measures):
    end = start + timedelta(minutes=1)
    return GateRecord(gate=gate, direction=direction, start_at=start, end_at=end, coverage=1, **measures)
