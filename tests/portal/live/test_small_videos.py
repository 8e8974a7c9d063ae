"""Processes of small renditions: one a camera, while it is watched, and no more than there is room for."""

import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path
from threading import Event as Flag

import av
import pytest

from pipelines.ingest.source import Source
from pipelines.live_video.hls_muxer import HlsWriter
from pipelines.live_video.hls_playlist import PLAYLIST, LivePlaylist
from pipelines.live_video.small_video import TOO_SLOW
from portal.live.small_videos import PAUSE_S, SUFFIX, UNWATCHED_S, SmallVideos
from tests.support.servers import wait_until, write_clip

pytestmark = pytest.mark.integration
WAITS = [sys.executable, "-S", "-c", "import sys; sys.stdin.read()"]
GIVES_UP = [sys.executable, "-S", "-c", f"raise SystemExit({TOO_SLOW})"]


class Started(SmallVideos):
    """Renditions whose processes run another command, and which are checked by hand."""

    def __init__(self, folder: Path, most: int, command: list[str]) -> None:
        super().__init__(folder, most)
        self.command, self.started = command, []

    def _start(self, camera_id: str):
        self.started.append(camera_id)
        return subprocess.Popen(self.command, stdin=subprocess.PIPE)

    def check_at(self, seconds: float) -> None:
        self._check(time.monotonic() + seconds)

    @property
    def made(self) -> set[str]:
        return set(self._made)


@pytest.fixture
def renditions(tmp_path):
    with Started(tmp_path, 2, WAITS) as started:
        yield started


def test_one_process_serves_all_viewers_of_a_camera(renditions):
    for camera in ("a", "a", "b", "a"):
        renditions.want(camera)
    assert renditions.started == ["a", "b"]


def test_there_are_no_more_than_there_is_room_for(renditions):
    assert [renditions.want(camera) for camera in ("a", "b", "c", "a")] == [True, True, False, True]
    assert renditions.made == {"a", "b"}
    renditions.check_at(UNWATCHED_S + 1)
    assert renditions.made == set()
    renditions.want("c")
    assert renditions.made == {"c"}


def test_a_rendition_ends_when_it_is_no_longer_watched_and_with_the_portal(tmp_path):
    with Started(tmp_path, 2, WAITS) as renditions:
        renditions.want("a")
        process = renditions._made["a"].process
        renditions.check_at(UNWATCHED_S - 1)
        assert process.poll() is None
        renditions.check_at(UNWATCHED_S + 1)
        assert process.poll() == 0
        renditions.want("b")
        last = renditions._made["b"].process
    assert last.poll() == 0


def test_a_rendition_that_the_machine_has_no_time_for_is_not_tried_again_at_once(tmp_path, monkeypatch):
    with Started(tmp_path, 2, GIVES_UP) as renditions:
        renditions.want("a")
        renditions._made["a"].process.wait()
        renditions.check_at(0)
        assert not renditions.want("a")
        assert renditions.started == ["a"]
        now = time.monotonic() + PAUSE_S + 1
        monkeypatch.setattr("portal.live.small_videos.time.monotonic", lambda: now)
        renditions.want("a")
        assert renditions.started == ["a", "a"]


def test_without_room_for_any_none_is_made(tmp_path):
    with Started(tmp_path, 0, WAITS) as renditions:
        assert not renditions.want("a")
    assert renditions.started == []


def test_the_process_follows_the_live_video_until_it_is_ended(tmp_path):
    clip = tmp_path / "clip.mp4"
    write_clip(clip)
    small = tmp_path / f"a{SUFFIX}" / PLAYLIST
    with (
        Source(str(clip), stop=Flag()) as source,
        av.open(str(clip)) as container,
        HlsWriter(LivePlaylist(tmp_path / "a", segments_kept=6), source, segment_s=1) as writer,
        SmallVideos(tmp_path, 1) as renditions,
    ):
        packets = cycle([packet for packet in container.demux(video=0) if packet.size])

        def is_there() -> bool:
            assert renditions.want("a")
            for _ in range(10):
                writer.put(next(packets))
            time.sleep(0.2)
            return small.exists()

        # It runs on idle time only, and others may take all of that.
        wait_until(is_there, "the small video", within_s=240)
    assert not small.exists()
