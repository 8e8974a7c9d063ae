"""Snapshots of incidents: JPEG files with the place marked, kept for a limited time."""

import time
from pathlib import Path

import cv2
import numpy as np
from av.video.frame import VideoFrame

from analytics.facts import Pixel
from pipelines.atomic_file import write_atomically
from pipelines.bus.disk_reserve import require_space

JPEG_QUALITY = 85
"""Quality of stored JPEG files, 0..100. [assumption]"""

MAX_SNAPSHOTS = 2000
"""Files that are kept. [assumption]"""

MARK_COLOUR = (40, 40, 230)
"""Red as (blue, green, red), 0..255. [assumption]"""

Box = tuple[float, float, float, float]
"""(x1, y1, x2, y2) in pixels of the frame."""


class Snapshots:
    """Folder of at most `max_files` JPEG files, none older than `max_age_days`."""

    def __init__(self, folder: Path, *, max_files: int = MAX_SNAPSHOTS, max_age_days: float = 30.0) -> None:
        self._folder = folder
        self._max_files = max_files
        self._max_age_s = max_age_days * 86400

    def save(self, name: str, frame: VideoFrame, pixel: Pixel, box: Box | None = None) -> str:
        """Store the frame as `NAME.jpg` with a mark, delete what exceeds the limits, and return `name`.

        The mark is the box of the road user where it is known, else a circle around `pixel`. Raises OSError.
        """
        image = frame.to_ndarray(format="bgr24").copy()
        _mark(image, pixel, box)
        done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not done:
            raise OSError(f"snapshot {name}: the frame could not be encoded")
        self._folder.mkdir(parents=True, exist_ok=True)
        require_space(self._folder, encoded.nbytes)
        write_atomically(self._folder / f"{name}.jpg", encoded.tobytes())
        self._prune()
        return name

    def _prune(self) -> None:
        newest_first = sorted(((path.stat().st_mtime, path) for path in self._folder.glob("*.jpg")), reverse=True)
        oldest = time.time() - self._max_age_s
        for number, (modified, path) in enumerate(newest_first):
            if number >= self._max_files or modified < oldest:
                path.unlink(missing_ok=True)


def _mark(image: np.ndarray, pixel: Pixel, box: Box | None) -> None:
    thickness = max(2, image.shape[0] // 300)
    if box is not None:
        x1, y1, x2, y2 = (round(side) for side in box)
        cv2.rectangle(image, (x1, y1), (x2, y2), MARK_COLOUR, thickness)
    else:
        cv2.circle(image, (round(pixel[0]), round(pixel[1])), image.shape[0] // 20, MARK_COLOUR, thickness)
