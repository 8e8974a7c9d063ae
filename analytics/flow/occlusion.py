"""Position and speed imputed for vehicles that are occluded inside a zone.

In a dense queue the front vehicles hide most of those behind. Without the hidden vehicles a jam would be
measured as faster and emptier than it is. A vehicle lost inside a zone is assumed to move as the visible vehicles
around it do. It is followed until it leaves the zone, or until a new track starts near its imputed position: the same
vehicle under another id.

An occluded vehicle is covered by nearer ones, which may be occluded too. Where no box covers the imputed position, a
vehicle there would be detected. It has left, or was a false detection, and is not imputed any longer. See
docs/adr/0106-jams.md.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.facts import GroundPoint
from analytics.flow.box_cover import covered_shares
from analytics.flow.edie_totals import EdieTotals
from analytics.flow.zone_visits import OCCLUDED_AFTER_S, ZoneVisit
from analytics.geometry.homography import Homography
from analytics.geometry.plane import along_and_beside
from analytics.geometry.zone_index import Directions, ZoneIndex
from analytics.road_users import TWO_WHEELERS, RoadUser

MAX_OCCLUSION_S = 120.0
"""Seconds after which an occluded vehicle is dropped: longer than a usual red phase [assumption]."""

NEIGHBOUR_ALONG_M, NEIGHBOUR_BESIDE_M = 4.0, 5.0
"""Standard deviations (m) of a neighbour's weight along and beside the road [assumption].

They are short, because a queue starts to move one vehicle after the other.
"""

MIN_COVER = 0.25
"""Share of the imputed box that nearer vehicles, detected or imputed, must cover [measured: docs/adr/0106-jams.md]."""

MAX_EXPOSED_S = 1.0
"""Seconds without cover after which a vehicle is not imputed; the detector may miss a few frames [assumption]."""

MAX_ACCELERATION_MS2 = 3.4
"""Change of the imputed speed (m/s2) at most: firm braking [source: AASHTO Green Book 2018, stopping sight distance].

A motorcycle that passes a stopped vehicle does not stop because it is hidden behind it.
"""

OWN_SPEED_DECAY_S = 0.5
"""Time constant (s) with which the weight of the vehicle's own last speed decays [assumption]."""

DEFAULT_SPEED_MS, DEFAULT_SPEED_WEIGHT = 8.0, 0.001
"""Prior speed (m/s) and its weight, used when no visible vehicle is near [assumption]."""

MATCH_M, MATCH_GROWTH_MS, MAX_MATCH_M = 5.0, 0.5, 25.0
"""Distance (m) along the road within which a new track matches the imputed position [assumption].

It grows by `MATCH_GROWTH_MS` metres for each occluded second, up to `MAX_MATCH_M`.
"""

MAX_RESUMED_S = 2.0
"""Seconds of occlusion up to which the speed of the new track may have been that of the hidden vehicle [assumption].

Beside a breakdown a vehicle is lost while slow, and found again when it has gathered speed.
"""

MATCH_BESIDE_M = 2.5
"""Distance (m) beside the road within which a new track matches the imputed position [assumption]."""


@dataclass(frozen=True, slots=True)
class OccludedVehicle:
    """A vehicle imputed inside a zone. position: metres. speed_ms: along the road."""

    zone: int
    position: GroundPoint
    speed_ms: float
    road_user: RoadUser


class OcclusionImputer:
    """Imputes occluded vehicles, and matches them with the tracks under which they reappear.

    Needs a homography, and zones with a legal direction; elsewhere nothing is imputed.
    """

    def __init__(self, zone_index: ZoneIndex, directions: Directions, homography: Homography | None) -> None:
        self._zone_index = zone_index
        self._directions = directions
        self._homography = homography
        self.vehicles: list[OccludedVehicle] = []
        """The vehicles imputed by the last `advance`."""

    def keeps(self, visit: ZoneVisit) -> bool:
        """Whether the visit continues after its track has ended."""
        return self._can_be_occluded(visit)

    def is_over(self, visit: ZoneVisit, t: float) -> bool:
        """Whether an occluded visit ends: after too long, or without zone or cover after its track has ended."""
        return visit.occluded_s(t) > MAX_OCCLUSION_S or (visit.track_ended and not self._can_be_occluded(visit))

    def occluded(self, visits: Collection[ZoneVisit], t: float) -> list[ZoneVisit]:
        """Return the confirmed visits inside a zone that have had no detection for a while, and are covered."""
        return [v for v in visits if self._can_be_occluded(v) and v.is_occluded(t)]

    def _can_be_occluded(self, visit: ZoneVisit) -> bool:
        is_known = self._homography is not None and visit.confirmed and visit.zone is not None
        return is_known and visit.exposed_s <= MAX_EXPOSED_S

    def match(self, newcomer: ZoneVisit, visits: Collection[ZoneVisit]) -> ZoneVisit | None:
        """Return the occluded visit that a new track continues, or None."""
        zone = newcomer.start_zone
        direction = None if zone is None else self._directions[zone]
        if zone is None or direction is None:
            return None
        candidates = [
            visit
            for visit in self.occluded(visits, newcomer.t)
            if visit.trajectory.last_seen <= newcomer.trajectory.first_seen + OCCLUDED_AFTER_S / 2
            and visit.inside[zone]
            and _is_two_wheeler(visit) == _is_two_wheeler(newcomer)
        ]
        positions = np.array([visit.position for visit in candidates]).reshape(-1, 2)
        occluded_s = [visit.occluded_s(newcomer.t) for visit in candidates]
        steady = [_steady_position(visit, newcomer.t, visit.velocity) for visit in candidates]
        resumed = [
            _steady_position(visit, newcomer.t, newcomer.trajectory.mean_velocity())
            if seconds <= MAX_RESUMED_S
            else visit.position
            for visit, seconds in zip(candidates, occluded_s, strict=True)
        ]
        reached = np.array([steady, resumed]).reshape(2, -1, 2)
        which = match_reappeared(newcomer.position, positions, reached, occluded_s, direction)
        return None if which is None else candidates[which]

    def advance(self, t: float, visits: Collection[ZoneVisit], totals: EdieTotals) -> list[ZoneVisit]:
        """Move all occluded vehicles to `t`, add their time and distance to the totals, and return their visits."""
        self.vehicles = []
        occluded = self.occluded(visits, t)
        seconds = np.array([t - visit.t for visit in occluded])
        zones = [visit.zone for visit in occluded]
        for k, direction in enumerate(self._directions):
            in_zone = [visit for visit, zone in zip(occluded, zones, strict=True) if zone == k]
            if in_zone and direction is not None:
                # Vehicles that were in the zone and stand just outside it, at the stop line, slow those behind as well.
                visible = [v for v in visits if v.confirmed and v.seconds[k] > 0 and not v.is_occluded(t)]
                self._advance_zone(k, in_zone, visible, t, totals)
        if occluded:
            self._add_exposure(occluded, seconds, visits, t)
        return occluded

    def _add_exposure(
        self, occluded: Sequence[ZoneVisit], seconds: NDArray[np.float64], visits: Collection[ZoneVisit], t: float
    ) -> None:
        """Add `seconds` (H,) to the exposure of the occluded vehicles without cover, and restart that of the others."""
        assert self._homography is not None
        positions = np.array([visit.position for visit in occluded])
        last = np.array([visit.trajectory.positions[-1] for visit in occluded])
        growth = self._homography.relative_scale(positions) / self._homography.relative_scale(last)
        boxes = np.array([visit.trajectory.box for visit in occluded])
        sizes = (boxes[:, 2:] - boxes[:, :2]) * growth[:, None]
        imputed = _boxes(self._homography.to_pixels(positions), sizes)
        visible = np.array([visit.trajectory.box for visit in visits if not visit.is_occluded(t)]).reshape(-1, 4)
        cover = covered_shares(imputed, np.concatenate([visible, imputed]))
        for visit, step_s, share in zip(occluded, seconds.tolist(), cover.tolist(), strict=True):
            visit.exposed_s = 0.0 if share >= MIN_COVER else visit.exposed_s + step_s

    def _advance_zone(
        self,
        zone: int,
        occluded: Sequence[ZoneVisit],
        visible: Sequence[ZoneVisit],
        t: float,
        totals: EdieTotals,
    ) -> None:
        direction = self._directions[zone]
        assert self._homography is not None and direction is not None
        positions = np.array([visit.position for visit in occluded])
        visible_positions = np.array([visit.position for visit in visible]).reshape(-1, 2)
        own_ms = np.array([visit.velocity for visit in occluded]) @ direction
        speeds = impute_speeds(
            visible_positions - positions[:, None],
            np.array([visit.velocity for visit in visible]).reshape(-1, 2) @ direction,
            own_ms,
            np.array([visit.occluded_s(t) for visit in occluded]),
            direction,
        )
        seconds = t - np.array([visit.t for visit in occluded])
        before = [own if v.imputed_ms is None else v.imputed_ms for v, own in zip(occluded, own_ms, strict=True)]
        speeds = np.maximum(0.0, limit_change(speeds, np.array(before), seconds))
        positions += (speeds * seconds)[:, None] * direction
        inside = self._zone_index.membership(self._homography.to_pixels(positions)).tolist()
        for visit, (x, y), speed_ms, row in zip(occluded, positions.tolist(), speeds.tolist(), inside, strict=True):
            visit.advance(t, (x, y), row, self._directions, totals)
            visit.imputed_ms = speed_ms
            self.vehicles.append(OccludedVehicle(zone, (x, y), speed_ms, visit.trajectory.road_user))


def _boxes(ground_pixels: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes (N, 4) as x1, y1, x2, y2, from their bottom centres and sizes (N, 2), in pixels."""
    half = sizes * (0.5, 0.0)
    return np.hstack([ground_pixels - half - sizes * (0.0, 1.0), ground_pixels + half])


def limit_change(
    speeds: NDArray[np.float64], before: NDArray[np.float64], seconds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Limit the change of each speed (m/s) since `before`, `seconds` ago, to `MAX_ACCELERATION_MS2`; all (H,).

    >>> limit_change(np.array([0.0, 5.0]), np.array([10.0, 5.0]), np.array([0.5, 0.5])).round(2).tolist()
    [8.3, 5.0]
    """
    reach = MAX_ACCELERATION_MS2 * seconds
    return np.clip(speeds, before - reach, before + reach)


def _is_two_wheeler(visit: ZoneVisit) -> bool:
    return visit.trajectory.road_user in TWO_WHEELERS


def impute_speeds(
    steps: NDArray[np.float64],
    visible_ms: NDArray[np.float64],
    own_ms: NDArray[np.float64],
    occluded_s: NDArray[np.float64],
    direction: ArrayLike,
) -> NDArray[np.float64]:
    """Impute the speed of each occluded vehicle along the road: a mean of visible vehicles, weighted by nearness.

    steps: (H, S, 2) metres from each occluded vehicle to each visible one of the zone. visible_ms: (S,) their speeds.
    own_ms: (H,) speeds of the occluded vehicles at their last detection. occluded_s: (H,) seconds since then.
    direction: (2,) unit vector along which all speeds are measured. Returns (H,) m/s, never negative.

    >>> around = np.array([[[4.0, 0.0], [-4.0, 0.0]]])
    >>> impute_speeds(around, np.array([2.0, 4.0]), np.zeros(1), np.ones(1) * 9, (1, 0)).round(2).tolist()
    [3.0]
    """
    along, beside = along_and_beside(steps, direction)
    weights = np.exp(-((along / NEIGHBOUR_ALONG_M) ** 2 + (beside / NEIGHBOUR_BESIDE_M) ** 2) / 2)
    own = np.exp(-occluded_s / OWN_SPEED_DECAY_S)
    total = weights @ visible_ms + own * own_ms + DEFAULT_SPEED_WEIGHT * DEFAULT_SPEED_MS
    return np.asarray(np.maximum(0.0, total / (weights.sum(axis=1) + own + DEFAULT_SPEED_WEIGHT)))


def _steady_position(visit: ZoneVisit, t: float, velocity: tuple[float, float]) -> GroundPoint:
    """Position (m) at `t` of a vehicle that has had this velocity (m/s) since its last detection."""
    (x, y), (x_ms, y_ms), seconds = visit.trajectory.positions[-1], velocity, visit.occluded_s(t)
    return x + x_ms * seconds, y + y_ms * seconds


def match_reappeared(
    position: tuple[float, float],
    positions: NDArray[np.float64],
    reached: NDArray[np.float64],
    occluded_s: ArrayLike,
    direction: ArrayLike,
) -> int | None:
    """Return the index of the occluded vehicle that a new track at `position` continues, or None.

    positions: (H, 2) imputed metres. reached: (K, H, 2) metres that the vehicle may have reached otherwise: at its last
    velocity, or at that of the new track; it may also be anywhere in between. occluded_s: (H,) seconds.
    """
    if not len(positions):
        return None
    along, beside = along_and_beside(np.asarray(position) - positions, direction)
    reach = np.minimum(MAX_MATCH_M, MATCH_M + MATCH_GROWTH_MS * np.asarray(occluded_s))
    ahead = along_and_beside(reached - positions, direction)[0]
    from_m, to_m = (
        np.maximum(-MAX_MATCH_M, ahead.min(axis=0, initial=0.0) - reach),
        np.minimum(MAX_MATCH_M, ahead.max(axis=0, initial=0.0) + reach),
    )
    is_near = (along >= from_m) & (along <= to_m) & (beside <= MATCH_BESIDE_M)
    distance = np.where(is_near, np.abs(along) + 2 * beside, np.inf)
    nearest = int(distance.argmin())
    return nearest if np.isfinite(distance[nearest]) else None
