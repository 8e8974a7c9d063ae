"""Previews of a camera: small JPEG files of bounded size, at most one every few seconds, also on a disk that fails."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from pipelines.bus import disk_reserve
from pipelines.config.settings import PublicPictureConfig
from pipelines.events.condition import CameraCondition, Condition
from pipelines.live_video.hls_playlist import PREVIEW, LivePlaylist
from pipelines.live_video.preview_writer import MAX_PREVIEW_BYTES, PREVIEW_EVERY_S, PreviewWriter, encode_preview
from pipelines.live_video.storage_report import StorageReport

AT = 1_790_000_000.5
"""When the frames were captured, Unix seconds. [test data]"""


def frame(width: int = 640, height: int = 360, level: int = 90) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((height, width, 3), level, np.uint8), format="rgb24")


def noise(width: int, height: int) -> av.VideoFrame:
    """The frame that compresses worst."""
    image = np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)
    return av.VideoFrame.from_ndarray(image, format="rgb24")


@pytest.mark.parametrize(
    ("given", "size"),
    [
        (frame(1920, 1080), (400, 224)),
        (frame(640, 360), (400, 224)),
        (frame(352, 288), (352, 288)),
        (frame(1080, 1920), (168, 300)),
        (frame(4, 2), (4, 2)),
    ],
)
def test_a_preview_has_the_aspect_of_its_frame_and_at_most_the_width_of_a_card(
    given: av.VideoFrame, size: tuple[int, int]
) -> None:
    encoded = np.frombuffer(encode_preview(given, VideoReformatter(), PublicPictureConfig()), np.uint8)
    assert cv2.imdecode(encoded, cv2.IMREAD_COLOR).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("size", [(1920, 1080), (400, 300), (352, 288), (300, 400)])
def test_the_worst_frame_is_within_the_bytes_of_a_card(size: tuple[int, int]) -> None:
    assert len(encode_preview(noise(*size), VideoReformatter(), PublicPictureConfig())) <= MAX_PREVIEW_BYTES


def test_a_blurred_area_has_no_detail_left_and_the_rest_of_the_picture_all_of_its_own() -> None:
    left_half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    stripes = np.zeros((224, 400, 3), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 250
    given = av.VideoFrame.from_ndarray(stripes, format="rgb24")
    encoded = encode_preview(given, VideoReformatter(), PublicPictureConfig(blurred_areas=(left_half,)))
    shown = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shown[:, 8:184].std() < 10, "the pattern is gone, except at the edge of the JPEG's blocks"
    assert shown[:, 216:].std() > 90


def test_a_lowered_picture_is_no_higher_than_configured() -> None:
    encoded = encode_preview(frame(1920, 1080), VideoReformatter(), PublicPictureConfig(max_height=90))
    assert cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR).shape == (90, 160, 3)


def test_the_preview_of_a_camera_is_blurred_before_it_is_stored(tmp_path: Path) -> None:
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=3)
    everything = PublicPictureConfig(blurred_areas=(((0, 0), (1, 0), (1, 1), (0, 1)),))
    PreviewWriter(playlist, StorageReport("kuda", lambda _: None), everything).put(noise(400, 300), AT)
    stored = cv2.imread(str(playlist.folder / PREVIEW), cv2.IMREAD_GRAYSCALE)
    assert stored.std() < 10, "noise has a deviation of 60"


def test_one_preview_is_stored_in_each_period(tmp_path: Path) -> None:
    clock = [100.0]
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=3)
    writer = PreviewWriter(playlist, StorageReport("kuda", lambda _: None), now=lambda: clock[0])
    writer.put(frame(level=20), AT)
    first = (playlist.folder / PREVIEW).read_bytes()
    clock[0] += PREVIEW_EVERY_S - 0.1
    writer.put(frame(level=200), AT)
    assert (playlist.folder / PREVIEW).read_bytes() == first
    clock[0] += 0.2
    writer.put(frame(level=200), AT)
    assert (playlist.folder / PREVIEW).read_bytes() != first


def test_the_time_of_the_file_is_that_of_the_frame(tmp_path: Path) -> None:
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=3)
    PreviewWriter(playlist, StorageReport("kuda", lambda _: None)).put(frame(), AT)
    assert (playlist.folder / PREVIEW).stat().st_mtime == AT


def test_the_preview_of_a_camera_that_is_lost_is_deleted(tmp_path: Path) -> None:
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=3)
    PreviewWriter(playlist, StorageReport("kuda", lambda _: None)).put(frame(), AT)
    assert (playlist.folder / PREVIEW).exists()
    playlist.clear()
    assert not (playlist.folder / PREVIEW).exists()


def test_a_full_disk_is_reported_once_and_leaves_no_old_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    reports: list[CameraCondition | None] = []
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=3)
    writer = PreviewWriter(playlist, StorageReport("kuda", reports.append), now=lambda: clock[0])
    monkeypatch.setattr(disk_reserve, "RESERVED_SHARE", 1.0)
    for reserved in (0, 10**18, 10**18, 0):
        monkeypatch.setattr(disk_reserve, "MAX_RESERVE_BYTES", reserved)
        clock[0] += PREVIEW_EVERY_S
        writer.put(frame(), AT)
        assert (playlist.folder / PREVIEW).exists() is (reserved == 0)
    assert [report and report.code for report in reports] == [Condition.DISK_FULL, None]
