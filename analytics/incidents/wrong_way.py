"""Vehicles that drive against the legal direction of their carriageway."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.camera import Zone
from analytics.congestion import ZoneLevels
from analytics.facts import IncidentType
from analytics.incidents.finding import Finding
from analytics.scene import Mover, Scene
from analytics.trajectories import Trajectory

AGAINST_MS = 2.0
AGAINST_M = 8.0
"""Driven against the direction inside the zone: more than jitter, a swerve around an obstacle, or parking."""

AGAINST_S = 1.0


@dataclass(frozen=True, slots=True)
class _Run:
    """A drive against the direction, from where and when it began."""

    zone: int
    t: float
    along: float


class WrongWay:
    """Finds wrong-way drivers in zones with a legal direction."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._runs: dict[int, _Run] = {}

    def __len__(self) -> int:
        return len(self._runs)

    def observe(self, scene: Scene, levels: ZoneLevels) -> list[Finding]:
        return [self._finding(mover, scene.t) for mover in scene.movers if self._drives_against(mover, scene.t)]

    def _drives_against(self, mover: Mover, t: float) -> bool:
        track = mover.trajectory.track
        if mover.zone is None or not mover.is_vehicle or not mover.along_ms < -AGAINST_MS:
            self._runs.pop(track, None)
            return False
        run = self._runs.get(track)
        if run is None or run.zone != mover.zone:
            run = self._runs[track] = _Run(mover.zone, t, mover.along)
        return t - run.t >= AGAINST_S and run.along - mover.along >= AGAINST_M

    def _finding(self, mover: Mover, t: float) -> Finding:
        run = self._runs[mover.trajectory.track]
        distance = run.along - mover.along
        return Finding(
            type=IncidentType.WRONG_WAY,
            zone=run.zone,
            start_s=run.t,
            pixel=mover.pixel,
            place=mover.trajectory.places[-1],
            confidence=min(0.95, 0.6 + 0.02 * distance),
            reason=f"A {mover.trajectory.road_user.value} has driven {distance:.0f} m against the legal direction.",
            track=mover.trajectory.track,
        )

    def forget(self, gone: Sequence[Trajectory]) -> None:
        for trajectory in gone:
            self._runs.pop(trajectory.track, None)
