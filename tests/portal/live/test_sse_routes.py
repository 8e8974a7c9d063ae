"""Live updates over server-sent events."""

import json
from datetime import UTC, datetime, timedelta

import httpx

from analytics.facts import IncidentType, Level
from pipelines.events.condition import Condition, ConditionDetails
from pipelines.events.schema import CameraStatus, Health, IncidentPhase, IncidentReport
from tests.support.portal import serving
from tests.support.portal_events import ago, level, online
from tests.support.sse import listening


def wrong_way(camera_id, number, **more):
    return IncidentReport(
        camera_id=camera_id,
        incident_id=f"{camera_id}-{number}",
        type=IncidentType.WRONG_WAY,
        start_at=ago(8),
        detected_at=ago(5),
        pixel=(640, 360),
        confidence=0.9,
        reason="travels against the legal direction",
        **{"phase": IncidentPhase.RAISED, **more},
    )


def test_stream_begins_with_all_visible_cameras(anonymous, signed_in):
    with listening(anonymous) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in stream.headers
        assert {stream.next()[1]["id"] for _ in range(2)} == {"laluan-1", "barelang"}
    with listening(signed_in("rina")) as stream:
        assert {stream.next()[1]["id"] for _ in range(3)} == {"laluan-1", "barelang", "kantor"}


def test_pushed_state_equals_the_state_of_the_api(anonymous, store):
    with listening(anonymous) as stream:
        store(online("laluan-1", ago(1)), level("laluan-1", "masuk", ago(1), Level.JAMMED, Level.FREE))
        pushed = stream.until(lambda name, data: name == "camera" and data["level"] == "jammed")
    asked = anonymous.get("/api/cameras").json()["cameras"][0]
    assert {**pushed, "updated_at": None} == {**asked, "updated_at": None}


def test_client_without_session_receives_no_hidden_camera_and_no_incident(anonymous, signed_in, store):
    with listening(anonymous) as public, listening(signed_in("budi")) as police:
        store(online("kantor", ago(1)), wrong_way("kantor", 1), wrong_way("laluan-1", 1))
        # Both incidents reach the police before the last change: by then they would have reached the public stream.
        cameras = {police.until(lambda name, _: name == "incident")["camera_id"] for _ in range(2)}
        assert cameras == {"kantor", "laluan-1"}
        store(online("barelang", ago(1)))
        events = []
        public.until(
            lambda name, data: (
                events.append((name, data.get("id"))) or (data.get("id"), data.get("status")) == ("barelang", "online")
            )
        )
    assert set(events) <= {("camera", "laluan-1"), ("camera", "barelang"), ("clock", None)}


def test_only_operators_receive_the_reason_of_a_fault(anonymous, signed_in, store):
    def is_unusable(_, data):
        return data.get("status") == "unusable"

    with listening(anonymous) as public, listening(signed_in("budi")) as police, listening(signed_in("sari")) as sari:
        details = ConditionDetails(hidden_share=0.75)
        fault = {
            "status": CameraStatus.UNUSABLE,
            "condition": Condition.COVERED,
            "details": details,
            "reason": "hidden",
        }
        store(Health(camera_id="laluan-1", at=ago(1), **fault))
        names = ("condition", "details", "reason")
        state = sari.until(is_unusable)
        assert [state[name] for name in names] == ["covered", {"hidden_share": 0.75}, "hidden"]
        for stream in (public, police):
            state = stream.until(is_unusable)
            assert [state[name] for name in names] == [None, None, None]


def test_planners_receive_no_incidents(signed_in, store):
    with listening(signed_in("rina")) as planner:
        store(wrong_way("laluan-1", 1))
        store(online("barelang", ago(1)))
        names = []
        planner.until(lambda name, data: names.append(name) or data.get("status") == "online")
    assert set(names) == {"camera", "clock"}


def test_incident_is_sent_when_it_is_raised_and_when_it_ends(signed_in, store):
    with listening(signed_in("budi")) as police:
        store(wrong_way("laluan-1", 7))
        raised = police.until(lambda name, _: name == "incident")
        assert (raised["id"], raised["end_at"]) == ("laluan-1-7", None)
        assert raised["position"] == {"lat": 1.12, "lon": 104.04}, "the camera's, as the incident has none"
        store(wrong_way("laluan-1", 7, phase=IncidentPhase.ENDED, end_at=ago(1)))
        assert police.until(lambda name, data: name == "incident" and data["end_at"])["id"] == "laluan-1-7"


def test_state_is_sent_again_after_a_heartbeat_with_only_new_times(anonymous, store, monkeypatch):
    monkeypatch.setattr("portal.live.state_updater.HEARTBEAT", timedelta(0))
    store(online("barelang", ago(10)))
    with listening(anonymous) as stream:
        first = stream.until(lambda _, data: data.get("last_analysed_at"))
        store(online("barelang", ago(1)))
        later = stream.until(lambda _, data: data.get("last_analysed_at") and data != first)
    assert later["last_analysed_at"] > first["last_analysed_at"]
    times = {"last_analysed_at": None, "updated_at": None}
    assert {**later, **times} == {**first, **times}


def test_clock_of_the_stream_goes_on_while_nothing_changes(anonymous, monkeypatch):
    monkeypatch.setattr("portal.live.state_updater.CLOCK", timedelta(seconds=0.1))
    with listening(anonymous) as stream:
        times = [datetime.fromisoformat(stream.until(lambda name, _: name == "clock")["at"]) for _ in range(3)]
    assert times == sorted(set(times))
    assert abs(datetime.now(UTC) - times[-1]) < timedelta(minutes=1)


def test_event_is_one_line_of_json(anonymous):
    with anonymous.stream("GET", "/api/stream") as response:
        lines = response.iter_lines()
        assert [next(lines) for _ in range(3)] == [": simpang", "retry: 3000", ""]
        assert next(lines) == "event: camera"
        assert json.loads(next(lines).removeprefix("data: "))["id"] == "laluan-1"


def test_streams_end_cleanly_when_the_portal_stops(config, pool):
    with httpx.Client(trust_env=False) as client:
        with serving(config, pool) as address:
            stream = client.send(client.build_request("GET", f"{address}/api/stream"), stream=True)
            lines = stream.iter_lines()
            assert next(lines) == ": simpang"
        # A stream that is cut instead raises httpx.RemoteProtocolError.
        assert list(lines)[-1] == ""
        stream.close()
