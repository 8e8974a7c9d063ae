"""Ground truth of a recording, annotated by a person or recorded from a simulation, for the scoring of results.

Times are seconds from the first frame, speeds km/h, as in `analytics.facts`.
"""

from dataclasses import dataclass

from analytics.facts import Direction, IncidentType, Level
from analytics.road_users import RoadUser


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundTruthCrossing:
    """True crossing of a gate. alternative: second class that also counts as correct.

    optional: the crossing was not visible and need not be detected.
    """

    t: float
    gate: str
    direction: Direction
    road_user: RoadUser
    alternative: RoadUser | None = None
    optional: bool = False
    speed_kmh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundTruthIncident:
    """True incident. end_s: None where it outlasts the recording.

    onset_s: earliest and latest correct onset of congestion. detectable_s: earliest time at which it differs from
    ordinary traffic; None stands for `start_s`. area: (x1, y1, x2, y2) in pixels; None where it is not scored.
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
    """True values of one zone over one minute; None where a value is unknown. vehicles: number in the zone."""

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
    """Ground truth of one recording. from_s, until_s: span in which crossings are scored.

    ignored_incidents: they need not be reported, and a report of one is no false alarm.
    movements: number of road users by (origin, destination), all classes together.
    unseen: spans (from, until) without usable video; no other entry lies in them.
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
