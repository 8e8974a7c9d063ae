"""Gates as lines in the image: on which side of a gate a point lies, and where a path crosses it.

At a junction the two gates of an arm meet at the median. The ground point of a turning bus may stray over the median.
Within a share of its box height it is assigned to the gate of its own direction.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from math import hypot, inf

from analytics.camera import Gate
from analytics.facts import Direction, Pixel
from analytics.geometry.junction_arms import GateArm, gate_arms
from analytics.geometry.plane import side_of_point
from analytics.tracks.detected_path import DetectedPath
from analytics.tracks.extrapolation import ExtrapolatedSegment

MEDIAN_OVERRUN_HEIGHTS = 0.4
"""Distance beyond the median at which a crossing still counts for its own gate, in box heights [assumption]."""


def gate_distances(gate: Gate, pixels: Iterable[Pixel]) -> list[float]:
    """Signed distances of points from a gate, in pixels: positive on the side to which direction A leads."""
    (u1, v1), (u2, v2) = gate.p1, gate.p2
    run, rise = u2 - u1, v2 - v1
    length = hypot(run, rise)
    return [(run * (v - v1) - rise * (u - u1)) / length for u, v in pixels]


def gate_normal(gate: Gate) -> tuple[float, float]:
    """Unit vector across a gate, to the side to which direction A leads."""
    run, rise = gate.p2[0] - gate.p1[0], gate.p2[1] - gate.p1[1]
    length = hypot(run, rise)
    return -rise / length, run / length


class GateGeometry:
    """Sides and crossings of all gates of one camera, in pixels."""

    def __init__(self, gates: Iterable[Gate]) -> None:
        self.gates = tuple(gates)
        self._arms = gate_arms(self.gates)
        self._lines = [(*g.p1, g.p2[0] - g.p1[0], g.p2[1] - g.p1[1]) for g in self.gates]

    def left_sides(self, sides: Sequence[float], pixel: Pixel) -> list[int]:
        """Indices of the gates of which a point is not on the known side: -1, +1; 0 for unknown."""
        u, v = pixel
        return [
            k for k, (u1, v1, run, rise) in enumerate(self._lines) if sides[k] * (run * (v - v1) - rise * (u - u1)) <= 0
        ]

    def time_of_step(
        self, gate: Gate, direction: Direction, times: Sequence[float], pixels: Sequence[Pixel], height: float
    ) -> float | None:
        """Time at which the step to the last of some detections met the gate's line; None if beside the segment.

        height: of the box, in pixels.
        """
        (a, b), (t0, t) = pixels[-2:], times[-2:]
        before, after = side_of_point(gate.p1, gate.p2, a), side_of_point(gate.p1, gate.p2, b)
        share = before / (before - after)
        inside = self._within(gate, direction, _interpolate(a, b, share), height)
        return t0 + share * (t - t0) if inside else None

    def crossing_time(
        self, gate: Gate, direction: Direction, path: DetectedPath, height: float, since_s: float = -inf
    ) -> float | None:
        """Time at which the path changed to the other side of the gate's line; None if beside the segment.

        Of several changes, after `since_s`, it is the one with the most detections on the side before it that were
        before, and on the side after it that came after. It is interpolated between two frames. height: as above.
        """
        times, pixels, sign = path.times, path.pixels, 1 if direction is Direction.A else -1
        sides = [side_of_point(gate.p1, gate.p2, pixel) for pixel in pixels]
        before = [0 if t < since_s else 1 if sign * s <= 0 else -1 for t, s in zip(times, sides, strict=True)]
        agreeing = list(accumulate(before))
        changes = [i for i in range(len(before) - 1) if before[i] > 0 > before[i + 1]]
        if not changes:
            return None
        i = max(reversed(changes), key=agreeing.__getitem__)
        share = sides[i] / (sides[i] - sides[i + 1])
        inside = self._within(gate, direction, _interpolate(pixels[i], pixels[i + 1], share), height)
        return times[i] + share * (times[i + 1] - times[i]) if inside else None

    def crossings(self, segment: ExtrapolatedSegment, height: float) -> Iterator[tuple[float, Gate, Direction]]:
        """Yield time, gate and direction of each gate that the segment crosses. height: of the box, in pixels."""
        for gate in self.gates:
            before, after = (side_of_point(gate.p1, gate.p2, end) for end in (segment.start, segment.end))
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
