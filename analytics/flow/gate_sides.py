"""Distance of a road user from a gate, with its standard error, from its latest detections.

A box jitters, and a detector at times draws one box of a vehicle larger by half. The side of a gate on which a road
user stands is therefore read from a line through its latest distances, and only where that line is clear of the gate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

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
    """Sides of a gate at the first and the last detection used: -1, +1, or 0 where not clear of the gate.

    A first side is clear by `FIRST_SIGMAS`.
    """

    first: float
    last: float


def clear_sides(
    times: Sequence[float], distances: Sequence[float], height: float, sigmas: float = CLEAR_SIGMAS
) -> GateSides:
    """Sides by a line through the distances in pixels at times in seconds; `MIN_SAMPLES` of them or more.

    height: of the box, in pixels. Both the line and the detection itself must be clear of the gate.

    >>> clear_sides([0.0, 0.1, 0.2], [-30.0, -10.0, 10.0], height=50)
    GateSides(first=-1.0, last=1.0)
    """
    n = len(times)
    since_first = [t - times[0] for t in times]  # exact also for Unix times, whose sum is not
    mean_t, mean = sum(since_first) / n, sum(distances) / n
    lag = [t - mean_t for t in since_first]
    spread = sum(s * s for s in lag)
    slope = sum(s * d for s, d in zip(lag, distances, strict=True)) / spread
    scatter = sum((d - mean - s * slope) ** 2 for s, d in zip(lag, distances, strict=True))
    usual = NOISE_HEIGHTS * height + NOISE_PX
    variance = (NOISE_WEIGHT * usual**2 + scatter) / (NOISE_WEIGHT + n - 2)
    variance *= max(1.0, n / (1 + (times[-1] - times[0]) / CORRELATED_S))

    def side(k: int, sigmas: float) -> float:
        margin = max(sigmas * sqrt(variance * (1 / n + lag[k] ** 2 / spread)), MARGIN_PX, MARGIN_HEIGHTS * height)
        fitted, detected = mean + lag[k] * slope, distances[k]
        if fitted * detected <= 0 or min(abs(fitted), abs(detected)) <= margin:
            return 0.0
        return 1.0 if detected > 0 else -1.0

    return GateSides(side(0, FIRST_SIGMAS), side(-1, sigmas))
