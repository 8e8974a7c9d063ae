"""Timestamps and segments of live video, from files; connections are tested in tests/integration/test_ingest.py."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from threading import Event as Flag

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.source import Source, SourceLost, VideoPacket
from pipelines.live_video.hls_muxer import HlsWriter, TimestampUnwrapper
from pipelines.live_video.hls_playlist import PLAYLIST, LivePlaylist
from tests.support.servers import CLIP_FPS, write_clip

MS = Fraction(1, 1000)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([500, 540, 580], [0, 40, 80]),
        ([500, 540, 1500], [0, 40, 1000]),  # a pause stays a pause
        ([500, 540, 0, 40], [0, 40, 80, 120]),  # the clip begins again
        ([500, 540, 90_000, 90_040], [0, 40, 80, 120]),  # the camera set its clock
        ([500, 540, 540, 580], [0, 40, 80, 120]),  # a timestamp twice
        ([-80, -40, 0], [0, 40, 80]),
    ],
)
def test_jumps_of_timestamps_become_the_length_of_a_frame(given: list[int], expected: list[int]) -> None:
    timestamps = TimestampUnwrapper(MS)
    assert [timestamps.unwrap(dts) for dts in given] == expected


@given(camera=st.lists(st.integers(-(2**40), 2**40), min_size=2, max_size=50))
def test_unwrapped_timestamps_rise_by_no_more_than_the_largest_gap(camera: list[int]) -> None:
    timestamps = TimestampUnwrapper(MS)
    unwrapped = [timestamps.unwrap(dts) for dts in camera]
    assert unwrapped[0] == 0
    assert all(0 < later - earlier <= 2000 for earlier, later in pairwise(unwrapped))


def test_a_step_as_long_as_the_time_between_two_arrivals_is_no_jump() -> None:
    arrivals = iter([0.0, 0.1, 4.1, 8.2, 8.3])
    timestamps = TimestampUnwrapper(MS, lambda: next(arrivals))
    assert [timestamps.unwrap(dts) for dts in (500, 4500, 8500, 90_000)] == [0, 4000, 8000, 8040]


@contextmanager
def writing(
    playlist: LivePlaylist,
    clip: Path,
    *,
    segment_s: float = 1,
    on_stored: Callable[[CameraCondition | None], None] = lambda condition: None,
) -> Iterator[tuple[HlsWriter, list[VideoPacket]]]:
    """Yield a writer of the clip's live video, and all packets of the clip."""
    with (
        Source(str(clip), stop=Flag()) as source,
        av.open(str(clip)) as container,
        HlsWriter(playlist, source, segment_s=segment_s, on_stored=on_stored) as writer,
    ):
        yield writer, [packet for packet in container.demux(video=0) if packet.size]


def runs_of(playlist: LivePlaylist) -> list[str]:
    return (playlist.folder / PLAYLIST).read_text().split("#EXT-X-DISCONTINUITY\n")


def durations(text: str) -> list[float]:
    return [float(value) for value in re.findall(r"#EXTINF:([\d.]+)", text)]


def frames_of(playlist: LivePlaylist, text: str) -> int:
    """Number of frames that decode from one run of the playlist."""
    names = re.findall(r'^(?:#EXT-X-MAP:URI=")?([\w-]+\.(?:mp4|m4s))', text, re.MULTILINE)
    with av.open(BytesIO(b"".join((playlist.folder / name).read_bytes() for name in names))) as film:
        return sum(1 for _ in film.decode(video=0))


@pytest.mark.parametrize(
    ("segment_s", "expected"),
    [(1.0, [1.0, 1.0, 1.0, 1.0]), (2.0, [2.0, 2.0]), (1.5, [2.0, 1.0, 1.0]), (9.0, [4.0])],
)
def test_segments_end_at_the_first_keyframe_after_a_multiple_of_their_length(
    tmp_path: Path, segment_s: float, expected: list[float]
) -> None:
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=9)
    clip = write_clip(tmp_path / "road.ts", seconds=4)
    with writing(playlist, clip, segment_s=segment_s) as (writer, packets):
        for packet in packets:
            writer.put(packet)
    (run,) = runs_of(playlist)
    assert durations(run) == pytest.approx(expected, abs=1 / CLIP_FPS)
    assert frames_of(playlist, run) == 4 * CLIP_FPS


@pytest.mark.parametrize("reordered", [False, True])
def test_where_keyframes_are_rare_segments_end_without_one_and_players_start_at_the_last(
    tmp_path: Path, reordered: bool
) -> None:
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=3)
    clip = write_clip(tmp_path / "road.ts", seconds=8, keyframe_s=20, reordered=reordered)
    with writing(playlist, clip) as (writer, packets):
        for packet in packets:
            writer.put(packet)
    (run,) = runs_of(playlist)
    assert durations(run) == pytest.approx([4, 1, 1, 1, 1], abs=3 / CLIP_FPS)
    assert frames_of(playlist, run) == 8 * CLIP_FPS
    assert "#EXT-X-INDEPENDENT-SEGMENTS" not in run
    start_s = float(re.findall(r"#EXT-X-START:TIME-OFFSET=(-[\d.]+)", run)[0])
    assert start_s == pytest.approx(-8, abs=0.1)


def test_segments_of_a_live_stream_in_coarse_units_are_as_long_as_its_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.ingest.source.arrives_in_real_time", lambda url, container: True)
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=9)
    clip = write_clip(tmp_path / "road.avi", seconds=4)  # its unit is one frame
    with (
        suppress(SourceLost),
        Source(str(clip), stop=Flag()) as source,
        HlsWriter(playlist, source, segment_s=1) as writer,
    ):
        for packet in source.packets():
            writer.put(packet)
    (run,) = runs_of(playlist)
    assert durations(run) == pytest.approx([1.0, 1.0, 1.0, 1.0], abs=1 / CLIP_FPS)


def test_packets_before_the_first_keyframe_are_dropped(tmp_path: Path) -> None:
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=9)
    clip = write_clip(tmp_path / "road.ts", seconds=3)
    with writing(playlist, clip) as (writer, packets):
        for packet in packets[5:]:
            writer.put(packet)
    (run,) = runs_of(playlist)
    assert frames_of(playlist, run) == 2 * CLIP_FPS


def test_video_far_ahead_of_the_clock_starts_a_new_run(tmp_path: Path) -> None:
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=20)
    clip = write_clip(tmp_path / "road.ts", seconds=10)
    with writing(playlist, clip) as (writer, packets):
        for packet in packets:  # at once, and not within ten seconds
            writer.put(packet)
    first, second = runs_of(playlist)
    assert 5 <= sum(durations(first)) <= 7
    assert sum(durations(first)) + sum(durations(second)) == pytest.approx(10, abs=0.2)


def test_a_full_disk_is_reported_once_and_live_video_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=20)
    reported: list[CameraCondition | None] = []
    clip = write_clip(tmp_path / "road.ts", seconds=5)
    free = [10**12]
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(total=10**12, free=free[0]))
    with writing(playlist, clip, on_stored=reported.append) as (writer, packets):
        for number, packet in enumerate(packets):
            free[0] = 0 if CLIP_FPS < number <= 3 * CLIP_FPS else 10**12
            writer.put(packet)
        assert [condition and condition.code for condition in reported] == [Condition.DISK_FULL, None]
    assert sum(durations("".join(runs_of(playlist)))) == pytest.approx(3, abs=0.1)


def test_no_error_of_live_video_ends_the_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=20)
    clip = write_clip(tmp_path / "road.ts", seconds=3)

    def fails(*_: object, **__: object) -> None:
        raise ValueError("a box that is incomplete")

    monkeypatch.setattr(playlist, "add", fails)
    with writing(playlist, clip) as (writer, packets):
        for packet in packets:
            writer.put(packet)


def test_after_an_error_of_the_disk_live_video_resumes_at_the_next_keyframe(tmp_path: Path) -> None:
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=20)
    clip = write_clip(tmp_path / "road.ts", seconds=4)
    with writing(playlist, clip) as (writer, packets):
        for packet in packets[: CLIP_FPS + 1]:
            writer.put(packet)
        assert len(durations(runs_of(playlist)[-1])) == 1
        shutil.rmtree(playlist.folder)
        for packet in packets[CLIP_FPS + 1 : 2 * CLIP_FPS + 1]:
            writer.put(packet)
        playlist.folder.mkdir()
        for packet in packets[2 * CLIP_FPS + 1 :]:
            writer.put(packet)
    resumed = runs_of(playlist)[-1]
    assert durations(resumed) == pytest.approx([1.0], abs=1 / CLIP_FPS)
    assert frames_of(playlist, resumed) == CLIP_FPS
