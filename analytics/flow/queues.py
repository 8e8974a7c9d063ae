"""Standing queues."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.flow.occlusion import UNSEEN_S
from analytics.flow.zone_travel import TYPICAL_LENGTH_M, Hidden
from analytics.tracks.scene import STANDING_BELOW_MS, Scene

GAP_M = 15.0
"""Two standing vehicles further apart than this are in different queues."""


@dataclass(frozen=True, slots=True)
class Queue:
    """vehicles: standing. metres: from the front of the first to the rear of the last."""

    vehicles: int
    metres: float

    @classmethod
    def none(cls) -> "Queue":
        return cls(0, 0.0)


def zone_queues(scene: Scene, zones: int, hidden: Sequence[Hidden] = ()) -> list[Queue]:
    """The longest queue of each zone, in the order of the camera's zones. hidden: vehicles that belong to it, too."""
    return [_zone_queue(scene, zone, [h for h in hidden if h.zone == zone]) for zone in range(zones)]


def _zone_queue(scene: Scene, zone: int, hidden: Sequence[Hidden]) -> Queue:
    standing = [mover for mover in scene.in_zone(zone) if mover.is_vehicle and mover.stands]
    if not scene.calibrated:
        along = [scene.offset(standing[0], mover, zone)[0] for mover in standing]
        return longest_queue(along, [TYPICAL_LENGTH_M[mover.trajectory.road_user] for mover in standing])
    in_sight = [mover for mover in standing if scene.t - mover.trajectory.last_seen < UNSEEN_S]
    waiting = [vehicle for vehicle in hidden if vehicle.speed_ms < STANDING_BELOW_MS]
    places = [mover.place for mover in in_sight] + [vehicle.place for vehicle in waiting]
    road_users = [mover.trajectory.road_user for mover in in_sight] + [vehicle.road_user for vehicle in waiting]
    return longest_queue(
        np.array(places).reshape(-1, 2) @ scene.directions[zone], [TYPICAL_LENGTH_M[one] for one in road_users]
    )


def longest_queue(along: Sequence[float] | NDArray[np.float64], lengths: Sequence[float]) -> Queue:
    """The queue with most vehicles among standing ones.

    along: (N,) metres along the road, growing in the direction of travel. lengths: (N,) vehicle lengths in metres.

    >>> longest_queue([0, 7, 14, 60], [4.5, 4.5, 4.5, 4.5])
    Queue(vehicles=3, metres=18.5)
    """
    if not len(along):
        return Queue.none()
    order = np.argsort(along)
    position, length = np.asarray(along, dtype=np.float64)[order], np.asarray(lengths, dtype=np.float64)[order]
    groups = np.split(np.arange(len(position)), np.flatnonzero(np.diff(position) > GAP_M) + 1)
    longest = max(groups, key=len)
    rear = (position - length)[longest].min()
    return Queue(len(longest), float(position[longest[-1]] - rear))
