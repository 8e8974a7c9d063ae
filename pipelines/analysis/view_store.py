"""Reference views of a camera on disk, so that a view moved while the worker was stopped is detected."""

import hashlib
import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import structlog
from numpy.typing import NDArray

from analytics.camera import Camera
from models.tampering.reference_set import ReferenceSet
from pipelines.atomic_file import replacing
from pipelines.config.geometry_file import CameraGeometry

log = structlog.get_logger()

SAVE_EVERY_S = 900.0
"""Interval (s) between two writes; views change slowly, and flash storage wears. [assumption]"""


class ViewStore:
    """File with one camera's reference views, valid for one geometry."""

    def __init__(self, path: Path, geometry: CameraGeometry) -> None:
        self._path = path
        self._version = geometry_hash(geometry)
        self._save_at: float | None = None

    def load(self) -> ReferenceSet:
        """Return the stored views; an empty set without a readable file, or after a change of the geometry."""
        try:
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                if str(arrays["version"]) != self._version:
                    log.info("gates or zones were changed; the view is learned again", file=str(self._path))
                    return ReferenceSet()
                return ReferenceSet.from_arrays(arrays)
        except FileNotFoundError:
            return ReferenceSet()
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            log.warning("unreadable reference views; they are learned again", file=str(self._path), error=error)
            return ReferenceSet()

    def save_if_due(self, t: float, views: ReferenceSet) -> None:
        """Store the views at the first call with any, then every `SAVE_EVERY_S`. t: seconds, of any clock."""
        if views.by_time_of_day and (self._save_at is None or not 0 <= self._save_at - t <= SAVE_EVERY_S):
            self._save_at = t + SAVE_EVERY_S
            self.save(views)

    def save(self, views: ReferenceSet) -> None:
        """Store the views; an error of the disk is logged and not raised, since the analysis goes on without them."""
        arrays: dict[str, NDArray[Any]] = {**views.to_arrays(), "version": np.array(self._version)}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as draft, draft.open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
        except OSError as error:
            log.warning("the reference views were not stored", file=str(self._path), error=error)


def geometry_hash(geometry: CameraGeometry) -> str:
    """Return a hash of all positions in the image, and of the operator's own keys beside them."""
    drawn = {
        "image_size": geometry.image_size,
        "control_points": [point.pixel for point in geometry.control_points],
        "gates": [(gate.p1, gate.p2) for gate in geometry.gates],
        "zones": [(zone.polygon, zone.direction) for zone in geometry.zones],
        "notes": geometry.model_extra,
    }
    return hashlib.sha256(json.dumps(drawn, sort_keys=True).encode()).hexdigest()


def has_geometry(camera: CameraGeometry | Camera) -> bool:
    """Return whether gates, zones or control points depend on the camera's view."""
    return bool(camera.gates or camera.zones or camera.control_points)
