"""Time headways of vehicles at gates.

The headway of a vehicle is the time from the previous vehicle to itself, measured at the same point of both vehicles as
they pass a line (HCM 7th ed., ch. 4; May, Traffic Flow Fundamentals, 1990, ch. 2). Here the line is a gate and the
point is the ground point. The vehicles are all those of one direction, over all its lanes together. On a road with
several lanes, and among motorcycles side by side, headways near 0 are therefore correct.
"""

from collections import deque

from analytics.facts import Direction

SHORT_HEADWAY_S = 2.0
"""Headways below this many seconds count as short; drivers are taught to keep 2 s [assumption]."""

MAX_GAPS = 64
"""Gaps in the observation that are kept, per camera; older ones lie before the open minute and before almost every open
headway, since a gap lasts 2 s or longer [assumption]."""

GateDirection = tuple[str, Direction]
"""A gate's id and one direction of it."""


class HeadwayMeter:
    """Measures the headway of each vehicle at each gate and direction, from the times of its crossings."""

    def __init__(self) -> None:
        self._last: dict[GateDirection, float] = {}
        self._gaps: deque[tuple[float, float]] = deque(maxlen=MAX_GAPS)

    def add_gap(self, start_s: float, end_s: float) -> None:
        """Record that the road was not observed between the two times; no headway spans them."""
        if self._gaps and self._gaps[-1][1] == start_s:
            start_s, _ = self._gaps.pop()
        self._gaps.append((start_s, end_s))

    def is_in_gap(self, t: float) -> bool:
        """Return whether the road was not observed at `t`."""
        return any(start < t < end for start, end in self._gaps)

    def add_crossing(self, key: GateDirection, t: float) -> float | None:
        """Return the headway in seconds of a vehicle that crosses at `t`.

        None for the first vehicle, for a crossing reported out of order, and across a gap: vehicles that passed during
        the gap are unknown.
        """
        headway_s = self._headway_s(key, t)
        self._last[key] = max(t, self._last.get(key, t))
        return headway_s

    def _headway_s(self, key: GateDirection, t: float) -> float | None:
        previous = self._last.get(key)
        if previous is None or t < previous or any(start < t and previous < end for start, end in self._gaps):
            return None
        return t - previous
