"""Gates as lines in the image: on which side of a gate a point lies, and where a path crosses it.

At a junction the two gates of an arm meet at the median. The ground point of a turning bus may stray over the median.
Within a share of its box height it is assigned to the gate of its own direction.
"""

from collections.abc import Iterable, Iterator
from math import dist, hypot, inf

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Gate
from analytics.facts import Direction, Pixel
from analytics.geometry.junction_arms import GateArm, gate_arms
from analytics.geometry.plane import side_of_line
from analytics.tracks.detected_path import DetectedPath
from analytics.tracks.extrapolation import ExtrapolatedSegment

MEDIAN_OVERRUN_HEIGHTS = 0.4
"""Distance beyond the median at which a crossing still counts for its own gate, in box heights [assumption]."""


class GateGeometry:
    """Distances to, and crossings of, all gates of one camera, in pixels."""

    def __init__(self, gates: Iterable[Gate]) -> None:
        self.gates = tuple(gates)
        self._arms = gate_arms(self.gates)
        self._lengths = np.array([hypot(g.p2[0] - g.p1[0], g.p2[1] - g.p1[1]) for g in self.gates])
        self.normals = [
            np.array([g.p1[1] - g.p2[1], g.p2[0] - g.p1[0]]) / length
            for g, length in zip(self.gates, self._lengths, strict=True)
        ]
        """Unit vectors (2,) across each gate, to the side to which direction A leads."""

    def distances(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Signed distances (N, gates) in pixels of (N, 2) points: positive on the side to which direction A leads."""
        sides = np.stack([side_of_line(g.p1, g.p2, pixels) for g in self.gates], axis=1)
        return np.asarray(sides / self._lengths)

    def distance(self, gate: Gate, pixel: Pixel) -> float:
        """Signed distance of one pixel from one gate, as `distances`."""
        return float(side_of_line(gate.p1, gate.p2, [pixel])[0] / dist(gate.p1, gate.p2))

    def time_of_step(self, gate: Gate, direction: Direction, path: DetectedPath, height: float) -> float | None:
        """Time at which the step to the last detection met the gate's line; None if beside the segment.

        height: of the box, in pixels.
        """
        a, b = path.pixels[-2:].tolist()
        t0, t = path.times[-2:].tolist()
        before, after = side_of_line(gate.p1, gate.p2, [a, b])
        share = float(before / (before - after))
        inside = self._within(gate, direction, _interpolate(a, b, share), height)
        return t0 + share * (t - t0) if inside else None

    def crossing_time(
        self, gate: Gate, direction: Direction, path: DetectedPath, height: float, since_s: float = -inf
    ) -> float | None:
        """Time at which the path changed to the other side of the gate's line; None if beside the segment.

        Of several changes, after `since_s`, it is the one with the most detections on the side before it that were
        before, and on the side after it that came after. It is interpolated between two frames. height: as above.
        """
        times, pixels = path.times.tolist(), path.pixels.tolist()
        sides = side_of_line(gate.p1, gate.p2, pixels)
        before = np.where(sides * (1 if direction is Direction.A else -1) <= 0, 1, -1)
        before[path.times < since_s] = 0
        changes = np.flatnonzero((before[:-1] > 0) & (before[1:] < 0))
        if not len(changes):
            return None
        agreeing = np.cumsum(before)[changes]
        i = int(changes[np.flatnonzero(agreeing == agreeing.max())[-1]])
        share = sides[i] / (sides[i] - sides[i + 1])
        at = _interpolate(pixels[i], pixels[i + 1], share)
        inside = self._within(gate, direction, at, height)
        return float(times[i] + share * (times[i + 1] - times[i])) if inside else None

    def crossings(self, segment: ExtrapolatedSegment, height: float) -> Iterator[tuple[float, Gate, Direction]]:
        """Yield time, gate and direction of each gate that the segment crosses. height: of the box, in pixels."""
        for gate in self.gates:
            before, after = side_of_line(gate.p1, gate.p2, [segment.start, segment.end])
            if before * after < 0:
                direction = Direction.A if after > 0 else Direction.B
                share = before / (before - after)
                if self._within(gate, direction, _interpolate(segment.start, segment.end, share), height):
                    yield segment.start_s + share * (segment.end_s - segment.start_s), gate, direction

    def _within(self, gate: Gate, direction: Direction, point: Pixel, height: float) -> bool:
        (u1, v1), (u2, v2) = gate.p1, gate.p2
        length = hypot(u2 - u1, v2 - v1)
        along = ((point[0] - u1) * (u2 - u1) + (point[1] - v1) * (v2 - v1)) / length
        at_p1, at_p2 = _extensions(self._arms.get(gate.id), direction, MEDIAN_OVERRUN_HEIGHTS * height)
        return -at_p1 <= along <= length + at_p2


def _extensions(arm: GateArm | None, direction: Direction, overrun_px: float) -> tuple[float, float]:
    """Pixels by which a gate is extended at p1 and at p2 for this direction; negative values shorten it."""
    if arm is None or arm.median_at_p2 is None:
        return 0.0, 0.0
    signed = overrun_px if direction is arm.proper else -overrun_px
    return (0.0, signed) if arm.median_at_p2 else (signed, 0.0)


def _interpolate(a: Pixel, b: Pixel, share: float) -> Pixel:
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
