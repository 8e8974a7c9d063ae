"""Synthetic history of the simulated city: a month of rows for the history charts of the first day.

It follows the demand of the live simulation, but the real calendar: peaks on working days, quieter weekends, and
outages as gaps. All event identifiers begin with `SEEDED_ID_PREFIX`, which distinguishes these rows from observed ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from pipelines.config.geometry_file import CameraGeometry
from simulator.ground_truth.congestion_rule import FREE_FLOW_SHARE, level_of
from simulator.ground_truth.gate_geometry import gate_direction
from simulator.world.scenario import demand_at
from simulator.world.sites import Site
from simulator.world.vehicle_types import TRAFFIC_SHARES, TRAFFIC_TYPES

SEEDED_ID_PREFIX = "5eed"
"""First hexadecimal digits of the event identifiers (UUID) of all synthetic rows."""

MINUTES_PER_DAY = 24 * 60
"""Minutes of a day; days of the city's time zone have no daylight saving time."""

_WEEKEND_FACTOR, _WEEKEND_PEAK = 0.8, 0.85
"""Weekend: factor on the demand, and largest demand factor before it [assumption]."""

_DAY_SPREAD, _MINUTE_SPREAD, _SPEED_SPREAD = 0.06, 0.12, 0.18
"""Standard deviations of the logarithm of the demand of a day, of a minute, and of a vehicle's speed [assumption]."""

_RELATIVE_SPEED, _AT_SIGNAL, _PEAK_SLOWDOWN, _PEAK_DEMAND = 0.95, 0.74, 0.42, 1.3
"""Relative speed on an empty road and before a signal, its reduction at the peak, the peak's demand [assumption]."""

_OUTAGE_EVERY_DAYS = 11
"""Days between two outages of a camera [assumption]."""

_VEHICLE_LENGTH_KM = 0.004
"""Mean length of a vehicle for the occupancy, kilometres; half of the vehicles are motorcycles [assumption]."""


@dataclass(frozen=True)
class TableRows:
    """Rows of one table, as tab-separated lines for COPY."""

    table: str
    columns: tuple[str, ...]
    text: str


class CameraHistory:
    """Synthetic rows of one camera for any day. The same site, number and day give the same rows.

    number: of the camera, for the event identifiers. zone: time zone of the city.
    """

    def __init__(self, site: Site, geometry: CameraGeometry, number: int, zone: ZoneInfo) -> None:
        self._site, self._geometry, self._number, self._zone = site, geometry, number, zone

    @property
    def camera_id(self) -> str:
        """Identifier of the camera: that of its site."""
        return self._site.id

    def midnight(self, day: date) -> datetime:
        """Beginning of a day in the city's time zone."""
        return datetime.combine(day, time.min, self._zone)

    def day(self, day: date, until: datetime) -> Iterator[TableRows]:
        """Rows of a day in the city's time zone, before `until`."""
        rng = np.random.default_rng([self._number, day.toordinal()])
        starts = self.midnight(day).timestamp() + 60 * np.arange(MINUTES_PER_DAY, dtype=np.float64)
        demand = self._demand(day, rng)
        seen = (starts + 60 <= until.timestamp()) & ~self._outage(day)
        relative = self._relative_speed(demand, rng)
        yield self._observed(starts[seen])
        for gate in self._geometry.gates:
            yield self._crossings(gate.id, starts[seen], demand[seen], relative[gate.id][seen], rng)
        for zone in self._geometry.zones:
            yield self._intervals(zone.id, starts[seen], demand[seen], relative[zone.id][seen])

    def _demand(self, day: date, rng: np.random.Generator) -> NDArray[np.float64]:
        """Demand factor (MINUTES_PER_DAY,) of each minute."""
        usual = np.array([demand_at(minute / 60) for minute in range(MINUTES_PER_DAY)])
        if day.weekday() >= 5:
            usual = _WEEKEND_FACTOR * np.minimum(usual, _WEEKEND_PEAK)
        return np.asarray(usual * rng.lognormal(0, _DAY_SPREAD) * rng.lognormal(0, _MINUTE_SPREAD, MINUTES_PER_DAY))

    def _relative_speed(self, demand: NDArray[np.float64], rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Relative speed (MINUTES_PER_DAY,) of each carriageway; its gate and its zone have the same identifier."""
        found = {}
        for zone in self._geometry.zones:
            empty = _AT_SIGNAL if zone.signal_controlled else _RELATIVE_SPEED
            speed = empty - _PEAK_SLOWDOWN * (demand / _PEAK_DEMAND) ** 4 + rng.normal(0, 0.03, MINUTES_PER_DAY)
            found[zone.id] = np.clip(speed, 0.12, 1.1)
        return found

    def _outage(self, day: date) -> NDArray[np.bool_]:
        """Mask (MINUTES_PER_DAY,) of an outage of some hours, on some days."""
        down = np.zeros(MINUTES_PER_DAY, dtype=bool)
        if (day.toordinal() + 5 * self._number) % _OUTAGE_EVERY_DAYS == 0:
            first, hours = np.random.default_rng([self._number, day.toordinal(), 1]).integers([60 * 6, 2], [60 * 15, 7])
            down[first : first + 60 * hours] = True
        return down

    def _flow(self, demand: NDArray[np.float64]) -> NDArray[np.float64]:
        """Vehicles per minute on one carriageway; the outbound flow equals the inbound flow."""
        return demand * self._site.observed_arm.flow_veh_h / 60

    @cached_property
    def _free_flow_kmh(self) -> float:
        return FREE_FLOW_SHARE * self._site.speed_limit_kmh

    def _event_ids(self, starts: NDArray[np.float64]) -> list[str]:
        return [f"{SEEDED_ID_PREFIX}{self._number:04x}-0000-8000-8000-{int(start):012x}" for start in starts]

    def _observed(self, starts: NDArray[np.float64]) -> TableRows:
        columns = "start_at", "event_id", "camera_id", "end_at", "observed_s"
        lines = zip(_times(starts), self._event_ids(starts), _times(starts + 60), strict=True)
        text = "".join(f"{start}\t{event}\t{self._site.id}\t{end}\t60\n" for start, event, end in lines)
        return TableRows("observed", columns, text)

    def _crossings(
        self,
        gate: str,
        starts: NDArray[np.float64],
        demand: NDArray[np.float64],
        relative: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> TableRows:
        vehicles = rng.poisson(self._flow(demand))
        minute = np.repeat(np.arange(len(starts)), vehicles)
        at = np.sort(starts[minute] + rng.uniform(0, 60, len(minute)))
        names = [vehicle_type.road_user.value for vehicle_type in TRAFFIC_TYPES]
        users = [names[k] for k in rng.choice(len(TRAFFIC_TYPES), len(minute), p=TRAFFIC_SHARES)]
        speed = relative[minute] * self._free_flow_kmh * rng.lognormal(0, _SPEED_SPREAD, len(minute))
        headway = np.diff(at, prepend=np.nan)
        events = self._event_ids(starts)
        # The crossings of all gates belong to the same events, so each gate has its own range of numbers.
        first = 10_000 * [each.id for each in self._geometry.gates].index(gate)
        lines = zip(_times(at), minute.tolist(), users, speed.tolist(), headway.tolist(), strict=True)
        passing = f"{self._site.id}\t{gate}\t{self._direction(gate)}"
        text = "".join(
            f"{when}\t{events[m]}\t{first + n}\t{passing}\t{user}\t{n}\t{kmh:.1f}\t{gap:.2f}\n"
            for n, (when, m, user, kmh, gap) in enumerate(lines)
        ).replace("\tnan\n", "\t\\N\n")
        columns = (
            "at",
            "event_id",
            "n",
            "camera_id",
            "gate",
            "direction",
            "road_user",
            "track",
            "speed_kmh",
            "headway_s",
        )
        return TableRows("crossings", columns, text)

    def _direction(self, gate_id: str) -> str:
        """Direction in which the traffic of the carriageway crosses its gate, as in `analytics.facts.Direction`."""
        gate = next(gate for gate in self._geometry.gates if gate.id == gate_id)
        zone = next(zone for zone in self._geometry.zones if zone.id == gate_id)
        assert zone.direction is not None
        return gate_direction(zone.direction, gate.p1, gate.p2).value

    def _intervals(
        self, zone_id: str, starts: NDArray[np.float64], demand: NDArray[np.float64], relative: NDArray[np.float64]
    ) -> TableRows:
        zone = next(zone for zone in self._geometry.zones if zone.id == zone_id)
        flow, speed = self._flow(demand) * 60, relative * self._free_flow_kmh
        density = flow / speed / (zone.lanes or 1)
        vehicles = density * (zone.lanes or 1) * (zone.length_m or 1.0) / 1000
        occupancy = np.minimum(density * _VEHICLE_LENGTH_KM, 1)
        levels = [level_of(float(r), float(v)).value for r, v in zip(relative, vehicles, strict=True)]
        lines = zip(
            *(_times(starts), _times(starts + 60), flow.tolist(), speed.tolist(), relative.tolist()),
            *(density.tolist(), occupancy.tolist(), levels),
            strict=True,
        )
        text = "".join(
            f"{self._site.id}\t{zone_id}\t{start}\t{end}\t{q:.0f}\t{v:.1f}\t{r:.3f}\t{k:.2f}\t{o:.3f}\t{level}\t1\n"
            for start, end, q, v, r, k, o, level in lines
        )
        columns = "camera_id", "zone", "start_at", "end_at", "flow_veh_h", "speed_kmh", "relative_speed"
        return TableRows("zone_intervals", (*columns, "density_veh_km_lane", "occupancy", "level", "coverage"), text)


def days_back(until: datetime, days: int) -> Iterator[date]:
    """Days from `until` back, the newest first; `days` + 1 of them."""
    return (until.date() - timedelta(days=ago) for ago in range(days + 1))


def _times(unix_s: NDArray[np.float64]) -> list[str]:
    """Times as PostgreSQL reads them on a connection whose time zone is UTC. unix_s: seconds."""
    return [str(text) for text in np.datetime_as_string((unix_s * 1000).astype("datetime64[ms]"))]
