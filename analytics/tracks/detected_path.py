"""Path of a road user over the track that it has now, and the one that it had before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.tracks.trajectories import Trajectory


@dataclass(frozen=True, slots=True)
class DetectedPath:
    """Detections of one road user, oldest first. times: (N,) seconds. pixels: (N, 2). boxes: (N, 4) xyxy, pixels."""

    times: NDArray[np.float64]
    pixels: NDArray[np.float64]
    boxes: NDArray[np.float64]

    @classmethod
    def of(cls, *tracks: Trajectory) -> "DetectedPath":
        """Join the stored detections of tracks that follow each other in time."""
        times = np.array([t for track in tracks for t in track.times])
        pixels = np.array([pixel for track in tracks for pixel in track.pixels])
        boxes = np.array([box for track in tracks for box in track.boxes])
        return cls(times, pixels, boxes)
