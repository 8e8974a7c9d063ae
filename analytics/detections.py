"""Detections and tracks of one frame, as numpy arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Detections:
    """Detections of one frame.

    xyxy: (N, 4) float32 pixels ``x1, y1, x2, y2`` in the full-resolution frame.
    confidence: (N,) float32, 0..1. class_id: (N,) int64, index into `analytics.road_users.ROAD_USERS`.

    Raises ValueError where the lengths differ.
    """

    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.xyxy)
        if self.xyxy.shape != (n, 4) or self.confidence.shape != (n,) or self.class_id.shape != (n,):
            raise ValueError(
                f"expected xyxy (N, 4), confidence (N,), class_id (N,); got {self.xyxy.shape}, "
                f"{self.confidence.shape}, {self.class_id.shape}"
            )

    def __len__(self) -> int:
        return len(self.xyxy)

    @property
    def is_measured(self) -> NDArray[np.bool_]:
        """Mask (N,) of the detections with finite numbers and an area; a network that overflows returns others."""
        fine = np.isfinite(self.xyxy)
        fine[:, 2:] &= self.xyxy[:, 2:] > self.xyxy[:, :2]
        return np.asarray(fine.all(axis=1) & np.isfinite(self.confidence))

    def measured(self) -> "Detections":
        """Return the detections of `is_measured`."""
        kept = self.is_measured
        return self if kept.all() else Detections(self.xyxy[kept], self.confidence[kept], self.class_id[kept])

    @classmethod
    def empty(cls) -> "Detections":
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Tracks:
    """Detections with the track ids assigned by the tracker.

    track_id: (N,) int64, unique within one camera and tracker run. detection_index: (N,) int64, row of the detection
    in the `Detections` that the tracker received; -1 for a track without a detection in this frame. Other arrays as in
    `Detections`.
    """

    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int64]
    track_id: NDArray[np.int64]
    detection_index: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.track_id)

    @classmethod
    def empty(cls) -> "Tracks":
        none = Detections.empty()
        return cls(none.xyxy, none.confidence, none.class_id, np.empty(0, np.int64), np.empty(0, np.int64))

    @property
    def ground_points(self) -> NDArray[np.float32]:
        """(N, 2) bottom centre of each box: the ground point of the road user."""
        points = self.xyxy[:, 2:].copy()
        points[:, 0] = (self.xyxy[:, 0] + self.xyxy[:, 2]) / 2
        return points
