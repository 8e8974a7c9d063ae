"""Which ended track a new one continues: the same road user, found again under another identity.

A tracker loses a road user that another one hides for a second, or that stops, and starts a new track behind it. See
docs/adr/0142-found-again-behind-a-gate.md.
"""

from collections.abc import Iterable
from math import hypot

import numpy as np
from numpy.typing import NDArray

from analytics.road_users import NMS_GROUP, VULNERABLE_ROAD_USERS
from analytics.tracks.extrapolation import FIT_S, MIN_SAMPLES
from analytics.tracks.trajectories import Trajectory

MAX_HIDDEN_S = 2.0
"""Longest time in seconds between the last detection of one track and the first of the next [assumption]."""

REACH_HEIGHTS = 0.5
"""Distance in box heights of the new track from the path that the old one would have taken [assumption]."""

SPEED_SHARES = (0.0, 1.5)
"""Least and largest speed on that path, as shares of the last one: road users brake and accelerate [assumption]."""

MAX_SIZE_RATIO = 1.5
"""Largest ratio of the box heights of both tracks [assumption]."""


def continued_track(new: Trajectory, ended: Iterable[Trajectory]) -> Trajectory | None:
    """Return the track that fits best among those whose last detection came before the first one of `new`."""
    fits = [(distance, track) for track in ended if (distance := _distance(new, track)) is not None]
    return min(fits, key=lambda fit: fit[0])[1] if fits else None


def _distance(new: Trajectory, ended: Trajectory) -> float | None:
    """Distance of the start of `new` from where `ended` would be, in box heights; None if it is not the same."""
    hidden_s, height = new.times[0] - ended.last_seen, ended.height
    if not 0 < hidden_s <= MAX_HIDDEN_S or not _are_alike(new, ended):
        return None
    velocity = _velocity(ended)
    step = np.array(new.pixels[0]) - ended.pixels[-1]
    speed = hypot(*velocity)
    way = velocity / speed if speed > 0 else np.zeros(2)
    along, low, high = float(step @ way), *(share * speed * hidden_s for share in SPEED_SHARES)
    beyond = along - min(max(along, low), high)
    beside = hypot(*(step - along * way))
    distance = hypot(beyond, beside) / max(height, 1.0)
    return distance if distance <= REACH_HEIGHTS else None


def _are_alike(new: Trajectory, ended: Trajectory) -> bool:
    one, other = new.detected_as, ended.detected_as
    same_kind = NMS_GROUP[one] == NMS_GROUP[other] or {one, other} <= VULNERABLE_ROAD_USERS
    low, high = sorted((new.height, ended.height))
    return same_kind and high <= MAX_SIZE_RATIO * low


def _velocity(trajectory: Trajectory) -> NDArray[np.float64]:
    """(2,) pixels per second at its last detection; 0 with too few detections."""
    times, pixels = np.array(trajectory.times), np.array(trajectory.pixels)
    used = times >= times[-1] - FIT_S
    if used.sum() < MIN_SAMPLES:
        return np.zeros(2)
    lag = times[used] - times[used].mean()
    return np.asarray(lag @ pixels[used] / (lag @ lag))
