"""Collection in a running city: off unless its configuration permits it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.config.config_file import read_config
from pipelines.errors import UserError
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.learning import from_config
from pipelines.learning.from_config import open_picture_keeper
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.camera_parts import make_parts
from tests.support.bright_detector import BrightDetector

NIGHT = datetime(2026, 5, 5, 13, 0, tzinfo=UTC).timestamp()
"""20:00 in Batam."""


@dataclass
class City:
    """A city of one camera in front of a still street."""

    path: Path
    text: str = ""
    events: list = field(default_factory=list)

    def __post_init__(self) -> None:
        camera = "cameras: [{id: kuda, name: Kuda, url: 'rtsp://10.0.0.7/main'}]\n"
        self.path.write_text(camera + self.text)
        self.config = read_config(self.path)
        self.keeper = open_picture_keeper(self.config)

    def analyse_unsure_frames(self) -> None:
        """Analyse two seconds in which the one car is found with a confidence of 0.3."""
        parts = make_parts(
            self.config.cameras[0],
            self.config,
            CameraHealth("kuda", 5.0),
            on_put=lambda: None,
            send=self.events.append,
            keeper=self.keeper,
        )
        street = np.full((360, 640, 3), 60, np.uint8)
        street[100:140, 100:160] = 255
        frame = VideoFrame.from_ndarray(street, format="rgb24").reformat(format="yuv420p")
        pipeline = parts.slot.make_pipeline((640, 360))
        car = Detections(
            np.array([[100, 100, 160, 140]], np.float32),
            np.array([0.3], np.float32),
            np.array([ROAD_USERS.index(RoadUser.CAR)]),
        )
        for number in range(10):
            request = pipeline.plan(TimedFrame(NIGHT + number / 5, frame))
            pipeline.complete(request, None if request.image is None else car)


def test_without_a_permission_nothing_is_kept(tmp_path):
    city = City(tmp_path / "city.yaml")
    assert city.keeper is None
    city.analyse_unsure_frames()
    assert sorted(path.name for path in tmp_path.rglob("*.jpg")) == []


def test_with_a_permission_unsure_frames_of_live_cameras_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(from_config, "open_detector", lambda *_, **options: BrightDetector(0.3))
    city = City(tmp_path / "city.yaml", "collect: {enabled: true, folder: gambar, pictures_per_day: 24}\n")
    city.analyse_unsure_frames()
    offered = city.keeper._offers.get_nowait()
    city.keeper.keep(offered)
    assert city.keeper._offers.empty(), "one offer is enough for a while"
    (picture,) = city.keeper._pictures
    assert picture.camera == "kuda"
    assert picture.light == "night"
    assert city.keeper.offer_every_s == pytest.approx(120)
    assert [path.parent for path in tmp_path.rglob("*.jpg")] == [tmp_path / "gambar" / "waiting"]


def test_the_folder_is_below_the_data_unless_the_file_names_another(tmp_path):
    assert City(tmp_path / "a.yaml").config.collect_folder == tmp_path / "data" / "collected"
    named = City(tmp_path / "b.yaml", "collect: {folder: gambar}\n")
    assert named.config.collect_folder == tmp_path / "gambar"
    assert named.keeper is None


@pytest.mark.parametrize(
    "setting", ["pictures_per_day: 0", "keep_days: 0", "min_interval_s: -1", "max_mb: 0", "often: 1"]
)
def test_limits_that_are_none_are_refused(tmp_path, setting):
    with pytest.raises(UserError, match=r"collect\."):
        City(tmp_path / "city.yaml", f"collect: {{enabled: true, {setting}}}\n")
