"""Vehicles that stand in a live lane although they could drive on.

Not every standing vehicle is an incident: most wait in a queue or for a signal, some are parked. A vehicle has
stopped where

- it was seen driving before (what is parked throughout never was),
- nothing stands in its lane shortly ahead of it (followers wait for it, or for a signal further on),
- and where others would have to wait too (at a signal, in congestion), several of them have driven on past it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analytics.camera import Zone
from analytics.congestion import ZoneLevels
from analytics.facts import IncidentType, Level, RoadUser
from analytics.incidents.finding import Finding
from analytics.scene import Mover, Scene
from analytics.trajectories import Trajectory

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


@dataclass(slots=True)
class _Standing:
    """One vehicle that stands. near: tracks seen behind or beside it since. passed: when each of them drove on."""

    since: float
    near: set[int] = field(default_factory=set)
    passed: dict[int, float] = field(default_factory=dict)


class StoppedVehicles:
    """Finds stopped vehicles in zones with a legal direction."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._standing: dict[int, _Standing] = {}

    def __len__(self) -> int:
        return len(self._standing)

    def observe(self, scene: Scene, levels: ZoneLevels) -> list[Finding]:
        found: list[Finding] = []
        for k, zone in enumerate(self._zones):
            if zone.direction is None:
                continue
            waiting_is_normal = zone.signal_controlled or levels.levels[k] in (Level.CONGESTED, Level.JAMMED)
            vehicles = [mover for mover in scene.in_zone(k) if mover.is_vehicle]
            standing = [vehicle for vehicle in vehicles if self._note(vehicle, vehicles, scene.t)]
            found += [
                self._finding(vehicle, k, scene.t)
                for vehicle in standing
                if self._has_stopped(vehicle, vehicles, scene.t, waiting_is_normal)
            ]
        return found

    def _note(self, vehicle: Mover, others: Sequence[Mover], t: float) -> bool:
        """Update what is known about a standing vehicle; False for one that moves or was never seen to come."""
        track = vehicle.trajectory.track
        if vehicle.still_since is None or not _came_driving(vehicle):
            self._standing.pop(track, None)
            return False
        standing = self._standing.setdefault(track, _Standing(vehicle.still_since))
        for other in others:
            ahead = other.along - vehicle.along
            if -40 < ahead < PASSED_M / 2 and other is not vehicle:
                standing.near.add(other.trajectory.track)
            elif ahead >= PASSED_M and other.along_ms > PASSING_MS and other.trajectory.track in standing.near:
                standing.passed.setdefault(other.trajectory.track, t)
        return True

    def _has_stopped(self, vehicle: Mover, others: Sequence[Mover], t: float, waiting_is_normal: bool) -> bool:
        if vehicle.trajectory.road_user is RoadUser.BICYCLE or vehicle.still_for(t) < STANDING_S:
            return False
        if any(_blocks(other, vehicle) for other in others):
            return False
        if not waiting_is_normal:
            return True
        passed = self._standing[vehicle.trajectory.track].passed
        return len(passed) >= PASSED_BY and t - min(passed.values()) >= PASSED_FOR_S

    def _finding(self, vehicle: Mover, zone: int, t: float) -> Finding:
        standing = self._standing[vehicle.trajectory.track]
        passed = len(standing.passed)
        reason = (
            f"A {vehicle.trajectory.road_user.value} stands still since {vehicle.still_for(t):.0f} s in a live lane"
        )
        return Finding(
            type=IncidentType.STOPPED_VEHICLE,
            zone=zone,
            start_s=standing.since,
            pixel=vehicle.pixel,
            place=vehicle.trajectory.places[-1],
            confidence=min(0.95, 0.7 + 0.05 * passed),
            reason=reason
            + (f", and {passed} road users have driven past it." if passed else ", with the road ahead free."),
            track=vehicle.trajectory.track,
        )

    def forget(self, gone: Sequence[Trajectory]) -> None:
        for trajectory in gone:
            self._standing.pop(trajectory.track, None)
            for standing in self._standing.values():
                standing.near.discard(trajectory.track)


def _blocks(other: Mover, vehicle: Mover) -> bool:
    """Whether `other` stands or creeps in the lane shortly ahead of `vehicle`."""
    ahead, beside = other.along - vehicle.along, abs(other.across - vehicle.across)
    return 1.0 < ahead < LANE_AHEAD_M and beside < LANE_HALF_WIDTH_M and other.along_ms < PASSING_MS


def _came_driving(vehicle: Mover) -> bool:
    return vehicle.trajectory.travelled_m() > CAME_M
