"""Which ended track a new one continues: the same road user, found again under another identity.

A tracker loses a road user that another one hides for a second, or that stops, and starts a new track behind it. See
docs/adr/0142-found-again-behind-a-gate.md. A track that is detected again had not ended: see
docs/adr/0158-ended-tracks-that-are-detected-again.md.
"""

from collections.abc import Iterable
from math import hypot

from analytics.road_users import NMS_GROUP, VULNERABLE_ROAD_USERS
from analytics.tracks.extrapolation import MIN_SPEED_HEIGHTS_PER_S, last_velocity
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
    velocity_u, velocity_v = last_velocity(ended) or (0.0, 0.0)
    if _are_opposed((velocity_u, velocity_v), last_velocity(new) or (0.0, 0.0), height):
        return None
    (u, v), (from_u, from_v) = new.pixels[0], ended.pixels[-1]
    speed, step_u, step_v = hypot(velocity_u, velocity_v), u - from_u, v - from_v
    way_u, way_v = (velocity_u / speed, velocity_v / speed) if speed > 0 else (0.0, 0.0)
    low, high = (share * speed * hidden_s for share in SPEED_SHARES)
    along = step_u * way_u + step_v * way_v
    beyond = along - min(max(along, low), high)
    beside = hypot(step_u - along * way_u, step_v - along * way_v)
    distance = hypot(beyond, beside) / max(height, 1.0)
    return distance if distance <= REACH_HEIGHTS else None


def _are_alike(new: Trajectory, ended: Trajectory) -> bool:
    one, other = new.detected_as, ended.detected_as
    same_kind = NMS_GROUP[one] == NMS_GROUP[other] or {one, other} <= VULNERABLE_ROAD_USERS
    low, high = sorted((new.height, ended.height))
    return same_kind and high <= MAX_SIZE_RATIO * low


def _are_opposed(velocity: tuple[float, float], other: tuple[float, float], height: float) -> bool:
    """Whether both velocities, in pixels per second, exceed the jitter of the box and lead apart."""
    slower = min(hypot(*velocity), hypot(*other))
    return slower >= MIN_SPEED_HEIGHTS_PER_S * height and velocity[0] * other[0] + velocity[1] * other[1] < 0
