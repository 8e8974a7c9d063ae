"""Cameras that send Motion JPEG only, over RTSP and over HTTP: analysed, with still pictures for viewers."""

import time
from itertools import pairwise
from pathlib import Path
from threading import Event as Flag

import av
import pytest

from pipelines.doctor.streams import probe
from pipelines.ingest.decoder import Decoder
from pipelines.ingest.source import Source, SourceLost
from pipelines.recordings.video_reader import VideoReader
from tests.support.mjpeg_camera import mjpeg_camera, road_jpegs, write_jpegs
from tests.support.odd_pictures import difference, road
from tests.support.odd_rtsp_server import odd_camera

pytestmark = pytest.mark.integration

FPS = 8.0
"""Frames a second of the cameras here; FFmpeg makes up times of 25."""


def frames_of(url: str, count: int) -> list[tuple[float, av.VideoFrame]]:
    """Return that many frames of a live address, as (time in seconds, displayed frame)."""
    found: list[tuple[float, av.VideoFrame]] = []
    with Source(url, stop=Flag(), stall_s=5) as source:
        decoder = Decoder(source)
        for packet in source.packets():
            found += [(seconds, decoder.displayed(frame)) for seconds, frame in decoder.frames(packet)]
            if len(found) >= count:
                break
    return found


@pytest.mark.parametrize(
    ("content_type", "with_length"),
    [
        ("multipart/x-mixed-replace; boundary=picture", True),
        ("multipart/x-mixed-replace;boundary=--picture", True),
        ('multipart/x-mixed-replace; boundary="picture"', False),
    ],
)
def test_frames_over_http_have_the_times_of_their_arrival(content_type: str, with_length: bool) -> None:
    with mjpeg_camera(road_jpegs(), fps=FPS, content_type=content_type, with_length=with_length) as url:
        frames = frames_of(url, 17)
    seconds = frames[16][0] - frames[0][0]
    assert seconds > 1.5 * 16 / 25, "not the made-up times of 25 frames a second"
    assert all(after > before for (before, _), (after, _) in pairwise(frames))
    assert difference(frames[0][1], road(0)) < 6


def test_a_camera_with_a_password_is_read_and_a_wrong_one_is_one_line() -> None:
    with mjpeg_camera(road_jpegs(), fps=FPS, credentials="admin:rahasia") as url:
        assert len(frames_of(url, 3)) >= 3
        with pytest.raises(SourceLost, match="refuses these credentials") as lost:
            frames_of(url.replace("rahasia", "salah-sekali"), 1)
    assert "salah-sekali" not in str(lost.value)


def test_a_camera_that_goes_silent_is_lost_within_the_time_limit() -> None:
    with (
        mjpeg_camera(road_jpegs(), fps=FPS, silent_after=3) as url,
        Source(url, stop=Flag(), stall_s=1) as source,
        pytest.raises(SourceLost),
    ):
        for _ in source.packets():
            pass


def test_a_recording_reader_takes_the_times_of_arrival_too() -> None:
    with mjpeg_camera(road_jpegs(), fps=FPS) as url, VideoReader(url) as video:
        assert video.is_live
        began, times = time.monotonic(), []
        for frame in video.frames():
            times.append(frame.at)
            if len(times) == 17:
                break
    assert times[-1] > 1.5 * 16 / 25
    assert times[-1] <= time.monotonic() - began + 1


def test_the_doctor_reads_the_stream() -> None:
    with mjpeg_camera(road_jpegs(), fps=FPS) as url:
        stream = probe(url, 5.0)
    assert (stream.codec, stream.image_size) == ("mjpeg", (320, 180))


def test_frames_over_rtsp_are_decoded(tmp_path: Path) -> None:
    clip = write_jpegs(tmp_path / "jpeg.mkv", road_jpegs((320, 240)), (320, 240))
    with odd_camera(clip) as camera:
        frames = frames_of(camera.url(), 3)
    assert difference(frames[0][1], road(0, (320, 240))) < 6
