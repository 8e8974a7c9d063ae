"""A detector for `tests.support.servers.write_clip`'s road: its one white vehicle is a car."""

from concurrent.futures import Future

import numpy as np

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.detector import ImageParts, RgbImage


class BrightDetector:
    """`models.detection.detector.Detector` without a model: the box around everything bright."""

    name = "bright rectangles"
    in_flight = 1

    def __init__(self, confidence: float = 0.9) -> None:
        self._confidence = confidence

    def submit(self, image: RgbImage, parts: ImageParts = ()) -> Future[Detections]:
        found: Future[Detections] = Future()
        rows, columns = np.nonzero(image.min(axis=2) > 180)
        if len(rows) < 20:
            found.set_result(Detections.empty())
        else:
            box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            found.set_result(
                Detections(
                    np.array([box], np.float32),
                    np.array([self._confidence], np.float32),
                    np.array([ROAD_USERS.index(RoadUser.CAR)], np.int64),
                )
            )
        return found

    def close(self) -> None:
        pass
