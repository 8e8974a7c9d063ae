"""Times of recordings in files whose clock was wrong."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pipelines.recordings.video_reader import VideoReader
from tests.support.servers import write_clip

FRAMES, FPS = 100, 25
"""Length and rate of the recordings. [test data]"""


def even(frames: int = FRAMES) -> list[float]:
    return [number / FPS for number in range(frames)]


def write(
    path: Path, pts_s: Callable[[int], float], dts_s: Callable[[int], float] | None = None, start_s: float = 0.0
) -> Path:
    """A recording whose frames state these times by their number."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        packets = []
        for number in range(FRAMES):
            image = np.full((48, 64, 3), 2 * number, np.uint8)
            packets += stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24"))
        for number, packet in enumerate([*packets, *stream.encode(None)]):
            packet.time_base = Fraction(1, 90_000)
            packet.pts = round((start_s + pts_s(number)) * 90_000)
            packet.dts = round((start_s + (dts_s or pts_s)(number)) * 90_000)
            packet.duration = 3600
            container.mux(packet)
    return path


def times(path: Path) -> list[float]:
    with VideoReader(str(path)) as video:
        return [frame.at for frame in video.frames()]


@pytest.mark.parametrize("name", ["road.mp4", "road.mkv", "road.ts"])
@pytest.mark.parametrize(
    "pts_s",
    [
        lambda number: number / FPS + (112_835.0 if number == FRAMES - 1 else 0.0),
        lambda number: number / FPS + (100_000.0 if number >= 50 else 0.0),
    ],
    ids=["stray at the end", "clock set ahead"],
)
def test_one_wrong_time_changes_no_step(tmp_path: Path, name: str, pts_s: Callable[[int], float]) -> None:
    path = write(tmp_path / name, pts_s)
    assert times(path) == pytest.approx(even(), abs=0.002)
    with VideoReader(str(path)) as video:
        assert video.frame_s == pytest.approx(1 / FPS, rel=0.01)


@pytest.mark.parametrize("name", ["road.mp4", "road.ts"])
@pytest.mark.parametrize("strays", [{50}, {50, 51}, set(range(50, 60)), set(range(5, FRAMES, 10))])
@pytest.mark.parametrize("stray_s", [0.3, 3.0, 50.0])
def test_stray_times_of_display_move_nothing(tmp_path: Path, name: str, strays: set[int], stray_s: float) -> None:
    if len(strays) > 1 and stray_s < 5 and 51 in strays:
        return  # frames that are shown later than others are in the order of a player
    path = write(
        tmp_path / name,
        lambda number: number / FPS + (stray_s if number in strays else 0.0),
        lambda number: number / FPS,
    )
    assert times(path) == pytest.approx(even(), abs=0.002)


@pytest.mark.parametrize(("name", "unit"), [("road.mp4", 1 / 90), ("road.mkv", 1 / 1000)])
def test_times_in_another_unit_are_replaced_by_even_steps(
    tmp_path: Path, name: str, unit: float, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / name, lambda number: number / FPS * unit, lambda number: number / FPS * unit)
    assert times(path) == pytest.approx(even(), abs=0.002)
    assert "another unit" in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "stated", [lambda number: float(number // FPS), lambda number: number // 2 * 2 / FPS], ids=["seconds", "pairs"]
)
def test_repeated_times_become_even_steps(tmp_path: Path, stated: Callable[[int], float]) -> None:
    assert times(write(tmp_path / "road.mkv", stated)) == pytest.approx(even(), abs=0.002)


@pytest.mark.parametrize("parts", [(0.0, 0.0), (100.0, 0.0), (95_440.0, 0.0, 95_440.0)])
def test_joined_transport_streams_go_on_without_a_gap(tmp_path: Path, parts: tuple[float, ...]) -> None:
    joined = tmp_path / "joined.ts"
    written = [
        write(tmp_path / f"{number}.ts", lambda number: number / FPS, start_s=start_s)
        for number, start_s in enumerate(parts)
    ]
    joined.write_bytes(b"".join(path.read_bytes() for path in written))
    assert times(joined) == pytest.approx(even(FRAMES * len(parts)), abs=0.002)


def test_reordered_frames_keep_their_times(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "road.mp4", seconds=4, reordered=True)
    assert times(path) == pytest.approx(even(), abs=0.002)
