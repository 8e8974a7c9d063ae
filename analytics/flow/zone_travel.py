"""Time and distance that vehicles travel inside each zone, occluded vehicles included.

Missed frames cancel in the speed. A jittering box adds no distance: a vehicle's steps are signed along the road and
add up to its displacement. A vehicle against the legal direction adds its distance like any other.
"""

from collections.abc import Iterable, Sequence

from analytics.camera import Zone
from analytics.flow.edie_totals import EdieTotals
from analytics.flow.occlusion import OccludedVehicle, OcclusionImputer
from analytics.flow.zone_visits import VisitConfirmer, ZoneVisit
from analytics.geometry.homography import Homography
from analytics.geometry.zone_index import Directions, ZoneIndex, road_directions
from analytics.road_users import RoadUser
from analytics.tracks.scene import Scene
from analytics.tracks.trajectories import AnalyzedFrame, Trajectory


class ZoneTravelMeter:
    """Measures vehicle time and distance in the zones of one camera."""

    def __init__(self, zones: tuple[Zone, ...], homography: Homography | None) -> None:
        self._zone_index = ZoneIndex(zones)
        self._directions: Directions = road_directions(zones, homography)
        self._confirmer = VisitConfirmer(self._directions)
        self._imputer = OcclusionImputer(self._zone_index, self._directions, homography)
        self._visits: dict[int, ZoneVisit] = {}

    def __len__(self) -> int:
        return len(self._visits)

    @property
    def occluded(self) -> Sequence[OccludedVehicle]:
        """The vehicles imputed by the last `advance_occluded`."""
        return self._imputer.vehicles

    def observe(self, frame: AnalyzedFrame) -> EdieTotals:
        """Return what the detected vehicles travelled since their last detection, without time before a gap."""
        totals = EdieTotals.zeros(len(self._directions))
        if frame.step_s == 0:
            self._resume_after_gap(frame)
        if frame.trajectories and self._directions:
            membership = self._zone_index.membership(frame.pixels).tolist()
            for trajectory, inside in zip(frame.trajectories, membership, strict=True):
                if trajectory.road_user is not RoadUser.PERSON:
                    self._observe(trajectory, frame.t, inside, totals)
        return totals

    def _resume_after_gap(self, frame: AnalyzedFrame) -> None:
        """Continue visits from the current positions; drop vehicles in a zone that are not detected now."""
        detected = {trajectory.track for trajectory in frame.trajectories}
        self._visits = {track: v for track, v in self._visits.items() if track in detected or v.zone is None}
        for visit in self._visits.values():
            visit.t, visit.position = frame.t, visit.trajectory.positions[-1]

    def _observe(self, trajectory: Trajectory, t: float, inside: list[bool], totals: EdieTotals) -> None:
        visit = self._visits.get(trajectory.track)
        if visit is None:
            self._visits[trajectory.track] = ZoneVisit.start(trajectory, t, inside)
            return
        visit.advance(t, trajectory.positions[-1], inside, self._directions, totals)
        visit.end_occlusion()
        if visit.is_confirmable(t):
            self._confirm(visit, totals)

    def _confirm(self, visit: ZoneVisit, totals: EdieTotals) -> None:
        occluded = self._imputer.match(visit, self._visits.values())
        if occluded is None:
            self._confirmer.confirm(visit, totals)
            return
        del self._visits[occluded.trajectory.track]
        self._visits[visit.trajectory.track] = self._confirmer.resume(occluded, visit, totals)

    def advance_occluded(self, scene: Scene) -> EdieTotals:
        """Return what occluded vehicles travelled since the previous scene."""
        totals = EdieTotals.zeros(len(self._directions))
        for user in scene.road_users:
            if (visit := self._visits.get(user.trajectory.track)) is not None:
                visit.velocity = user.velocity
        for visit in self._imputer.advance(scene.t, self._visits.values(), totals):
            if self._imputer.is_over(visit, scene.t):
                del self._visits[visit.trajectory.track]
        return totals

    def drop(self, expired: Iterable[Trajectory]) -> list[tuple[int, float]]:
        """Drop visits whose tracks have ended, except occluded vehicles.

        Return (zone, mean speed in m/s) for each zone that a dropped vehicle drove through.
        """
        speeds = []
        for trajectory in expired:
            visit = self._visits.get(trajectory.track)
            if visit is None:
                continue
            if self._imputer.keeps(visit):
                visit.track_ended = True
                continue
            del self._visits[trajectory.track]
            speeds += visit.mean_speeds()
        return speeds
