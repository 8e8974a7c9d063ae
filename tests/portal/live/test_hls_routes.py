"""Files of live video over HLS."""

import os
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from pipelines.config.settings import PublicPictureConfig
from portal.live.admission import UNKNOWN_BITS_PER_S, VIDEO_SHARE
from portal.live.hls_routes import MAX_AGE_S
from tests.support.portal import client_of, serving
from tests.support.portal_events import online
from tests.support.servers import wait_until


@pytest.fixture
def video(config):
    folder = config.data_dir / "hls" / "barelang"
    folder.mkdir(parents=True)
    for name in ("index.m3u8", "init.mp4", "00042.m4s", "still.jpg", "notes.txt"):
        (folder / name).write_bytes(name.encode())
    (config.data_dir / "outside.mp4").write_bytes(b"outside")
    return folder


@pytest.fixture
def hidden(config):
    folder = config.data_dir / "hls" / "kantor"
    folder.mkdir(parents=True)
    (folder / "1.m4s").write_bytes(b"1")
    (folder / "index.m3u8").write_bytes(b"#EXTM3U")
    return folder


@pytest.mark.parametrize(
    ("name", "media_type", "caching"),
    [
        ("index.m3u8", "application/vnd.apple.mpegurl", "public, max-age=0, s-maxage=1"),
        ("init.mp4", "video/mp4", "public, max-age=60, immutable"),
        ("00042.m4s", "video/iso.segment", "public, max-age=60, immutable"),
        ("still.jpg", "image/jpeg", "public, max-age=0, s-maxage=1"),
    ],
)
def test_each_kind_of_file_has_its_media_type_and_caching(anonymous, video, name, media_type, caching):
    answer = anonymous.get(f"/live/barelang/{name}")
    assert answer.content == name.encode()
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (media_type, caching)


@pytest.mark.parametrize(
    ("name", "caching"), [("1.m4s", "private, max-age=60, immutable"), ("index.m3u8", "private, no-cache")]
)
def test_files_of_a_hidden_camera_are_not_kept_by_proxies(signed_in, hidden, name, caching):
    assert signed_in("budi").get(f"/live/kantor/{name}").headers["cache-control"] == caching


def test_media_of_a_hidden_camera_is_handed_to_nginx_after_the_check_of_rights(signed_in, anonymous, hidden):
    """The address is that of the location in docker/nginx.conf; nginx sets the header, whatever a client sends."""
    asked = {"X-Accel-Location": "/_live/"}
    answer = signed_in("budi").get("/live/kantor/1.m4s", headers=asked)
    assert (answer.headers["x-accel-redirect"], answer.content) == ("/_live/kantor/1.m4s", b"")
    assert anonymous.get("/live/kantor/1.m4s", headers=asked).status_code == 404


@pytest.mark.parametrize("location", ["", "http://evil.example/", "/../", "/_live"])
def test_media_is_sent_by_the_portal_where_no_nginx_names_its_location(signed_in, hidden, location):
    answer = signed_in("budi").get("/live/kantor/1.m4s", headers={"X-Accel-Location": location})
    assert "x-accel-redirect" not in answer.headers
    assert answer.content == b"1"


@pytest.mark.usefixtures("video")
def test_a_public_file_is_sent_even_if_a_client_names_a_location(anonymous):
    """A cache in between would keep an empty answer for all others."""
    answer = anonymous.get("/live/barelang/00042.m4s", headers={"X-Accel-Location": "/_live/"})
    assert answer.content == b"00042.m4s"


@pytest.mark.parametrize("name", ["index.m3u8", "00042.m4s", "still.jpg"])
def test_a_file_that_did_not_change_is_not_sent_again(anonymous, video, name):
    first = anonymous.get(f"/live/barelang/{name}")
    etag = first.headers["etag"]
    again = anonymous.get(f"/live/barelang/{name}", headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    (video / name).write_bytes(b"changed")
    changed = anonymous.get(f"/live/barelang/{name}", headers={"If-None-Match": etag})
    assert (changed.status_code, changed.content) == (200, b"changed")


@pytest.mark.usefixtures("video")
def test_a_missing_file_is_missing_for_a_second_only(anonymous, signed_in):
    assert anonymous.get("/live/barelang/7.m4s").headers["cache-control"] == "public, max-age=0, s-maxage=1"
    assert signed_in("budi").get("/live/barelang/7.m4s").headers["cache-control"] == "private, no-cache"


@pytest.mark.usefixtures("video", "hidden")
@pytest.mark.parametrize(
    ("camera", "status"), [("barelang", 204), ("kantor", 403), ("laluan-1", 403), ("nowhere", 403), ("x.y", 403)]
)
def test_nginx_may_send_files_of_public_cameras_with_video_only(anonymous, signed_in, camera, status):
    for client in (anonymous, signed_in("sari")):
        answer = client.get(f"/live/{camera}/access")
        assert answer.status_code == status
        assert answer.headers["cache-control"].startswith("max-age=")


@pytest.mark.usefixtures("video")
def test_of_a_camera_with_blurred_pictures_only_operators_get_more_than_the_preview(
    config, pool, store, video, anonymous
) -> None:
    (video / "preview.jpg").write_bytes(b"blurred")
    pictures = {"public_picture": PublicPictureConfig(blurred_areas=(((0, 0), (1, 0), (1, 1)),))}
    cameras = tuple(camera.model_copy(update=pictures if camera.id == "barelang" else {}) for camera in config.cameras)
    portal = config.model_copy(update={"cameras": cameras})
    with serving(portal, pool) as address, client_of(address) as client:
        store(online("barelang", datetime.now(UTC)))
        wait_until(lambda: client.get("/api/cameras/barelang").json()["video"], "the report")
        listed = {camera["id"]: camera["video"] for camera in client.get("/api/cameras").json()["cameras"]}
        for state in (client.get("/api/cameras/barelang").json()["video"], listed["barelang"]):
            assert (state["only_pictures"], state["still"]) == (True, None)
        for name in ("index.m3u8", "init.mp4", "00042.m4s", "still.jpg"):
            assert client.get(f"/live/barelang/{name}").status_code == 404
        for asked in ({}, {"file": "index.m3u8"}, {"file": "still.jpg"}):
            assert client.get("/live/barelang/access", params=asked).status_code == 403
        assert client.get("/live/barelang/preview.jpg").content == b"blurred"
        assert client.get("/live/barelang/access", params={"file": "preview.jpg"}).status_code == 204
        assert anonymous.get("/live/barelang/index.m3u8").status_code == 200, "without the setting"


@pytest.mark.usefixtures("video")
@pytest.mark.parametrize(
    "path",
    [
        "/live/barelang/notes.txt",
        "/live/barelang/gone.m4s",
        "/live/barelang/..%2f..%2foutside.mp4",
        "/live/barelang/%2e%2e/%2e%2e/outside.mp4",
        "/live/..%2f/outside.mp4",
        "/live/%2e%2e/outside.mp4",
        "/live/barelang/",
    ],
)
def test_other_files_and_paths_are_not_found(anonymous, path):
    answer = anonymous.get(path)
    assert answer.status_code == 404
    assert "outside" not in answer.text


@pytest.mark.parametrize("name", ["index.m3u8", "still.jpg"])
def test_a_file_that_a_killed_worker_left_behind_is_not_live(anonymous, video, name):
    long_ago = time.time() - 2 * MAX_AGE_S
    os.utime(video / name, (long_ago, long_ago))
    assert anonymous.get(f"/live/barelang/{name}").status_code == 404


def test_a_still_picture_states_when_it_was_taken(anonymous, video):
    at = int(time.time()) - 20
    os.utime(video / "still.jpg", (at, at))
    stated = anonymous.get("/live/barelang/still.jpg").headers["last-modified"]
    assert parsedate_to_datetime(stated).timestamp() == at


@pytest.mark.usefixtures("video")
@pytest.mark.parametrize("span", ["bytes=0-", "bytes=2-3", "bytes=-2", "bytes=900-", "bytes=x", "lines=1-2"])
def test_range_of_a_proxy_is_answered_with_the_whole_file(anonymous, span):
    answer = anonymous.get("/live/barelang/00042.m4s", headers={"Range": span})
    assert (answer.status_code, answer.content) == (200, b"00042.m4s")


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_range_of_an_asset_is_cut_from_the_uncompressed_file(anonymous, encoding):
    whole = anonymous.get("/assets/app-1a2b.js").content
    answer = anonymous.get("/assets/app-1a2b.js", headers={"Range": "bytes=10-709", "Accept-Encoding": encoding})
    assert (answer.status_code, answer.content) == (206, whole[10:710])
    assert answer.headers["content-range"] == f"bytes 10-709/{len(whole)}"


@pytest.mark.usefixtures("video")
def test_head_takes_no_place_of_a_viewer(config, pool):
    """The uplink carries one viewer."""
    limited = config.portal.model_copy(update={"uplink_mbits": 1.2 * UNKNOWN_BITS_PER_S / VIDEO_SHARE / 1e6})
    path = "/live/barelang/index.m3u8"
    with serving(config.model_copy(update={"portal": limited}), pool) as address, client_of(address) as client:
        assert {client.head(path, params={"lease": lease}).status_code for lease in ("", "a", "b")} == {200}
        assert [client.get(path).status_code for _ in range(2)] == [200, 429]
        assert client.head(path).status_code == 200


@pytest.fixture
def small(config, video):
    """The small rendition of a camera, as its process writes it; none is started."""
    folder = config.data_dir / "hls" / "barelang.small"
    folder.mkdir()
    for name in ("index.m3u8", "7.m4s"):
        (folder / name).write_bytes(f"small {name}".encode())
    return folder


@pytest.fixture
def wanted(monkeypatch):
    """Cameras whose small rendition was asked for. With "no room" in it there is none."""
    asked = []

    def want(self, camera_id):
        asked.append(camera_id)
        return "no room" not in asked

    monkeypatch.setattr("portal.live.small_videos.SmallVideos.want", want)
    return asked


@pytest.mark.usefixtures("small")
def test_the_small_rendition_is_wanted_by_requests_for_its_playlist(anonymous, wanted):
    assert anonymous.get("/live/barelang.small/index.m3u8").text == "small index.m3u8"
    assert anonymous.get("/live/barelang.small/7.m4s").text == "small 7.m4s"
    assert anonymous.get("/live/barelang.small/access?file=index.m3u8&lease=").status_code == 204
    assert wanted == ["barelang", "barelang"]


def test_a_small_rendition_that_is_not_there_yet_is_wanted(anonymous, video, wanted):
    assert anonymous.get("/live/barelang.small/index.m3u8").status_code == 404
    assert anonymous.get("/live/barelang.small/access?file=index.m3u8").status_code == 403
    assert wanted == ["barelang", "barelang"]


def test_no_client_wants_the_small_rendition_of_a_camera_it_may_not_see(anonymous, hidden, wanted):
    for path in ("index.m3u8", "access?file=index.m3u8"):
        assert anonymous.get(f"/live/kantor.small/{path}").status_code in (403, 404)
        assert anonymous.get(f"/live/tidak-ada.small/{path}").status_code in (403, 404)
    assert wanted == []


def test_where_no_small_rendition_can_be_made_the_answer_is_429(anonymous, video, wanted):
    wanted.append("no room")
    answer = anonymous.get("/live/barelang.small/index.m3u8")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "15")
    assert anonymous.get("/live/barelang.small/access?file=index.m3u8").status_code == 401, "nginx asks the portal"


def test_no_rendition_is_made_of_a_camera_without_live_video_nor_for_head(anonymous, video, wanted):
    (video / "index.m3u8").rename(video / "hidden")
    assert anonymous.get("/live/barelang.small/index.m3u8").status_code == 404
    assert anonymous.get("/live/barelang.small/access?file=index.m3u8").status_code == 403
    (video / "hidden").rename(video / "index.m3u8")
    assert anonymous.head("/live/barelang.small/index.m3u8").status_code == 404
    assert wanted == []
