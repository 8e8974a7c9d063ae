"""How a camera's view looked, on disk: a camera that is turned while the worker is down must not pass unnoticed."""

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


class ViewStore:
    """One camera's album in one file, which holds as long as what is drawn on the picture stays as it is."""

    def __init__(self, path: Path, geometry: CameraGeometry) -> None:
        self._path = path
        self._version = geometry_hash(geometry)
        self._save_at: float | None = None

    def load(self) -> ReferenceSet:
        """Empty where nothing was kept, where it cannot be read, or where gates and zones have been drawn since."""
        try:
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                if str(arrays["version"]) != self._version:
                    log.info("gates or zones were changed; the view is learned anew", file=str(self._path))
                    return ReferenceSet()
                return ReferenceSet.from_arrays(arrays)
        except FileNotFoundError:
            return ReferenceSet()
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            log.warning("how the view looked is lost; it is learned anew", file=str(self._path), error=error)
            return ReferenceSet()

    def save_if_due(self, t: float, album: ReferenceSet) -> None:
        """As soon as there is something to keep, then once in a while: a view changes slowly, and disks wear."""
        if album.by_time_of_day and (self._save_at is None or not 0 <= self._save_at - t <= SAVE_EVERY_S):
            self._save_at = t + SAVE_EVERY_S
            self.save(album)

    def save(self, album: ReferenceSet) -> None:
        """A full disk costs the memory, not the analysis."""
        arrays: dict[str, NDArray[Any]] = {**album.to_arrays(), "version": np.array(self._version)}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as draft, draft.open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
        except OSError as error:
            log.warning("how the view looks cannot be kept", file=str(self._path), error=error)


def geometry_hash(geometry: CameraGeometry) -> str:
    """Another one after any change to what is drawn on the picture, or to a note of the operator's beside it."""
    drawn = {
        "image_size": geometry.image_size,
        "control_points": [point.pixel for point in geometry.control_points],
        "gates": [(gate.p1, gate.p2) for gate in geometry.gates],
        "zones": [(zone.polygon, zone.direction) for zone in geometry.zones],
        "notes": geometry.model_extra,
    }
    return hashlib.sha256(json.dumps(drawn, sort_keys=True).encode()).hexdigest()


def has_geometry(drawn: CameraGeometry | Camera) -> bool:
    """Whether anything would be wrong if the camera were turned."""
    return bool(drawn.gates or drawn.zones or drawn.control_points)
