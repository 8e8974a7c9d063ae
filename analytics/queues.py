"""Standing queues."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.scene import Scene
from analytics.travel import TYPICAL_LENGTH_M

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


def zone_queues(scene: Scene, zones: int) -> list[Queue]:
    """The longest queue of each zone, in the order of the camera's zones."""
    return [_zone_queue(scene, zone) for zone in range(zones)]


def _zone_queue(scene: Scene, zone: int) -> Queue:
    standing = [m for m in scene.in_zone(zone) if m.is_vehicle and m.stands]
    along = [scene.offset(standing[0], mover, zone)[0] for mover in standing]
    return longest_queue(along, [TYPICAL_LENGTH_M[m.trajectory.road_user] for m in standing])


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
