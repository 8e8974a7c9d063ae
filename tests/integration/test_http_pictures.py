"""JPEG files over HTTP, in the ways that odd cameras send them: parts, bare files, and snapshots that are polled."""

import time
from itertools import islice, pairwise
from pathlib import Path
from threading import Event as Flag

import pytest

from pipelines.doctor.streams import probe
from pipelines.events.condition import Condition
from pipelines.ingest import picture_cadence
from pipelines.ingest.decoder import Decoder
from pipelines.ingest.http_pictures import POLL_S
from pipelines.ingest.source import SignInRefused, Source, SourceLost
from pipelines.recordings.video_reader import VideoReader
from tests.support.mjpeg_camera import road_jpegs
from tests.support.picture_server import Answer, Parts, PictureRequest, Snapshot, behind_digest, picture_server
from tests.support.servers import write_clip

pytestmark = pytest.mark.integration

SIZE = (320, 180)
"""(width, height) of the pictures, px. [test data]"""
JPEGS = road_jpegs(SIZE)
BARE = {"before": "", "after": ""}
"""Files without anything between them. [test data]"""

ODD_PARTS = {
    "a boundary in single quotes": Parts(
        frames=JPEGS, headers=("content-type: multipart/x-mixed-replace;boundary='picture'",)
    ),
    "a boundary without dashes": Parts(frames=JPEGS, before="picture\r\nContent-Length: {size}\r\n\r\n"),
    "another boundary than stated": Parts(frames=JPEGS, before="--other\r\nContent-Length: {size}\r\n\r\n"),
    "no boundary stated": Parts(frames=JPEGS, headers=("Content-Type: multipart/x-mixed-replace",)),
    "no first boundary": Parts(
        frames=JPEGS, before="Content-Type: image/jpeg\r\n\r\n", after="\r\n--picture\r\n", first=""
    ),
    "a text before the first part": Parts(frames=JPEGS, first="a camera\r\n\r\n"),
    "image/jpg": Parts(frames=JPEGS, before="--picture\r\nContent-Type: image/jpg\r\n\r\n"),
    "a type with parameters": Parts(frames=JPEGS, before="--picture\r\nContent-Type: image/jpeg; q=1\r\n\r\n"),
    "no headers of parts": Parts(frames=JPEGS, before="--picture\r\n\r\n"),
    "line feeds only": Parts(frames=JPEGS, before="--picture\ncontent-length: {size}\n\n", after="\n"),
    "nothing before a boundary": Parts(frames=JPEGS, before="--picture\r\n\r\n", after=""),
    "lengths too large": Parts(frames=JPEGS, extra_size=10),
    "lengths too small": Parts(frames=JPEGS, extra_size=-10),
    "parts of text between": Parts(frames=JPEGS, after="\r\n--picture\r\nContent-Type: text/plain\r\n\r\nmotion\r\n"),
    "bare files": Parts(frames=JPEGS, headers=("Content-Type: video/x-motion-jpeg",), **BARE),
    "bare files as one image": Parts(frames=JPEGS, headers=("Content-Type: image/jpeg",), **BARE),
    "bare files of no type": Parts(frames=JPEGS, headers=(), **BARE),
}
"""What is odd about a camera -> its answer. [test data]"""


def times_of(url: str, count: int, *, stall_s: float = 5.0) -> list[float]:
    """Return the times (s) of that many decoded pictures of an address."""
    times: list[float] = []
    with Source(url, stop=Flag(), stall_s=stall_s) as source:
        decoder = Decoder(source)
        for packet in source.packets():
            frames = [(seconds, decoder.displayed(frame)) for seconds, frame in decoder.frames(packet)]
            times += [seconds for seconds, frame in frames if (frame.width, frame.height) == SIZE]
            if len(times) >= count:
                break
    return times


@pytest.mark.parametrize("answer", ODD_PARTS.values(), ids=ODD_PARTS)
def test_each_picture_is_read_whatever_is_around_it(answer: Answer) -> None:
    with picture_server(answer) as camera:
        times = times_of(camera.url(), 6)
    assert len(times) >= 6
    assert all(after > before for before, after in pairwise(times))
    assert len(camera.requests) == 1


def test_one_picture_in_two_seconds_is_not_held_back_until_the_next() -> None:
    with picture_server(Parts(frames=JPEGS, fps=0.5, **BARE)) as camera:
        began = time.monotonic()
        times_of(camera.url(), 2)
        took_s = time.monotonic() - began
    assert took_s < 2 * 2


def test_a_snapshot_is_polled_politely_and_a_slow_camera_rests() -> None:
    quick, slow = Snapshot(frames=JPEGS), Snapshot(frames=JPEGS, takes_s=0.6)
    for camera in (quick, slow):
        with picture_server(camera) as server:
            assert len(times_of(server.url("/snapshot.jpg"), 4)) == 4
    assert min(after - before for before, after in pairwise(quick.times)) > 0.9 * POLL_S
    assert min(after - before for before, after in pairwise(slow.times)) > 2 * 0.9 * slow.takes_s


@pytest.mark.parametrize("content_type", ["image/jpg", "application/octet-stream"])
def test_a_snapshot_of_another_type_is_polled(content_type: str) -> None:
    with picture_server(Snapshot(frames=JPEGS, content_type=content_type)) as server:
        assert len(times_of(server.url("/snapshot.jpg"), 3)) == 3


def test_a_snapshot_that_stays_the_same_after_a_pace_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BURST_S": 0.0, "LEARNED_S": 0.2, "LEARNED_PICTURES": 2, "SHORTEST_S": 0.1}.items():
        monkeypatch.setattr(picture_cadence, name, value)
    camera = Snapshot(frames=JPEGS)
    with picture_server(camera) as server, Source(server.url("/snapshot.jpg"), stop=Flag(), stall_s=5.0) as source:
        for _ in islice(source.packets(), 5):
            pass
        assert source.cadence.limit_s == source.stall_s


def test_a_snapshot_that_is_not_renewed_gives_few_pictures() -> None:
    camera = Snapshot(frames=JPEGS[:1])
    with picture_server(camera) as server:
        times_of(server.url("/snapshot.jpg"), 2)
    assert len(camera.times) >= 5


def test_doctor_and_count_read_snapshots() -> None:
    with picture_server(Snapshot(frames=JPEGS)) as server:
        assert probe(server.url("/snapshot.jpg"), 5).codec == "mjpeg"
        with VideoReader(server.url("/snapshot.jpg")) as video:
            assert video.is_live
            assert next(video.frames()).image_size == SIZE


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("answer", [Parts(frames=JPEGS), Snapshot(frames=JPEGS)], ids=["parts", "snapshot"])
def test_digest_is_answered_and_a_wrong_password_is_sent_once(answer: Answer, algorithm: str) -> None:
    refused: list[str] = []
    with picture_server(behind_digest(answer, algorithm, "admin", "p@ss#1", refused)) as server:
        assert len(times_of(server.url(credentials="admin:p@ss#1@"), 3)) == 3
        assert refused == []
        with pytest.raises(SignInRefused, match="refuses these credentials") as lost:
            times_of(server.url(credentials="admin:wrong-one@"), 1)
        assert len(refused) == 1
    assert "wrong-one" not in str(lost.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_followed_with_the_credentials(status: int) -> None:
    with (
        picture_server(behind_digest(Parts(frames=JPEGS), "MD5", "admin", "pw", [])) as target,
        picture_server(lambda request: request.send_head(status, f"Location: {target.url()}")) as first,
    ):
        assert len(times_of(first.url(credentials="admin:pw@"), 3)) >= 3


def test_a_redirection_to_another_host_gets_no_credentials() -> None:
    received: list[str | None] = []

    def ask_for_credentials(request: PictureRequest) -> None:
        received.append(request.headers.get("Authorization"))
        request.send_head(401, 'WWW-Authenticate: Basic realm="camera"', "Content-Length: 0")

    with picture_server(ask_for_credentials) as other:
        elsewhere = other.url().replace("127.0.0.1", "localhost")
        with (
            picture_server(lambda request: request.send_head(302, f"Location: {elsewhere}")) as first,
            pytest.raises(SourceLost) as lost,
        ):
            times_of(first.url(credentials="admin:pw@"), 1)
    assert received == [None]
    assert lost.value.condition.code is Condition.CREDENTIALS_REFUSED


@pytest.mark.parametrize(
    ("answer", "condition"),
    [
        (lambda request: request.send_head(302, "Location: /video.cgi"), Condition.STREAM_REFUSED),
        (lambda request: request.send_head(404, "Content-Length: 0"), Condition.STREAM_NOT_FOUND),
        (lambda request: request.send_head(503, "Content-Length: 0"), Condition.STREAM_REFUSED),
        (lambda request: request.server.ended.wait(), Condition.SILENT),
        (lambda request: None, Condition.STREAM_ENDED),
        (Parts(frames=JPEGS, count=0), Condition.STREAM_ENDED),
        (Parts(frames=JPEGS, count=2), Condition.STREAM_ENDED),
        (Parts(frames=[b"no picture"]), Condition.SILENT),
    ],
)
def test_an_address_without_pictures_is_reported_by_its_cause(answer: Answer, condition: Condition) -> None:
    with picture_server(answer) as camera, pytest.raises(SourceLost) as lost:
        times_of(camera.url(), 10, stall_s=1)
    assert lost.value.condition.code is condition
    assert len(camera.requests) < 10


def test_a_video_file_over_http_is_still_read_by_ffmpeg(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "road.mkv", seconds=1, size=SIZE).read_bytes()

    def answer(request: PictureRequest) -> None:
        request.send_head(200, "Content-Type: video/x-matroska", f"Content-Length: {len(video)}")
        request.wfile.write(video)

    with picture_server(answer) as server, VideoReader(server.url("/road.mkv")) as file:
        assert not file.is_live
        assert sum(1 for _ in file.frames()) == 25
