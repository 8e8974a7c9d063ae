"""Workers of a city without their networks: live video, pictures and reports of many cameras.

python -m bench.portal.feeder CITY.yaml CAMERAS_WITH_VIDEO MBITS
"""

import os
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from analytics.facts import LEVEL_ORDER, Level
from pipelines.atomic_file import write_atomically
from pipelines.config.config_file import read_config
from pipelines.events.schema import CameraStatus, Congestion, Event, Health
from pipelines.live_video.hls_playlist import InitSection, LivePlaylist
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from pipelines.worker.child_process import end_with_parent

ZONE = "view"
"""Id of the zone of a camera without drawn zones. [source: pipelines/config/geometry_file.py]"""
HEALTH_EVERY_S = 5
"""Seconds between two reports of a camera. [source: pipelines/worker/health_reporter.py]"""
PICTURE_EVERY_S = 5
"""Seconds between two pictures of a camera. [source: pipelines/live_video]"""
PICTURE_BYTES = 15_000
"""Size of a picture. [assumption: a street at 400 pixels]"""
CHANGES_PER_S = 5
"""Levels that change each second in the whole city. [assumption]"""


class Feeder:
    """Writes what the workers of all cameras would write. Each second is one call of `second`."""

    def __init__(self, data_dir: Path, cameras: list[str], with_video: int, mbits: float, writer: EventWriter) -> None:
        self._cameras = cameras
        self._playlists = [LivePlaylist(data_dir / "hls" / name, segments_kept=8) for name in cameras[:with_video]]
        self._init = {playlist: InitSection(bytes(700)) for playlist in self._playlists}
        self._segment = os.urandom(round(mbits * 1e6 / 8))
        self._picture = os.urandom(PICTURE_BYTES)
        self._writer = writer
        self._levels = dict.fromkeys(cameras, Level.FREE)

    def second(self, number: int) -> None:
        """Write segments of the last second, and the reports and pictures that are due."""
        now = time.time()
        for place, playlist in enumerate(self._playlists):
            playlist.add(self._init[playlist], self._segment, start_at=now - 1, duration_s=1.0)
            if (number + place) % PICTURE_EVERY_S == 0:
                write_atomically(playlist.folder / "preview.jpg", self._picture, durable=False)
        self._report(number)

    def _report(self, number: int) -> None:
        at = datetime.now(UTC)
        due = self._cameras[number % HEALTH_EVERY_S :: HEALTH_EVERY_S]
        reports = [Health(camera_id=name, at=at, status=CameraStatus.ONLINE, analysed_fps=5.5) for name in due]
        changed = set(self._cameras if number == 0 else random.sample(self._cameras, CHANGES_PER_S))
        repeated = self._cameras[number % 60 :: 60]
        levels = [self._level(name, at, is_new=name in changed) for name in {*changed, *repeated}]
        self._writer.write([Event.wrap(report, at) for report in reports] + [Event.wrap(level, at) for level in levels])

    def _level(self, name: str, at: datetime, *, is_new: bool) -> Congestion:
        before = self._levels[name]
        if is_new:
            self._levels[name] = random.choice([level for level in LEVEL_ORDER if level is not before])
        return Congestion(camera_id=name, zone=ZONE, at=at, level=self._levels[name], previous=before)


def main() -> None:
    """Write until the parent ends."""
    end_with_parent()
    config = read_config(Path(sys.argv[1]))
    with open_database(config) as pool:
        cameras = [camera.id for camera in config.cameras]
        feeder = Feeder(config.data_dir, cameras, int(sys.argv[2]), float(sys.argv[3]), EventWriter(pool))
        began = time.monotonic()
        for number in range(sys.maxsize):
            feeder.second(number)
            time.sleep(max(0.0, began + number + 1 - time.monotonic()))


if __name__ == "__main__":
    main()
