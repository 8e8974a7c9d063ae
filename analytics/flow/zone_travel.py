"""How long and how far vehicles travelled inside each zone: what flow, density and space-mean speed are made of.

Edie's generalised definitions (L. C. Edie, "Discussion of traffic stream measurements and definitions", 1963; see
also Daganzo, Fundamentals of Transportation and Traffic Operations, 1997, ch. 4): over a stretch of road of length L
and a time T, density is the total time spent in it over L T, flow the total distance travelled over L T, and
space-mean speed their quotient, distance over time. Missed frames cancel in the speed, and a jittering box adds no
distance, because a vehicle's steps are signed along the road and add up to its way; one that drives against the
traffic has gone as far as another. OccludedVehicle vehicles spend time too: see `analytics.flow.occlusion`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot, isnan

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Zone
from analytics.flow.occlusion import MAX_OCCLUSION_S, OCCLUDED_AFTER_S, impute_speeds, match_reappeared
from analytics.geometry.homography import Homography
from analytics.geometry.zone_index import ZoneIndex, road_directions
from analytics.road_users import ROAD_USERS, TYPICAL_LENGTH_M, RoadUser
from analytics.tracks.scene import Scene
from analytics.tracks.trajectories import AnalyzedFrame, Trajectory

LENGTHS_M = np.array([TYPICAL_LENGTH_M[road_user] for road_user in ROAD_USERS])

CONFIRMED_AFTER_S = 0.5
MIN_DETECTIONS = 4
"""Sightings; who is seen less often or less long may be a false box, and spends no time on the road."""

ENTERED_AFTER_S = 0.5
MIN_PASSAGE_M = 8.0
"""Whoever went less far inside a zone tells nothing about its speed."""

_HEADING_STEPS = 8
_COLUMN = {road_user: k for k, road_user in enumerate(ROAD_USERS)}
_LIGHT = (RoadUser.MOTORCYCLE, RoadUser.BICYCLE)


@dataclass(frozen=True, slots=True)
class EdieTotals:
    """What was added to each zone, by class: arrays (Z, classes), classes in the order of `ROAD_USERS`.

    seconds_by_class: vehicle-seconds. metres_by_class: vehicle-metres along the road. entered_by_class: vehicles that
    have now been inside for `ENTERED_AFTER_S`. Without `_by_class`: sums over the classes, (Z,).
    """

    seconds_by_class: NDArray[np.float64]
    metres_by_class: NDArray[np.float64]
    entered_by_class: NDArray[np.float64]

    @classmethod
    def zeros(cls, zones: int) -> "EdieTotals":
        return cls(*np.zeros((3, zones, len(ROAD_USERS))))

    def __add__(self, other: "EdieTotals") -> "EdieTotals":
        return EdieTotals(
            self.seconds_by_class + other.seconds_by_class,
            self.metres_by_class + other.metres_by_class,
            self.entered_by_class + other.entered_by_class,
        )

    def add(self, zone: int, column: int, seconds: float, metres: float) -> None:
        """column: of the class."""
        self.seconds_by_class[zone, column] += seconds
        self.metres_by_class[zone, column] += metres

    @property
    def seconds(self) -> NDArray[np.float64]:
        return np.asarray(self.seconds_by_class.sum(axis=1))

    @property
    def metres(self) -> NDArray[np.float64]:
        return np.asarray(self.metres_by_class.sum(axis=1))

    @property
    def entered(self) -> NDArray[np.float64]:
        return np.asarray(self.entered_by_class.sum(axis=1))

    @property
    def length_seconds(self) -> NDArray[np.float64]:
        """(Z,) vehicle length times seconds, in m s."""
        return np.asarray(self.seconds_by_class @ LENGTHS_M)


@dataclass(slots=True, eq=False)
class _ZoneVisit:
    """One vehicle's way through the zones, told up to `t`, when it was at `position`.

    inside, seconds, metres: for each zone. believed: no false box; before, its way is kept but not told.
    began_inside: first seen where it cannot have come from without being seen. velocity: (x, y) m/s when last seen.
    forgotten: by everybody else.
    """

    trajectory: Trajectory
    t: float
    position: tuple[float, float]
    inside: list[bool]
    began_inside: bool
    seconds: list[float]
    metres: list[float]
    believed: bool = False
    velocity: tuple[float, float] = (0.0, 0.0)
    forgotten: bool = False

    @property
    def zone(self) -> int | None:
        """The first of the zones it is in."""
        return self.inside.index(True) if True in self.inside else None

    def hidden_s(self, t: float) -> float:
        return t - self.trajectory.last_seen

    def is_hidden(self, t: float) -> bool:
        return self.hidden_s(t) >= OCCLUDED_AFTER_S


@dataclass(frozen=True, slots=True)
class OccludedVehicle:
    """A vehicle that is reckoned to be in a zone without being seen. position: metres. speed_ms: along the road."""

    zone: int
    position: tuple[float, float]
    speed_ms: float
    road_user: RoadUser


class ZoneTravelMeter:
    """Measures the steps of vehicles inside the zones of one camera.

    OccludedVehicle vehicles are reckoned with where there is a homography, in zones with a legal direction.
    """

    def __init__(self, zones: tuple[Zone, ...], homography: Homography | None) -> None:
        self._map = ZoneIndex(zones)
        self._homography = homography
        self._directions: list[tuple[float, float] | None] = [
            None if isnan(x) else (x, y) for x, y in road_directions(zones, homography).tolist()
        ]
        self._stays: dict[int, _ZoneVisit] = {}
        self._hidden: list[OccludedVehicle] = []

    def __len__(self) -> int:
        return len(self._stays)

    @property
    def hidden(self) -> Sequence[OccludedVehicle]:
        """As reckoned by the last `advance_occluded`."""
        return self._hidden

    def observe(self, look: AnalyzedFrame) -> EdieTotals:
        """What those who are seen travelled since they were seen last. What happened in a gap is not told."""
        travel = EdieTotals.zeros(len(self._directions))
        if look.step_s == 0:
            self._bridge_gap(look)
        if look.trajectories:
            for trajectory, inside in zip(look.trajectories, self._map.membership(look.pixels).tolist(), strict=True):
                if trajectory.road_user is not RoadUser.PERSON:
                    self._see(trajectory, look.t, inside, travel)
        return travel

    def _bridge_gap(self, look: AnalyzedFrame) -> None:
        """Go on from where everybody is now; who is not seen now may be anywhere."""
        seen = {trajectory.track for trajectory in look.trajectories}
        self._stays = {track: stay for track, stay in self._stays.items() if track in seen or stay.zone is None}
        for stay in self._stays.values():
            stay.t, stay.position = look.t, stay.trajectory.positions[-1]

    def _see(self, trajectory: Trajectory, t: float, inside: list[bool], travel: EdieTotals) -> None:
        position, stay = trajectory.positions[-1], self._stays.get(trajectory.track)
        if stay is None:
            nothing = [0.0] * len(inside)
            self._stays[trajectory.track] = _ZoneVisit(
                trajectory, t, position, inside, any(inside) and trajectory.first_seen == t, nothing, nothing.copy()
            )
            return
        self._step(stay, t, position, inside, travel)
        if (
            not stay.believed
            and len(trajectory.times) >= MIN_DETECTIONS
            and t - trajectory.first_seen >= CONFIRMED_AFTER_S
        ):
            self._believe(stay, travel)

    def _step(
        self, stay: _ZoneVisit, t: float, position: tuple[float, float], inside: list[bool], travel: EdieTotals
    ) -> None:
        """Add the way since the last step. A step over a zone's edge counts half."""
        column = _COLUMN[stay.trajectory.road_user]
        for k, (before, now) in enumerate(zip(stay.inside, inside, strict=True)):
            if before or now:
                share = (before + now) / 2
                seconds = share * (t - stay.t)
                metres = share * self._along(
                    k, stay.trajectory, position[0] - stay.position[0], position[1] - stay.position[1]
                )
                if stay.believed:
                    travel.add(k, column, seconds, abs(stay.metres[k] + metres) - abs(stay.metres[k]))
                    travel.entered_by_class[k, column] += stay.seconds[k] < ENTERED_AFTER_S <= stay.seconds[k] + seconds
                stay.seconds[k] += seconds
                stay.metres[k] += metres
        stay.t, stay.position, stay.inside = t, position, inside

    def _along(self, zone: int, trajectory: Trajectory, x: float, y: float) -> float:
        """Signed metres along the zone's road; along the road user's own heading where it has no direction."""
        along_x, along_y = self._directions[zone] or _heading(trajectory)
        return x * along_x + y * along_y

    def _believe(self, stay: _ZoneVisit, travel: EdieTotals) -> None:
        """Tell its way so far; if it is one that was hidden, the way from where that one was reckoned to be."""
        stay.believed = True
        before = self._reappeared(stay) if stay.began_inside else None
        if before is not None:
            del self._stays[before.trajectory.track]
            now = stay.t, stay.position, stay.inside
            stay.t, stay.position, stay.inside = before.t, before.position, before.inside
            stay.seconds, stay.metres = before.seconds, before.metres
            self._step(stay, *now, travel)
            return
        column = _COLUMN[stay.trajectory.road_user]
        for k, (seconds, metres) in enumerate(zip(stay.seconds, stay.metres, strict=True)):
            if seconds > 0:
                travel.add(k, column, seconds, abs(metres))
                travel.entered_by_class[k, column] += seconds >= ENTERED_AFTER_S

    def _reappeared(self, newcomer: _ZoneVisit) -> _ZoneVisit | None:
        zone = newcomer.zone
        direction = None if zone is None else self._directions[zone]
        if zone is None or direction is None:
            return None
        light = newcomer.trajectory.road_user in _LIGHT
        hidden = [
            stay
            for stay in self._hidden_at(newcomer.t)
            if stay.trajectory.last_seen <= newcomer.trajectory.first_seen + OCCLUDED_AFTER_S / 2
            and stay.inside[zone]
            and (stay.trajectory.road_user in _LIGHT) == light
        ]
        positions = np.array([stay.position for stay in hidden]).reshape(-1, 2)
        which = match_reappeared(
            newcomer.position, positions, [stay.hidden_s(newcomer.t) for stay in hidden], direction
        )
        return None if which is None else hidden[which]

    def _hidden_at(self, t: float) -> list[_ZoneVisit]:
        if self._homography is None:
            return []
        return [s for s in self._stays.values() if s.believed and s.zone is not None and s.is_hidden(t)]

    def advance_occluded(self, scene: Scene) -> EdieTotals:
        """What the hidden travelled since the scene before."""
        travel, self._hidden = EdieTotals.zeros(len(self._directions)), []
        for user in scene.road_users:
            if (stay := self._stays.get(user.trajectory.track)) is not None:
                stay.velocity = user.velocity
        hidden = self._hidden_at(scene.t)
        where = [stay.zone for stay in hidden]
        for k, direction in enumerate(self._directions):
            here = [stay for stay, zone in zip(hidden, where, strict=True) if zone == k]
            if here and direction is not None:
                self._carry_on_in(k, direction, here, scene.t, travel)
        for stay in hidden:
            if stay.hidden_s(scene.t) > MAX_OCCLUSION_S or (stay.forgotten and stay.zone is None):
                del self._stays[stay.trajectory.track]
        return travel

    def _carry_on_in(
        self, zone: int, direction: tuple[float, float], hidden: list[_ZoneVisit], t: float, travel: EdieTotals
    ) -> None:
        assert self._homography is not None
        # Who was in the zone and stands just outside, at the stop line, holds up those behind as well.
        seen = [s for s in self._stays.values() if s.believed and s.seconds[zone] > 0 and not s.is_hidden(t)]
        positions = np.array([stay.position for stay in hidden])
        seen_positions = np.array([stay.position for stay in seen]).reshape(-1, 2)
        speeds = impute_speeds(
            seen_positions - positions[:, None],
            np.array([stay.velocity for stay in seen]).reshape(-1, 2) @ direction,
            np.array([stay.velocity for stay in hidden]) @ direction,
            np.array([stay.hidden_s(t) for stay in hidden]),
            direction,
        )
        seconds = t - np.array([stay.t for stay in hidden])
        positions += (speeds * seconds)[:, None] * direction
        membership = self._map.membership(self._homography.to_pixels(positions)).tolist()
        for stay, (x, y), speed_ms, inside in zip(hidden, positions.tolist(), speeds.tolist(), membership, strict=True):
            self._step(stay, t, (x, y), inside, travel)
            self._hidden.append(OccludedVehicle(zone, (x, y), speed_ms, stay.trajectory.road_user))

    def drop(self, gone: Iterable[Trajectory]) -> list[tuple[int, float]]:
        """Drop who is gone, but for the hidden; return (zone, mean speed in m/s) of each who went through a zone."""
        passed = []
        for trajectory in gone:
            stay = self._stays.get(trajectory.track)
            if stay is None:
                continue
            if self._homography is not None and stay.believed and stay.zone is not None:
                stay.forgotten = True
                continue
            del self._stays[trajectory.track]
            passed += [
                (k, metres / seconds)
                for k, (seconds, metres) in enumerate(zip(stay.seconds, stay.metres, strict=True))
                if seconds > ENTERED_AFTER_S and metres > MIN_PASSAGE_M
            ]
        return passed


def _heading(trajectory: Trajectory) -> tuple[float, float]:
    (x, y), (x0, y0) = (
        trajectory.positions[-1],
        trajectory.positions[max(0, len(trajectory.positions) - _HEADING_STEPS)],
    )
    length = hypot(x - x0, y - y0)
    return ((x - x0) / length, (y - y0) / length) if length > 0 else (0.0, 0.0)
