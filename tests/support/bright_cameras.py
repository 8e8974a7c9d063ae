"""A worker process whose detector finds bright rectangles; processes import it by name."""

from concurrent.futures import Future
from functools import partial

from analytics.detections import Detections
from models.detection.detector import ImageParts, RgbImage
from pipelines.config.settings import Config
from pipelines.worker.camera_process import run_cameras
from tests.support.bright_detector import BrightDetector


def open_bright_detector(config: Config, *, threads: int) -> BrightDetector:
    return BrightDetector()


run_bright_cameras = partial(run_cameras, open_detector=open_bright_detector)
"""`pipelines.worker.camera_process.run_cameras` without a network."""


class StallingDetector(BrightDetector):
    """A detector that accepts images and never answers."""

    def submit(self, image: RgbImage, parts: ImageParts = ()) -> Future[Detections]:
        return Future()


def open_stalling_detector(config: Config, *, threads: int) -> StallingDetector:
    return StallingDetector()


run_stalling_cameras = partial(run_cameras, open_detector=open_stalling_detector)
"""The same with a detector that never answers: a worker that sends heartbeats and analyses nothing."""
