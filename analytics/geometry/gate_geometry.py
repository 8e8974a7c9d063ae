"""The gates of a camera as lines in the picture: on which side of them one is, and where one goes through.

At a junction the gates of an arm meet at the median. The ground point of a bus that turns strays over it; within a
share of its height it goes through the gate for its way.
"""

from collections.abc import Iterable, Iterator
from math import hypot

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Gate
from analytics.facts import Direction, Pixel
from analytics.geometry.junction_arms import Arm, arms
from analytics.geometry.plane import side_of_line
from analytics.tracks.extrapolation import Stretch
from analytics.tracks.trajectories import Trajectory

OVER_MEDIAN = 0.4
"""How far beyond the median a road user may stray on its way, in heights of its box."""


class GateLines:
    """All gates of one camera. A place on a gate is told in pixels from p1 towards p2."""

    def __init__(self, gates: Iterable[Gate]) -> None:
        self.gates = tuple(gates)
        self._arms = arms(self.gates)
        self._lengths = np.array([hypot(g.p2[0] - g.p1[0], g.p2[1] - g.p1[1]) for g in self.gates])

    def distances(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Signed distances (N, gates) in pixels of (N, 2) places: positive on the side to which direction A leads."""
        sides = np.stack([side_of_line(g.p1, g.p2, pixels) for g in self.gates], axis=1)
        return np.asarray(sides / self._lengths)

    def time_through(self, gate: Gate, direction: Direction, trajectory: Trajectory) -> float | None:
        """When the path last went over the gate's line, between frames interpolated; None if beside the segment."""
        pixels, times = trajectory.pixels, trajectory.times
        after = side_of_line(gate.p1, gate.p2, [pixels[-1]])[0]
        for i in range(len(pixels) - 2, -1, -1):
            before = side_of_line(gate.p1, gate.p2, [pixels[i]])[0]
            if before * after <= 0:
                share = before / (before - after)
                at = _between(pixels[i], pixels[i + 1], share)
                inside = self._within(gate, direction, at, trajectory.height)
                return times[i] + share * (times[i + 1] - times[i]) if inside else None
            after = before
        return None

    def through(self, stretch: Stretch, height: float) -> Iterator[tuple[float, Gate, Direction]]:
        """When and which way the stretch goes through each gate. height: of the road user's box, in pixels."""
        for gate in self.gates:
            before, after = side_of_line(gate.p1, gate.p2, [stretch.start, stretch.end])
            if before * after < 0:
                direction = Direction.A if after > 0 else Direction.B
                share = before / (before - after)
                if self._within(gate, direction, _between(stretch.start, stretch.end, share), height):
                    yield stretch.start_s + share * (stretch.end_s - stretch.start_s), gate, direction

    def _within(self, gate: Gate, direction: Direction, point: Pixel, height: float) -> bool:
        (u1, v1), (u2, v2) = gate.p1, gate.p2
        length = hypot(u2 - u1, v2 - v1)
        along = ((point[0] - u1) * (u2 - u1) + (point[1] - v1) * (v2 - v1)) / length
        at_p1, at_p2 = _longer(self._arms.get(gate.id), direction, OVER_MEDIAN * height)
        return -at_p1 <= along <= length + at_p2


def _longer(arm: Arm | None, direction: Direction, strays: float) -> tuple[float, float]:
    """By how much a gate is longer at p1 and at p2, for road users in this direction; negative: shorter."""
    if arm is None or arm.median_at_p2 is None:
        return 0.0, 0.0
    signed = strays if direction is arm.proper else -strays
    return (0.0, signed) if arm.median_at_p2 else (signed, 0.0)


def _between(a: Pixel, b: Pixel, share: float) -> Pixel:
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
