"""What really happened on a road, as a person or a simulator wrote it down: the measure of what we say.

Times are seconds from the first frame, speeds km/h, as in `analytics.facts`.
"""

from dataclasses import dataclass

from analytics.facts import Direction, IncidentType, Level
from analytics.road_users import RoadUser


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundTruthCrossing:
    """alternative: a second class that is fair for it. optional: nobody could have seen it; it is not asked for."""

    t: float
    gate: str
    direction: Direction
    road_user: RoadUser
    alternative: RoadUser | None = None
    optional: bool = False
    speed_kmh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundTruthIncident:
    """end_s: None where it outlasts the recording. onset_s: earliest and latest fair onset of congestion.

    detectable_s: when it could first be told from something ordinary; None stands for `start_s`.
    area: (x1, y1, x2, y2) pixels in which it took position; None where that is not known, or not to be asked for.
    """

    type: IncidentType
    start_s: float
    end_s: float | None = None
    zone: str | None = None
    onset_s: tuple[float, float] | None = None
    detectable_s: float | None = None
    area: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundTruthInterval:
    """One zone over one minute. vehicles: how many were in it. None: not known."""

    zone: str
    start_s: float
    vehicles: int
    flow_veh_h: float | None = None
    speed_kmh: float | None = None
    density_veh_km_lane: float | None = None
    occupancy: float | None = None
    queue_m: float | None = None
    level: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundTruth:
    """All of one recording. from_s, until_s: the span in which crossings are counted.

    ignored_incidents: neither asked for nor held against the output.
    movements: road users by (origin, destination), all classes together.
    unseen: spans (from, until) in which nobody could see anything; there, all else is silent.
    """

    duration_s: float
    crossings: tuple[GroundTruthCrossing, ...] = ()
    incidents: tuple[GroundTruthIncident, ...] = ()
    ignored_incidents: tuple[GroundTruthIncident, ...] = ()
    intervals: tuple[GroundTruthInterval, ...] = ()
    movements: dict[tuple[str, str], int] | None = None
    from_s: float = float("-inf")
    until_s: float = float("inf")
    unseen: tuple[tuple[float, float], ...] = ()
