"""A crowd in front of a real nginx with the shipped configuration: of many requests at once one reaches the portal."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from psycopg_pool import ConnectionPool

from analytics.facts import Level
from bench.portal.fills import CountedRequests
from bench.portal.nginx_process import shipped_nginx
from pipelines.config.settings import Config
from portal.live import admission, camera_state
from portal.live.admission import VIDEO_SHARE
from portal.live.hls_routes import ACCESS_MAX_AGE_S
from tests.support.browser import PASSWORD, city
from tests.support.crowd import requests_at_once
from tests.support.nginx import needs_nginx
from tests.support.portal import client_of, serving, sign_in
from tests.support.portal_events import level, online
from tests.support.servers import wait_until

pytestmark = [pytest.mark.integration, needs_nginx]

CROWD = 1000
SEGMENT = bytes(range(256)) * 40
SEGMENT_S = 1.0
PUBLIC, HIDDEN = "kabil-1", "kantor"


@pytest.fixture
def config(tmp_path: Path, postgres_dsn: str) -> Config:
    return city(tmp_path, postgres_dsn)


@pytest.fixture(autouse=True)
def long_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports and leases that end in no test, however slow the machine is."""
    monkeypatch.setattr(camera_state, "HEALTH_LIFETIME", timedelta(hours=1))
    monkeypatch.setattr(camera_state, "LEVEL_LIFETIME", timedelta(hours=1))
    monkeypatch.setattr(admission, "LEASE_S", 3600.0)


@pytest.fixture
def filled(config: Config, store: Callable[..., None]) -> None:
    """A public camera with video, and one for signed-in users."""
    now = datetime.now(UTC)
    for camera_id in (PUBLIC, HIDDEN):
        store(online(camera_id, now), level(camera_id, "masuk", now, Level.JAMMED))
        folder = config.data_dir / "hls" / camera_id
        folder.mkdir(parents=True)
        for name in ("1.m4s", "2.m4s", "init-1.mp4", "preview.jpg"):
            (folder / name).write_bytes(SEGMENT)
        lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1"] + [f"#EXTINF:{SEGMENT_S},\n{n}.m4s" for n in (1, 2)]
        (folder / "index.m3u8").write_text("\n".join(lines))


class Crowded:
    """A portal behind nginx. requests: those that reached the portal, by path."""

    def __init__(self, address: str, portal: str, requests: Counter[str]) -> None:
        self.address = address
        self.portal = portal
        self.requests = requests
        self.took_s = 0.0

    def ask(self, path: str, number: int = CROWD) -> set[tuple[int, bytes]]:
        """Statuses and bodies of that many requests at once, after which the requests at the portal are counted."""
        self.requests.clear()
        began = time.monotonic()
        answers = {(reply.status, reply.body) for reply in requests_at_once(self.address, [path] * number)}
        self.took_s = time.monotonic() - began
        return answers


@pytest.fixture
def crowded(config: Config, pool: ConnectionPool, tmp_path: Path, filled: None) -> Iterator[Crowded]:
    requests: Counter[str] = Counter()
    with (
        serving(config, pool, lambda app: app.add_middleware(CountedRequests, counts=requests)) as portal,
        shipped_nginx(tmp_path / "nginx", portal, config.data_dir) as address,
    ):
        with client_of(portal) as client:
            wait_until(lambda: client.get(f"/api/cameras/{PUBLIC}").json()["video"], "the state")
            wait_until(lambda: '"jammed"' in client.get("/api/cameras").text, "the list")
        yield Crowded(address, portal, requests)


@pytest.mark.parametrize("name", ["2.m4s", "index.m3u8", "preview.jpg"])
def test_the_first_thousand_requests_for_a_file_are_one_question_to_the_portal(crowded, name):
    path = f"/live/{PUBLIC}/{name}"
    answers = crowded.ask(path)
    assert {status for status, _ in answers} == {200}
    assert len(answers) == 1
    assert set(crowded.requests) == {f"/live/{PUBLIC}/access"}, "and the portal sends none of the bytes"
    asked = crowded.requests[f"/live/{PUBLIC}/access"]
    assert asked <= 1 + crowded.took_s / ACCESS_MAX_AGE_S, "once as long as the permission holds"


def test_the_first_thousand_requests_for_the_state_are_one_request_to_the_portal(crowded):
    answers = crowded.ask("/api/cameras")
    ((status, body),) = answers
    assert status == 200
    assert b'"kabil-1"' in body, "a client that accepts no compression gets the plain list"
    assert set(crowded.requests) == {"/api/cameras"}
    assert crowded.requests["/api/cameras"] <= 1 + crowded.took_s, "the list is renewed each second"


def test_open_data_is_asked_once_whatever_clients_add_and_each_history_is_its_own(crowded):
    feed = "/api/v1/state.geojson"
    crowded.requests.clear()
    replies = requests_at_once(crowded.address, [f"{feed}?n={n}" for n in range(100)], headers="Cookie: a=1\r\n")
    assert {(reply.status, reply.headers["access-control-allow-origin"]) for reply in replies} == {(200, "*")}
    assert all(b'{"type":"FeatureCollection"' in reply.body for reply in replies), "plain, as no client asked for gzip"
    assert crowded.requests[feed] == 1
    gates = [f"/api/v1/history.csv?camera={camera}&zone=masuk" for camera in (PUBLIC, "laluan-1", HIDDEN)]
    with httpx.Client(base_url=crowded.address, trust_env=False) as client:
        first, other, hidden = (client.get(gate) for gate in gates)
        names = [answer.headers.get("content-disposition", "").split("_")[1:2] for answer in (first, other)]
        assert (names, hidden.status_code) == ([[PUBLIC], ["laluan-1"]], 404)
        again = client.get(feed, headers={"If-None-Match": client.get(feed).headers["etag"]})
        assert again.status_code == 304


def test_a_camera_that_does_not_exist_costs_one_question(crowded):
    assert {status for status, _ in crowded.ask("/live/nowhere/1.m4s")} == {404}
    assert set(crowded.requests) == {"/live/nowhere/access"}
    assert crowded.requests["/live/nowhere/access"] <= 1 + crowded.took_s, "a refusal holds for a second"


def test_a_request_with_a_body_changes_no_other(crowded):
    paths = [f"/live/{PUBLIC}/index.m3u8?lease=v{n}" for n in range(8)]
    body = f"Content-Length: 22\r\n\r\n{'x' * 20}"
    assert {reply.status for reply in requests_at_once(crowded.address, paths, headers=body)} == {200}
    others = [f"/live/{PUBLIC}/index.m3u8?lease=w{n}" for n in range(8)]
    assert {reply.status for reply in requests_at_once(crowded.address, others)} == {200}


def test_an_old_list_is_not_sent_for_as_long_as_the_portal_is_away(config, pool, tmp_path, filled):
    with ExitStack() as nginx, httpx.Client(trust_env=False) as client:
        with serving(config, pool) as portal:
            address = nginx.enter_context(shipped_nginx(tmp_path / "nginx", portal, config.data_dir))
            assert client.get(f"{address}/api/cameras").status_code == 200
        wait_until(lambda: client.get(f"{address}/api/cameras").status_code == 502, "an honest error")


def test_a_segment_that_is_gone_is_not_found_for_a_second(crowded):
    with httpx.Client(base_url=crowded.address, trust_env=False) as client:
        answer = client.get(f"/live/{PUBLIC}/9.m4s")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "public, max-age=0, s-maxage=1")


def test_files_have_the_headers_of_the_portal(crowded):
    names = ("content-type", "cache-control", "x-content-type-options", "cross-origin-resource-policy")
    with httpx.Client(base_url=crowded.address, trust_env=False) as nginx, client_of(crowded.portal) as portal:
        for file in ("index.m3u8", "1.m4s", "init-1.mp4", "preview.jpg"):
            sent, meant = nginx.get(f"/live/{PUBLIC}/{file}"), portal.get(f"/live/{PUBLIC}/{file}")
            assert sent.content == meant.content
            assert [sent.headers.get(name) for name in names] == [meant.headers.get(name) for name in names], file
            again = nginx.get(f"/live/{PUBLIC}/{file}", headers={"If-None-Match": sent.headers["etag"]})
            assert again.status_code == 304


def test_the_state_is_renewed_within_seconds(crowded, store):
    with httpx.Client(base_url=crowded.address, trust_env=False) as client:

        def shown() -> str:
            cameras = client.get("/api/cameras").json()["cameras"]
            return next(camera["level"] for camera in cameras if camera["id"] == PUBLIC)

        assert shown() == "jammed"
        store(level(PUBLIC, "masuk", datetime.now(UTC), Level.FREE, Level.JAMMED))
        wait_until(lambda: shown() == "free", "the level")


@pytest.mark.parametrize("name", ["1.m4s", "index.m3u8", "preview.jpg"])
def test_media_of_a_hidden_camera_is_for_signed_in_users_and_no_cache(crowded, config, name):
    path = f"/live/{HIDDEN}/{name}"
    with client_of(crowded.address) as user, client_of(crowded.address) as other:
        assert sign_in(user, "sari", PASSWORD).status_code == 200
        for _ in range(2):
            answer = user.get(path)
            assert answer.status_code == 200
            assert answer.headers["cache-control"].startswith("private")
            assert answer.content == (config.data_dir / "hls" / HIDDEN / name).read_bytes()
            assert other.get(path).status_code == 404
        assert crowded.requests[path] == 2, "each request of a session is checked by the portal"
        assert {camera["id"] for camera in user.get("/api/cameras").json()["cameras"]} >= {HIDDEN, PUBLIC}
        assert HIDDEN not in {camera["id"] for camera in other.get("/api/cameras").json()["cameras"]}


@pytest.mark.parametrize(
    "path",
    [
        "/_live/kantor/1.m4s",
        "/_allowed",
        f"/live/{PUBLIC}/../{HIDDEN}/1.m4s",
        f"/live/{PUBLIC}/.numbers.json",
    ],
)
def test_what_is_internal_or_outside_a_folder_is_not_found(crowded, path):
    assert {reply.status for reply in requests_at_once(crowded.address, [path])} == {404}


def test_a_root_that_a_client_states_is_not_stored_for_others(crowded):
    forged = requests_at_once(crowded.address, ["/api/cameras"], headers="X-Forwarded-Prefix: /evil\r\n")
    assert b"/evil" not in forged[0].body


def test_a_stream_passes_through(crowded, store):
    with (
        httpx.Client(base_url=crowded.address, trust_env=False) as client,
        client.stream("GET", "/api/stream") as answer,
    ):
        lines = answer.iter_lines()
        assert any(line == "event: clock" for line in lines)
        store(level(PUBLIC, "masuk", datetime.now(UTC), Level.FREE, Level.JAMMED))
        assert any('"level":"free"' in line for line in lines)


class TestLimitedUplink:
    """The uplink carries the video of two viewers."""

    RATE_MBITS = 8 * len(SEGMENT) / SEGMENT_S / 1e6

    @pytest.fixture
    def config(self, tmp_path: Path, postgres_dsn: str) -> Config:
        whole = city(tmp_path, postgres_dsn)
        portal = whole.portal.model_copy(update={"uplink_mbits": 2.5 * self.RATE_MBITS / VIDEO_SHARE})
        return whole.model_copy(update={"portal": portal})

    def watch(self, crowded: Crowded, viewers: int) -> tuple[list[str], int]:
        """Addresses of the playlists of the admitted viewers, and the number of those that were sent away."""
        replies = requests_at_once(crowded.address, [f"/live/{PUBLIC}/index.m3u8"] * viewers)
        assert {reply.status for reply in replies} <= {200, 429}
        leases = [reply.body.decode().splitlines()[-1] for reply in replies if reply.status == 200]
        return [f"/live/{PUBLIC}/{lease}" for lease in leases], sum(reply.status == 429 for reply in replies)

    def test_as_many_viewers_get_video_as_the_uplink_carries(self, crowded):
        playlists, refused = self.watch(crowded, 50)
        assert (len(playlists), refused) == (2, 48)
        assert len(set(playlists)) == 2
        replies = requests_at_once(crowded.address, playlists * 100)
        assert {reply.status for reply in replies} == {200}
        assert {reply.body.decode().splitlines()[-1] for reply in replies} == {"2.m4s"}

    def test_the_others_get_pictures_and_the_state(self, crowded):
        self.watch(crowded, 50)
        paths = [f"/live/{PUBLIC}/preview.jpg", "/api/cameras"] * 50
        assert {reply.status for reply in requests_at_once(crowded.address, paths)} == {200}

    def test_an_invented_lease_takes_no_room_that_is_not_there(self, crowded):
        self.watch(crowded, 50)
        paths = [f"/live/{PUBLIC}/index.m3u8?lease={lease}" for lease in ("x", "", "%0d%0aX:1", "a" * 500)]
        assert {reply.status for reply in requests_at_once(crowded.address, paths)} == {429}

    def test_signed_in_users_always_watch(self, crowded):
        self.watch(crowded, 50)
        with client_of(crowded.address) as user:
            sign_in(user, "sari", PASSWORD)
            answer = user.get(f"/live/{PUBLIC}/index.m3u8")
        assert answer.text.splitlines()[-1] == "2.m4s"

    def test_a_camera_without_video_is_not_found_also_when_the_video_is_full(self, crowded):
        self.watch(crowded, 50)
        assert {reply.status for reply in requests_at_once(crowded.address, ["/live/nowhere/index.m3u8"])} == {404}


def test_a_picture_that_is_no_longer_renewed_is_not_live_beside_video_that_is(crowded, config):
    long_ago = time.time() - 1000
    os.utime(config.data_dir / "hls" / PUBLIC / "preview.jpg", (long_ago, long_ago))
    found = {name: crowded.ask(f"/live/{PUBLIC}/{name}", 1).pop()[0] for name in ("preview.jpg", "index.m3u8", "1.m4s")}
    assert found == {"preview.jpg": 404, "index.m3u8": 200, "1.m4s": 200}


def test_a_playlist_that_a_killed_worker_left_behind_is_not_live(crowded, config):
    long_ago = time.time() - 1000
    for name in ("index.m3u8", "preview.jpg"):
        os.utime(config.data_dir / "hls" / PUBLIC / name, (long_ago, long_ago))
    assert {status for status, _ in crowded.ask(f"/live/{PUBLIC}/index.m3u8", 1)} == {404}
