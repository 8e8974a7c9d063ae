"""Vehicles that stand in a live lane although they could drive on.

Not every standing vehicle is an incident: most wait in a queue or for a signal, some are parked. A vehicle has
stopped where

- it was seen driving before (what is parked throughout never was),
- nothing stands in its lane shortly ahead of it (followers wait for it, or for a signal further on),
- and where others would have to wait too (at a signal, in congestion), several of them have driven on past it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Zone
from analytics.facts import IncidentType, Level
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.incidents.base import IncidentCandidate
from analytics.road_users import RoadUser
from analytics.tracks.scene import RoadUserState, Scene
from analytics.tracks.trajectories import Trajectory

STANDING_S = 8.0
"""On a road that flows."""

CAME_M = 4.0
"""Driven before it stopped."""

LANE_AHEAD_M = 14.0
LANE_HALF_WIDTH_M = 1.8

PASSED_BY = 3
"""Road users that must have driven on past it where waiting is normal."""

PASSED_FOR_S = 6.0
"""Since the first of them; the vehicle itself would have followed by then."""

PASSING_MS = 3.0
PASSED_M = 10.0
NEAR_BEHIND_M = 40.0

QUEUE_AHEAD_M = 40.0
ROAD_HALF_WIDTH_M = 6.0
"""Something slow within this reach ahead means that a queue may be what holds the vehicle up."""

MAX_DETECTION_AGE_S = 0.7
"""Nothing is said about a vehicle that is not seen for longer: it may have driven on."""

STAYS_M = 3.0
"""A vehicle once found to have stopped stands on while it is this near, however its box jitters."""

EXCHANGED_S = 15.0
"""A track that leaves may have been taken over by somebody who drove past; who then appears where it stood, stands
there yet."""

IGNORED_CLASSES = (RoadUser.BICYCLE, RoadUser.PERSON)


@dataclass(slots=True)
class _Standing:
    """A vehicle that stands. near: tracks seen behind or beside it since. passed: when each of them drove on.

    found: to have stopped.
    """

    since: float
    vehicle: RoadUserState
    near: set[int] = field(default_factory=set)
    passed: dict[int, float] = field(default_factory=dict)
    found: bool = False

    def note(
        self, tracks: NDArray[np.int64], ahead: NDArray[np.float64], along_ms: NDArray[np.float64], t: float
    ) -> None:
        """All arrays (V,): of the vehicles in view."""
        passing = (ahead >= PASSED_M) & (along_ms > PASSING_MS)
        for track in tracks[passing].tolist():
            if track in self.near:
                self.passed.setdefault(track, t)
        self.near.update(tracks[(ahead > -NEAR_BEHIND_M) & (ahead < PASSED_M / 2)].tolist())

    def was_passed(self, t: float) -> bool:
        return len(self.passed) >= PASSED_BY and t - min(self.passed.values()) >= PASSED_FOR_S


class StoppedVehicles:
    """Finds stopped vehicles in zones with a legal direction."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._standing: dict[int, _Standing] = {}
        self._left: list[tuple[float, RoadUserState]] = []

    def __len__(self) -> int:
        return len(self._standing) + len(self._left)

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        self._left = [(t, vehicle) for t, vehicle in self._left if scene.t - t <= EXCHANGED_S]
        return [
            self._finding(vehicle, k, scene.t)
            for k, zone in enumerate(self._zones)
            if zone.direction is not None
            for vehicle in scene.in_zone(k)
            if self._has_stopped(vehicle, k, scene, levels.levels[k])
        ]

    def _has_stopped(self, vehicle: RoadUserState, k: int, scene: Scene, level: Level) -> bool:
        standing = self._standing_of(vehicle, scene)
        if standing is None or scene.t - vehicle.trajectory.last_seen > MAX_DETECTION_AGE_S:
            return False
        if standing.found:
            return True
        vehicles = np.array([user.is_vehicle for user in scene.road_users])
        tracks = np.array([user.trajectory.track for user in scene.road_users])[vehicles]
        ahead, beside = (metres[vehicles] for metres in scene.offsets(vehicle, k))
        along_ms = scene.speeds_along_ms(k)[vehicles]
        standing.note(tracks, ahead, along_ms, scene.t)
        slow_ahead = (
            (ahead > 1.0) & (ahead < QUEUE_AHEAD_M) & (beside < ROAD_HALF_WIDTH_M) & (np.abs(along_ms) < PASSING_MS)
        )
        in_lane = slow_ahead & (ahead < LANE_AHEAD_M) & (beside < LANE_HALF_WIDTH_M)
        if vehicle.stationary_s(scene.t) < STANDING_S or in_lane.any():
            return False
        waiting_is_normal = (
            self._zones[k].signal_controlled or level in (Level.CONGESTED, Level.JAMMED) or slow_ahead.any()
        )
        standing.found = not waiting_is_normal or standing.was_passed(scene.t)
        return standing.found

    def _standing_of(self, vehicle: RoadUserState, scene: Scene) -> _Standing | None:
        """What is known about a vehicle that stands; None for one that moves, is parked, or may stand there."""
        track = vehicle.trajectory.track
        known = self._standing.get(track)
        if known is not None and known.found and scene.distance(known.vehicle, vehicle) < STAYS_M:
            return known
        if vehicle.stationary_since is None or vehicle.trajectory.road_user in IGNORED_CLASSES:
            if known is not None:
                self._left.append((scene.t, self._standing.pop(track).vehicle))
            return None
        if track not in self._standing:
            if vehicle.trajectory.travelled_m() >= CAME_M:
                self._standing[track] = _Standing(vehicle.stationary_since, vehicle)
            elif (lost := self._lost_at(vehicle)) is not None:
                self._standing[track] = self._standing.pop(lost)
            elif any(_is_there(vehicle, left) for _, left in self._left):
                self._standing[track] = _Standing(vehicle.stationary_since, vehicle)
        return self._standing.get(track)

    def _lost_at(self, vehicle: RoadUserState) -> int | None:
        """The track that stood where `vehicle` appears, and was lost: the same vehicle under another id."""
        for track, standing in self._standing.items():
            gone = standing.vehicle.trajectory.last_seen < vehicle.trajectory.times[0]
            if gone and _is_there(vehicle, standing.vehicle):
                return track
        return None

    def _finding(self, vehicle: RoadUserState, zone: int, t: float) -> IncidentCandidate:
        standing = self._standing[vehicle.trajectory.track]
        passed = len(standing.passed)
        evidence = f"and {passed} road users have driven past it" if passed else "with the road ahead free"
        what, seconds = vehicle.trajectory.road_user.value, vehicle.stationary_s(t)
        return IncidentCandidate(
            type=IncidentType.STOPPED_VEHICLE,
            zone=zone,
            start_s=standing.since,
            seen_s=vehicle.trajectory.last_seen,
            pixel=vehicle.pixel,
            position=vehicle.position,
            confidence=min(0.95, 0.7 + 0.05 * passed),
            reason=f"A {what} has stood still for {seconds:.0f} s in a live lane, {evidence}.",
            track=vehicle.trajectory.track,
        )

    def drop(self, gone: Sequence[Trajectory]) -> None:
        for trajectory in gone:
            self._standing.pop(trajectory.track, None)
            for standing in self._standing.values():
                standing.near.discard(trajectory.track)


def _is_there(vehicle: RoadUserState, stood: RoadUserState) -> bool:
    """Whether it is where the other stood."""
    u, v = (a - b for a, b in zip(stood.pixel, vehicle.pixel, strict=True))
    return hypot(u, v) < vehicle.trajectory.height / 2
