"""Facts about the road that the analytics emit: crossings, intervals, levels, incidents, trips, coverage.

Times are seconds on the clock of the source: from its first frame for a file, since the Unix epoch (UTC) for a
live camera. Pixels are ``(u, v)`` in the full-resolution frame, v pointing down; ground coordinates are metres.
"""

from dataclasses import dataclass
from enum import StrEnum

from analytics.road_users import RoadUser

Pixel = tuple[float, float]
GroundPoint = tuple[float, float]


class Direction(StrEnum):
    """Side change at a gate p1 -> p2, in image coordinates (v down).

    A crosses from the side where ``(p2 - p1) x (c - p1)`` is negative to where it is positive, B the other way.
    """

    A = "A"
    B = "B"


class Level(StrEnum):
    """Public congestion level of a zone. Shown in Indonesian as lancar, ramai, padat, macet, tidak ada data."""

    FREE = "free"
    DENSE = "dense"
    CONGESTED = "congested"
    JAMMED = "jammed"
    UNKNOWN = "unknown"


LEVEL_ORDER: tuple[Level, ...] = (Level.FREE, Level.DENSE, Level.CONGESTED, Level.JAMMED)
"""Known levels by severity, best first. `Level` declares its members in this order, with UNKNOWN last."""


class LevelOfService(StrEnum):
    """Tingkat pelayanan of Indonesian road authorities: A flows freely, F is forced flow."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class IncidentType(StrEnum):
    STOPPED_VEHICLE = "stopped_vehicle"
    WRONG_WAY = "wrong_way"
    CONGESTION = "congestion"
    PERSON_ON_ROAD = "person_on_road"
    COLLISION = "collision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A tracked road user crossed a gate; `t` is interpolated between the two frames around the line.

    speed_sigma_kmh: standard error of speed_kmh. headway_s: time since the previous vehicle, see
    `analytics.flow.headways`; ``None`` where it is unknown.
    """

    t: float
    gate: str
    direction: Direction
    road_user: RoadUser
    track: int
    speed_kmh: float | None = None
    speed_sigma_kmh: float | None = None
    headway_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateInterval:
    """One direction of a gate over one interval. Without observation a value is ``None``, never 0.

    flow_veh_h: vehicles (no persons) per hour of observed time. headway_mean_s, headway_median_s: of the vehicles that
    crossed in the interval; headway_under_2s: share of them, 0..1, that followed within 2 s
    (`analytics.flow.headways`); ``None`` for fewer than 2 vehicles. smp_h, saturation, emp_verified: as in
    `ZoneInterval`. On a road type whose capacity is shared by both directions, saturation is that of both.
    """

    gate: str
    direction: Direction
    start_s: float
    end_s: float
    flow_veh_h: float | None
    coverage: float
    headway_mean_s: float | None = None
    headway_median_s: float | None = None
    headway_under_2s: float | None = None
    smp_h: float | None = None
    saturation: float | None = None
    emp_verified: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneInterval:
    """One zone over one interval. Without observation a value is ``None``, never 0.

    flow_veh_h: vehicles per hour through the zone. speed_kmh: space-mean speed; ``None`` without calibration.
    relative_speed: space-mean speed over the zone's own free flow, 0..1 and more; known without calibration too.
    density_veh_km_lane: vehicles per kilometre and lane. occupancy: share of the zone's area-time covered, 0..1.
    queue_m, queue_veh: longest standing queue inside the zone. level: of the interval's own speed, without
    the dwell of a `LevelChange`: at a signal, a red phase shows. coverage: observed share of the interval, 0..1.

    Where the zone's road is described (`analytics.camera.Road`), else ``None``: smp_h: flow in passenger-car units
    (smp/h, PKJI 2023). saturation: DJ, smp_h over the road's configured capacity. level_of_service: by KM 14/2006, for
    roads with a capacity. emp_verified: whether the weights behind smp_h are established
    (`analytics.capacity.pkji_tables`).
    """

    zone: str
    start_s: float
    end_s: float
    flow_veh_h: float | None
    speed_kmh: float | None
    density_veh_km_lane: float | None
    occupancy: float | None
    queue_m: float | None
    queue_veh: float | None
    level: Level
    coverage: float
    relative_speed: float | None = None
    smp_h: float | None = None
    saturation: float | None = None
    level_of_service: LevelOfService | None = None
    emp_verified: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChange:
    """Level of a zone at `t`: emitted when it changes (`previous` differs) and repeated once a minute."""

    t: float
    zone: str
    level: Level
    previous: Level
    speed_kmh: float | None = None
    free_flow_kmh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident: emitted when raised (`end_s` is None) and again, with the same `number`, when it is over.

    number: unique within the run of one `CameraAnalyzer`. start_s: best estimate of the beginning. detected_s: when the
    alert was raised, from earlier data alone. confidence: 0..1, see `analytics.incidents.confidence`. reason: one
    sentence in English.
    """

    number: int
    type: IncidentType
    zone: str | None
    start_s: float
    detected_s: float
    end_s: float | None
    pixel: Pixel
    ground: GroundPoint | None
    confidence: float
    reason: str
    track: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Observed part of an interval: ``observed_s`` of ``end_s - start_s`` seconds."""

    start_s: float
    end_s: float
    observed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """Path of one road user over a junction, emitted once its track has ended; for calibrated cameras only.

    times: seconds, oldest first. positions: as many, in ground metres. arrived, departed: whether the first and the
    last detection lie well within the observed time, so that the whole path was observed at that end.
    """

    track: int
    road_user: RoadUser
    times: tuple[float, ...]
    positions: tuple[GroundPoint, ...]
    arrived: bool
    departed: bool


Fact = Crossing | GateInterval | ZoneInterval | LevelChange | Incident | Coverage | Trip
