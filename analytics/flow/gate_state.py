"""State of one road user at all gates of a camera, across the tracks under which it is detected."""

from dataclasses import dataclass, field
from math import inf
from typing import Self

from analytics.facts import Direction
from analytics.flow.box_resize import is_at_border
from analytics.flow.pending_crossing import PendingCrossing
from analytics.tracks.trajectories import Box, Trajectory


@dataclass(slots=True)
class GateState:
    """State of one road user.

    sides, since: per gate the last clear side (-1, +1; 0 unknown) and since when. touched: per gate the last time at
    which it left that side through the segment, None where beside it. counted: its crossings by gate and direction.
    left_at: last time at which it was at the border of the picture or beyond, where another road user may take over.
    earlier: the track that it continues. later: state of the track that continues this one.
    """

    trajectory: Trajectory
    sides: list[float]
    since: list[float]
    touched: list[float | None]
    counted: dict[tuple[str, Direction], PendingCrossing] = field(default_factory=dict)
    left_at: float = -inf
    earlier: Trajectory | None = None
    later: Self | None = None

    @classmethod
    def of(cls, trajectory: Trajectory, gates: int) -> Self:
        """State of a new track, of which no side is known."""
        return cls(trajectory, [0.0] * gates, [-inf] * gates, [None] * gates)

    @property
    def tracks(self) -> tuple[Trajectory, ...]:
        """The tracks of the road user, in the order of time."""
        return (self.trajectory,) if self.earlier is None else (self.earlier, self.trajectory)

    def may_count(self, gate_id: str, direction: Direction) -> bool:
        """Return whether a crossing is a new one: the first in its direction, or of a road user that took over.

        That is after a reported return, from which the track went on to the border of the picture.
        """
        opposite = Direction.B if direction is Direction.A else Direction.A
        former, returned = (self.counted.get((gate_id, each)) for each in (direction, opposite))
        if former is None:
            return True
        return returned is not None and returned.emitted and former.t < returned.t < self.left_at

    def note_border(self, image_size: tuple[float, float]) -> None:
        """Take note of a box at the border, or of an interval in which its motion led there. image_size: in pixels."""
        times, boxes = self.trajectory.times, self.trajectory.boxes
        is_there = is_at_border(boxes[-1], image_size)
        if not is_there and len(times) > 2 and times[-2] > times[-3]:
            steps = (times[-1] - times[-2]) / (times[-2] - times[-3])
            is_there = steps > 1 and is_at_border(_beyond(boxes[-3], boxes[-2], steps), image_size)
        if is_there:
            self.left_at = times[-1]

    def continue_from(self, ended: Self) -> None:
        """Take over the sides, and the crossings that can be undone, of the same road user's ended track."""
        self.sides, self.since, self.touched = ended.sides.copy(), ended.since.copy(), ended.touched.copy()
        self.earlier, ended.later = ended.trajectory, self
        self._take([(key, c) for key, c in ended.counted.items() if not c.emitted], ended)

    def part_from(self, later: Self, sides: list[float]) -> list[PendingCrossing]:
        """Take back the crossings of this track from the one that had continued it; that one starts on `sides`.

        Returns the crossings of `later` from before its first detection that can be undone.
        """
        first, self.later, gates = later.trajectory.first_seen, None, len(sides)
        last = later
        while last.later is not None:
            last = last.later
        self._take([(key, c) for key, c in last.counted.items() if c.trajectory.first_seen < first], last)
        later.sides, later.since, later.touched, later.earlier = sides, [-inf] * gates, [None] * gates, None
        return [c for c in later.counted.values() if c.t < first and not c.emitted]

    def _take(self, crossings: list[tuple[tuple[str, Direction], PendingCrossing]], other: Self) -> None:
        """Move these crossings of another track to this one."""
        for key, crossing in crossings:
            self.counted[key] = other.counted.pop(key)
            crossing.latest = self.trajectory


def _beyond(former: Box, last: Box, steps: float) -> Box:
    """Return the box that many steps after the last one, if it moves on as it did."""
    x1, y1, x2, y2 = (b + steps * (b - a) for a, b in zip(former, last, strict=True))
    return x1, y1, x2, y2
