"""Where a road user went just after it was last seen, and came from just before it was first seen.

Somebody hidden by a bus at the very moment of crossing, or first seen when already past the line, crossed it all the
same: its own motion, carried on for a moment, says where and when.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.facts import Pixel
from analytics.speed import fitted_velocity
from analytics.trajectories import Trajectory

BACK_S = 1.0
AHEAD_S = 0.5
"""How long a motion is believed to have been even before, and to go on evenly: who moves has come from somewhere, but
may stop anywhere."""

FIT_S = 0.8
"""This much of the path tells the motion."""

FEWEST_SIGHTINGS = 3
SLOWEST = 1.0
"""Heights of its box in a second: of who is slower, the jitter of the box tells more than the motion."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A straight and even motion that nobody saw. start, end: pixels. start_s, end_s: when it was there."""

    start: Pixel
    end: Pixel
    start_s: float
    end_s: float


def after_last_seen(trajectory: Trajectory) -> Stretch | None:
    """None where the motion is not known."""
    times, pixels = np.array(trajectory.times), np.array(trajectory.pixels)
    motion = _motion(times, pixels, times >= times[-1] - FIT_S, trajectory.height)
    if motion is None:
        return None
    u, v = pixels[-1] + AHEAD_S * motion
    return Stretch(trajectory.pixels[-1], (float(u), float(v)), times[-1], times[-1] + AHEAD_S)


def before_first_seen(trajectory: Trajectory) -> Stretch | None:
    """None where the motion is not known, or the beginning of the path is no longer."""
    times, pixels = np.array(trajectory.times), np.array(trajectory.pixels)
    if times[0] > trajectory.first_seen:
        return None
    motion = _motion(times, pixels, times <= times[0] + FIT_S, trajectory.height)
    if motion is None:
        return None
    u, v = pixels[0] - BACK_S * motion
    return Stretch((float(u), float(v)), trajectory.pixels[0], times[0] - BACK_S, times[0])


def _motion(
    times: NDArray[np.float64], pixels: NDArray[np.float64], used: NDArray[np.bool_], height: float
) -> NDArray[np.float64] | None:
    """(2,) pixels a second; None where too few sightings tell it, or it is no more than jitter."""
    if used.sum() < FEWEST_SIGHTINGS:
        return None
    motion = fitted_velocity(times[used], pixels[used])
    return motion if float(np.linalg.norm(motion)) >= SLOWEST * height else None
