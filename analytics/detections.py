"""Detections and tracks of one frame, as numpy arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

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
    def measured_rows(self) -> list[int]:
        """Rows of the detections with finite numbers and an area; a network that overflows returns others."""
        numbers = zip(self.xyxy.tolist(), self.confidence.tolist(), strict=True)
        return [
            row
            for row, ((x1, y1, x2, y2), confidence) in enumerate(numbers)
            if -inf < x1 < x2 < inf and -inf < y1 < y2 < inf and isfinite(confidence)
        ]

    def measured(self) -> "Detections":
        """Return the detections of `measured_rows`."""
        kept = self.measured_rows
        return self if len(kept) == len(self) else self.rows(kept)

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.intp] | list[int]) -> "Detections":
        """Return some detections: those of a mask, or rows in the given order."""
        return Detections(self.xyxy[chosen], self.confidence[chosen], self.class_id[chosen])

    @classmethod
    def empty(cls) -> "Detections":
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))

    @classmethod
    def joined(cls, parts: Sequence["Detections"]) -> "Detections":
        """Return the detections of all parts, in their order."""
        filled = [part for part in parts if len(part)]
        if len(filled) < 2:
            return filled[0] if filled else cls.empty()
        return cls(
            np.concatenate([part.xyxy for part in filled]),
            np.concatenate([part.confidence for part in filled]),
            np.concatenate([part.class_id for part in filled]),
        )


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
