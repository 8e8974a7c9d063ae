"""Time headways at gates, and what else a gate tells about each minute.

The headway of a vehicle is the time between the one before it and itself, as the same point of both passes a line
(HCM 7th ed., ch. 4; May, Traffic Flow Fundamentals, 1990, ch. 2). Here the line is a gate, the point is the ground
point, and the vehicles are those of one direction over all its lanes together: on a road of several lanes, and among
motorcycles side by side, headways of nearly 0 are right. People on foot are no vehicles. A headway across time that was
not observed is not known, because what passed meanwhile is not known.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import floor
from statistics import fmean, median

from analytics.camera import Gate
from analytics.capacity.pkji import SmpFlow, degree_of_saturation, smp_flow, weighted
from analytics.facts import Coverage, Crossing, Direction, GateInterval, RoadUser
from analytics.flow.gate_counting import SETTLE_S
from analytics.flow.zone_intervals import INTERVAL_S, MIN_COVERAGE

SHORT_S = 2.0
"""Drivers are taught to keep 2 s: shorter headways tell of platoons, and of drivers who follow closely."""

_Place = tuple[str, Direction]


@dataclass(slots=True)
class _Passed:
    """What crossed one direction of a gate in one minute."""

    vehicles: Counter[RoadUser] = field(default_factory=Counter)
    headways_s: list[float] = field(default_factory=list)


class GateMinutes:
    """Gives crossings their headways, and sums each minute up once its last crossings have settled."""

    def __init__(self, gates: Sequence[Gate]) -> None:
        self._gates = gates
        self._last: dict[_Place, float] = {}
        self._blind: deque[tuple[float, float]] = deque(maxlen=8)
        self._passed: dict[float, dict[_Place, _Passed]] = defaultdict(lambda: defaultdict(_Passed))
        self._closed: deque[Coverage] = deque()
        self._told_until = -float("inf")

    def blind(self, start_s: float, end_s: float) -> None:
        """Nothing was seen between the two."""
        self._blind.append((start_s, end_s))

    def take(self, crossings: Iterable[Crossing]) -> list[Crossing]:
        """The same crossings in order of time, vehicles with their headways."""
        return [self._take(crossing) for crossing in sorted(crossings, key=lambda c: c.t)]

    def _take(self, crossing: Crossing) -> Crossing:
        if crossing.road_user is RoadUser.PERSON:
            return crossing
        place = (crossing.gate, crossing.direction)
        headway = self._headway(place, crossing.t)
        self._last[place] = max(crossing.t, self._last.get(place, crossing.t))
        # One that stood on the line may be told after its minute was: it then counts in the next.
        minute = max(self._told_until, floor(crossing.t / INTERVAL_S) * INTERVAL_S)
        passed = self._passed[minute][place]
        passed.vehicles[crossing.road_user] += 1
        if headway is not None:
            passed.headways_s.append(headway)
        return replace(crossing, headway_s=headway)

    def _headway(self, place: _Place, t: float) -> float | None:
        before = self._last.get(place)
        if before is None or t < before or any(start < t and before < end for start, end in self._blind):
            return None
        return t - before

    def close(self, minutes: Iterable[Coverage]) -> None:
        """These minutes are over; they are told when they are `due`."""
        if self._gates:
            self._closed.extend(minutes)

    def due(self, t: float) -> list[GateInterval]:
        """Minutes whose crossings have settled by `t`, oldest first; in each, the gates in their order."""
        told: list[GateInterval] = []
        while self._closed and t - self._closed[0].end_s >= SETTLE_S:
            told += self._tell(self._closed.popleft())
        return told

    def finish(self) -> list[GateInterval]:
        """All that are over, because no more crossings come."""
        told = [interval for period in self._closed for interval in self._tell(period)]
        self._closed.clear()
        return told

    def _tell(self, period: Coverage) -> list[GateInterval]:
        self._told_until = period.end_s
        passed = self._passed.pop(period.start_s, {})
        return [interval for gate in self._gates for interval in _both_directions(gate, period, passed)]


def _both_directions(gate: Gate, period: Coverage, passed: dict[_Place, _Passed]) -> list[GateInterval]:
    both = {direction: passed.get((gate.id, direction), _Passed()) for direction in Direction}
    return [_interval(gate, direction, period, both) for direction in Direction]


def _interval(gate: Gate, direction: Direction, period: Coverage, both: dict[Direction, _Passed]) -> GateInterval:
    start, end, coverage = period.start_s, period.start_s + INTERVAL_S, min(1.0, period.observed_s / INTERVAL_S)
    if coverage < MIN_COVERAGE:
        return GateInterval(
            gate=gate.id, direction=direction, start_s=start, end_s=end, flow_veh_h=None, coverage=coverage
        )
    vehicles, per_hour = both[direction].vehicles, 3600 / period.observed_s
    headways = both[direction].headways_s if vehicles.total() >= 2 else []
    smp = _smp(gate, direction, both, period.observed_s)
    capacity = None if gate.road is None else gate.road.capacity_smp_h
    return GateInterval(
        gate=gate.id,
        direction=direction,
        start_s=start,
        end_s=end,
        flow_veh_h=vehicles.total() * per_hour,
        coverage=coverage,
        headway_mean_s=fmean(headways) if headways else None,
        headway_median_s=median(headways) if headways else None,
        headway_under_2s=sum(headway < SHORT_S for headway in headways) / len(headways) if headways else None,
        smp_h=None if smp is None else weighted(vehicles, smp.row) * per_hour,
        saturation=None if smp is None else degree_of_saturation(smp.smp_h, capacity),
        emp_verified=None if smp is None else smp.row.verified,
    )


def _smp(gate: Gate, direction: Direction, both: dict[Direction, _Passed], observed_s: float) -> SmpFlow | None:
    """The flow that the gate's road is judged by: of this direction, or of both where they share the road."""
    if gate.road is None:
        return None
    together = both.values() if gate.road.takes_both_directions else [both[direction]]
    counts = sum((passed.vehicles for passed in together), Counter())
    return smp_flow(counts, observed_s, gate.road.type, width_m=gate.road.width_m)
