"""How right the facts about one recording are, against its truth.

Crossings are matched one to one, per gate and direction, within a tolerance. A figure that nothing
speaks for is None, never 0.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from analytics.facts import Crossing, Direction, Incident, IncidentType, Level, RoadUser, ZoneInterval
from analytics.ground_truth import TrueCrossing, TrueIncident, TrueInterval, Truth

TOLERANCE_S = 1.5
EARLY_S = 5.0
"""An alert may come this long before the incident that it is about."""
ONSET_S = 75.0
"""Congestion must be told within this time of its onset."""
BRIEF_S = 20.0
"""Wrong way and collision are over soon; the alert may still come this long after."""
FEW_VEHICLES = 5
"""Zone-minutes with fewer vehicles say nothing about averages."""
CELL_SHARE, CELL_VEHICLES = 0.10, 2
"""A turning movement is right within this share, or this many vehicles, of the truth."""

_FLOORS = {
    "speed_kmh": 5.0,
    "flow_veh_h": 120.0,
    "density_veh_km_lane": 5.0,
    "occupancy": 0.05,
    "queue_m": 10.0,
}
"""Relative errors are taken against at least this, so that near-zero truths do not blow them up."""

_Lane = tuple[str, Direction]
_C = TypeVar("_C", Crossing, TrueCrossing)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCount:
    """One class of road user. miscounted: sum over gates and directions of the difference in number."""

    true: int
    found: int
    miscounted: int

    @property
    def error(self) -> float:
        return self.miscounted / max(1, self.true)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingScore:
    """pairs: of a found and a true crossing that match; missed and surplus: the true and the found ones that do not.

    same_class: pairs that agree on the road user too. speed_errors_kmh: of the pairs whose speeds are both known.
    within_sigma: for those of them that have a standard error, whether the true speed lies within it.
    """

    pairs: tuple[tuple[Crossing, TrueCrossing], ...]
    missed: tuple[TrueCrossing, ...]
    surplus: tuple[Crossing, ...]
    same_class: int
    miscounted: int
    by_class: Mapping[RoadUser, ClassCount]
    speed_errors_kmh: tuple[float, ...]
    within_sigma: tuple[bool, ...] = ()

    @property
    def matched(self) -> int:
        return len(self.pairs)

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
        """A share; 0.68 of errors that are normal and as large as is said."""
        return _mean(self.within_sigma)


Pairs = list[tuple[Crossing, TrueCrossing]]
Pair = Callable[[Sequence[Crossing], Sequence[TrueCrossing], float], Pairs]
"""Matches one to one, as many as possible, what lies no further apart than a tolerance; both sides in time order."""


def score_crossings(
    found: Iterable[Crossing], truth: Truth, *, tolerance_s: float = TOLERANCE_S, pair: Pair | None = None
) -> CrossingScore:
    """found: of the whole recording, in any order; only those in the truth's span count. pair: by default
    `in_time_order`.
    """
    inside = [c for c in found if truth.from_s <= c.t <= truth.until_s]
    true, kept = _without_optional(inside, truth, tolerance_s)
    found_lanes, true_lanes = _by_lane(kept), _by_lane(true)
    match = pair or in_time_order
    pairs = [p for lane, rows in found_lanes.items() for p in match(rows, true_lanes.get(lane, []), tolerance_s)]
    found_ones, true_ones = {id(f) for f, _ in pairs}, {id(t) for _, t in pairs}
    return CrossingScore(
        pairs=tuple(pairs),
        missed=tuple(c for c in true if id(c) not in true_ones),
        surplus=tuple(c for c in kept if id(c) not in found_ones),
        same_class=sum(same_class(f, t) for f, t in pairs),
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


def same_class(found: Crossing, true: TrueCrossing) -> bool:
    return found.road_user in (true.road_user, true.alternative)


def _without_optional(
    found: Sequence[Crossing], truth: Truth, tolerance_s: float
) -> tuple[list[TrueCrossing], list[Crossing]]:
    """The crossings that are asked for, and those found that are not explained by an optional one alone."""
    asked = [c for c in truth.crossings if truth.from_s <= c.t <= truth.until_s]
    required = [c for c in asked if not c.optional]
    required_lanes, spare_lanes = _by_lane(required), _by_lane([c for c in asked if c.optional])
    kept: list[Crossing] = []
    for row in found:
        lane = (row.gate, row.direction)
        excuses = [c for c in spare_lanes.get(lane, []) if abs(c.t - row.t) <= tolerance_s]
        wanted = any(abs(c.t - row.t) <= tolerance_s for c in required_lanes.get(lane, []))
        if excuses and not wanted:
            spare_lanes[lane].remove(excuses[0])
        else:
            kept.append(row)
    return required, kept


def _by_lane(crossings: Iterable[_C]) -> dict[_Lane, list[_C]]:
    """Each gate and direction, in time order."""
    lanes: dict[_Lane, list[_C]] = defaultdict(list)
    for crossing in crossings:
        lanes[crossing.gate, crossing.direction].append(crossing)
    return {lane: sorted(rows, key=lambda c: c.t) for lane, rows in lanes.items()}


def in_time_order(found: Sequence[Crossing], true: Sequence[TrueCrossing], tolerance_s: float) -> Pairs:
    """Greedily: each found crossing takes the earliest true one that is left and near enough.

    After one that was missed, all that follow closely are one behind: right for numbers, less so for classes.
    """
    pairs, left = [], 0
    for row in found:
        while left < len(true) and true[left].t < row.t - tolerance_s:
            left += 1
        if left < len(true) and true[left].t <= row.t + tolerance_s:
            pairs.append((row, true[left]))
            left += 1
    return pairs


def nearest_in_time(found: Sequence[Crossing], true: Sequence[TrueCrossing], tolerance_s: float) -> Pairs:
    """The matching with the least time between its pairs, among those with the most of them."""
    pairs: Pairs = []
    for some, others in _clusters(found, true, tolerance_s):
        apart = np.abs(np.array([c.t for c in some])[:, None] - np.array([c.t for c in others])[None])
        cost = np.where(apart <= tolerance_s, apart, 1e6)
        rows, columns = linear_sum_assignment(cost)
        pairs += [(some[i], others[k]) for i, k in zip(rows, columns, strict=True) if apart[i, k] <= tolerance_s]
    return pairs


def _clusters(
    found: Sequence[Crossing], true: Sequence[TrueCrossing], tolerance_s: float
) -> Iterator[tuple[list[Crossing], list[TrueCrossing]]]:
    """Cut in time wherever nothing could be matched across."""
    some: list[Crossing] = []
    others: list[TrueCrossing] = []
    last = float("-inf")
    both: list[Crossing | TrueCrossing] = [*found, *true]
    for crossing in sorted(both, key=lambda c: c.t):
        if crossing.t - last > tolerance_s and (some or others):
            yield some, others
            some, others = [], []
        last = crossing.t
        if isinstance(crossing, Crossing):
            some.append(crossing)
        else:
            others.append(crossing)
    if some or others:
        yield some, others


def _miscounted(found: Iterable[Crossing], true: Iterable[TrueCrossing]) -> int:
    difference = Counter((c.gate, c.direction) for c in found)
    difference.subtract(Counter((c.gate, c.direction) for c in true))
    return sum(abs(n) for n in difference.values())


def _class_count(road_user: RoadUser, found: Iterable[Crossing], true: Iterable[TrueCrossing]) -> ClassCount:
    found_here = [c for c in found if c.road_user == road_user]
    true_here = [c for c in true if c.road_user == road_user]
    return ClassCount(true=len(true_here), found=len(found_here), miscounted=_miscounted(found_here, true_here))


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentScore:
    """hits: each alert with the incident it was about; a second alert for the same incident is a false one."""

    hits: tuple[tuple[Incident, TrueIncident], ...]
    missed: tuple[TrueIncident, ...]
    false_alarms: tuple[Incident, ...]

    def delays_s(self, kind: IncidentType) -> list[float]:
        """From the moment the incident could be told from something ordinary to the alert."""
        return [
            alert.detected_s - (true.start_s if true.detectable_s is None else true.detectable_s)
            for alert, true in self.hits
            if true.type == kind
        ]


def score_incidents(found: Iterable[Incident], truth: Truth) -> IncidentScore:
    """An alert is right where type, zone and area agree and it was raised while the incident lasted, or soon enough."""
    left = list(truth.incidents)
    hits: list[tuple[Incident, TrueIncident]] = []
    false_alarms: list[Incident] = []
    for alert in sorted(found, key=lambda i: i.detected_s):
        about = next((true for true in left if _is_about(alert, true)), None)
        if about is not None:
            left.remove(about)
            hits.append((alert, about))
        elif not any(_is_about(alert, ignored) for ignored in truth.ignored_incidents):
            false_alarms.append(alert)
    return IncidentScore(hits=tuple(hits), missed=tuple(left), false_alarms=tuple(false_alarms))


def _is_about(alert: Incident, true: TrueIncident) -> bool:
    start, end = true.start_s, true.end_s
    if true.type == IncidentType.CONGESTION:
        start, latest = true.onset_s or (start, start)
        end = latest + ONSET_S
    elif true.type in (IncidentType.WRONG_WAY, IncidentType.COLLISION):
        end = (end or start) + BRIEF_S
    same_zone = alert.zone is None or true.zone is None or alert.zone == true.zone
    in_time = start - EARLY_S <= alert.detected_s <= (float("inf") if end is None else end)
    return alert.type == true.type and same_zone and in_time and _is_in(true.area, alert.pixel)


def _is_in(area: tuple[float, float, float, float] | None, pixel: tuple[float, float]) -> bool:
    return area is None or (area[0] <= pixel[0] <= area[2] and area[1] <= pixel[1] <= area[3])


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalScore:
    """Over the `zone_minutes` with `FEW_VEHICLES` or more. errors: mean relative error by name of the figure.

    level_agreement: share of those minutes, among those with a known level, whose level is the true one.
    """

    zone_minutes: int
    errors: Mapping[str, float | None]
    level_agreement: float | None


def score_intervals(found: Iterable[ZoneInterval], truth: Truth) -> IntervalScore:
    by_start = {(i.zone, round(i.start_s)): i for i in found}
    rows = [
        (by_start[t.zone, round(t.start_s)], t)
        for t in truth.intervals
        if t.vehicles >= FEW_VEHICLES and (t.zone, round(t.start_s)) in by_start
    ]
    levels = [(f.level, t.level) for f, t in rows if f.level != Level.UNKNOWN and t.level is not None]
    return IntervalScore(
        zone_minutes=len(rows),
        errors={figure: _mean(_relative_errors(rows, figure, floor)) for figure, floor in _FLOORS.items()},
        level_agreement=_mean([float(f == t) for f, t in levels]),
    )


def _relative_errors(rows: Iterable[tuple[ZoneInterval, TrueInterval]], figure: str, floor: float) -> list[float]:
    pairs = [(getattr(f, figure), getattr(t, figure)) for f, t in rows]
    return [abs(f - t) / max(t, floor) for f, t in pairs if f is not None and t is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementScore:
    """Turning movements. wrong: (origin, destination, true, found) of each cell too far from the truth."""

    cells: int
    wrong: tuple[tuple[str, str, int, int], ...]


def score_movements(found: Mapping[tuple[str, str], int], truth: Truth) -> MovementScore | None:
    """found: road users by (origin, destination). None where the truth has no movements."""
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
