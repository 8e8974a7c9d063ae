"""Extrapolation of a track before its first and after its last detection, to recover gate crossings.

A road user may be hidden by a bus while it crosses a gate, or detected first when it is past the gate. Its own motion,
extrapolated by up to `EXTRAPOLATION_S`, gives the place and time of the crossing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import hypot

from analytics.facts import Pixel
from analytics.tracks.trajectories import Trajectory

EXTRAPOLATION_S = 0.5
"""Seconds by which a track is extrapolated at constant velocity [assumption].

A longer time recovers more crossings at 5 frames a second. It counts some motorcycles of a dense stream twice, and some
vehicles that stop at the line.
"""

OVERLAP_S = 0.1
"""Seconds of the observed track that the segment includes, for a detection exactly on the line [assumption]."""

FIT_S = 0.8
"""Seconds of the track from which its velocity is fitted [assumption]."""

MIN_SAMPLES = 3
"""Detections needed for a velocity [assumption]."""

MIN_SPEED_HEIGHTS_PER_S = 1.0
"""Speed, in box heights per second, below which the jitter of the box exceeds the motion [assumption]."""


@dataclass(frozen=True, slots=True)
class ExtrapolatedSegment:
    """Motion at constant velocity. start, end: pixels. start_s, end_s: times at these."""

    start: Pixel
    end: Pixel
    start_s: float
    end_s: float


def extrapolate_after_last(trajectory: Trajectory) -> ExtrapolatedSegment | None:
    """Extrapolate after the last detection; None without a known velocity."""
    velocity = _clear_velocity(last_velocity(trajectory), trajectory)
    if velocity is None:
        return None
    return _segment(trajectory.last_seen, trajectory.pixels[-1], velocity, -OVERLAP_S, EXTRAPOLATION_S)


def extrapolate_before_first(trajectory: Trajectory) -> ExtrapolatedSegment | None:
    """Extrapolate before the first detection; None without a known velocity, or if that detection was discarded."""
    first = trajectory.times[0]
    if first > trajectory.first_seen:
        return None
    detections = zip(trajectory.times, trajectory.pixels, strict=True)
    velocity = _fitted_velocity(list(takewhile(lambda detection: detection[0] <= first + FIT_S, detections)))
    velocity = _clear_velocity(velocity, trajectory)
    if velocity is None:
        return None
    return _segment(first, trajectory.pixels[0], velocity, -EXTRAPOLATION_S, OVERLAP_S)


def last_velocity(trajectory: Trajectory) -> tuple[float, float] | None:
    """Velocity in pixels per second over the last `FIT_S`, by least squares; None with too few detections."""
    oldest = trajectory.last_seen - FIT_S
    newest_first = zip(reversed(trajectory.times), reversed(trajectory.pixels), strict=True)
    return _fitted_velocity(list(takewhile(lambda detection: detection[0] >= oldest, newest_first)))


def _fitted_velocity(detections: Sequence[tuple[float, Pixel]]) -> tuple[float, float] | None:
    """Velocity by least squares of times and pixels; None with too few of them."""
    if len(detections) < MIN_SAMPLES:
        return None
    first = detections[0][0]
    mean_t = sum(t - first for t, _ in detections) / len(detections)  # exact also for Unix times, whose sum is not
    lag = [t - first - mean_t for t, _ in detections]
    spread = sum(s * s for s in lag)
    u, v = (sum(s * pixel[axis] for s, (_, pixel) in zip(lag, detections, strict=True)) / spread for axis in (0, 1))
    return u, v


def _clear_velocity(velocity: tuple[float, float] | None, trajectory: Trajectory) -> tuple[float, float] | None:
    """Return the velocity; None where the motion is within the jitter of the box."""
    if velocity is None or hypot(*velocity) < MIN_SPEED_HEIGHTS_PER_S * trajectory.height:
        return None
    return velocity


def _segment(t: float, pixel: Pixel, velocity: tuple[float, float], from_s: float, to_s: float) -> ExtrapolatedSegment:
    (u, v), (du, dv) = pixel, velocity
    start, end = (u + from_s * du, v + from_s * dv), (u + to_s * du, v + to_s * dv)
    return ExtrapolatedSegment(start, end, t + from_s, t + to_s)
