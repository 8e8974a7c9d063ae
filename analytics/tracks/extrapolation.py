"""Where a road user went just after it was last seen, and came from just before it was first seen.

Somebody hidden by a bus at the very moment of crossing, or first seen when already past the line, crossed it all the
same: its own motion, carried on for a moment, says where and when.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.facts import Pixel
from analytics.tracks.trajectories import Trajectory

EXTRAPOLATION_S = 0.5
"""How long a motion is believed to have been even before, and to go on evenly. Longer finds more of who was hidden at
5 frames a second, but counts some twice in a dense stream of motorcycles, and some who stop at the line."""

OVERLAP_S = 0.1
"""The motion is followed from this much before it went out of sight, for those who were on the very line then."""

FIT_S = 0.8
"""This much of the path tells the motion."""

MIN_SAMPLES = 3
MIN_SPEED_HEIGHTS_PER_S = 1.0
"""Heights of its box in a second: of who is slower, the jitter of the box tells more than the motion."""


@dataclass(frozen=True, slots=True)
class ExtrapolatedSegment:
    """A straight and even motion of which little was seen. start, end: pixels. start_s, end_s: when it was there."""

    start: Pixel
    end: Pixel
    start_s: float
    end_s: float


def extrapolate_after_last(trajectory: Trajectory) -> ExtrapolatedSegment | None:
    """None where the motion is not known."""
    times, pixels = np.array(trajectory.times), np.array(trajectory.pixels)
    motion = _motion(times, pixels, times >= times[-1] - FIT_S, trajectory.height)
    if motion is None:
        return None
    return _stretch(times[-1], pixels[-1], motion, -OVERLAP_S, EXTRAPOLATION_S)


def extrapolate_before_first(trajectory: Trajectory) -> ExtrapolatedSegment | None:
    """None where the motion is not known, or the beginning of the path is no longer."""
    times, pixels = np.array(trajectory.times), np.array(trajectory.pixels)
    if times[0] > trajectory.first_seen:
        return None
    motion = _motion(times, pixels, times <= times[0] + FIT_S, trajectory.height)
    if motion is None:
        return None
    return _stretch(times[0], pixels[0], motion, -EXTRAPOLATION_S, OVERLAP_S)


def _stretch(
    t: float, pixel: NDArray[np.float64], motion: NDArray[np.float64], from_s: float, to_s: float
) -> ExtrapolatedSegment:
    (u1, v1), (u2, v2) = pixel + from_s * motion, pixel + to_s * motion
    return ExtrapolatedSegment((float(u1), float(v1)), (float(u2), float(v2)), t + from_s, t + to_s)


def _motion(
    times: NDArray[np.float64], pixels: NDArray[np.float64], used: NDArray[np.bool_], height: float
) -> NDArray[np.float64] | None:
    """(2,) pixels a second by least squares; None where too few sightings tell it, or it is no more than jitter."""
    if used.sum() < MIN_SAMPLES:
        return None
    lag = times[used] - times[used].mean()
    motion = np.asarray(lag @ pixels[used] / (lag @ lag))
    return motion if float(np.hypot(*motion)) >= MIN_SPEED_HEIGHTS_PER_S * height else None
