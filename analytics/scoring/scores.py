"""Accuracy of the facts of one recording, scored against its ground truth (definitions: docs/results.md).

Crossings are matched one to one, by gate and direction, within a tolerance. A figure without data is None, never 0.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analytics.facts import Crossing, Incident, IncidentType, Level, ZoneInterval
from analytics.ground_truth import GroundTruth, GroundTruthCrossing, GroundTruthIncident, GroundTruthInterval
from analytics.road_users import RoadUser
from analytics.scoring.matching import CrossingPair, by_gate_direction, match_crossings, same_class

TOLERANCE_S = 1.5
"""Greatest time (s) between a found crossing and the true one [assumption: definition of the figures]."""

MAX_EARLY_S = 5.0
"""Longest time (s) of an alert before the start of its incident [assumption: definition of the figures]."""

MAX_ONSET_DELAY_S = 75.0
"""Longest time (s) of an alert after the latest onset of congestion [assumption: definition of the figures]."""

BRIEF_INCIDENT_S = 20.0
"""Longest time (s) of an alert after a brief incident: wrong way, collision [assumption: definition of the figures]."""

MIN_VEHICLES = 5
"""Least vehicles of a scored zone-minute; with fewer, averages are random [assumption: definition of the figures]."""

CELL_SHARE, CELL_VEHICLES = 0.10, 2
"""Largest error of a turning movement, as a share or in vehicles [assumption: definition of the figures]."""

_FLOORS = {
    "speed_kmh": 5.0,
    "flow_veh_h": 120.0,
    "density_veh_km_lane": 5.0,
    "occupancy": 0.05,
    "queue_m": 10.0,
}
"""Least denominators of relative errors by measure, in its unit; they bound the error of a true value near 0
[assumption: definition of the figures]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCount:
    """Number of crossings of one class. miscounted: sum of the differences over gates and directions."""

    true: int
    found: int
    miscounted: int

    @property
    def error(self) -> float:
        return self.miscounted / max(1, self.true)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingScore:
    """Score of the crossings.

    pairs: matched found and true crossings. missed, surplus: true and found crossings without a match.
    speed_errors_kmh: of pairs with two known speeds. within_sigma: for those with a standard error, whether the true
    speed lies within it.
    """

    pairs: tuple[CrossingPair, ...]
    missed: tuple[GroundTruthCrossing, ...]
    surplus: tuple[Crossing, ...]
    miscounted: int
    by_class: Mapping[RoadUser, ClassCount]
    speed_errors_kmh: tuple[float, ...]
    within_sigma: tuple[bool, ...] = ()

    @property
    def matched(self) -> int:
        return len(self.pairs)

    @property
    def wrong_class(self) -> tuple[CrossingPair, ...]:
        """Pairs whose found class is neither the true one nor its alternative."""
        return tuple(pair for pair in self.pairs if not same_class(*pair))

    @property
    def same_class(self) -> int:
        return self.matched - len(self.wrong_class)

    @property
    def true(self) -> int:
        return len(self.pairs) + len(self.missed)

    @property
    def found(self) -> int:
        return len(self.pairs) + len(self.surplus)

    @property
    def f1(self) -> float:
        return self._f1(self.matched)

    @property
    def f1_with_class(self) -> float:
        return self._f1(self.same_class)

    def _f1(self, hits: int) -> float:
        return 2 * hits / (self.found + self.true) if self.found or self.true else 1.0

    @property
    def count_error(self) -> float:
        return self.miscounted / max(1, self.true)

    @property
    def speed_mae_kmh(self) -> float | None:
        return _mean(self.speed_errors_kmh)

    @property
    def speeds_within_sigma(self) -> float | None:
        """Share of speeds within one standard error; 0.68 for normal errors of the stated size."""
        return _mean(self.within_sigma)


def score_crossings(
    found: Iterable[Crossing], truth: GroundTruth, *, tolerance_s: float = TOLERANCE_S
) -> CrossingScore:
    """Score the crossings. found: of the whole recording, in any order; only those in the span of the truth count."""
    inside = [c for c in found if truth.from_s <= c.t <= truth.until_s]
    true, kept = _without_optional(inside, truth, tolerance_s)
    pairs = match_crossings(kept, true, tolerance_s)
    found_ones, true_ones = {id(f) for f, _ in pairs}, {id(t) for _, t in pairs}
    return CrossingScore(
        pairs=tuple(pairs),
        missed=tuple(c for c in true if id(c) not in true_ones),
        surplus=tuple(c for c in kept if id(c) not in found_ones),
        miscounted=_miscounted(kept, true),
        by_class={road_user: _class_count(road_user, kept, true) for road_user in RoadUser},
        speed_errors_kmh=tuple(
            abs(f.speed_kmh - t.speed_kmh) for f, t in pairs if f.speed_kmh is not None and t.speed_kmh is not None
        ),
        within_sigma=tuple(
            abs(f.speed_kmh - t.speed_kmh) <= f.speed_sigma_kmh
            for f, t in pairs
            if f.speed_kmh is not None and f.speed_sigma_kmh is not None and t.speed_kmh is not None
        ),
    )


def _without_optional(
    found: Sequence[Crossing], truth: GroundTruth, tolerance_s: float
) -> tuple[list[GroundTruthCrossing], list[Crossing]]:
    """Return the required true crossings, and the found ones without those that match an optional one only."""
    asked = [c for c in truth.crossings if truth.from_s <= c.t <= truth.until_s]
    required = [c for c in asked if not c.optional]
    required_at = {key: [c.t for c in rows] for key, rows in by_gate_direction(required).items()}
    optional_at = {key: [c.t for c in rows] for key, rows in by_gate_direction(c for c in asked if c.optional).items()}
    kept: list[Crossing] = []
    for row in found:
        key = (row.gate, row.direction)
        excuse = _first_near(optional_at.get(key, []), row.t, tolerance_s)
        if excuse is not None and _first_near(required_at.get(key, []), row.t, tolerance_s) is None:
            del optional_at[key][excuse]
        else:
            kept.append(row)
    return required, kept


def _first_near(times: Sequence[float], t: float, tolerance_s: float) -> int | None:
    """Index of the earliest of the sorted times within the tolerance of t."""
    k = bisect_left(times, True, key=lambda time: time >= t or t - time <= tolerance_s)
    return k if k < len(times) and abs(times[k] - t) <= tolerance_s else None


def _miscounted(found: Iterable[Crossing], true: Iterable[GroundTruthCrossing]) -> int:
    difference = Counter((c.gate, c.direction) for c in found)
    difference.subtract(Counter((c.gate, c.direction) for c in true))
    return sum(abs(n) for n in difference.values())


def _class_count(road_user: RoadUser, found: Iterable[Crossing], true: Iterable[GroundTruthCrossing]) -> ClassCount:
    found_here = [c for c in found if c.road_user == road_user]
    true_here = [c for c in true if c.road_user == road_user]
    return ClassCount(true=len(true_here), found=len(found_here), miscounted=_miscounted(found_here, true_here))


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentScore:
    """Score of the incidents. hits: (alert, true incident); a second alert for one incident is a false alarm."""

    hits: tuple[tuple[Incident, GroundTruthIncident], ...]
    missed: tuple[GroundTruthIncident, ...]
    false_alarms: tuple[Incident, ...]

    def delays_s(self, kind: IncidentType) -> list[float]:
        """Return the delays (s) of the alerts since their incident differed from ordinary traffic."""
        return [
            alert.detected_s - (true.start_s if true.detectable_s is None else true.detectable_s)
            for alert, true in self.hits
            if true.type == kind
        ]


def score_incidents(found: Iterable[Incident], truth: GroundTruth) -> IncidentScore:
    """Score the alerts: right ones agree in type, zone and area, and come during the incident or shortly after."""
    left = list(truth.incidents)
    hits: list[tuple[Incident, GroundTruthIncident]] = []
    false_alarms: list[Incident] = []
    for alert in sorted(found, key=lambda i: i.detected_s):
        about = next((true for true in left if _is_about(alert, true)), None)
        if about is not None:
            left.remove(about)
            hits.append((alert, about))
        elif not any(_is_about(alert, ignored) for ignored in truth.ignored_incidents):
            false_alarms.append(alert)
    return IncidentScore(hits=tuple(hits), missed=tuple(left), false_alarms=tuple(false_alarms))


def _is_about(alert: Incident, true: GroundTruthIncident) -> bool:
    start, end = true.start_s, true.end_s
    if true.type == IncidentType.CONGESTION:
        start, latest = true.onset_s or (start, start)
        end = latest + MAX_ONSET_DELAY_S
    elif true.type in (IncidentType.WRONG_WAY, IncidentType.COLLISION):
        end = (end or start) + BRIEF_INCIDENT_S
    same_zone = alert.zone is None or true.zone is None or alert.zone == true.zone
    in_time = start - MAX_EARLY_S <= alert.detected_s <= (float("inf") if end is None else end)
    return alert.type == true.type and same_zone and in_time and _is_in(true.area, alert.pixel)


def _is_in(area: tuple[float, float, float, float] | None, pixel: tuple[float, float]) -> bool:
    return area is None or (area[0] <= pixel[0] <= area[2] and area[1] <= pixel[1] <= area[3])


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalScore:
    """Score of the zone-minutes with `MIN_VEHICLES` or more. errors: mean relative error by measure.

    level_agreement: share of those minutes, among those with a known level, whose level is the true one.
    """

    zone_minutes: int
    errors: Mapping[str, float | None]
    level_agreement: float | None


def score_intervals(found: Iterable[ZoneInterval], truth: GroundTruth) -> IntervalScore:
    """Score the zone-minutes that were found and are in the ground truth."""
    by_start = {(i.zone, round(i.start_s)): i for i in found}
    rows = [
        (by_start[t.zone, round(t.start_s)], t)
        for t in truth.intervals
        if t.vehicles >= MIN_VEHICLES and (t.zone, round(t.start_s)) in by_start
    ]
    levels = [(f.level, t.level) for f, t in rows if f.level != Level.UNKNOWN and t.level is not None]
    return IntervalScore(
        zone_minutes=len(rows),
        errors={figure: _mean(_relative_errors(rows, figure, floor)) for figure, floor in _FLOORS.items()},
        level_agreement=_mean([float(f == t) for f, t in levels]),
    )


def _relative_errors(
    rows: Iterable[tuple[ZoneInterval, GroundTruthInterval]], figure: str, floor: float
) -> list[float]:
    pairs = [(getattr(f, figure), getattr(t, figure)) for f, t in rows]
    return [abs(f - t) / max(t, floor) for f, t in pairs if f is not None and t is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementScore:
    """Score of the turning movements. wrong: (origin, destination, true, found) of each cell out of tolerance."""

    cells: int
    wrong: tuple[tuple[str, str, int, int], ...]


def score_movements(found: Mapping[tuple[str, str], int], truth: GroundTruth) -> MovementScore | None:
    """Score the turning counts. found: vehicles by (origin, destination). None without a true movement."""
    if truth.movements is None:
        return None
    cells = sorted(found.keys() | truth.movements.keys())
    wrong = []
    for cell in cells:
        n, true = found.get(cell, 0), truth.movements.get(cell, 0)
        if abs(n - true) > max(CELL_VEHICLES, CELL_SHARE * true):
            wrong.append((*cell, true, n))
    return MovementScore(cells=len(cells), wrong=tuple(wrong))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
