"""Pictures of incidents, kept on disk for a while."""

import time
from pathlib import Path

import cv2
import numpy as np
from av.video.frame import VideoFrame

from analytics.facts import Pixel
from pipelines.atomic_file import write_atomically

JPEG_QUALITY = 85
RED = (40, 40, 230)
Box = tuple[float, float, float, float]


class Snapshots:
    """A folder of JPEG files that never holds more than `kept`, nor any older than `kept_days`."""

    def __init__(self, folder: Path, *, kept: int = 2000, kept_days: float = 30.0) -> None:
        self._folder = folder
        self._kept = kept
        self._kept_s = kept_days * 86400
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, name: str, picture: VideoFrame, pixel: Pixel, box: Box | None = None) -> str:
        """Store the picture with the place marked; returns `name`, under which `NAME.jpg` is found.

        box: (x1, y1, x2, y2) of the road user where it is known. Raises OSError where the disk takes nothing.
        """
        image = picture.to_ndarray(format="bgr24").copy()
        _mark(image, pixel, box)
        done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not done:
            raise OSError(f"snapshot {name}: the picture could not be encoded")
        write_atomically(self._folder / f"{name}.jpg", encoded.tobytes())
        self._prune()
        return name

    def _prune(self) -> None:
        ages = sorted(((path.stat().st_mtime, path) for path in self._folder.glob("*.jpg")), reverse=True)
        oldest = time.time() - self._kept_s
        for number, (modified, path) in enumerate(ages):
            if number >= self._kept or modified < oldest:
                path.unlink(missing_ok=True)


def _mark(image: np.ndarray, pixel: Pixel, box: Box | None) -> None:
    thickness = max(2, image.shape[0] // 300)
    if box is not None:
        x1, y1, x2, y2 = (round(side) for side in box)
        cv2.rectangle(image, (x1, y1), (x2, y2), RED, thickness)
    else:
        cv2.circle(image, (round(pixel[0]), round(pixel[1])), image.shape[0] // 20, RED, thickness)
