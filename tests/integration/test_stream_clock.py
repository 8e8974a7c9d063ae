"""Speeds and coverage of cameras whose clock is wrong, over real connections."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from fractions import Fraction
from itertools import count, islice, pairwise
from pathlib import Path
from threading import Event as Flag
from typing import Any

import av
import numpy as np
import pytest

from pipelines.events.schema import CameraStatus, CountsReport
from pipelines.ingest.source import Source
from pipelines.live_video.hls_muxer import HlsWriter
from pipelines.live_video.hls_playlist import PLAYLIST, LivePlaylist
from pipelines.recordings.video_reader import VideoReader
from tests.integration.test_ingest_worker import GATE, Received, camera, config, running
from tests.integration.test_liveness import http_server
from tests.support.odd_rtsp_server import G711, OddRtspServer, odd_camera
from tests.support.servers import wait_until, write_clip

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("brief_periods", "views_judged_soon")]

SPEED_KMH = 27.0
"""Speed of the vehicle in `write_clip`: 3 px a frame, 25 frames a second, 0.1 m a pixel. [computed]"""

SETTLED_S = 12.0
"""Time (s) after which the clock is judged. [assumption]"""


def calibrated(folder: Path) -> Path:
    """Geometry of the clip with 0.1 m a pixel."""
    corners = [(0, 0), (320, 0), (320, 240), (0, 240)]
    path = folder / "camera.json"
    path.write_text(
        json.dumps(
            {
                "image_size": [320, 240],
                "gates": [GATE],
                "control_points": [{"pixel": [u, v], "ground": [u / 10, (240 - v) / 10]} for u, v in corners],
            }
        )
    )
    return path


def speeds(received: Received) -> list[float]:
    """Speeds (km/h) of the crossings after the first connection has settled."""
    reports = received.of("road", CountsReport)
    crossings = [crossing for report in reports for crossing in report.crossings]
    since = reports[0].start_at if reports else None
    return [c.speed_kmh for c in crossings if c.speed_kmh and (c.at - since).total_seconds() > SETTLED_S]


def watched(server: OddRtspServer, tmp_path: Path) -> Received:
    """What a worker reports until it has seen six crossings with a speed."""
    city = config(tmp_path, camera("road", server.url(), geometry=calibrated(tmp_path)))
    with running(city) as received:
        wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online")
        wait_until(lambda: len(speeds(received)) >= 6, "crossings with a speed", within_s=120)
    return received


@pytest.mark.parametrize(
    "stamp",
    [
        lambda number, at: at,
        lambda number, at: at / 1.42,
        lambda number, at: at * 1.42,
        lambda number, at: 7.0,
        lambda number, at: at + (112_835.0 if number % 100 == 50 else 0.0),
        lambda number, at: at - 40.0 * (number // 200),
        lambda number, at: float(at // 1),
        lambda number, at: at + 1.9 * (at // 5),
        lambda number, at: at * 90,
    ],
    ids=["right", "slow", "fast", "constant", "strays", "steps back", "whole seconds", "set ahead", "in ticks"],
)
def test_speeds_and_coverage_are_right_whatever_the_clock_of_the_stream_does(
    tmp_path: Path, stamp: Callable[[int, float], float]
) -> None:
    clip = write_clip(tmp_path / "road.mp4", seconds=9.6)
    with odd_camera(clip, stamp=stamp) as server:
        received = watched(server, tmp_path)
    measured = speeds(received)
    assert sum(measured) / len(measured) == pytest.approx(SPEED_KMH, rel=0.05)
    reports = received.of("road", CountsReport)[2:-1]
    spans = [(report.end_at - report.start_at).total_seconds() for report in reports]
    assert sum(report.observed_s for report in reports) > 0.9 * sum(spans)


@pytest.mark.parametrize(
    "odd",
    [
        {"first_stamp": 2**32 - 90_000},
        {"beside": (G711,), "reports": True, "stamp": lambda number, at: at / 1.42},
        {"stamp": lambda number, at: at + (3600.0 if number >= 40 else 0.0)},
        {"stamp": lambda number, at: at - (3600.0 if number >= 40 else 0.0), "first_stamp": 2**31},
    ],
    ids=["wraps", "with sender reports", "jumps ahead", "jumps back"],
)
def test_times_rise_evenly_over_wraps_reports_and_jumps(tmp_path: Path, odd: dict[str, Any]) -> None:
    clip = write_clip(tmp_path / "road.mp4", seconds=3)
    times: list[float] = []
    with odd_camera(clip, **odd) as server, Source(server.url(), stop=Flag(), stall_s=5) as source:
        for packet in source.packets():
            times.append(float(packet.dts * packet.time_base))
            if len(times) == 250:
                break
    steps = [after - before for before, after in pairwise(times)]
    assert min(steps) > 0
    assert max(steps) < 1.0
    assert times[-1] - times[-100] == pytest.approx(99 / 25, rel=0.06)


def test_the_times_of_live_video_follow_a_server_clock_that_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, shift = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + shift[0])
    clip = write_clip(tmp_path / "road.mp4", seconds=3)
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=4)
    with (
        odd_camera(clip) as server,
        Source(server.url(), stop=Flag(), stall_s=5) as source,
        HlsWriter(playlist, source, segment_s=0.5) as writer,
    ):
        packets = source.packets()
        for set_to in (0.0, 7200.0, -7200.0):
            shift[0] = set_to
            until = playlist.next_sequence + 6
            while playlist.next_sequence < until:
                writer.put(next(packets))
            lines = (tmp_path / "hls" / PLAYLIST).read_text().splitlines()
            last = [line for line in lines if line.startswith("#EXT-X-PROGRAM-DATE-TIME:")][-1]
            stated = datetime.fromisoformat(last.split(":", 1)[1]).timestamp()
            assert abs(stated - (real() + set_to)) < 5


def test_a_count_of_a_live_stream_corrects_its_clock(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "road.mp4", seconds=3)
    with (
        odd_camera(clip, stamp=lambda number, at: at / 1.42) as server,
        VideoReader(server.url()) as recording,
    ):
        times = [frame.at for frame in islice(recording.frames(), 450)]
    assert times[-1] - times[-100] == pytest.approx(99 / 25, rel=0.05)


def live_transport_stream(rate: float) -> Callable[[], Iterator[bytes]]:
    """Video in real time whose time stamps run at `rate`."""

    def body() -> Iterator[bytes]:
        sink, began = Sink(), time.monotonic()
        with av.open(sink, "w", format="mpegts") as output:
            stream = output.add_stream(
                "libx264", rate=25, options={"bf": "0", "preset": "ultrafast", "tune": "zerolatency"}
            )
            stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 120, "yuv420p", 25
            stream.codec_context.time_base = Fraction(1, 90_000)
            for number in count():
                frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), number % 200, np.uint8), format="rgb24")
                frame.pts, frame.time_base = round(number / 25 * rate * 90_000), Fraction(1, 90_000)
                output.mux(stream.encode(frame))
                yield sink.pop()
                time.sleep(max(0.0, began + number / 25 - time.monotonic()))

    return body


class Sink:
    """File without a position."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> int:
        self.data += bytes(data)
        return len(data)

    def pop(self) -> bytes:
        data, self.data = self.data, b""
        return data


@pytest.mark.parametrize("rate", [1.0, 1.42, 1 / 1.42])
def test_a_live_http_stream_is_read_as_it_arrives_and_its_clock_corrected(rate: float) -> None:
    placed: list[tuple[float, float]] = []
    with http_server(live_transport_stream(rate)) as url, Source(url, stop=Flag(), stall_s=10) as source:
        for packet in source.packets():
            placed.append((time.monotonic(), float(packet.dts * packet.time_base)))
            if len(placed) == 450:
                break
    (since, first), (until, last) = placed[-150], placed[-1]
    assert (last - first) / (until - since) == pytest.approx(1.0, rel=0.05)
