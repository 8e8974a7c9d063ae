"""The public level of a zone, steady enough for a badge, and the onset of congestion.

The measure is space-mean speed over the zone's free flow, in a rolling window. A level changes only when the measure
is clear of the boundary (hysteresis) and has stayed there for a while (dwell). At a signal the window spans a whole
cycle, so that a red alone is not congestion; and a lone slow or stopped vehicle is an incident, not a jam.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from analytics.camera import Zone
from analytics.facts import Level, LevelChange
from analytics.flow.free_flow import FreeFlowEstimator
from analytics.flow.zone_travel import EdieTotals
from analytics.tracks.kinematics import KMH
from analytics.tracks.trajectories import AnalyzedFrame

ORDER = (Level.FREE, Level.DENSE, Level.CONGESTED, Level.JAMMED)
BOUNDARIES = (0.70, 0.50, 0.25)
"""Relative speed at which FREE turns DENSE, DENSE turns CONGESTED, CONGESTED turns JAMMED."""

HYSTERESIS = 0.05
DWELL_S = 15.0
WINDOW_S = 30.0
SIGNAL_WINDOW_S = 120.0
"""Longer than a usual signal cycle (80-120 s)."""

UPDATE_EVERY_S = 1.0
REPORT_EVERY_S = 60.0
RECENT_S = 15.0
UNKNOWN_AFTER_S = 30.0
MIN_VEHICLES_FOR_CONGESTION = 2.0
"""With fewer vehicles than this in the zone on average, it is never worse than dense."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A zone's rolling window. speed_ms: None where nobody travelled. vehicles: mean number in the zone."""

    speed_ms: float | None
    vehicles: float


def level_at(relative_speed: float | None, vehicles: float) -> Level:
    """The level that a speed amounts to by itself. relative_speed: None where nobody travels, which is free.

    vehicles: how many the speed is of; a lone slow one is not worse than dense.
    """
    if relative_speed is None:
        return Level.FREE
    rank = sum(relative_speed < boundary for boundary in BOUNDARIES)
    return ORDER[rank if vehicles >= MIN_VEHICLES_FOR_CONGESTION else min(rank, 1)]


class RollingSpeed:
    """Space-mean speed over the last `window_s` of observed time, summed second by second."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._buckets: deque[tuple[float, float, float, float]] = deque()
        self._open = [0.0, 0.0, 0.0]
        self._total = [0.0, 0.0, 0.0]

    def add(self, t: float, step_s: float, seconds: float, metres: float) -> None:
        """step_s: observed time. seconds, metres: of vehicles inside (see `analytics.flow.zone_travel`)."""
        for k, value in enumerate((step_s, seconds, metres)):
            self._open[k] += value
        if self._open[0] >= 1.0:
            step, travel_s, travel_m = self._open
            self._buckets.append((t, step, travel_s, travel_m))
            self._total = [total + value for total, value in zip(self._total, self._open, strict=True)]
            self._open = [0.0, 0.0, 0.0]
        while self._buckets and self._buckets[0][0] <= t - self._window_s:
            _, *old = self._buckets.popleft()
            self._total = [total - value for total, value in zip(self._total, old, strict=True)]
        if not self._buckets:
            self._total = [0.0, 0.0, 0.0]

    def clear(self) -> None:
        self._buckets.clear()
        self._open = [0.0, 0.0, 0.0]
        self._total = [0.0, 0.0, 0.0]

    def read(self) -> Reading | None:
        """None before half the window has been observed."""
        observed, seconds, metres = self._total
        if observed < self._window_s / 2:
            return None
        return Reading(max(0.0, metres) / seconds if seconds > 1.0 else None, max(0.0, seconds) / observed)


class LevelHysteresis:
    """The level of one zone: hysteresis and dwell over its relative speed."""

    def __init__(self) -> None:
        self.level = Level.UNKNOWN
        self._candidate = Level.UNKNOWN
        self._since = 0.0

    def update(self, t: float, relative_speed: float | None, vehicles: float) -> Level:
        """relative_speed: None where nobody travels, which on an observed road is free."""
        target = self._target(relative_speed, vehicles)
        if target is not self._candidate:
            self._candidate, self._since = target, t
        if self.level is Level.UNKNOWN or t - self._since >= DWELL_S:
            self.level = self._candidate
        return self.level

    def _target(self, relative_speed: float | None, vehicles: float) -> Level:
        if relative_speed is None:
            return Level.FREE
        now = ORDER.index(self.level) if self.level in ORDER else None
        rank = 0
        for k, boundary in enumerate(BOUNDARIES):
            lean = 0.0 if now is None else HYSTERESIS if now > k else -HYSTERESIS
            rank += relative_speed < boundary + lean
        return ORDER[rank if vehicles >= MIN_VEHICLES_FOR_CONGESTION else min(rank, 1)]

    def reset(self) -> Level:
        self.level = self._candidate = Level.UNKNOWN
        return self.level


class ZoneLevelMonitor:
    """Levels of all zones of one camera: a `LevelChange` on every change, and once a minute besides."""

    def __init__(self, zones: Sequence[Zone], free_flow: Sequence[FreeFlowEstimator], *, calibrated: bool) -> None:
        self._zones = zones
        self._free_flow = free_flow
        self._calibrated = calibrated
        self._rolling = [RollingSpeed(SIGNAL_WINDOW_S if zone.signal_controlled else WINDOW_S) for zone in zones]
        self._recent = [RollingSpeed(RECENT_S) for _ in zones]
        self._keepers = [LevelHysteresis() for _ in zones]
        self._next_t = -inf
        self._next_report = -inf

    @property
    def levels(self) -> list[Level]:
        return [keeper.level for keeper in self._keepers]

    def observe(self, look: AnalyzedFrame, travel: EdieTotals) -> list[LevelChange]:
        zones = zip(self._rolling, self._recent, travel.seconds.tolist(), travel.metres.tolist(), strict=True)
        for rolling, lately, seconds, metres in zones:
            for window in (rolling, lately):
                window.add(look.t, look.step_s, seconds, metres)
        if look.t < self._next_t:
            return []
        self._next_t = look.t + UPDATE_EVERY_S
        return self._reports(look.t, [self._update(look.t, k) for k in range(len(self._zones))])

    def _update(self, t: float, k: int) -> Level:
        keeper, reading = self._keepers[k], self._rolling[k].read()
        previous = keeper.level
        if reading is not None:
            keeper.update(t, self._relative_speed(k, reading), reading.vehicles)
        return previous

    def _relative_speed(self, zone: int, reading: Reading) -> float | None:
        free_flow = self._free_flow[zone].speed_ms
        return None if reading.speed_ms is None or free_flow is None else reading.speed_ms / free_flow

    def recent(self, zone: int) -> tuple[float | None, float]:
        """Over the last `RECENT_S`: relative speed, None where nobody travels or free flow is unknown; vehicles."""
        reading = self._recent[zone].read()
        return (None, 0.0) if reading is None else (self._relative_speed(zone, reading), reading.vehicles)

    def _reports(self, t: float, previous: Sequence[Level]) -> list[LevelChange]:
        due = t >= self._next_report
        if due:
            self._next_report = (t // REPORT_EVERY_S + 1) * REPORT_EVERY_S
        return [self._report(t, k, before) for k, before in enumerate(previous) if due or before is not self.levels[k]]

    def _report(self, t: float, k: int, previous: Level) -> LevelChange:
        reading, free_flow = self._rolling[k].read(), self._free_flow[k].speed_ms
        speed_ms = None if reading is None else reading.speed_ms
        return LevelChange(
            t=t,
            zone=self._zones[k].id,
            level=self._keepers[k].level,
            previous=previous,
            speed_kmh=speed_ms * KMH if self._calibrated and speed_ms is not None else None,
            free_flow_kmh=free_flow * KMH if self._calibrated and free_flow is not None else None,
        )

    def unobserved(self, t: float, since: float) -> list[LevelChange]:
        """Nothing was seen from `since` to `t`: after `UNKNOWN_AFTER_S` all levels are unknown."""
        if t - since < UNKNOWN_AFTER_S:
            return []
        previous = self.levels
        for k, keeper in enumerate(self._keepers):
            self._rolling[k].clear()
            self._recent[k].clear()
            keeper.reset()
        return self._reports(t, previous)
