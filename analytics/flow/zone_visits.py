"""Time and distance of one vehicle in each zone, added to totals after several detections confirm it."""

from dataclasses import dataclass
from math import hypot

from analytics.facts import GroundPoint
from analytics.flow.edie_totals import EdieTotals
from analytics.geometry.zone_index import Directions
from analytics.road_users import ROAD_USERS
from analytics.tracks.trajectories import Trajectory

OCCLUDED_AFTER_S = 0.6
"""Seconds without a detection after which a vehicle is occluded; a shorter gap is a missed frame or two [assumption].
"""

CONFIRMED_AFTER_S = 0.5
"""Seconds of track needed to confirm a visit; a shorter track may be a false detection [assumption]."""

MIN_DETECTIONS = 4
"""Detections needed to confirm a visit [assumption]."""

ENTERED_AFTER_S = 0.5
"""Seconds inside a zone after which a vehicle has entered it; less is the edge of a box [assumption]."""

MIN_PASSAGE_M = 8.0
"""Metres inside a zone below which a visit gives no mean speed for free flow [assumption]."""

HEADING_POINTS = 8
"""Points of the path over which a heading is measured in a zone without direction [assumption]."""

_CLASS_ID = {road_user: k for k, road_user in enumerate(ROAD_USERS)}
"""Column of each class in `EdieTotals`."""


@dataclass(slots=True, eq=False)
class ZoneVisit:
    """Time and distance of one vehicle inside each zone, up to time `t` and `position` (metres).

    inside, seconds, metres: per zone. start_zone: zone of its first detection, so that the vehicle was not observed to
    enter it; None for others. confirmed: no false detection; until then nothing is added to totals. velocity: (x, y)
    m/s at the last detection. track_ended: the tracker has dropped the track. imputed_ms: last imputed speed along the
    road, m/s. exposed_s: seconds without detection and without cover.
    """

    trajectory: Trajectory
    t: float
    position: GroundPoint
    inside: list[bool]
    start_zone: int | None
    seconds: list[float]
    metres: list[float]
    confirmed: bool = False
    velocity: tuple[float, float] = (0.0, 0.0)
    track_ended: bool = False
    imputed_ms: float | None = None
    exposed_s: float = 0.0

    @classmethod
    def start(cls, trajectory: Trajectory, t: float, inside: list[bool]) -> "ZoneVisit":
        start_zone = inside.index(True) if True in inside and trajectory.first_seen == t else None
        zeros = [0.0] * len(inside)
        return cls(trajectory, t, trajectory.positions[-1], inside, start_zone, zeros, zeros.copy())

    @property
    def zone(self) -> int | None:
        """Index of the first zone that the vehicle is in."""
        return self.inside.index(True) if True in self.inside else None

    @property
    def class_id(self) -> int:
        return _CLASS_ID[self.trajectory.road_user]

    def occluded_s(self, t: float) -> float:
        """Seconds since the last detection."""
        return t - self.trajectory.last_seen

    def is_occluded(self, t: float) -> bool:
        return self.occluded_s(t) >= OCCLUDED_AFTER_S

    def end_occlusion(self) -> None:
        """Forget what was imputed: the vehicle is detected again."""
        self.imputed_ms, self.exposed_s = None, 0.0

    def advance(
        self, t: float, position: GroundPoint, inside: list[bool], directions: Directions, totals: EdieTotals
    ) -> None:
        """Move to a position at `t`. A confirmed visit adds its time and distance to the totals.

        A step over the edge of a zone counts half for that zone.
        """
        for k, (before, now) in enumerate(zip(self.inside, inside, strict=True)):
            if before or now:
                share = (before + now) / 2
                seconds = share * (t - self.t)
                along_x, along_y = directions[k] or _heading(self.trajectory)
                x, y = position[0] - self.position[0], position[1] - self.position[1]
                metres = share * (x * along_x + y * along_y)
                if self.confirmed:
                    totals.add(k, self.class_id, seconds, abs(self.metres[k] + metres) - abs(self.metres[k]))
                    if self.seconds[k] < ENTERED_AFTER_S <= self.seconds[k] + seconds:
                        totals.add_entry(k, self.class_id)
                self.seconds[k] += seconds
                self.metres[k] += metres
        self.t, self.position, self.inside = t, position, inside

    def is_confirmable(self, t: float) -> bool:
        """Whether its track is long enough to be no false detection."""
        return (
            not self.confirmed
            and len(self.trajectory.times) >= MIN_DETECTIONS
            and t - self.trajectory.first_seen >= CONFIRMED_AFTER_S
        )

    def mean_speeds(self) -> list[tuple[int, float]]:
        """Return (zone, mean speed in m/s) of each zone that the vehicle drove through."""
        return [
            (k, metres / seconds)
            for k, (seconds, metres) in enumerate(zip(self.seconds, self.metres, strict=True))
            if seconds > ENTERED_AFTER_S and metres > MIN_PASSAGE_M
        ]


class VisitConfirmer:
    """Confirms visits, and adds what they accumulated before to the totals."""

    def __init__(self, directions: Directions) -> None:
        self._directions = directions

    def confirm(self, visit: ZoneVisit, totals: EdieTotals) -> None:
        """Confirm a new vehicle and add its time and distance so far."""
        visit.confirmed = True
        for k, (seconds, metres) in enumerate(zip(visit.seconds, visit.metres, strict=True)):
            if seconds > 0:
                totals.add(k, visit.class_id, seconds, abs(metres))
                if seconds >= ENTERED_AFTER_S:
                    totals.add_entry(k, visit.class_id)

    def resume(self, occluded: ZoneVisit, newcomer: ZoneVisit, totals: EdieTotals) -> ZoneVisit:
        """Return the visit of an occluded vehicle, continued by the track under which it reappeared.

        The step from its imputed position to the position of the new track is added to the totals.
        """
        resumed = ZoneVisit(
            trajectory=newcomer.trajectory,
            t=occluded.t,
            position=occluded.position,
            inside=occluded.inside,
            start_zone=newcomer.start_zone,
            seconds=occluded.seconds,
            metres=occluded.metres,
            confirmed=True,
            velocity=newcomer.velocity,
            track_ended=newcomer.track_ended,
        )
        resumed.advance(newcomer.t, newcomer.position, newcomer.inside, self._directions, totals)
        return resumed


def _heading(trajectory: Trajectory) -> tuple[float, float]:
    """Unit vector of the recent path; (0, 0) where the road user has not moved."""
    first = max(0, len(trajectory.positions) - HEADING_POINTS)
    (x, y), (x0, y0) = trajectory.positions[-1], trajectory.positions[first]
    length = hypot(x - x0, y - y0)
    return ((x - x0) / length, (y - y0) / length) if length > 0 else (0.0, 0.0)
