"""Which box suits which track, and how well."""

from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from analytics.facts import ROAD_USERS, RoadUser
from models.tracking.measurement_space import Array, Indices

GATE = 16.0
"""Squared Mahalanobis distance beyond which a box cannot be the road user: 1 in 3,000 (2 degrees of freedom)."""

MAX_COST = 10.0
"""A box that suits a track worse than this is rather somebody new."""

SIZE_JITTER = 0.12
"""Standard deviation of the logarithm of width and height between two looks."""

WORST_SIZE_COST = 9.0
LARGEST_GROWTH = 2.0
"""A box more than this many times as wide or tall as expected, or as small, is somebody else's."""

OTHER_CLASS_COST = 2.0
OTHER_KIND_COST = 20.0
"""A car is now and then called a truck, and a rider a person, but hardly ever a car a motorcycle."""

_LIGHT = (RoadUser.MOTORCYCLE, RoadUser.BICYCLE, RoadUser.PERSON)
CLASS_GROUPS = np.array([int(road_user in _LIGHT) for road_user in ROAD_USERS])
"""By class id: 0 on four wheels or more, 1 on two wheels or on foot."""


def class_costs() -> Array:
    """(classes, classes): what it costs to see one class as another."""
    costs = np.where(CLASS_GROUPS[:, None] == CLASS_GROUPS, OTHER_CLASS_COST, OTHER_KIND_COST)
    np.fill_diagonal(costs, 0.0)
    return np.asarray(costs)


def gate_costs(cost: Array) -> Array:
    """`cost` with what is dearer than somebody new made infinite."""
    return np.asarray(np.where(cost > MAX_COST, np.inf, cost))


def motion_cost(offsets: Array, spread: Array, metres: Array) -> Array:
    """How surprising each box's position is for each track: minus twice the log likelihood, up to a constant.

    offsets: (T, D, 2) from where each track should be. spread: (T, D, 2, 2) its covariance. metres: (T,) plane units
    in a metre. Returns (T, D), infinite outside the gate.
    """
    a, b, d = spread[..., 0, 0], spread[..., 0, 1], spread[..., 1, 1]
    x, y = offsets[..., 0], offsets[..., 1]
    area = a * d - b * b
    distance = (d * x**2 - 2 * b * x * y + a * y**2) / area
    return np.asarray(np.where(distance > GATE, np.inf, distance + np.log(area / metres[:, None] ** 4)))


def size_cost(expected: Array, seen: Array) -> Array:
    """expected: (T, 2), seen: (D, 2) widths and heights. Returns (T, D)."""
    ratio = np.log(seen)[None] - np.log(expected)[:, None]
    wider, taller = ratio[..., 0], ratio[..., 1]
    cost = np.minimum((wider**2 + taller**2) / (2 * SIZE_JITTER**2), WORST_SIZE_COST)
    return np.asarray(np.where(np.maximum(np.abs(wider), np.abs(taller)) > log(LARGEST_GROWTH), np.inf, cost))


def class_cost(votes: Array, class_id: Indices) -> Array:
    """votes: (T, classes). class_id: (D,). Returns (T, D): the expected cost, given what the track may be."""
    share = votes / votes.sum(axis=1, keepdims=True)
    return np.asarray((share @ class_costs())[:, class_id])


def assign(cost: Array) -> tuple[Indices, Indices]:
    """The cheapest one-to-one pairs (rows, columns) of a (T, D) cost; infinite ones are no pairs."""
    if not cost.size:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    finite = np.isfinite(cost)
    rows, columns = linear_sum_assignment(np.where(finite, cost, 1e6))
    real = finite[rows, columns]
    return rows[real], columns[real]


def overlaps(boxes: Array, others: Array) -> Array:
    """Intersection over union of (N, 4) with (M, 4) boxes xyxy: (N, M).

    >>> overlaps(np.array([[0, 0, 2, 2]]), np.array([[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6]])).round(3).tolist()
    [[1.0, 0.333, 0.0]]
    """
    top_left = np.maximum(boxes[:, None, :2], others[None, :, :2])
    sides = np.maximum(np.minimum(boxes[:, None, 2:], others[None, :, 2:]) - top_left, 0)
    shared = sides[..., 0] * sides[..., 1]
    areas = [(b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) for b in (boxes, others)]
    return np.asarray(shared / np.maximum(areas[0][:, None] + areas[1] - shared, 1e-9))


def unassigned(n: int, taken: Indices) -> NDArray[np.bool_]:
    """(n,) mask of those not in `taken`."""
    mask = np.ones(n, dtype=bool)
    mask[taken] = False
    return mask
