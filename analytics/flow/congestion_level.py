"""Congestion level of each zone, from its space-mean speed relative to free flow.

The speed is that of a rolling window. A level changes only when the speed is clear of a boundary (hysteresis) and
stays there (dwell). At a signal the window spans a whole cycle, so that a red phase alone is not congestion. A single
slow or stopped vehicle is an incident, not a jam. While free flow is unknown, vehicles that move are a free road,
and the level of vehicles that stand is unknown. The badge of a camera is the worst level of its zones
(`portal.live.camera_state`).
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from analytics.camera import Zone
from analytics.facts import LEVEL_ORDER, Level, LevelChange, Sight
from analytics.flow.edie_totals import EdieTotals
from analytics.flow.free_flow import FreeFlowEstimator
from analytics.tracks.kinematics import KMH_PER_MS
from analytics.tracks.scene import QUEUE_SPEED_MS
from analytics.tracks.trajectories import AnalyzedFrame

BOUNDARIES = (0.70, 0.50, 0.25)
"""Relative speeds between FREE and DENSE, DENSE and CONGESTED, CONGESTED and JAMMED [assumption]."""

HYSTERESIS = 0.05
"""Relative speed by which a boundary shifts away from the current level [assumption]."""

DWELL_S = 15.0
"""Seconds for which a new level must last before it is reported [assumption]."""

WINDOW_S = 30.0
"""Seconds of observed time over which the level is measured [assumption]."""

SIGNAL_WINDOW_S = 120.0
"""The same for a zone at a signal: at least a usual signal cycle of 80-120 s [assumption]."""

UPDATE_EVERY_S = 1.0
"""Seconds between two updates of the levels [assumption]."""

REPORT_EVERY_S = 60.0
"""Seconds between two reports of an unchanged level [assumption]."""

RECENT_S = 15.0
"""Seconds of the window that congestion onset uses [assumption]."""

UNKNOWN_AFTER_S = 30.0
"""Seconds without an analysed frame after which levels are unknown [assumption]."""

MIN_VEHICLES_FOR_CONGESTION = 2.0
"""With fewer vehicles in the zone on average, its level is at most DENSE [assumption]."""

MIN_TRAVEL_S = 1.0
"""Vehicle-seconds in the window needed for a speed [assumption]."""

BUCKET_S = 1.0
"""Observed seconds that a rolling window sums into one bucket [assumption]."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Rolling window of a zone. speed_ms: space-mean, None without traffic. vehicles: mean number in the zone."""

    speed_ms: float | None
    vehicles: float


def level_at(relative_speed: float | None, vehicles: float, current: Level = Level.UNKNOWN) -> Level:
    """Return the level of a speed.

    relative_speed: None without traffic, which is FREE. vehicles: mean number; with fewer than
    `MIN_VEHICLES_FOR_CONGESTION` the level is at most DENSE. current: level from which the boundaries shift away by
    `HYSTERESIS`; without one they do not shift.

    >>> level_at(0.72, 5), level_at(0.72, 5, Level.DENSE), level_at(0.1, 1)
    (<Level.FREE: 'free'>, <Level.DENSE: 'dense'>, <Level.DENSE: 'dense'>)
    """
    if relative_speed is None:
        return Level.FREE
    now = LEVEL_ORDER.index(current) if current in LEVEL_ORDER else None
    rank = 0
    for k, boundary in enumerate(BOUNDARIES):
        shift = 0.0 if now is None else HYSTERESIS if now > k else -HYSTERESIS
        rank += relative_speed < boundary + shift
    return LEVEL_ORDER[rank if vehicles >= MIN_VEHICLES_FOR_CONGESTION else min(rank, 1)]


class RollingSpeed:
    """Space-mean speed over the last `window_s` seconds of observed time."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._buckets: deque[tuple[float, float, float, float]] = deque()
        self._open = [0.0, 0.0, 0.0]
        self._total = [0.0, 0.0, 0.0]

    def add(self, t: float, step_s: float, seconds: float, metres: float) -> None:
        """Add a step. step_s: observed time. seconds, metres: vehicle time and distance in the zone."""
        for k, value in enumerate((step_s, seconds, metres)):
            self._open[k] += value
        if self._open[0] >= BUCKET_S:
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
        """Return the window, or None until half of it has been observed."""
        observed, seconds, metres = self._total
        if observed < self._window_s / 2:
            return None
        return Reading(max(0.0, metres) / seconds if seconds > MIN_TRAVEL_S else None, max(0.0, seconds) / observed)


class LevelHysteresis:
    """Level of one zone, with hysteresis and dwell."""

    def __init__(self) -> None:
        self.level = Level.UNKNOWN
        self._candidate = Level.UNKNOWN
        self._since = 0.0

    def update(self, t: float, relative_speed: float | None, vehicles: float) -> Level:
        """Return the level after a new measurement (see `level_at`)."""
        target = level_at(relative_speed, vehicles, self.level)
        if target is not self._candidate:
            self._candidate, self._since = target, t
        if self.level is Level.UNKNOWN or t - self._since >= DWELL_S:
            self.level = self._candidate
        return self.level

    def reset(self) -> None:
        self.level = self._candidate = Level.UNKNOWN


class ZoneLevelMonitor:
    """Levels of all zones of one camera: emits a `LevelChange` on every change, and once a minute without one."""

    def __init__(self, zones: Sequence[Zone], free_flow: Sequence[FreeFlowEstimator], *, calibrated: bool) -> None:
        self._zones = zones
        self._free_flow = free_flow
        self._calibrated = calibrated
        self._rolling = [RollingSpeed(SIGNAL_WINDOW_S if zone.signal_controlled else WINDOW_S) for zone in zones]
        self._recent = [RollingSpeed(RECENT_S) for _ in zones]
        self._hysteresis = [LevelHysteresis() for _ in zones]
        self._sight: Sight | None = None
        self._next_t = -inf
        self._next_report = -inf

    @property
    def levels(self) -> list[Level]:
        return [zone.level for zone in self._hysteresis]

    def observe(self, frame: AnalyzedFrame, travel: EdieTotals, sight: Sight | None = None) -> list[LevelChange]:
        """Add one frame; return changes and repetitions. sight: of the detector; a blind one makes levels unknown."""
        self._sight = sight
        if not self._zones:
            return []
        zones = zip(self._rolling, self._recent, travel.seconds.tolist(), travel.metres.tolist(), strict=True)
        for rolling, recent, seconds, metres in zones:
            for window in (rolling, recent):
                window.add(frame.t, frame.step_s, seconds, metres)
        if frame.t < self._next_t:
            return []
        self._next_t = frame.t + UPDATE_EVERY_S
        return self._reports(frame.t, [self._update(frame.t, k) for k in range(len(self._zones))])

    def _update(self, t: float, k: int) -> Level:
        hysteresis, reading = self._hysteresis[k], self._rolling[k].read()
        previous = hysteresis.level
        if self._sight is Sight.BLIND or (reading is not None and self._stands_without_free_flow(k, reading)):
            hysteresis.reset()
        elif reading is not None:
            hysteresis.update(t, self._relative_speed(k, reading), reading.vehicles)
        return previous

    def _stands_without_free_flow(self, zone: int, reading: Reading) -> bool:
        """Return whether vehicles stand while free flow is unknown: that is no free road, and may be a red light."""
        has_queue = reading.vehicles >= MIN_VEHICLES_FOR_CONGESTION
        stands = reading.speed_ms is not None and reading.speed_ms < QUEUE_SPEED_MS
        return has_queue and stands and self._free_flow[zone].speed_ms is None

    def _relative_speed(self, zone: int, reading: Reading) -> float | None:
        free_flow = self._free_flow[zone].speed_ms
        return None if reading.speed_ms is None or free_flow is None else reading.speed_ms / free_flow

    def recent(self, zone: int) -> tuple[float | None, float]:
        """Return relative speed and mean number of vehicles over the last `RECENT_S`.

        The speed is None without traffic, and while free flow is unknown.
        """
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
            level=self._hysteresis[k].level,
            previous=previous,
            speed_kmh=speed_ms * KMH_PER_MS if self._calibrated and speed_ms is not None else None,
            free_flow_kmh=free_flow * KMH_PER_MS if self._calibrated and free_flow is not None else None,
            sight=self._sight,
        )

    def mark_unobserved(self, t: float, since: float) -> list[LevelChange]:
        """Set all levels to unknown if no frame was analysed from `since` to `t` for `UNKNOWN_AFTER_S`."""
        if t - since < UNKNOWN_AFTER_S:
            return []
        previous = self.levels
        self._sight = None
        for k, hysteresis in enumerate(self._hysteresis):
            self._rolling[k].clear()
            self._recent[k].clear()
            hysteresis.reset()
        return self._reports(t, previous)
