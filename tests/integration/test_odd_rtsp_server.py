"""The odd RTSP server plays as a client of FFmpeg expects it."""

from pathlib import Path
from typing import Any

import av
import pytest

from pipelines.ingest.source import SourceLost
from tests.support.odd_rtsp_server import G711, ONVIF_METADATA, odd_camera
from tests.support.servers import write_clip
from tests.support.stream_times import decoded_times

pytestmark = pytest.mark.integration


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
        times = decoded_times(server.url(credentials=credentials), frames=30)
    assert times[-1] - times[0] == pytest.approx(29 / 25, abs=0.1)


def test_h265_is_played(tmp_path: Path) -> None:
    with odd_camera(write_clip(tmp_path / "road.mp4", seconds=2, codec="libx265")) as server:
        assert len(decoded_times(server.url(), frames=30)) == 30


def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "road.mp4", seconds=1)
    with (
        odd_camera(clip, credentials=("admin", "right")) as server,
        pytest.raises(SourceLost, match="refuses these credentials"),
    ):
        decoded_times(server.url(credentials="admin:wrong@"), frames=1)


def test_a_camera_that_speaks_udp_only_is_played_over_udp(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "road.mp4", seconds=1)
    with (
        odd_camera(clip, transports=frozenset({"udp"})) as server,
        av.open(server.url(), options={"rtsp_transport": "udp"}, timeout=(5, 5)) as container,
    ):
        frames = container.decode(video=0)
        assert [next(frames).width for _ in range(10)] == [320] * 10
