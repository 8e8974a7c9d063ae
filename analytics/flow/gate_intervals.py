"""Flow, headways and saturation of each gate and direction, per minute."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import floor
from statistics import fmean, median

from analytics.camera import Gate
from analytics.capacity.pkji import SmpFlow, degree_of_saturation, smp_flow, weighted
from analytics.facts import Coverage, Crossing, Direction, GateInterval, Sight
from analytics.flow.headways import SHORT_HEADWAY_S, GateDirection, HeadwayMeter
from analytics.flow.pending_crossing import SETTLE_S
from analytics.flow.zone_intervals import INTERVAL_S, MIN_COVERAGE
from analytics.road_users import RoadUser


@dataclass(slots=True)
class _MinuteCounts:
    """Vehicles by class and headways (s) of one direction of a gate in the observed time of one minute."""

    vehicles: Counter[RoadUser] = field(default_factory=Counter)
    headways_s: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, crossings: Iterable[Crossing]) -> "_MinuteCounts":
        counts = cls()
        for crossing in crossings:
            counts.vehicles[crossing.road_user] += 1
            if crossing.headway_s is not None:
                counts.headways_s.append(crossing.headway_s)
        return counts


class GateIntervalAggregator:
    """Adds headways to crossings, and emits a `GateInterval` per gate, direction and minute.

    A minute is emitted once its last crossings have settled. Pedestrians are not vehicles and have no headway. A
    vehicle that crosses in a gap is in no minute, whose flow is that of the observed time.
    """

    def __init__(self, gates: Sequence[Gate]) -> None:
        self._gates = gates
        self._headways = HeadwayMeter()
        self._crossings: dict[float, dict[GateDirection, list[Crossing]]] = defaultdict(lambda: defaultdict(list))
        self._closed: deque[tuple[Coverage, Sight | None]] = deque()
        self._emitted_until_s = -float("inf")

    def add_gap(self, start_s: float, end_s: float) -> None:
        """Record that the road was not observed between the two times, which are no earlier than those before."""
        self._headways.add_gap(start_s, end_s)

    def add_crossings(self, crossings: Iterable[Crossing]) -> list[Crossing]:
        """Return the same crossings in order of time, those of vehicles with their headways."""
        return [self._add(crossing) for crossing in sorted(crossings, key=lambda c: c.t)]

    def _add(self, crossing: Crossing) -> Crossing:
        if crossing.road_user is RoadUser.PERSON:
            return crossing
        key = (crossing.gate, crossing.direction)
        headway_s = self._headways.add_crossing(key, crossing.t)
        # A vehicle that stood on the line may be reported after its minute was emitted: it counts in the next minute.
        minute = max(self._emitted_until_s, floor(crossing.t / INTERVAL_S) * INTERVAL_S)
        crossing = replace(crossing, headway_s=headway_s)
        self._crossings[minute][key].append(crossing)
        return crossing

    def close(self, minute: Coverage, sight: Sight | None = None) -> None:
        """Queue a minute that is over; `pop_settled` emits it later. sight: of the detector in the minute."""
        if self._gates:
            self._closed.append((minute, sight))

    def pop_settled(self, t: float) -> list[GateInterval]:
        """Emit the minutes whose crossings have settled by `t`: oldest first, gates in the camera's order."""
        settled: list[GateInterval] = []
        while self._closed and t - self._closed[0][0].end_s >= SETTLE_S:
            settled += self._emit(*self._closed.popleft())
        return settled

    def finish(self) -> list[GateInterval]:
        """Emit all closed minutes, because no more crossings follow."""
        intervals = [interval for closed in self._closed for interval in self._emit(*closed)]
        self._closed.clear()
        return intervals

    def _emit(self, minute: Coverage, sight: Sight | None) -> list[GateInterval]:
        self._emitted_until_s = minute.end_s
        counts = {
            key: _MinuteCounts.of(crossing for crossing in crossings if not self._headways.is_in_gap(crossing.t))
            for key, crossings in self._crossings.pop(minute.start_s, {}).items()
        }
        return [
            replace(interval, sight=sight)
            for gate in self._gates
            for interval in _both_directions(gate, minute, counts, blind=sight is Sight.BLIND)
        ]


def _both_directions(
    gate: Gate, minute: Coverage, counts: dict[GateDirection, _MinuteCounts], *, blind: bool
) -> list[GateInterval]:
    both = {direction: counts.get((gate.id, direction), _MinuteCounts()) for direction in Direction}
    return [_interval(gate, direction, minute, both, blind=blind) for direction in Direction]


def _interval(
    gate: Gate, direction: Direction, minute: Coverage, both: dict[Direction, _MinuteCounts], *, blind: bool
) -> GateInterval:
    start, end, coverage = minute.start_s, minute.start_s + INTERVAL_S, min(1.0, minute.observed_s / INTERVAL_S)
    if coverage < MIN_COVERAGE or blind:
        return GateInterval(
            gate=gate.id, direction=direction, start_s=start, end_s=end, flow_veh_h=None, coverage=coverage
        )
    vehicles, per_hour = both[direction].vehicles, 3600 / minute.observed_s
    headways = both[direction].headways_s if vehicles.total() >= 2 else []
    smp = _smp(gate, direction, both, minute.observed_s)
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
        headway_under_2s=sum(h < SHORT_HEADWAY_S for h in headways) / len(headways) if headways else None,
        smp_h=None if smp is None else weighted(vehicles, smp.row) * per_hour,
        saturation=None if smp is None else degree_of_saturation(smp.smp_h, capacity),
        emp_verified=None if smp is None else smp.row.verified,
    )


def _smp(gate: Gate, direction: Direction, both: dict[Direction, _MinuteCounts], observed_s: float) -> SmpFlow | None:
    """Flow in smp/h over the gate's road: of this direction, or of both where they share the capacity."""
    if gate.road is None:
        return None
    sharing = both.values() if gate.road.counts_both_directions else [both[direction]]
    counts = sum((each.vehicles for each in sharing), Counter())
    return smp_flow(counts, observed_s, gate.road.type, width_m=gate.road.width_m)
