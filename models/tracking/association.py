"""Costs of assigning detections to tracks, and the cheapest assignment."""

from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from analytics.geometry.boxes import MIN_AREA_PX, box_areas, overlap_areas, parts_of
from analytics.road_users import ROAD_USERS, VULNERABLE_ROAD_USERS
from models.detection.fragments import IS_VEHICLE
from models.tracking.measurement_space import Array, Indices

MAX_SQUARED_DISTANCE = 16.0
"""Squared Mahalanobis distance beyond which a detection cannot belong to a track.

[source: chi-square distribution with 2 degrees of freedom: 1 in 3,000]
"""

MAX_COST = 10.0
"""Highest assignment cost, minus twice the log likelihood; above it the detection starts a new track [assumption]."""

SIZE_SIGMA = 0.12
"""Standard deviation of the logarithm of width and height between two frames [assumption]."""

MAX_SIZE_COST = 9.0
"""Highest cost of a different size [assumption]."""

MAX_SIZE_RATIO = 2.0
"""Ratio of expected and measured width or height beyond which a detection cannot belong to a track [assumption]."""

OTHER_CLASS_COST = 2.0
"""Cost of another class of the same group: a car is at times detected as a truck, a rider as a person [assumption]."""

OTHER_GROUP_COST = 20.0
"""Cost of a class of the other group, above `MAX_COST`: a car is hardly ever detected as a motorcycle [assumption]."""

FORBIDDEN_COST = 1e6
"""Stand-in for an infinite cost, which the solver does not accept; far above any finite cost."""

CLASS_GROUPS = np.array([int(road_user in VULNERABLE_ROAD_USERS) for road_user in ROAD_USERS])
"""Group by class id: 0 for cars, buses and trucks, 1 for two-wheelers and pedestrians."""

CLASS_COSTS: Array = np.where(
    np.eye(len(ROAD_USERS), dtype=bool),
    0.0,
    np.where(CLASS_GROUPS[:, None] == CLASS_GROUPS, OTHER_CLASS_COST, OTHER_GROUP_COST),
)
"""Cost (classes, classes) of detecting one class as another."""


def gate_costs(cost: Array) -> Array:
    """Costs with those above `MAX_COST` made infinite."""
    return np.asarray(np.where(cost > MAX_COST, np.inf, cost))


def motion_cost(offsets: Array, covariance: Array, units_per_metre: Array) -> Array:
    """Minus twice the log likelihood of each detection's position for each track, up to a constant.

    offsets: (T, D, 2) from the expected positions. covariance: (T, D, 2, 2) of the innovation. units_per_metre: (T,).
    Returns (T, D), infinite beyond `MAX_SQUARED_DISTANCE`.
    """
    a, b, d = covariance[..., 0, 0], covariance[..., 0, 1], covariance[..., 1, 1]
    x, y = offsets[..., 0], offsets[..., 1]
    area = a * d - b * b
    distance = (d * x**2 - 2 * b * x * y + a * y**2) / area
    likelihood_cost = distance + np.log(area / units_per_metre[:, None] ** 4)
    return np.asarray(np.where(distance > MAX_SQUARED_DISTANCE, np.inf, likelihood_cost))


def size_cost(expected: Array, measured: Array) -> Array:
    """Cost (T, D) of a different size. expected: (T, 2), measured: (D, 2) widths and heights in pixels."""
    ratio = np.log(measured)[None] - np.log(expected)[:, None]
    width, height = ratio[..., 0], ratio[..., 1]
    cost = np.minimum((width**2 + height**2) / (2 * SIZE_SIGMA**2), MAX_SIZE_COST)
    return np.asarray(np.where(np.maximum(np.abs(width), np.abs(height)) > log(MAX_SIZE_RATIO), np.inf, cost))


def class_cost(votes: Array, class_id: Indices) -> Array:
    """Expected cost (T, D) of the classes. votes: (T, classes) summed confidences. class_id: (D,)."""
    share = votes / votes.sum(axis=1, keepdims=True)
    return np.asarray((share @ CLASS_COSTS)[:, class_id])


def assign(cost: Array) -> tuple[Indices, Indices]:
    """Cheapest one-to-one pairs (rows, columns) of a (T, D) cost; infinite costs are never paired."""
    if not cost.size:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    finite = np.isfinite(cost)
    rows, columns = linear_sum_assignment(np.where(finite, cost, FORBIDDEN_COST))
    allowed = finite[rows, columns]
    return rows[allowed], columns[allowed]


def pairwise_iou(boxes: Array, others: Array) -> Array:
    """Intersection over union (N, M) of (N, 4) with (M, 4) boxes xyxy.

    >>> pairwise_iou(np.array([[0, 0, 2, 2]]), np.array([[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6]])).round(3).tolist()
    [[1.0, 0.333, 0.0]]
    """
    shared = overlap_areas(boxes, others)
    joined = box_areas(boxes)[:, None] + box_areas(others) - shared
    return np.asarray(shared / np.maximum(joined, MIN_AREA_PX))


def part_and_whole(boxes: Array, others: Array, class_id: Indices, other_class_id: Indices) -> NDArray[np.bool_]:
    """Whether of an (N, 4) and an (M, 4) box one shows a part of the vehicle in the other: (N, M).

    class_id: (N,), other_class_id: (M,). Only cars, buses and trucks have parts.
    """
    nested = parts_of(boxes, others) | parts_of(others, boxes).T
    return np.asarray(nested & IS_VEHICLE[class_id][:, None] & IS_VEHICLE[other_class_id])


def touches(boxes: Array, others: Array) -> NDArray[np.bool_]:
    """Mask (N,) of the (N, 4) boxes that share area with one of (M, 4) others; only those can be paired by overlap."""
    return np.asarray((overlap_areas(boxes, others) > 0).any(axis=1))


def unassigned(n: int, assigned: Indices) -> NDArray[np.bool_]:
    """Mask (n,) of the rows that are not in `assigned`."""
    mask = np.ones(n, dtype=bool)
    mask[assigned] = False
    return mask
