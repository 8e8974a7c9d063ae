"""Extrapolation of a track before its first and after its last detection, to recover gate crossings.

A road user may be hidden by a bus while it crosses a gate, or detected first when it is past the gate. Its own motion,
extrapolated by up to `EXTRAPOLATION_S`, gives the place and time of the crossing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    times, pixels = np.array(trajectory.times), np.array(trajectory.pixels)
    velocity = _velocity(times, pixels, times >= times[-1] - FIT_S, trajectory.height)
    if velocity is None:
        return None
    return _segment(times[-1], pixels[-1], velocity, -OVERLAP_S, EXTRAPOLATION_S)


def extrapolate_before_first(trajectory: Trajectory) -> ExtrapolatedSegment | None:
    """Extrapolate before the first detection; None without a known velocity, or if that detection was discarded."""
    times, pixels = np.array(trajectory.times), np.array(trajectory.pixels)
    if times[0] > trajectory.first_seen:
        return None
    velocity = _velocity(times, pixels, times <= times[0] + FIT_S, trajectory.height)
    if velocity is None:
        return None
    return _segment(times[0], pixels[0], velocity, -EXTRAPOLATION_S, OVERLAP_S)


def _segment(
    t: float, pixel: NDArray[np.float64], velocity: NDArray[np.float64], from_s: float, to_s: float
) -> ExtrapolatedSegment:
    (u1, v1), (u2, v2) = pixel + from_s * velocity, pixel + to_s * velocity
    return ExtrapolatedSegment((float(u1), float(v1)), (float(u2), float(v2)), t + from_s, t + to_s)


def _velocity(
    times: NDArray[np.float64], pixels: NDArray[np.float64], used: NDArray[np.bool_], height: float
) -> NDArray[np.float64] | None:
    """(2,) pixels per second by least squares; None with too few detections, or if the motion is within jitter."""
    if used.sum() < MIN_SAMPLES:
        return None
    lag = times[used] - times[used].mean()
    velocity = np.asarray(lag @ pixels[used] / (lag @ lag))
    return velocity if float(np.hypot(*velocity)) >= MIN_SPEED_HEIGHTS_PER_S * height else None
