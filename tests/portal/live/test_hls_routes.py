"""Live video files."""

import pytest


@pytest.fixture
def video(config):
    folder = config.data_dir / "hls" / "barelang"
    folder.mkdir(parents=True)
    for name in ("index.m3u8", "init.mp4", "00042.m4s", "notes.txt"):
        (folder / name).write_bytes(name.encode())
    (config.data_dir / "outside.mp4").write_bytes(b"outside")
    return folder


@pytest.mark.parametrize(
    ("name", "media_type", "caching"),
    [
        ("index.m3u8", "application/vnd.apple.mpegurl", "no-store"),
        ("init.mp4", "video/mp4", "public, max-age=60, immutable"),
        ("00042.m4s", "video/iso.segment", "public, max-age=60, immutable"),
    ],
)
def test_each_kind_has_its_type_and_caching(anonymous, video, name, media_type, caching):
    answer = anonymous.get(f"/live/barelang/{name}")
    assert answer.content == name.encode()
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (media_type, caching)


def test_a_segment_of_a_camera_for_operators_stays_in_their_browsers(signed_in, config):
    folder = config.data_dir / "hls" / "kantor"
    folder.mkdir(parents=True)
    (folder / "1.m4s").write_bytes(b"1")
    assert signed_in("budi").get("/live/kantor/1.m4s").headers["cache-control"].startswith("private")


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
def test_nothing_else_is_served(anonymous, path):
    answer = anonymous.get(path)
    assert answer.status_code == 404
    assert "outside" not in answer.text
