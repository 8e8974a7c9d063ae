"""Whether two tracks show one vehicle: a detector may box a lorry and its cab, or a bicycle and its rider, at once.

A single frame does not show it, since vehicles hide each other. Over the common time of both tracks, the boxes of
one vehicle stay inside each other, those of two pass.
"""

import numpy as np
from numpy.typing import NDArray

from analytics.geometry.boxes import MIN_AREA_PX, overlap_areas, parts_of
from analytics.road_users import NMS_GROUP, TWO_WHEELERS, RoadUser
from analytics.tracks.trajectories import Trajectory

MIN_COMMON = 3
"""Detections in the common time of two tracks that a comparison needs [assumption]."""

MIN_NESTED_SHARE = 0.2
"""Share of these in which one box must lie inside the other [measured: docs/adr/0103-one-vehicle-one-count.md].

A detector draws the whole of a lorry in some frames and its bed in others. Two vehicles reach 0.11 after they crossed a
gate, but 0.45 before: a detector draws one box around vehicles that are far away.
"""

MIN_EQUAL_IOU = 0.5
"""Intersection over union of two boxes of one vehicle that are about equal [assumption]."""

MIN_RIDDEN_SHARE = 0.5
"""Share of the smaller of two boxes inside the other, for a rider and the vehicle under the rider [assumption]."""


def show_one_vehicle(one: Trajectory, other: Trajectory, from_s: float, until_s: float) -> bool:
    """Whether the boxes of both are nested in enough of their common time, between two times in seconds."""
    return nested_share(one, other, from_s, until_s) >= MIN_NESTED_SHARE


def nested_share(one: Trajectory, other: Trajectory, from_s: float, until_s: float) -> float:
    """Share of the common time, between two times in seconds, in which the boxes of both show one vehicle.

    0 for classes that are never parts of each other, and for tracks with less than `MIN_COMMON` detections in it.
    """
    users = {one.detected_as, other.detected_as}
    ridden = RoadUser.PERSON in users and bool(users & TWO_WHEELERS)
    if not ridden and {NMS_GROUP[user] for user in users} != {NMS_GROUP[RoadUser.CAR]}:
        return 0.0
    first = max(from_s, one.times[0], other.times[0])
    last = min(until_s, one.times[-1], other.times[-1])
    times = np.unique([t for t in (*one.times, *other.times) if first <= t <= last])
    if len(times) < MIN_COMMON:
        return 0.0
    a, b = _boxes_at(one, times), _boxes_at(other, times)
    return float(np.mean(_are_ridden(a, b) if ridden else _are_one(a, b)))


def _boxes_at(trajectory: Trajectory, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes (N, 4) at these times, interpolated between detections."""
    boxes = np.array(trajectory.boxes)
    return np.column_stack([np.interp(times, trajectory.times, boxes[:, k]) for k in range(4)])


def _are_one(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    shared, smaller, larger = _areas(a, b)
    equal = shared >= MIN_EQUAL_IOU * (smaller + larger - shared)
    return np.asarray(equal | np.diagonal(parts_of(a, b) | parts_of(b, a).T))


def _are_ridden(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    shared, smaller, _ = _areas(a, b)
    return np.asarray(shared >= MIN_RIDDEN_SHARE * smaller)


def _areas(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Shared, smaller and larger area (N,) of the boxes (N, 4) in each row."""
    shared = np.diagonal(overlap_areas(a, b))
    areas = np.array([(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (a, b)])
    return shared, np.maximum(areas.min(axis=0), MIN_AREA_PX), areas.max(axis=0)
