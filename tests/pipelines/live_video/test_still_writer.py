"""Still pictures on a disk that takes none: reported once, without an old picture, and stored again afterwards."""

from pathlib import Path
from threading import Event as Flag

import pytest

from pipelines.bus import disk_reserve
from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.source import Source
from pipelines.live_video import still_writer
from pipelines.live_video.hls_playlist import STILL, LivePlaylist
from pipelines.live_video.still_writer import StillWriter
from tests.support.mjpeg_camera import road_jpegs, write_jpegs


def test_a_full_disk_is_reported_once_and_shows_no_old_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[CameraCondition | None] = []
    video = write_jpegs(tmp_path / "road.mkv", road_jpegs()[:4])
    folder = tmp_path / "hls"
    monkeypatch.setattr(still_writer, "STILL_EVERY_S", 0.0)
    monkeypatch.setattr(disk_reserve, "RESERVED_SHARE", 1.0)
    with (
        Source(str(video), stop=Flag()) as source,
        StillWriter(LivePlaylist(folder, segments_kept=3), source, on_stored=reports.append) as writer,
    ):
        packets = [packet for _, packet in zip(range(4), source.packets(), strict=False)]
        for packet, reserved in zip(packets, (0, 10**18, 10**18, 0), strict=True):
            monkeypatch.setattr(disk_reserve, "MAX_RESERVE_BYTES", reserved)
            writer.put(packet)
            assert (folder / STILL).exists() is (reserved == 0)
    assert [report and report.code for report in reports] == [Condition.DISK_FULL, None]


def test_a_folder_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    video = write_jpegs(tmp_path / "road.mkv", road_jpegs()[:2])
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=3)
    playlist.folder.rmdir()
    with Source(str(video), stop=Flag()) as source, StillWriter(playlist, source) as writer:
        writer.put(next(source.packets()))
    assert (playlist.folder / STILL).exists()
