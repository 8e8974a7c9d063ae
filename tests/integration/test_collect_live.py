"""Pictures for labelling from a running worker, over a real RTSP connection."""

import pytest
from pydantic import SecretStr

from pipelines.config.settings import CameraConfig, CollectConfig, Config
from pipelines.events.schema import Event
from pipelines.learning import from_config
from pipelines.learning.waiting_pictures import WaitingPictures
from pipelines.worker.worker import Worker
from tests.support.bright_detector import BrightDetector
from tests.support.servers import RtspCameras, wait_until, write_clip

pytestmark = pytest.mark.integration


def test_a_worker_keeps_one_picture_of_an_unsure_camera_and_goes_on(rtsp_cameras: RtspCameras, tmp_path, monkeypatch):
    monkeypatch.setattr(from_config, "open_detector", lambda *_, **options: BrightDetector(0.3))
    write_clip(rtsp_cameras.folder / "road.mp4")
    camera = CameraConfig(id="kuda", name="Kuda", url=SecretStr(rtsp_cameras.url("road.mp4")))
    config = Config(data_dir=tmp_path, cameras=(camera,), collect=CollectConfig(enabled=True))
    events: list[Event] = []
    with Worker(config, BrightDetector(0.3), events.append):
        wait_until(lambda: list(WaitingPictures(config.collect_folder)), "a picture")
        before = len(events)
        wait_until(lambda: len(events) > before, "events after the picture")
    (picture,) = WaitingPictures(config.collect_folder)
    assert picture.camera == "kuda"
    assert picture.found["weak_detections"] == 1
    assert picture.width == 320
    assert 224 <= picture.height <= 240, "the region that the detector processes"
