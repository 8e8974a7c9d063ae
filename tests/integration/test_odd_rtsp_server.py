"""The odd RTSP server plays as a client of FFmpeg expects it."""

from pathlib import Path
from threading import Event as Flag
from typing import Any

import av
import pytest

from pipelines.ingest.decoder import Decoder
from pipelines.ingest.source import Source, SourceLost
from tests.support.odd_rtsp_server import G711, ONVIF_METADATA, odd_camera
from tests.support.servers import write_clip

pytestmark = pytest.mark.integration


def read(url: str, *, frames: int) -> list[float]:
    """Timestamps (s) of that many decoded frames."""
    times: list[float] = []
    with Source(url, stop=Flag(), stall_s=5) as source:
        decoder = Decoder(source)
        for packet in source.packets():
            times += [seconds for seconds, _ in decoder.frames(packet)]
            if len(times) >= frames:
                break
    return times


@pytest.mark.parametrize(
    ("oddities", "credentials"),
    [
        ({}, ""),
        ({"beside": (G711,)}, ""),
        ({"before": (ONVIF_METADATA,), "reports": True}, ""),
        ({"credentials": ("admin", "a#b@c:d")}, "admin:a%23b%40c%3Ad@"),
        ({"credentials": ("admin", "secret"), "basic": True}, "admin:secret@"),
        ({"sets_in_sdp": False, "first_frame": 10}, ""),
    ],
)
def test_each_oddity_is_played(tmp_path: Path, oddities: dict[str, Any], credentials: str) -> None:
    with odd_camera(write_clip(tmp_path / "road.mp4", seconds=2), **oddities) as server:
        times = read(server.url(credentials=credentials), frames=30)
    assert times[-1] - times[0] == pytest.approx(29 / 25, abs=0.1)


def test_h265_is_played(tmp_path: Path) -> None:
    with odd_camera(write_clip(tmp_path / "road.mp4", seconds=2, codec="libx265")) as server:
        assert len(read(server.url(), frames=30)) == 30


def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "road.mp4", seconds=1)
    with (
        odd_camera(clip, credentials=("admin", "right")) as server,
        pytest.raises(SourceLost, match="refuses these credentials"),
    ):
        read(server.url(credentials="admin:wrong@"), frames=1)


def test_a_camera_that_speaks_udp_only_is_played_over_udp(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "road.mp4", seconds=1)
    with (
        odd_camera(clip, transports=frozenset({"udp"})) as server,
        av.open(server.url(), options={"rtsp_transport": "udp"}, timeout=(5, 5)) as container,
    ):
        frames = container.decode(video=0)
        assert [next(frames).width for _ in range(10)] == [320] * 10
