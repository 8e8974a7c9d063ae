"""Distance of a road user from a gate, with its standard error, from its latest detections.

A box jitters, and a detector at times draws one box of a vehicle larger by half. The side of a gate on which a road
user stands is therefore read from a line through its latest distances, and only where that line is clear of the gate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.tracks.extrapolation import FIT_S

MIN_SAMPLES = 3
"""Latest detections that are used even where they span more than `FIT_S`, and that an estimate needs [assumption]."""

NOISE_HEIGHTS, NOISE_PX = 0.04, 0.5
"""Usual standard deviation of a ground point: the sum of a share of the box height and pixels [assumption]."""

NOISE_WEIGHT = 2.0
"""Degrees of freedom of the usual deviation, when it is pooled with the scatter that was measured [assumption].

Three detections, which happen to lie on a line, would otherwise have no error.
"""

CORRELATED_S = 0.15
"""Seconds within which the boxes of a detector err alike: more detections in this time add no knowledge [assumption].
"""

CLEAR_SIGMAS = 4.0
"""Standard errors by which a road user on one side of a gate is clear of it [assumption].

A vehicle that waits on the line for a minute is tested a hundred times.
"""

FIRST_SIGMAS = 2.0
"""The same for the side from which a new track came, which is tested in its first `FIT_S` only [assumption].

Far vehicles are first seen a few pixels before a gate.
"""

ENDED_SIGMAS = 1.5
"""The same for a track that has ended, which no later detection can confirm [assumption]."""

MARGIN_HEIGHTS = 0.05
"""Least distance of a road user clear of a gate, in heights of its box [assumption]."""

MARGIN_PX = 1.0
"""Least distance of a road user clear of a gate, in pixels [assumption]."""


@dataclass(frozen=True, slots=True)
class GateSides:
    """Sides (G,) of all gates at the first and the last detection used: -1, +1, or 0 where not clear of the gate.

    A first side is clear by `FIRST_SIGMAS`.
    """

    first: NDArray[np.float64]
    last: NDArray[np.float64]


def latest_samples(times: NDArray[np.float64]) -> int:
    """Number of the latest detections, at increasing `times` (N,) in seconds, that the sides are read from."""
    recent = len(times) - int(np.searchsorted(times, times[-1] - FIT_S))
    return min(len(times), max(MIN_SAMPLES, recent))


def clear_sides(times: ArrayLike, distances: ArrayLike, height: float, sigmas: float = CLEAR_SIGMAS) -> GateSides:
    """Sides by a line through the distances (N, G) in pixels at times (N,) in seconds; N >= `MIN_SAMPLES`.

    height: of the box, in pixels. Both the line and the detection itself must be clear of the gate.

    >>> sides = clear_sides([0.0, 0.1, 0.2], [[-30.0], [-10.0], [10.0]], height=50)
    >>> sides.first.tolist(), sides.last.tolist()
    ([-1.0], [1.0])
    """
    t, d = np.asarray(times, dtype=np.float64), np.asarray(distances, dtype=np.float64)
    lag, mean = t - t.mean(), d.mean(axis=0)
    spread = float(lag @ lag)
    slope = lag @ d / spread
    scatter = ((d - mean - lag[:, None] * slope) ** 2).sum(axis=0)
    usual = NOISE_HEIGHTS * height + NOISE_PX
    variance = (NOISE_WEIGHT * usual**2 + scatter) / (NOISE_WEIGHT + len(t) - 2)
    variance *= max(1.0, len(t) / (1 + (t[-1] - t[0]) / CORRELATED_S))

    def sides(row: int, sigmas: float) -> NDArray[np.float64]:
        margin = sigmas * np.sqrt(variance * (1 / len(t) + lag[row] ** 2 / spread))
        margin = np.maximum(margin, max(MARGIN_PX, MARGIN_HEIGHTS * height))
        fitted, detected = mean + lag[row] * slope, d[row]
        clear = (fitted * detected > 0) & (np.minimum(np.abs(fitted), np.abs(detected)) > margin)
        return np.asarray(np.where(clear, np.sign(detected), 0.0))

    return GateSides(sides(0, FIRST_SIGMAS), sides(-1, sigmas))
