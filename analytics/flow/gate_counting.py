"""Road users crossing gates.

A road user is counted where its ground point goes from one side of a gate's line to the other through the gate's
segment. It has changed sides only when it is clear of the line by a margin in proportion to its size, so that the
jitter of a box on someone who stands on the line counts nothing; coming back needs a larger margin, so that swaying
over the line is one crossing.

Who was first seen just behind a gate, or last seen just before it, is counted as well
(`analytics.tracks.extrapolation`), unless somebody who was not in view at the same time was: that was the same road
user before it was lost and found.

A crossing is reported `SETTLE_S` after it happened, or that long after its road user was last seen: by then more frames
have voted on its class, and the speed fit sees both sides of the line.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Gate
from analytics.facts import Crossing, Direction
from analytics.geometry.gate_geometry import GateGeometry
from analytics.tracks.extrapolation import FIT_S, ExtrapolatedSegment, extrapolate_after_last, extrapolate_before_first
from analytics.tracks.kinematics import speed_at
from analytics.tracks.trajectories import AnalyzedFrame, Trajectory

SETTLE_S = 2.0
MIN_SUMMED_CONFIDENCE = 2.0
"""Summed over its sightings, for a road user to count: four ordinary ones."""

MARGIN_HEIGHTS = 0.05
"""Margin for a crossing, in heights of the road user's box."""
RETURN_MARGIN_HEIGHTS = 0.6
"""Margin for a crossing back over the same gate, in heights of the road user's box."""
SAME_CROSSING_S = 1.5
RECENT_CROSSINGS = 64
"""Crossings among which one that nobody saw is looked for."""


@dataclass(frozen=True, slots=True)
class _PendingCrossing:
    """A crossing that waits to be reported."""

    t: float
    gate: Gate
    direction: Direction
    trajectory: Trajectory


@dataclass(slots=True)
class _GateState:
    """Where one road user stands: per gate the side it was last clearly on (-1, +1), and what has been counted."""

    trajectory: Trajectory
    sides: list[float]
    counted: set[tuple[str, Direction]] = field(default_factory=set)


class GateCounter:
    """Counts crossings of all gates of one camera. Holds state only for trajectories that are not forgotten."""

    def __init__(self, gates: Iterable[Gate], *, calibrated: bool) -> None:
        self._geometry = GateGeometry(gates)
        self._calibrated = calibrated
        self._standing: dict[int, _GateState] = {}
        self._new: dict[int, _GateState] = {}
        self._in_view: dict[int, _GateState] = {}
        self._waiting: list[_PendingCrossing] = []
        self._recent: deque[_PendingCrossing] = deque(maxlen=RECENT_CROSSINGS)
        self._observed_since = -np.inf

    def __len__(self) -> int:
        return len(self._standing)

    def observe(self, look: AnalyzedFrame) -> list[Crossing]:
        """Take one frame; return the crossings that are ready to be reported."""
        if not self._geometry.gates:
            return []
        if look.step_s == 0:
            self._note_arrivals(np.inf)
            self._in_view.clear()
            self._observed_since = look.t
        if look.trajectories:
            self._note_side_changes(look)
        self._note_arrivals(look.t)
        self._note_departures(look.t)
        return self.pop_settled(look.t)

    def _note_side_changes(self, look: AnalyzedFrame) -> None:
        distances = self._geometry.distances(look.pixels)
        before = np.array(
            [self._sides_of(one, distances[i]).sides for i, one in enumerate(look.trajectories)], dtype=np.float64
        )
        clear = np.abs(distances) > np.maximum(1.0, MARGIN_HEIGHTS * look.heights)[:, None]
        for i, k in np.argwhere((distances * before < 0) & clear):
            self._change_side(look.trajectories[i], int(k), float(distances[i, k]))

    def _sides_of(self, trajectory: Trajectory, distances: NDArray[np.float64]) -> _GateState:
        known = self._standing.get(trajectory.track)
        if known is None:
            sides = [1.0 if d > 0 else -1.0 for d in distances.tolist()]
            known = self._standing[trajectory.track] = self._new[trajectory.track] = _GateState(trajectory, sides)
        self._in_view[trajectory.track] = known
        return known

    def _change_side(self, trajectory: Trajectory, k: int, distance: float) -> None:
        gate, standing = self._geometry.gates[k], self._standing[trajectory.track]
        direction = Direction.A if distance > 0 else Direction.B
        returning = any(gate_id == gate.id for gate_id, _ in standing.counted)
        if returning and abs(distance) < RETURN_MARGIN_HEIGHTS * trajectory.height:
            return
        standing.sides[k] = 1.0 if distance > 0 else -1.0
        if (gate.id, direction) in standing.counted:
            return
        t = self._geometry.crossing_time(gate, direction, trajectory)
        if t is not None:
            self._count(standing, _PendingCrossing(t, gate, direction, trajectory))

    def _count(self, standing: _GateState, passage: _PendingCrossing) -> None:
        standing.counted.add((passage.gate.id, passage.direction))
        self._waiting.append(passage)
        self._recent.append(passage)

    def _note_arrivals(self, t: float) -> None:
        """Count what those in view for long enough crossed before they were first seen."""
        known = [s for s in self._new.values() if t - s.trajectory.first_seen >= FIT_S]
        for standing in known:
            del self._new[standing.trajectory.track]
            self._count_unseen(standing, extrapolate_before_first(standing.trajectory))

    def _note_departures(self, t: float) -> None:
        """Count what those who are gone crossed after they were last seen."""
        gone = [s for s in self._in_view.values() if t - s.trajectory.last_seen >= SETTLE_S]
        for standing in gone:
            del self._in_view[standing.trajectory.track]
            self._count_unseen(standing, extrapolate_after_last(standing.trajectory))

    def _count_unseen(self, standing: _GateState, stretch: ExtrapolatedSegment | None) -> None:
        if stretch is None:
            return
        for t, gate, direction in self._geometry.crossings(stretch, standing.trajectory.height):
            passage = _PendingCrossing(t, gate, direction, standing.trajectory)
            if (
                t >= self._observed_since
                and (gate.id, direction) not in standing.counted
                and not any(_is_same_crossing(passage, other) for other in self._recent)
            ):
                self._count(standing, passage)

    def pop_settled(self, t: float) -> list[Crossing]:
        """Crossings that have settled by `t`."""
        ready = [p for p in self._waiting if t - p.t >= SETTLE_S]
        if ready:
            self._waiting = [p for p in self._waiting if t - p.t < SETTLE_S]
        return self._confirmed(ready)

    def _confirmed(self, passages: Iterable[_PendingCrossing]) -> list[Crossing]:
        """Without passages of road users that were hardly seen, most of which are a detector's false boxes."""
        return [self._crossing(p) for p in passages if sum(p.trajectory.votes) >= MIN_SUMMED_CONFIDENCE]

    def _crossing(self, passage: _PendingCrossing) -> Crossing:
        speed = speed_at(passage.trajectory, passage.t) if self._calibrated else None
        return Crossing(
            t=passage.t,
            gate=passage.gate.id,
            direction=passage.direction,
            road_user=passage.trajectory.road_user,
            track=passage.trajectory.track,
            speed_kmh=None if speed is None else speed.kmh,
            speed_sigma_kmh=None if speed is None else speed.sigma_kmh,
        )

    def drop(self, gone: Iterable[Trajectory]) -> None:
        for trajectory in gone:
            standing = self._standing.pop(trajectory.track, None)
            self._in_view.pop(trajectory.track, None)
            if self._new.pop(trajectory.track, None) is not None and standing is not None:
                self._count_unseen(standing, extrapolate_before_first(trajectory))

    def finish(self) -> list[Crossing]:
        """Report what still waits, because no more frames come."""
        self._note_arrivals(np.inf)
        ready, self._waiting = self._waiting, []
        return self._confirmed(ready)


def _is_same_crossing(one: _PendingCrossing, other: _PendingCrossing) -> bool:
    """Whether both passages are one: at the same gate and time, of tracks that were never in view together."""
    if (one.gate.id, one.direction) != (other.gate.id, other.direction) or abs(one.t - other.t) > SAME_CROSSING_S:
        return False
    a, b = one.trajectory, other.trajectory
    return a.last_seen < b.first_seen or b.last_seen < a.first_seen
