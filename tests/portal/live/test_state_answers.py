"""The list of cameras for clients without a session: encoded once, with an ETag, and never that of another client."""

import gzip

import httpx
import pytest

from analytics.facts import Level
from portal.live import camera_state, state_snapshot, state_updater
from tests.support.portal_events import ago, level, online
from tests.support.servers import wait_until

CACHING = "public, max-age=0, s-maxage=1, stale-while-revalidate=5, stale-if-error=8"


def camera_of(answer, camera_id):
    return next(camera for camera in answer.json()["cameras"] if camera["id"] == camera_id)


def test_the_list_has_an_etag_and_is_not_sent_twice(anonymous, monkeypatch):
    first = anonymous.get("/api/cameras")
    assert (first.headers["cache-control"], first.headers["content-encoding"]) == (CACHING, "gzip")
    assert "default-src 'none'" in first.headers["content-security-policy"]
    # Without a change the list is renewed every 5 s, with the time: ask until two answers are of the same list.
    for _ in range(5):
        etag = anonymous.get("/api/cameras").headers["etag"]
        again = anonymous.get("/api/cameras", headers={"If-None-Match": f'"other", {etag}'})
        if again.status_code == 304:
            break
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert again.headers["cache-control"] == CACHING


def test_the_etag_changes_with_the_state(anonymous, store):
    etag = anonymous.get("/api/cameras").headers["etag"]
    store(online("laluan-1", ago(1)), level("laluan-1", "masuk", ago(1), Level.JAMMED, Level.FREE))
    wait_until(lambda: camera_of(anonymous.get("/api/cameras"), "laluan-1")["level"] == "jammed", "the level")
    assert anonymous.get("/api/cameras", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize("path", ["/api/cameras", "/api/cameras/", "/api/cameras?x=1"])
def test_compressed_and_plain_are_the_same_list(address, path):
    with httpx.Client(base_url=address, trust_env=False) as client:
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        with client.stream("GET", path, headers={"Accept-Encoding": "br, gzip"}) as answer:
            packed = b"".join(answer.iter_raw())
    assert [camera["id"] for camera in plain.json()["cameras"]] == ["laluan-1", "barelang"]
    assert b'"laluan-1"' in gzip.decompress(packed)


def test_clients_with_a_session_get_their_own_list_which_is_kept_nowhere(anonymous, signed_in):
    anonymous.get("/api/cameras")
    answer = signed_in("rina").get("/api/cameras")
    assert [camera["id"] for camera in answer.json()["cameras"]] == ["laluan-1", "barelang", "kantor"]
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    assert len(anonymous.get("/api/cameras").json()["cameras"]) == 2


def test_a_cookie_of_another_site_or_of_an_ended_session_shows_no_hidden_camera(anonymous, signed_in):
    ended = signed_in("rina")
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in ended.cookies.items())}
    ended.delete("/api/session")
    for header in (cookie, {"Cookie": "_ga=1"}, {"Cookie": "simpang_session_00000000=x"}):
        assert len(anonymous.get("/api/cameras", headers=header).json()["cameras"]) == 2


def test_each_root_has_its_own_addresses(anonymous, store):
    store(online("laluan-1", ago(1)))
    wait_until(lambda: camera_of(anonymous.get("/api/cameras"), "laluan-1")["video"], "video")
    for number in range(2 * state_snapshot.MAX_ENCODINGS):
        answer = anonymous.get("/api/cameras", headers={"X-Forwarded-Prefix": f"/kota{number}"})
        assert camera_of(answer, "laluan-1")["video"]["hls"] == f"/kota{number}/live/laluan-1/index.m3u8"
    assert camera_of(anonymous.get("/api/cameras"), "laluan-1")["video"]["hls"] == "/live/laluan-1/index.m3u8"


def test_states_expire_while_the_thread_that_reads_them_hangs(anonymous, store, monkeypatch):
    store(online("laluan-1", ago(1)))
    wait_until(lambda: camera_of(anonymous.get("/api/cameras"), "laluan-1")["status"] == "online", "the camera")
    monkeypatch.setattr(state_updater.StateUpdater, "_publish_changes", lambda *_: None)
    monkeypatch.setattr(state_updater, "SNAPSHOT_LIFETIME", -state_updater.SNAPSHOT_LIFETIME)
    monkeypatch.setattr("portal.live.camera_state.HEALTH_LIFETIME", -camera_state.HEALTH_LIFETIME)
    assert camera_of(anonymous.get("/api/cameras"), "laluan-1")["status"] == "offline"
