"""Pictures that wait for their labels: a folder of JPEG files, each with a JSON file of what is known about it."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.atomic_file import write_atomically
from pipelines.learning.anonymise import BgrImage

log = structlog.get_logger()

WAITING_FOLDER = "waiting"
"""Folder of the pictures without labels, in that of the set. [source: docs/learning-from-your-cameras.md]"""

JPEG_QUALITY = 92
"""Quality of stored JPEG files, 0..100; the network is trained on them, so block artefacts are few. [assumption]"""

MIN_FREE_BYTES = 1_000_000_000
"""Space that stays free on the disk, since the events of the city are stored there, too. [assumption]"""


class ProposedBox(BaseModel):
    """A detection of the network, as a first label. xyxy: pixels of the picture."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    road_user: RoadUser
    confidence: float
    xyxy: tuple[float, float, float, float]


class WaitingPicture(BaseModel):
    """What is known about a picture.

    at: time of capture: Unix seconds, or seconds from the start of a recording. period: number of the period of which
    it is the only picture. found: unsure findings by kind. thumbnail: grey levels of the whole picture, row by row.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    camera: str
    at: float
    source: Literal["camera", "recording"]
    period: int
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    light: str
    rain: str
    network: str
    found: dict[str, int]
    boxes: tuple[ProposedBox, ...]
    thumbnail: tuple[int, ...]
    anonymised: int

    @property
    def name(self) -> str:
        """Name of the files, without suffix."""
        if self.source == "recording":
            return f"{self.camera}_{round(self.at * 1000):09d}ms"
        return f"{self.camera}_{datetime.fromtimestamp(self.at, UTC):%Y%m%dT%H%M%SZ}"

    @property
    def taken_at(self) -> str:
        """Time of capture in ISO 8601, UTC; empty for a recording."""
        return "" if self.source == "recording" else datetime.fromtimestamp(self.at, UTC).isoformat()

    @property
    def score(self) -> int:
        """Sum of the unsure findings."""
        return sum(self.found.values())


def proposed_boxes(detections: Detections) -> tuple[ProposedBox, ...]:
    """Return detections as boxes of a picture, in its pixels, rounded to a tenth of a pixel."""
    rows = zip(detections.xyxy.tolist(), detections.confidence.tolist(), detections.class_id.tolist(), strict=True)
    return tuple(
        ProposedBox(
            road_user=ROAD_USERS[class_id],
            confidence=round(confidence, 3),
            xyxy=tuple(round(side, 1) for side in xyxy),
        )
        for xyxy, confidence, class_id in rows
    )


class WaitingPictures:
    """Folder of waiting pictures, within limits of age and size. Raises OSError where it cannot be written.

    folder: that of the whole set. max_age_days, max_bytes: of all pictures; the oldest are deleted.
    """

    def __init__(self, folder: Path, *, max_age_days: float = np.inf, max_bytes: float = np.inf) -> None:
        self.folder = folder / WAITING_FOLDER
        self._max_age_s = max_age_days * 86400
        self._max_bytes = max_bytes

    def __iter__(self) -> Iterator[WaitingPicture]:
        """Yield the pictures in the order of their names; files that cannot be read are logged and skipped."""
        for path in sorted(self.folder.glob("*.jpg")):
            try:
                yield WaitingPicture.model_validate_json(path.with_suffix(".json").read_bytes())
            except (OSError, ValidationError) as error:
                log.warning("a picture without a readable description is skipped", file=str(path), error=str(error))

    def image_path(self, name: str) -> Path:
        """Return the path of the JPEG file of a picture."""
        return self.folder / f"{name}.jpg"

    def save(self, picture: WaitingPicture, image: BgrImage) -> None:
        """Store a picture. Raises OSError, also where the disk is nearly full; no part of a file is left then."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < MIN_FREE_BYTES:
            raise OSError(f"less than {MIN_FREE_BYTES / 1e9:.0f} GB are free in {self.folder}")
        done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not done:
            raise OSError(f"picture {picture.name}: the image could not be encoded")
        path = self.image_path(picture.name)
        # The JPEG comes last: a picture exists where it does.
        write_atomically(path.with_suffix(".json"), picture.model_dump_json(indent=1))
        write_atomically(path, encoded.tobytes())

    def delete(self, name: str) -> None:
        """Delete a picture, if it exists."""
        self.image_path(name).unlink(missing_ok=True)
        self.image_path(name).with_suffix(".json").unlink(missing_ok=True)

    def prune(self) -> None:
        """Delete the pictures that exceed the limits, and descriptions without a picture."""
        found = sorted(((path.stat().st_mtime, path) for path in self.folder.glob("*.jpg")), reverse=True)
        oldest, kept_bytes = time.time() - self._max_age_s, 0
        for modified, path in found:
            kept_bytes += path.stat().st_size
            if modified < oldest or kept_bytes > self._max_bytes:
                self.delete(path.stem)
        for description in self.folder.glob("*.json"):
            if not description.with_suffix(".jpg").exists() and description.stat().st_mtime < oldest:
                description.unlink(missing_ok=True)
