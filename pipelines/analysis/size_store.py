"""Size of a camera's small road users on disk, so that overload may make its pictures smaller right after a restart."""

import json
import time
from pathlib import Path

import structlog

from pipelines.analysis.view_store import geometry_hash
from pipelines.atomic_file import write_atomically
from pipelines.config.geometry_file import CameraGeometry

log = structlog.get_logger()

SAVE_EVERY_S = 900.0
"""Interval (s) between two writes; the size changes slowly, and flash storage wears. [assumption]"""

MAX_AGE_S = 7 * 86400.0
"""Age (s) from which a stored size is learned again: the camera may have been turned. [assumption]"""

MAX_SIDE_PX = 10_000.0
"""Side (px) above which a stored size is damaged. [assumption]"""


class SizeStore:
    """File with the side of a small road user, valid for one geometry and frame size. Not thread-safe."""

    def __init__(self, path: Path, geometry: CameraGeometry, image_size: tuple[int, int]) -> None:
        self._path = path
        self._version = f"{geometry_hash(geometry)} {image_size[0]}x{image_size[1]}"
        self._save_at: float | None = None

    def load(self) -> float | None:
        """Return the stored side at full input scale, detector pixels; None without one that can be used."""
        try:
            stored = json.loads(self._path.read_text())
            side = float(stored["small_side_px"])
            is_usable = stored["version"] == self._version and 0 < side < MAX_SIDE_PX
            return side if is_usable and 0 <= time.time() - stored["at"] < MAX_AGE_S else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("unreadable size of road users; it is learned again", file=str(self._path), error=error)
            return None

    def save_if_due(self, t: float, side: float | None) -> None:
        """Store the side at the first call with one, then every `SAVE_EVERY_S`; an error of the disk is logged.

        t: seconds, of any clock. side: as last learned; None before.
        """
        if side is None or (self._save_at is not None and 0 <= self._save_at - t <= SAVE_EVERY_S):
            return
        self._save_at = t + SAVE_EVERY_S
        stored = {"version": self._version, "small_side_px": round(side, 2), "at": time.time()}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(stored), durable=False)
        except OSError as error:
            log.warning("the size of road users was not stored", file=str(self._path), error=error)
