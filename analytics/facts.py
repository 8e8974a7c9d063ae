"""Facts about the road that the analytics emit: crossings, intervals, levels, incidents, trips, coverage.

Times are seconds on the clock of the source: from its first frame for a file, since the Unix epoch (UTC) for a
live camera. Pixels are ``(u, v)`` in the full-resolution frame, v pointing down; ground coordinates are metres.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from analytics.measures import BothDirections, Measure, OverTime
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
    """Public congestion level of a zone, with the word of the Indonesian badge beside each member."""

    FREE = "free"  # lancar
    DENSE = "dense"  # ramai
    CONGESTED = "congested"  # padat
    JAMMED = "jammed"  # macet
    UNKNOWN = "unknown"  # tidak ada data


LEVEL_ORDER: tuple[Level, ...] = (Level.FREE, Level.DENSE, Level.CONGESTED, Level.JAMMED)
"""Known levels by severity, best first. `Level` declares its members in this order, with UNKNOWN last."""


class Sight(StrEnum):
    """Whether the detector sees what moves on the road, best first (`analytics.flow.detector_sight`)."""

    CLEAR = "clear"
    DOUBTFUL = "doubtful"  # some road users have no track: counts are too low
    BLIND = "blind"  # darkness, glare or rain hides most of the traffic: nothing is known


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


SmpFlow = Annotated[
    float | None,
    Measure(
        description="Flow in passenger-car units (PKJI 2023); null where the road is not described.",
        unit="smp/h",
        digits=1,
        over_time=OverTime.MEAN,
        directions=BothDirections.SUM,
    ),
]
"""Weighted flow of a gate or zone; null where `analytics.camera.Road` is not given."""

Saturation = Annotated[
    float | None,
    Measure(
        description="Degree of saturation DJ: smp_h over the capacity of the road; null without a capacity.",
        digits=3,
        over_time=OverTime.MEAN,
        directions=BothDirections.LARGEST,
    ),
]
"""Degree of saturation of a gate or zone; null where the road has no configured capacity."""

EmpVerified = Annotated[
    bool | None,
    Measure(
        description="Whether the weights (emp) behind smp_h are established; null where there is no smp_h.",
        over_time=OverTime.ALL,
        directions=BothDirections.TOGETHER,
    ),
]
"""State of the weights behind `smp_h`, see `analytics.capacity.pkji_tables`."""

ObservedShare = Annotated[
    float,
    Measure(description="Share of the interval that was observed, 0..1.", digits=4, over_time=OverTime.OBSERVED_SHARE),
]
"""Share of an interval with analysed frames."""

DetectorSight = Annotated[
    Sight | None,
    Measure(
        description="Whether the detector sees what moves: in `doubtful` intervals counts are too low, in `blind` ones "
        "darkness, glare or rain hides the traffic and other measures are null; null without pictures.",
        over_time=OverTime.WORST_SIGHT,
        directions=BothDirections.TOGETHER,
    ),
]
"""Sight of the detector in an interval."""

PresentSight = Annotated[
    Sight | None,
    Measure(description="Whether the detector sees what moves; the level is unknown while it is blind."),
]
"""Sight of the detector at the time of a report; None without pictures."""

ZoneSpeed = Annotated[
    float | None,
    Measure(
        description="Space-mean speed in the zone; null without calibration.",
        unit="km/h",
        history_digits=1,
        over_time=OverTime.MEAN_OVER_TIME_SPENT,
    ),
]
"""Distance travelled over time spent (Edie 1963)."""

FreeFlowSpeed = Annotated[
    float | None, Measure(description="Speed of the zone's own free flow; null while it is not learnt.", unit="km/h")
]
"""Speed of free traffic, learnt for each zone (`analytics.flow.free_flow`)."""


@dataclass(frozen=True, kw_only=True)
class CrossingMeasures:
    """Measures of one crossing. A field written here reaches the event, the table and the JSON of `simpang count`."""

    speed_kmh: Annotated[
        float | None, Measure(description="Speed at the gate; null without calibration.", unit="km/h")
    ] = None
    speed_sigma_kmh: Annotated[
        float | None, Measure(description="Standard error of speed_kmh; null without speed.", unit="km/h")
    ] = None
    headway_s: Annotated[
        float | None,
        Measure(
            description="Time since the previous vehicle in the same direction; null where that is not known.",
            unit="s",
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing(CrossingMeasures):
    """Gate crossing of a tracked road user; `t` is interpolated between the two frames around the line."""

    t: float
    gate: str
    direction: Direction
    road_user: RoadUser
    track: int


@dataclass(frozen=True, kw_only=True)
class GateMeasures:
    """Measures of one direction of a gate over one interval. Without observation a value is ``None``, never 0.

    A field written here reaches the event, the table, the history API and the JSON of `simpang count`
    (docs/adding-a-measure.md). Headways: see `analytics.flow.headways`. Where Indonesian practice takes both
    directions together (an undivided road), saturation is that of both.
    """

    flow_veh_h: Annotated[
        float | None,
        Measure(
            description="Vehicles (no persons) per hour of observed time.",
            unit="veh/h",
            digits=1,
            over_time=OverTime.OF_CROSSINGS,
            directions=BothDirections.SUM,
        ),
    ] = None
    headway_mean_s: Annotated[
        float | None,
        Measure(
            description="Mean time between vehicles of one direction; null for fewer than 2 vehicles.",
            unit="s",
            history_digits=1,
            over_time=OverTime.OF_CROSSINGS,
            directions=BothDirections.TOGETHER,
        ),
    ] = None
    headway_median_s: Annotated[
        float | None,
        Measure(
            description="Median time between vehicles of one direction; null for fewer than 2 vehicles.",
            unit="s",
            history_digits=1,
            over_time=OverTime.OF_CROSSINGS,
            directions=BothDirections.TOGETHER,
        ),
    ] = None
    headway_under_2s: Annotated[
        float | None,
        Measure(
            description="Share of the headways, 0..1, that are under 2 s; null for fewer than 2 vehicles.",
            digits=3,
            over_time=OverTime.OF_CROSSINGS,
            directions=BothDirections.TOGETHER,
        ),
    ] = None
    smp_h: SmpFlow = None
    saturation: Saturation = None
    emp_verified: EmpVerified = None
    sight: DetectorSight = None
    coverage: ObservedShare


@dataclass(frozen=True, slots=True, kw_only=True)
class GateInterval(GateMeasures):
    """Measures of one direction of a gate from start_s to end_s."""

    gate: str
    direction: Direction
    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class ZoneMeasures:
    """Measures of one zone over one interval. Without observation a value is ``None``, never 0.

    A field written here reaches the event, the table, the history API and the JSON of `simpang count`
    (docs/adding-a-measure.md).
    """

    flow_veh_h: Annotated[
        float | None,
        Measure(description="Vehicles per hour through the zone.", unit="veh/h", digits=1, over_time=OverTime.MEAN),
    ] = None
    speed_kmh: ZoneSpeed = None
    relative_speed: Annotated[
        float | None,
        Measure(
            description="Space-mean speed over the zone's own free flow, 0..1 and more; known without calibration too.",
            digits=3,
            over_time=OverTime.MEAN_OVER_TIME_SPENT,
        ),
    ] = None
    density_veh_km_lane: Annotated[
        float | None,
        Measure(description="Vehicles per kilometre and lane.", unit="veh/(km lane)", over_time=OverTime.MEAN),
    ] = None
    occupancy: Annotated[
        float | None,
        Measure(description="Share of the zone's area-time covered, 0..1.", digits=4, over_time=OverTime.MEAN),
    ] = None
    queue_m: Annotated[
        float | None,
        Measure(
            description="Longest standing queue in the zone; null without calibration.",
            unit="m",
            digits=1,
            over_time=OverTime.LARGEST,
        ),
    ] = None
    queue_veh: Annotated[
        float | None,
        Measure(
            description="Vehicles in the longest standing queue in the zone.",
            unit="veh",
            digits=1,
            over_time=OverTime.LARGEST,
        ),
    ] = None
    smp_h: SmpFlow = None
    saturation: Saturation = None
    level_of_service: Annotated[
        LevelOfService | None,
        Measure(
            description="Tingkat pelayanan by KM 14/2006; null for a road without a capacity.",
            over_time=OverTime.OF_SATURATION,
        ),
    ] = None
    emp_verified: EmpVerified = None
    level: Annotated[
        Level,
        Measure(
            description="Level of the interval's own speed, without dwell time: at a signal, a red phase shows.",
            over_time=OverTime.LONGEST_KNOWN,
        ),
    ]
    sight: DetectorSight = None
    coverage: ObservedShare


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneInterval(ZoneMeasures):
    """Measures of one zone from start_s to end_s."""

    zone: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChange:
    """Level of a zone at `t`: emitted when it changes (`previous` differs) and repeated once a minute.

    sight: of the detector; while it is blind, the level is unknown.
    """

    t: float
    zone: str
    level: Level
    previous: Level
    speed_kmh: ZoneSpeed = None
    free_flow_kmh: FreeFlowSpeed = None
    sight: PresentSight = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvidence:
    """Figures from which an incident was raised; None where they do not belong to its type."""

    road_user: Annotated[RoadUser | None, Measure(description="Class of the road user.")] = None
    duration_s: Annotated[float | None, Measure(description="Time from start to report.", unit="s")] = None
    passed_by: Annotated[int | None, Measure(description="Road users that drove past a stopped vehicle.")] = None
    against_m: Annotated[float | None, Measure(description="Distance driven the wrong way.", unit="m")] = None
    relative_speed: Annotated[float | None, Measure(description="Speed over free-flow speed, 0..1.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident: emitted when raised (`end_s` is None) and again, with the same `number`, when it is over.

    number: unique within the run of one `CameraAnalyzer`. start_s: best estimate of the beginning. detected_s: when the
    alert was raised, from earlier data alone. confidence: 0..1, see `analytics.incidents.confidence`. evidence: None
    where it was read from a source without it. reason: the evidence as a sentence in English.
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
    evidence: IncidentEvidence | None = None
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
