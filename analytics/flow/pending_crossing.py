"""A crossing from its detection to its report, and the rules by which it counts."""

from dataclasses import dataclass
from itertools import islice
from math import dist

from analytics.camera import Gate
from analytics.facts import Direction
from analytics.geometry.gate_geometry import gate_distances
from analytics.road_users import RoadUser
from analytics.tracks.extrapolation import MIN_SAMPLES
from analytics.tracks.same_vehicle import show_one_vehicle
from analytics.tracks.trajectories import EXPIRES_AFTER_S, Trajectory

SETTLE_S = 2.0
"""Seconds from a crossing to its report [assumption]."""

MIN_SUMMED_CONFIDENCE = 2.0
"""Confidence summed over the detections of a road user that counts: about four usual ones [assumption]."""

MIN_TRAVEL_HEIGHTS = 0.3
"""Distance from the farthest point before the line to the one after it, in box heights, that a crossing needs.

[assumption] The box of a parked vehicle moves by less where others pass before or behind it.
"""

RETURN_MARGIN_HEIGHTS = 0.6
"""Margin for a return over the same gate, in box heights of the road user [assumption]."""

SAME_CROSSING_S = 1.5
"""Seconds between two crossings of tracks that may be one road user [assumption]."""


@dataclass(slots=True, eq=False)
class PendingCrossing:
    """A crossing. reported: it counts, unless it is undone. passed: the road user is well behind the gate.

    emitted: it was returned, and cannot be undone. latest: the track under which the road user is seen by now.
    """

    t: float
    gate: Gate
    direction: Direction
    trajectory: Trajectory
    latest: Trajectory
    reported: bool = False
    passed: bool = False
    emitted: bool = False

    @property
    def confidence(self) -> float:
        """Confidence summed over the detections of the road user."""
        return sum(self.trajectory.votes)

    def mark_if_passed(self) -> None:
        """Mark the crossing as passed once the latest detections are all well behind the gate."""
        if not self.passed:
            latest = gate_distances(self.gate, islice(reversed(self.latest.pixels), MIN_SAMPLES))
            behind = min(latest) if self.direction is Direction.A else -max(latest)
            self.passed = behind >= RETURN_MARGIN_HEIGHTS * self.latest.height


def may_turn_back(trajectory: Trajectory, t: float) -> bool:
    """Whether the road user is seen, or stood still when it was last seen and may be hidden."""
    unseen_s = t - trajectory.last_seen
    if unseen_s < SETTLE_S:
        return True
    recent = [
        p for p, seen in zip(trajectory.pixels, trajectory.times, strict=True) if seen >= trajectory.last_seen - 1
    ]
    stood = dist(recent[0], recent[-1]) < MIN_TRAVEL_HEIGHTS * trajectory.height
    return stood and unseen_s < EXPIRES_AFTER_S


def is_same_crossing(one: PendingCrossing, other: PendingCrossing) -> bool:
    """Whether both are one crossing: same gate, similar time, and tracks that never coexisted."""
    a, b = one.trajectory, other.trajectory
    return _are_close(one, other) and (a.last_seen < b.first_seen or b.last_seen < a.first_seen)


def _are_close(one: PendingCrossing, other: PendingCrossing) -> bool:
    return abs(one.t - other.t) <= SAME_CROSSING_S and one.direction is other.direction and one.gate.id == other.gate.id


def counts_instead(other: PendingCrossing, crossing: PendingCrossing) -> bool:
    """Whether both tracks show one vehicle, which the crossing of `other` counts.

    That is the one reported already, else a vehicle rather than its rider, else the more confident track.
    """
    if other is crossing or not _are_close(other, crossing) or other.confidence < MIN_SUMMED_CONFIDENCE:
        return False
    if not other.reported and _rank(other) <= _rank(crossing):
        return False
    from_s, until_s = min(other.t, crossing.t), max(other.t, crossing.t) + SETTLE_S
    return show_one_vehicle(other.trajectory, crossing.trajectory, from_s, until_s)


def _rank(crossing: PendingCrossing) -> tuple[bool, float, int]:
    trajectory = crossing.trajectory
    return trajectory.detected_as is not RoadUser.PERSON, crossing.confidence, -trajectory.track
