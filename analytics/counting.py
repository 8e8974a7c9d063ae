"""Road users crossing gates.

A road user is counted where its ground point goes from one side of a gate's line to the other through the gate's
segment. It has changed sides only when it is clear of the line by a margin in proportion to its size, so that the
jitter of a box on someone who stands on the line counts nothing; coming back needs a larger margin, so that swaying
over the line is one crossing.

A crossing is reported `SETTLE_S` after it happened: by then more frames have voted on its class, and the speed fit
sees both sides of the line.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import hypot

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Gate
from analytics.facts import Crossing, Direction, Pixel
from analytics.geometry import side_of_line
from analytics.speed import speed_at
from analytics.trajectories import Look, Trajectory

SETTLE_S = 2.0
ENOUGH_CONFIDENCE = 2.0
"""Summed over its sightings, for a road user to count: four ordinary ones."""

CLEAR_OF_LINE = 0.05
"""Margin for a crossing, in heights of the road user's box."""
CLEAR_TO_RETURN = 0.6
"""Margin for a crossing back over the same gate, in heights of the road user's box."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """A crossing that waits to be reported."""

    t: float
    gate: Gate
    direction: Direction
    trajectory: Trajectory


@dataclass(slots=True)
class _Sides:
    """Where one road user stands: per gate the side it was last clearly on (-1, +1), and what has been counted."""

    sides: list[float]
    counted: set[tuple[str, Direction]] = field(default_factory=set)


class GateCounter:
    """Counts crossings of all gates of one camera. Holds state only for trajectories that are not forgotten."""

    def __init__(self, gates: Iterable[Gate], *, calibrated: bool) -> None:
        self._gates = tuple(gates)
        self._lengths = np.array([hypot(g.p2[0] - g.p1[0], g.p2[1] - g.p1[1]) for g in self._gates])
        self._calibrated = calibrated
        self._standing: dict[int, _Sides] = {}
        self._waiting: list[_Passage] = []

    def __len__(self) -> int:
        return len(self._standing)

    def observe(self, look: Look) -> list[Crossing]:
        """Take one frame; return the crossings that are ready to be reported."""
        if self._gates and look.trajectories:
            self._note_side_changes(look)
        return self.due(look.t)

    def _note_side_changes(self, look: Look) -> None:
        distances = self._distances(look.pixels)
        before = np.array(
            [self._sides_of(one, distances[i]).sides for i, one in enumerate(look.trajectories)], dtype=np.float64
        )
        clear = np.abs(distances) > np.maximum(1.0, CLEAR_OF_LINE * look.heights)[:, None]
        for i, k in np.argwhere((distances * before < 0) & clear):
            self._change_side(look.trajectories[i], int(k), float(distances[i, k]))

    def _distances(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Signed distances (N, gates) in pixels."""
        sides = np.stack([side_of_line(g.p1, g.p2, pixels) for g in self._gates], axis=1)
        return np.asarray(sides / self._lengths)

    def _sides_of(self, trajectory: Trajectory, distances: NDArray[np.float64]) -> _Sides:
        known = self._standing.get(trajectory.track)
        if known is None:
            known = self._standing[trajectory.track] = _Sides([1.0 if d > 0 else -1.0 for d in distances.tolist()])
        return known

    def _change_side(self, trajectory: Trajectory, k: int, distance: float) -> None:
        gate, standing = self._gates[k], self._standing[trajectory.track]
        direction = Direction.A if distance > 0 else Direction.B
        returning = any(gate_id == gate.id for gate_id, _ in standing.counted)
        if returning and abs(distance) < CLEAR_TO_RETURN * trajectory.height:
            return
        standing.sides[k] = 1.0 if distance > 0 else -1.0
        if (gate.id, direction) in standing.counted:
            return
        t = _time_through(gate, trajectory)
        if t is not None:
            standing.counted.add((gate.id, direction))
            self._waiting.append(_Passage(t, gate, direction, trajectory))

    def due(self, t: float) -> list[Crossing]:
        """Crossings that have settled by `t`."""
        ready = [p for p in self._waiting if t - p.t >= SETTLE_S]
        if ready:
            self._waiting = [p for p in self._waiting if t - p.t < SETTLE_S]
        return self._believed(ready)

    def _believed(self, passages: Iterable[_Passage]) -> list[Crossing]:
        """Without passages of road users that were hardly seen, most of which are a detector's false boxes."""
        return [self._crossing(p) for p in passages if sum(p.trajectory.votes) >= ENOUGH_CONFIDENCE]

    def _crossing(self, passage: _Passage) -> Crossing:
        return Crossing(
            t=passage.t,
            gate=passage.gate.id,
            direction=passage.direction,
            road_user=passage.trajectory.road_user,
            track=passage.trajectory.track,
            speed_kmh=speed_at(passage.trajectory, passage.t) if self._calibrated else None,
        )

    def forget(self, gone: Iterable[Trajectory]) -> None:
        for trajectory in gone:
            self._standing.pop(trajectory.track, None)

    def finish(self) -> list[Crossing]:
        """Report what still waits, because no more frames come."""
        ready, self._waiting = self._waiting, []
        return self._believed(ready)


def _time_through(gate: Gate, trajectory: Trajectory) -> float | None:
    """When the path last went over the gate's line, if that was within the segment; between frames, interpolated."""
    pixels, times = trajectory.pixels, trajectory.times
    after = side_of_line(gate.p1, gate.p2, [pixels[-1]])[0]
    for i in range(len(pixels) - 2, -1, -1):
        before = side_of_line(gate.p1, gate.p2, [pixels[i]])[0]
        if before * after <= 0:
            share = before / (before - after)
            at = _between(pixels[i], pixels[i + 1], share)
            return times[i] + share * (times[i + 1] - times[i]) if _within(gate, at) else None
        after = before
    return None


def _between(a: Pixel, b: Pixel, share: float) -> Pixel:
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def _within(gate: Gate, point: Pixel) -> bool:
    (u1, v1), (u2, v2) = gate.p1, gate.p2
    along = (point[0] - u1) * (u2 - u1) + (point[1] - v1) * (v2 - v1)
    return 0 <= along <= (u2 - u1) ** 2 + (v2 - v1) ** 2
