"""A worker process whose detector finds bright rectangles; processes import it by name."""

from functools import partial

from pipelines.config.settings import Config
from pipelines.worker.camera_process import run_cameras
from tests.support.bright_detector import BrightDetector


def open_bright_detector(config: Config, *, threads: int) -> BrightDetector:
    return BrightDetector()


run_bright_cameras = partial(run_cameras, open_detector=open_bright_detector)
"""`pipelines.worker.camera_process.run_cameras` without a network."""
