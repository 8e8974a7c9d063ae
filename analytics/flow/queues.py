"""Queues of standing vehicles in each zone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.flow.occlusion import OccludedVehicle
from analytics.flow.zone_visits import OCCLUDED_AFTER_S
from analytics.road_users import TYPICAL_LENGTH_M
from analytics.tracks.scene import QUEUE_SPEED_MS, RoadUserState, Scene

MAX_QUEUE_GAP_M = 15.0
"""Metres between two standing vehicles above which they are in different queues [assumption]."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Standing vehicles, and metres from the front of the first to the rear of the last.

    metres: None for vehicles in a zone without a direction, along which a length would be measured.
    """

    vehicles: int
    metres: float | None

    @classmethod
    def empty(cls) -> "Queue":
        return cls(0, 0.0)


def zone_queues(scene: Scene, zones: int, occluded: Sequence[OccludedVehicle] = ()) -> list[Queue]:
    """Return the longest queue of each zone, in the camera's order. occluded: imputed vehicles to include."""
    return [zone_queue(scene, zone, [v for v in occluded if v.zone == zone]) for zone in range(zones)]


def zone_queue(scene: Scene, zone: int, occluded: Sequence[OccludedVehicle] = ()) -> Queue:
    """Return the longest queue of one zone. occluded: imputed vehicles in it to include."""
    standing = [user for user in scene.in_zone(zone) if user.is_vehicle and user.is_queueing]
    if not standing and not occluded:
        return Queue.empty()
    direction = scene.directions[zone]
    if direction is None:
        return Queue(_largest_group(standing, scene), None) if standing else Queue.empty()
    if not scene.calibrated:
        along = [scene.offset(standing[0], user, direction)[0] for user in standing]
        return longest_queue(along, [TYPICAL_LENGTH_M[user.trajectory.road_user] for user in standing])
    visible = [user for user in standing if scene.t - user.trajectory.last_seen < OCCLUDED_AFTER_S]
    waiting = [vehicle for vehicle in occluded if vehicle.speed_ms < QUEUE_SPEED_MS]
    positions = [user.position for user in visible] + [vehicle.position for vehicle in waiting]
    road_users = [user.trajectory.road_user for user in visible] + [vehicle.road_user for vehicle in waiting]
    return longest_queue(
        np.array(positions).reshape(-1, 2) @ direction,
        [TYPICAL_LENGTH_M[road_user] for road_user in road_users],
    )


def _largest_group(standing: Sequence[RoadUserState], scene: Scene) -> int:
    """Return the largest number of standing vehicles that gaps of `MAX_QUEUE_GAP_M` at most connect."""
    largest, waiting = 0, list(standing)
    while waiting:
        reached, group = [waiting.pop()], 0
        while reached:
            vehicle, group = reached.pop(), group + 1
            near = [other for other in waiting if scene.distance(vehicle, other) <= MAX_QUEUE_GAP_M]
            reached += near
            waiting = [other for other in waiting if other not in near]
        largest = max(largest, group)
    return largest


def longest_queue(along: Sequence[float] | NDArray[np.float64], lengths: Sequence[float]) -> Queue:
    """Return the queue with the most vehicles among standing vehicles.

    along: (N,) metres along the road, growing in the direction of travel. lengths: (N,) vehicle lengths in metres.

    >>> longest_queue([0, 7, 14, 60], [4.5, 4.5, 4.5, 4.5])
    Queue(vehicles=3, metres=18.5)
    """
    if not len(along):
        return Queue.empty()
    order = np.argsort(along)
    position, length = np.asarray(along, dtype=np.float64)[order], np.asarray(lengths, dtype=np.float64)[order]
    groups = np.split(np.arange(len(position)), np.flatnonzero(np.diff(position) > MAX_QUEUE_GAP_M) + 1)
    longest = max(groups, key=len)
    rear = (position - length)[longest].min()
    return Queue(len(longest), float(position[longest[-1]] - rear))
