"""Turning movement counts: road users by origin arm and destination arm of a junction.

Most road users are observed on one track from entry to exit. For the others, track fragments are matched or assigned:

- A fragment that ends on the junction and one that starts there are matched where a reference path leads from the one
  to the other in a plausible time, best fit first.
- A fragment without a match is shared among the movements that its arm allows. The share of a movement is proportional
  to its count times the likelihood of the fragment's end pose on its reference paths (Bayes' rule).

Both are estimates, and are reported apart from the observed counts. Fitting the matrix to the gate totals instead was
less accurate: docs/adr/0020-turning-movements-from-fragments.md.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, inf

from analytics.camera import Gate
from analytics.facts import Crossing, Trip
from analytics.geometry.junction_arms import gate_arms
from analytics.road_users import VULNERABLE_ROAD_USERS, RoadUser
from analytics.turning.reference_paths import PathSample, Pose, ReferencePath

Cell = tuple[str, str]
"""Origin arm and destination arm."""

ClassCell = tuple[str, str, RoadUser]
"""Origin arm, destination arm and class."""

MAX_GAP_S = 25.0
"""Longest time in seconds between two matched fragments [assumption]."""

MAX_OVERLAP_S = 0.3
"""Seconds by which two fragments of one road user may overlap [assumption]."""

MAX_MATCH_DEVIATION = 12.0
"""Sum of both squared deviations beyond which a path does not match two fragments [chi-squared with 4 degrees of
freedom: exceeded with probability 1 in 60]."""

SLOW_MS = 2.0
"""Below this speed (m/s) at either end, the gap between two fragments is not checked against travel time [assumption].

The road user may have waited for any length of time.
"""

TRAVEL_TIME_TOLERANCE, TRAVEL_TIME_TOLERANCE_S = 0.6, 1.0
"""Tolerance of the time between two fragments around the travel time: a share of it, and seconds [assumption]."""

MIN_POINTS = 5
"""A trip with fewer points is no reference path [assumption]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Road users of one class on one movement. observed: on one track. estimated: from fragments."""

    origin: str
    destination: str
    road_user: RoadUser
    observed: int
    estimated: int


@dataclass(frozen=True, slots=True)
class _TrackFragment:
    """A track with one end at an arm. arm: of that end. pose: at the other end, on the junction."""

    arm: str
    road_user: RoadUser
    pose: Pose


@dataclass(slots=True)
class _Fragments:
    """entering: tracks that entered and ended on the junction. leaving: tracks that started there and left."""

    entering: list[_TrackFragment] = field(default_factory=list)
    leaving: list[_TrackFragment] = field(default_factory=list)


class TurningMovementEstimator:
    """Counts movements track by track. Stores a sample of reference paths, and one pose per fragment."""

    def __init__(self, gates: Sequence[Gate]) -> None:
        self._arms = gate_arms(gates)
        self._observed: Counter[ClassCell] = Counter()
        self._paths: defaultdict[Cell, PathSample] = defaultdict(PathSample)
        self._fragments = _Fragments()

    def add(self, crossings: Sequence[Crossing], trip: Trip | None = None) -> None:
        """Add one track. crossings: all of the track, in order of time. trip: its path over the junction, if known."""
        if not self._arms:
            if crossings and crossings[0].gate != crossings[-1].gate:
                self._observed[crossings[0].gate, crossings[-1].gate, crossings[-1].road_user] += 1
            return
        origin, destination = self._ends(crossings)
        if origin is not None and destination is not None:
            self._observed[origin, destination, crossings[-1].road_user] += 1
            if trip is not None and origin != destination and len(trip.times) >= MIN_POINTS:
                self._paths[origin, destination].add(ReferencePath.of(trip))
        elif trip is not None and origin is not None and trip.departed:
            self._fragments.entering.append(_TrackFragment(origin, trip.road_user, ReferencePath.of(trip).end))
        elif trip is not None and destination is not None and trip.arrived:
            self._fragments.leaving.append(_TrackFragment(destination, trip.road_user, ReferencePath.of(trip).start))

    def _ends(self, crossings: Iterable[Crossing]) -> Cell | tuple[str | None, str | None]:
        """Return the arm of the first inward crossing and the arm of the last outward crossing after it."""
        origin = destination = None
        for crossing in crossings:
            arm = self._arms.get(crossing.gate)
            if arm is None:
                continue
            if crossing.direction is not arm.inward:
                destination = arm.name
            elif origin is None:
                origin, destination = arm.name, None
        return origin, destination

    def movements(self) -> list[Movement]:
        """Return all movements that occurred, by origin, destination and class."""
        estimated = round_preserving_total(self._estimated())
        return [
            Movement(
                origin=origin,
                destination=destination,
                road_user=road_user,
                observed=self._observed[origin, destination, road_user],
                estimated=estimated.get((origin, destination, road_user), 0),
            )
            for origin, destination, road_user in sorted(self._observed.keys() | estimated.keys())
        ]

    def _estimated(self) -> dict[ClassCell, float]:
        entering, leaving = self._fragments.entering, self._fragments.leaving
        matches = self._match_fragments(entering, leaving)
        matched = set(matches.values())
        totals: defaultdict[ClassCell, float] = defaultdict(float)
        for a, b in matches.items():
            totals[entering[a].arm, leaving[b].arm, leaving[b].road_user] += 1
        for a, fragment in enumerate(entering):
            if a not in matches:
                self._share_out(fragment, [cell for cell in self._paths if cell[0] == fragment.arm], totals)
        for b, fragment in enumerate(leaving):
            if b not in matched:
                self._share_out(fragment, [cell for cell in self._paths if cell[1] == fragment.arm], totals)
        return totals

    def _share_out(
        self, fragment: _TrackFragment, cells: Sequence[Cell], totals: defaultdict[ClassCell, float]
    ) -> None:
        weights = [self._paths[cell].count * self._paths[cell].likelihood(fragment.pose) for cell in cells]
        if sum(weights) > 0:
            for (origin, destination), weight in zip(cells, weights, strict=True):
                totals[origin, destination, fragment.road_user] += weight / sum(weights)

    def _match_fragments(self, entering: Sequence[_TrackFragment], leaving: Sequence[_TrackFragment]) -> dict[int, int]:
        """Match entering with leaving fragments of the same road user: indices into both, best fit first."""
        order = sorted(range(len(leaving)), key=lambda b: leaving[b].pose.t)
        times = [leaving[b].pose.t for b in order]
        pairs = []
        for a, fragment in enumerate(entering):
            first = bisect_left(times, fragment.pose.t - MAX_OVERLAP_S)
            last = bisect_right(times, fragment.pose.t + MAX_GAP_S)
            pairs += [(self._deviation(fragment, leaving[b]), a, b) for b in order[first:last]]
        matches: dict[int, int] = {}
        used: set[int] = set()
        for deviation, a, b in sorted(pairs):
            if deviation <= MAX_MATCH_DEVIATION and a not in matches and b not in used:
                matches[a] = b
                used.add(b)
        return matches

    def _deviation(self, entering: _TrackFragment, leaving: _TrackFragment) -> float:
        """Return the least squared deviation from a path that leads from one to the other; infinite without one."""
        sample = self._paths.get((entering.arm, leaving.arm))
        if sample is None or _is_vulnerable(entering) != _is_vulnerable(leaving):
            return inf
        return min(_deviation_from(path, entering.pose, leaving.pose) for path in sample.paths)


def _is_vulnerable(fragment: _TrackFragment) -> bool:
    return fragment.road_user in VULNERABLE_ROAD_USERS


def _deviation_from(path: ReferencePath, entering: Pose, leaving: Pose) -> float:
    (entering_deviation, start), (leaving_deviation, end) = path.nearest(entering), path.nearest(leaving)
    if end < start - 1:
        return inf
    if min(entering.speed_ms, leaving.speed_ms) >= SLOW_MS:
        travel_s = 2 * path.metres_between(start, end) / (entering.speed_ms + leaving.speed_ms)
        if abs(leaving.t - entering.t - travel_s) > TRAVEL_TIME_TOLERANCE_S + TRAVEL_TIME_TOLERANCE * travel_s:
            return inf
    return entering_deviation + leaving_deviation


def round_preserving_total(totals: Mapping[ClassCell, float]) -> dict[ClassCell, int]:
    """Round the classes of each movement so that they add up to its rounded total (largest remainders first).

    >>> car, bus = ("N", "S", RoadUser.CAR), ("N", "S", RoadUser.BUS)
    >>> parts = round_preserving_total({car: 1.3, bus: 0.5, ("N", "E", RoadUser.CAR): 0.2})
    >>> parts == {car: 1, bus: 1}
    True
    """
    by_cell: defaultdict[Cell, dict[ClassCell, float]] = defaultdict(dict)
    for key, total in totals.items():
        by_cell[key[:2]][key] = total
    rounded: dict[ClassCell, int] = {}
    for parts in by_cell.values():
        floors = {key: floor(part) for key, part in parts.items()}
        missing = round(sum(parts.values())) - sum(floors.values())
        for key in sorted(parts, key=lambda k: floors[k] - parts[k])[:missing]:
            floors[key] += 1
        rounded |= {key: n for key, n in floors.items() if n}
    return rounded
