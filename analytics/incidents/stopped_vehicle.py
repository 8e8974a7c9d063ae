"""Vehicles that stand in a live lane although the road ahead is free.

Most standing vehicles wait in a queue or for a signal, and some are parked. A vehicle has stopped if

- it was observed driving before (a parked vehicle was not),
- nothing stands in its lane shortly ahead of it (followers wait for that vehicle, or for a signal further on),
- and, where waiting is normal (at a signal, in congestion), several vehicles have driven past it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Zone
from analytics.facts import IncidentEvidence, IncidentType, Level
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.incidents.base import IncidentCandidate
from analytics.incidents.confidence import incident_confidence
from analytics.road_users import RoadUser
from analytics.tracks.scene import RoadUserState, Scene
from analytics.tracks.trajectories import Trajectory

MIN_STATIONARY_S = 8.0
"""Seconds stationary before an incident is raised on a flowing road [assumption]."""

MIN_DRIVEN_M = 4.0
"""Metres driven before the stop; a parked vehicle has driven less [assumption]."""

LANE_AHEAD_M, LANE_HALF_WIDTH_M = 14.0, 1.8
"""Length and half width (m) of the lane ahead, in which a slow vehicle holds up this one [assumption]."""

MIN_AHEAD_M = 1.0
"""Metres ahead from which another vehicle counts as ahead [assumption]."""

MIN_PASSED_BY = 3
"""Road users that must drive past the vehicle where waiting is normal [assumption]."""

MIN_PASSED_S = 6.0
"""Seconds since the first of them; a waiting vehicle would have followed by then [assumption]."""

PASSING_MS = 3.0
"""Speed (m/s) above which a vehicle drives past, and below which it is slow [assumption]."""

PASSED_M = 10.0
"""Metres ahead at which a vehicle has driven past [assumption]."""

NEAR_BEHIND_M = 40.0
"""Metres behind within which a vehicle may drive past later [assumption]."""

QUEUE_AHEAD_M, ROAD_HALF_WIDTH_M = 40.0, 6.0
"""Length and half width (m) of the road ahead in which a slow vehicle suggests a queue [assumption]."""

MAX_DETECTION_AGE_S = 0.7
"""Seconds since the last detection beyond which a vehicle may have driven on [assumption]."""

SAME_POSITION_M = 3.0
"""Metres from its position within which a stopped vehicle remains stopped, despite jitter [assumption]."""

TRACK_SWITCH_S = 15.0
"""Seconds for which a track that drives off may have been switched to a passing vehicle [assumption].

A new track at the position that it left is then the stopped vehicle.
"""

IGNORED_CLASSES = (RoadUser.BICYCLE, RoadUser.PERSON)
"""Classes that are not reported as stopped [assumption]."""


@dataclass(slots=True)
class _StandingVehicle:
    """A stationary vehicle. near: tracks behind or beside it since. passed: when each of them drove past.

    stopped: it was reported as an incident.
    """

    since: float
    vehicle: RoadUserState
    near: set[int] = field(default_factory=set)
    passed: dict[int, float] = field(default_factory=dict)
    stopped: bool = False

    def add_traffic(
        self, tracks: NDArray[np.int64], ahead: NDArray[np.float64], along_ms: NDArray[np.float64], t: float
    ) -> None:
        """Record the vehicles of a scene that are near, and those that drove past. All arrays are (V,)."""
        passing = (ahead >= PASSED_M) & (along_ms > PASSING_MS)
        for track in tracks[passing].tolist():
            if track in self.near:
                self.passed.setdefault(track, t)
        self.near.update(tracks[(ahead > -NEAR_BEHIND_M) & (ahead < PASSED_M / 2)].tolist())

    def was_passed(self, t: float) -> bool:
        return len(self.passed) >= MIN_PASSED_BY and t - min(self.passed.values()) >= MIN_PASSED_S


class StoppedVehicles:
    """Finds stopped vehicles in zones with a legal direction."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._standing: dict[int, _StandingVehicle] = {}
        self._left: list[tuple[float, RoadUserState]] = []

    def __len__(self) -> int:
        return len(self._standing) + len(self._left)

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        self._left = [(t, vehicle) for t, vehicle in self._left if scene.t - t <= TRACK_SWITCH_S]
        return [
            self._candidate(vehicle, k, scene.t)
            for k, direction in enumerate(scene.directions)
            if direction is not None
            for vehicle in scene.in_zone(k)
            if self._has_stopped(vehicle, k, direction, scene, levels.levels[k])
        ]

    def _has_stopped(
        self, vehicle: RoadUserState, k: int, direction: tuple[float, float], scene: Scene, level: Level
    ) -> bool:
        standing = self._standing_vehicle(vehicle, scene)
        if standing is None or scene.t - vehicle.trajectory.last_seen > MAX_DETECTION_AGE_S:
            return False
        if standing.stopped:
            return True
        vehicles = np.array([user.is_vehicle for user in scene.road_users])
        tracks = np.array([user.trajectory.track for user in scene.road_users])[vehicles]
        ahead, beside = (metres[vehicles] for metres in scene.offsets(vehicle, direction))
        along_ms = scene.speeds_along_ms(direction)[vehicles]
        standing.add_traffic(tracks, ahead, along_ms, scene.t)
        slow_ahead = (
            (ahead > MIN_AHEAD_M)
            & (ahead < QUEUE_AHEAD_M)
            & (beside < ROAD_HALF_WIDTH_M)
            & (np.abs(along_ms) < PASSING_MS)
        )
        in_lane = slow_ahead & (ahead < LANE_AHEAD_M) & (beside < LANE_HALF_WIDTH_M)
        if vehicle.stationary_s(scene.t) < MIN_STATIONARY_S or in_lane.any():
            return False
        waiting_is_normal = (
            self._zones[k].signal_controlled or level in (Level.CONGESTED, Level.JAMMED) or slow_ahead.any()
        )
        standing.stopped = not waiting_is_normal or standing.was_passed(scene.t)
        return standing.stopped

    def _standing_vehicle(self, vehicle: RoadUserState, scene: Scene) -> _StandingVehicle | None:
        """Return the record of a stationary vehicle, or None for one that moves or is parked."""
        track = vehicle.trajectory.track
        known = self._standing.get(track)
        if known is not None and known.stopped and scene.distance(known.vehicle, vehicle) < SAME_POSITION_M:
            return known
        if vehicle.stationary_since is None or vehicle.trajectory.road_user in IGNORED_CLASSES:
            if known is not None:
                self._left.append((scene.t, self._standing.pop(track).vehicle))
            return None
        if track not in self._standing:
            if vehicle.trajectory.travelled_m() >= MIN_DRIVEN_M:
                self._standing[track] = _StandingVehicle(vehicle.stationary_since, vehicle)
            elif (lost := self._lost_track_at(vehicle)) is not None:
                self._standing[track] = self._standing.pop(lost)
            elif any(_is_same_position(vehicle, left) for _, left in self._left):
                self._standing[track] = _StandingVehicle(vehicle.stationary_since, vehicle)
        return self._standing.get(track)

    def _lost_track_at(self, vehicle: RoadUserState) -> int | None:
        """Return the lost track of a vehicle that stood at this position: the same vehicle under another id."""
        for track, standing in self._standing.items():
            lost = standing.vehicle.trajectory.last_seen < vehicle.trajectory.times[0]
            if lost and _is_same_position(vehicle, standing.vehicle):
                return track
        return None

    def _candidate(self, vehicle: RoadUserState, zone: int, t: float) -> IncidentCandidate:
        standing = self._standing[vehicle.trajectory.track]
        passed = len(standing.passed)
        return IncidentCandidate(
            type=IncidentType.STOPPED_VEHICLE,
            zone=zone,
            start_s=standing.since,
            seen_s=vehicle.trajectory.last_seen,
            pixel=vehicle.pixel,
            position=vehicle.position,
            confidence=incident_confidence(IncidentType.STOPPED_VEHICLE, passed),
            evidence=IncidentEvidence(
                road_user=vehicle.trajectory.road_user, duration_s=vehicle.stationary_s(t), passed_by=passed
            ),
            track=vehicle.trajectory.track,
        )

    def drop(self, expired: Sequence[Trajectory]) -> None:
        for trajectory in expired:
            self._standing.pop(trajectory.track, None)
            for standing in self._standing.values():
                standing.near.discard(trajectory.track)


def _is_same_position(vehicle: RoadUserState, other: RoadUserState) -> bool:
    """Whether the vehicle is within half its box height of the other's position in the image."""
    u, v = (a - b for a, b in zip(other.pixel, vehicle.pixel, strict=True))
    return hypot(u, v) < vehicle.trajectory.height / 2
