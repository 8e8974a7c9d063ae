"""Small rendition of live video: its size, rate and times, what it skips, and when it gives up."""

import re
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from threading import Event as Flag

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from pipelines.ingest.source import Source
from pipelines.live_video.hls_muxer import HlsWriter
from pipelines.live_video.hls_playlist import PLAYLIST, InitSection, LivePlaylist
from pipelines.live_video.playlist_reader import MAX_BEHIND, START_SEGMENTS, PlaylistRun, listed_segments
from pipelines.live_video.small_video import FPS, TOO_SLOW, TOO_SLOW_TIMES, SmallVideoWriter, follow, small_size

LIMIT_BITS_PER_S = 192_000
CAMERA_FPS = 25


def times(calls: int) -> Callable[[], bool]:
    """A wait that returns True, for a stop, from the given call on."""
    left = [calls]

    def wait() -> bool:
        left[0] -= 1
        return left[0] < 0

    return wait


def noise(n: int, width: int = 426, height: int = 240) -> VideoFrame:
    """A picture that changes everywhere, as falling rain does and more: no codec can predict it."""
    return VideoFrame.from_ndarray(np.random.default_rng(n).integers(0, 256, (height, width, 3), np.uint8), "bgr24")


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the live video of a camera: 6 s, 640 x 360, 25 frames a second, with a keyframe each second."""
    folder = tmp_path_factory.mktemp("hls")
    clip = folder / "clip.ts"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=CAMERA_FPS, options={"preset": "ultrafast", "g": "25"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for n in range(6 * CAMERA_FPS):
            picture = np.full((360, 640, 3), 90, np.uint8)
            picture[100:200, 3 * n : 3 * n + 80] = 220
            frame = VideoFrame.from_ndarray(picture, "bgr24")
            frame.pts, frame.time_base = n, Fraction(1, CAMERA_FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    playlist = LivePlaylist(folder / "camera", segments_kept=10)
    with (
        Source(str(clip), stop=Flag()) as source,
        HlsWriter(playlist, source, segment_s=1) as writer,
        av.open(str(clip)) as container,
    ):
        for packet in container.demux(video=0):
            if packet.size:
                writer.put(packet)
    return playlist.folder


def film(folder: Path) -> list[VideoFrame]:
    text = (folder / PLAYLIST).read_text()
    names = re.findall(r'^(?:#EXT-X-MAP:URI=")?([\w-]+\.(?:mp4|m4s))', text, re.MULTILINE)
    with av.open(BytesIO(b"".join((folder / name).read_bytes() for name in names))) as container:
        return list(container.decode(video=0))


def rate(folder: Path) -> float:
    """Bits a second of the listed segments."""
    text = (folder / PLAYLIST).read_text()
    bits = 8 * sum((folder / each.name).stat().st_size for each in listed_segments(text))
    return bits / sum(map(float, re.findall(r"#EXTINF:([\d.]+)", text)))


def test_the_rendition_is_small_and_shows_the_newest_video_at_its_times(camera: Path, tmp_path: Path) -> None:
    small = LivePlaylist(tmp_path / "small", segments_kept=10)
    assert follow(camera, small, times(1)) == 0
    listed = listed_segments((camera / PLAYLIST).read_text())
    frames = film(small.folder)
    assert (frames[0].width, frames[0].height) == (426, 240)
    seconds = START_SEGMENTS * 1.0
    assert len(frames) == pytest.approx(seconds * FPS, abs=2)
    assert float(frames[-1].time or 0) == pytest.approx(seconds, abs=0.3)
    (first, *_) = listed_segments((small.folder / PLAYLIST).read_text())
    assert first.start_at == pytest.approx(listed[-START_SEGMENTS].start_at, abs=0.01)


def test_even_noise_stays_within_the_rate(tmp_path: Path) -> None:
    small = LivePlaylist(tmp_path / "small", segments_kept=10)
    with SmallVideoWriter(small, (426, 240)) as writer:
        for n in range(12 * FPS):
            writer.put(noise(n), 1_000_000.0 + n / FPS)
    assert 0.5 * LIMIT_BITS_PER_S < rate(small.folder) <= LIMIT_BITS_PER_S
    starts = re.findall(r"PROGRAM-DATE-TIME:(\S+)", (small.folder / PLAYLIST).read_text())
    assert [datetime.fromisoformat(each).timestamp() - 1_000_000 for each in starts] == [0, 2, 4, 6, 8, 10]
    for each in listed_segments((small.folder / PLAYLIST).read_text()):  # each is playable by itself
        data = (small.folder / each.init).read_bytes() + (small.folder / each.name).read_bytes()
        with av.open(BytesIO(data)) as container:
            assert next(container.decode(video=0)).key_frame


@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160), (480, 640), (101, 51), (4000, 3)])
def test_a_picture_keeps_its_shape_and_is_never_larger(size: tuple[int, int]) -> None:
    width, height = small_size(*size)
    assert width % 2 == height % 2 == 0
    assert width <= min(426, size[0] + 1) and height <= max(2, min(240, size[1] + 1))
    assert width / height == pytest.approx(size[0] / size[1], rel=0.05) or height == 2


def test_a_camera_without_video_has_no_rendition(tmp_path: Path) -> None:
    small = LivePlaylist(tmp_path / "small", segments_kept=3)
    small.add(InitSection(b"old"), b"old", start_at=0, duration_s=1)
    assert follow(tmp_path / "gone", small, times(2)) == 0
    assert not (small.folder / PLAYLIST).exists()


def numbered(folder: Path, count: int) -> LivePlaylist:
    playlist = LivePlaylist(folder, segments_kept=50)
    init = InitSection(b"header")
    for n in range(count):
        playlist.add(init, b"%d;" % n, start_at=float(n), duration_s=1)
    return playlist


def everything(run: PlaylistRun) -> bytes:
    return b"".join(iter(lambda: run.read(3), b""))


def test_a_reader_waits_for_the_next_segment_and_ends_with_its_run(tmp_path: Path) -> None:
    playlist = numbered(tmp_path, 5)
    init = InitSection(b"header2")

    def wait() -> bool:
        playlist.add(init, b"other run", start_at=9.0, duration_s=1)
        return False

    run = PlaylistRun(tmp_path, None, wait)
    assert everything(run) == b"header3;4;"
    assert run.start_at == 3.0
    following = PlaylistRun(tmp_path, run.last, times(0))
    assert everything(following) == b"header2other run"
    assert not run.fell_behind


def test_a_reader_that_is_far_behind_goes_on_with_the_newest_video(tmp_path: Path) -> None:
    playlist = numbered(tmp_path, 3)
    run = PlaylistRun(tmp_path, None, times(0))
    assert run.read(100) == b"header1;"
    init = InitSection(b"header")
    for n in range(3, 3 + MAX_BEHIND):
        playlist.add(init, b"%d;" % n, start_at=float(n), duration_s=1)
    assert run.read(100) == b""
    assert run.fell_behind


def test_a_rendition_without_time_for_it_gives_up(
    camera: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behind(run: PlaylistRun, playlist: LivePlaylist) -> None:
        run.fell_behind = True

    monkeypatch.setattr("pipelines.live_video.small_video._write_run", behind)
    small = LivePlaylist(tmp_path / "small", segments_kept=3)
    assert follow(camera, small, times(TOO_SLOW_TIMES - 1)) == 0
    assert follow(camera, small, times(TOO_SLOW_TIMES)) == TOO_SLOW
