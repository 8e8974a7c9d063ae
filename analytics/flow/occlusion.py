"""Where vehicles are that nobody sees: from the roadside, most of a dense queue is hidden behind a part of it.

Left out, they make a jam look faster and emptier than it is. Somebody who was lost inside a zone is reckoned to move
as the traffic around does, until it leaves the zone, or a newcomer appears about where it should be: the same vehicle
under another id.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.geometry.plane import along_and_beside

OCCLUDED_AFTER_S = 0.6
"""Out of sight for longer, a vehicle is hidden; for less, it was missed in a frame or two."""

MAX_OCCLUSION_S = 120.0
"""Longer than a usual red; who has not come back by then is gone."""

NEIGHBOUR_ALONG_M, NEIGHBOUR_BESIDE_M = 4.0, 5.0
"""Standard deviations of the weight of a neighbour. Short, because a queue starts up one vehicle after the other."""

OWN_SPEED_DECAY_S = 0.5
"""A hidden vehicle's own last speed is forgotten about this soon."""

DEFAULT_SPEED_MS, DEFAULT_SPEED_WEIGHT = 8.0, 0.001
"""With no neighbours near, it drives on."""

MATCH_M, MATCH_GROWTH_MS, MAX_MATCH_M = 5.0, 0.5, 25.0
"""A hidden vehicle may be this far from where it is reckoned, and so much farther for each second hidden, at most."""

MATCH_BESIDE_M = 2.5


def impute_speeds(
    steps: NDArray[np.float64],
    seen_ms: NDArray[np.float64],
    own_ms: NDArray[np.float64],
    hidden_s: NDArray[np.float64],
    direction: ArrayLike,
) -> NDArray[np.float64]:
    """Speed of each hidden vehicle along the road, in m/s: the mean of those seen around it, the nearer the more.

    steps: (H, S, 2) metres from each hidden vehicle to each seen one in the same zone. seen_ms: (S,) their speeds.
    own_ms: (H,) speeds of the hidden when last seen, hidden_s: (H,) since then. direction: (2,) unit vector, along
    which all speeds are. Returns (H,), never against it.

    >>> around = np.array([[[4.0, 0.0], [-4.0, 0.0]]])
    >>> impute_speeds(around, np.array([2.0, 4.0]), np.zeros(1), np.ones(1) * 9, (1, 0)).round(2).tolist()
    [3.0]
    """
    along, beside = along_and_beside(steps, direction)
    weights = np.exp(-((along / NEIGHBOUR_ALONG_M) ** 2 + (beside / NEIGHBOUR_BESIDE_M) ** 2) / 2)
    own = np.exp(-hidden_s / OWN_SPEED_DECAY_S)
    total = weights @ seen_ms + own * own_ms + DEFAULT_SPEED_WEIGHT * DEFAULT_SPEED_MS
    return np.asarray(np.maximum(0.0, total / (weights.sum(axis=1) + own + DEFAULT_SPEED_WEIGHT)))


def match_reappeared(
    position: tuple[float, float], positions: NDArray[np.float64], hidden_s: ArrayLike, direction: ArrayLike
) -> int | None:
    """Which of the hidden vehicles somebody new at `position` is, or None. positions: (H, 2), hidden_s: (H,)."""
    if not len(positions):
        return None
    along, beside = along_and_beside(np.asarray(position) - positions, direction)
    reach = np.minimum(MAX_MATCH_M, MATCH_M + MATCH_GROWTH_MS * np.asarray(hidden_s))
    distance = np.where((np.abs(along) <= reach) & (beside <= MATCH_BESIDE_M), np.abs(along) + 2 * beside, np.inf)
    nearest = int(distance.argmin())
    return nearest if np.isfinite(distance[nearest]) else None
