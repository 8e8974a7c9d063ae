"""Flow, speed, density, occupancy and queue of each zone, per minute."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analytics.camera import Zone
from analytics.capacity.pkji import SmpFlow, degree_of_saturation, level_of_service, smp_flow
from analytics.capacity.pkji_tables import AT_JUNCTIONS
from analytics.facts import Coverage, Level, LevelOfService, Sight, ZoneInterval
from analytics.flow.congestion_level import level_at
from analytics.flow.edie_totals import EdieTotals
from analytics.flow.queues import Queue
from analytics.geometry.homography import Homography
from analytics.geometry.zone_index import road_directions
from analytics.road_users import ROAD_USERS
from analytics.tracks.kinematics import KMH_PER_MS

INTERVAL_S = 60.0
"""Length of an interval in seconds [assumption]."""

MIN_COVERAGE = 0.1
"""Observed share of an interval below which it has no values [assumption]."""

MIN_VEHICLE_SECONDS = 0.5
"""Vehicle-seconds in a zone needed for a speed; less is a box that touched its edge [assumption]."""


class ZoneIntervalAggregator:
    """Sums the totals of each frame, and emits a `ZoneInterval` per zone when an interval closes."""

    def __init__(self, zones: Sequence[Zone], homography: Homography | None) -> None:
        self._zones = zones
        self._calibrated = homography is not None
        self._directions = road_directions(zones, homography)
        self._lengths_m = [zone_length_m(zone, homography) for zone in zones]
        self._reset()

    def _reset(self) -> None:
        self._travel = EdieTotals.zeros(len(self._zones))
        self._queues = [Queue.empty()] * len(self._zones)

    def add(self, travel: EdieTotals) -> None:
        self._travel += travel

    def add_queues(self, queues: Sequence[Queue]) -> None:
        """Store the longest queue of each zone."""
        self._queues = [max(a, b, key=lambda q: q.vehicles) for a, b in zip(self._queues, queues, strict=True)]

    def close(
        self,
        period: Coverage,
        levels: Sequence[Level],
        free_flow_ms: Sequence[float | None],
        sight: Sight | None = None,
    ) -> list[ZoneInterval]:
        """Return one interval for each zone, without values where the detector is blind.

        levels, free_flow_ms: of each zone, at the end of the period. sight: of the detector in the period.
        """
        coverage = min(1.0, period.observed_s / INTERVAL_S)
        intervals = [
            replace(self._interval(k, period, coverage, level, free_flow), sight=sight)
            if coverage >= MIN_COVERAGE and sight is not Sight.BLIND
            else _unobserved(self._zones[k], period.start_s, coverage, sight)
            for k, (level, free_flow) in enumerate(zip(levels, free_flow_ms, strict=True))
        ]
        self._reset()
        return intervals

    def _interval(
        self, k: int, period: Coverage, coverage: float, level: Level, free_flow_ms: float | None
    ) -> ZoneInterval:
        zone = self._zones[k]
        travel = self._travel
        seconds, metres, length_seconds, entered = (
            float(sums[k]) for sums in (travel.seconds, travel.metres, travel.length_seconds, travel.entered)
        )
        speed_ms = max(0.0, metres / seconds) if seconds >= MIN_VEHICLE_SECONDS else None
        road = self._lengths_m[k]
        lane_metre_seconds = None if road is None else road * (zone.lanes or 1) * period.observed_s
        flow = max(0.0, metres) / road if self._calibrated and road else entered
        smp = self._smp(k, period.observed_s)
        saturation = (
            None if smp is None or zone.road is None else degree_of_saturation(smp.smp_h, zone.road.capacity_smp_h)
        )
        vehicles = max(entered, seconds / period.observed_s)
        relative_speed = speed_ms / free_flow_ms if speed_ms is not None and free_flow_ms else None
        return ZoneInterval(
            zone=zone.id,
            start_s=period.start_s,
            end_s=period.start_s + INTERVAL_S,
            flow_veh_h=flow / period.observed_s * 3600,
            speed_kmh=speed_ms * KMH_PER_MS if self._calibrated and speed_ms is not None else None,
            relative_speed=relative_speed,
            density_veh_km_lane=1000 * seconds / lane_metre_seconds if lane_metre_seconds and zone.lanes else None,
            occupancy=min(1.0, length_seconds / lane_metre_seconds) if lane_metre_seconds and zone.lanes else None,
            queue_m=self._queue_m(k),
            queue_veh=float(self._queues[k].vehicles),
            level=level if speed_ms is not None and relative_speed is None else level_at(relative_speed, vehicles),
            coverage=coverage,
            smp_h=None if smp is None else smp.smp_h,
            saturation=saturation,
            level_of_service=_level_of_service(zone, saturation, level),
            emp_verified=None if smp is None else smp.row.verified,
        )

    def _queue_m(self, k: int) -> float | None:
        """Return the length of the longest queue, at most that of the road; None without metres or direction."""
        metres, road_m = self._queues[k].metres, self._lengths_m[k]
        if not self._calibrated or self._directions[k] is None or metres is None:
            return None
        return min(metres, road_m) if road_m else metres

    def _smp(self, k: int, observed_s: float) -> SmpFlow | None:
        """Return the flow in smp/h; classes share in it as in the distance travelled, or the vehicles that entered."""
        zone, road_m = self._zones[k], self._lengths_m[k]
        if zone.road is None:
            return None
        metres, entered = self._travel.metres_by_class[k], self._travel.entered_by_class[k]
        flows = np.maximum(0.0, metres) / road_m if self._calibrated and road_m else entered
        counts = dict(zip(ROAD_USERS, flows.tolist(), strict=True))
        return smp_flow(counts, observed_s, zone.road.type, width_m=zone.road.width_m)


def _level_of_service(zone: Zone, saturation: float | None, level: Level) -> LevelOfService | None:
    """Return the level of service, or None while the congestion level is unknown.

    A road that is nearly at a standstill passes as few vehicles as an empty one, so the flow alone is not enough.
    """
    if saturation is None or level is Level.UNKNOWN or (zone.road is not None and zone.road.type in AT_JUNCTIONS):
        return None
    return level_of_service(saturation, forced=level is Level.JAMMED)


def _unobserved(zone: Zone, start_s: float, coverage: float, sight: Sight | None) -> ZoneInterval:
    return ZoneInterval(
        zone=zone.id,
        start_s=start_s,
        end_s=start_s + INTERVAL_S,
        flow_veh_h=None,
        speed_kmh=None,
        density_veh_km_lane=None,
        occupancy=None,
        queue_m=None,
        queue_veh=None,
        level=Level.UNKNOWN,
        sight=sight,
        coverage=coverage,
    )


def zone_length_m(zone: Zone, homography: Homography | None) -> float | None:
    """Return the length (m) of the road in the zone: as configured, or its extent along the legal direction.

    None where neither is known, and for a zone that reaches over the horizon.
    """
    (direction,) = road_directions((zone,), homography)
    if zone.length_m is not None or homography is None or direction is None:
        return zone.length_m
    if not homography.is_on_ground(zone.polygon).all():
        return None
    return float(np.ptp(homography.to_ground(zone.polygon) @ direction))
