"""Share of a box in the image that nearer vehicles cover."""

import numpy as np
from numpy.typing import NDArray

GRID = 8
"""Points along each side of a box at which cover is sampled: steps of 1.6 % of its area [assumption]."""


def covered_shares(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share (N,), 0..1, of each box that nearer boxes cover together.

    boxes: (N, 4), others: (M, 4), as x1, y1, x2, y2 in pixels, v pointing down. On a road, the box whose lower edge is
    lower in the image is the nearer one. A box does not cover itself.

    >>> nearer, farther = [4.0, 2.0, 9.0, 12.0], [0.0, 0.0, 8.0, 7.0]
    >>> covered_shares(np.array([[0.0, 0.0, 8.0, 8.0]]), np.array([nearer, farther])).tolist()
    [0.375]
    """
    steps = (np.arange(GRID) + 0.5) / GRID
    low, sides = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2])[:, None]
    u, v = np.moveaxis(low + sides * steps[None, :, None], 2, 0)
    left, top, right, bottom = others.T
    in_columns = (u[:, None] >= left[:, None]) & (u[:, None] <= right[:, None])
    in_rows = (v[:, None] >= top[:, None]) & (v[:, None] <= bottom[:, None])
    is_nearer = bottom > boxes[:, 3:]
    covered = in_rows[..., :, None] & in_columns[..., None, :] & is_nearer[..., None, None]
    return np.asarray(covered.any(axis=1).mean(axis=(1, 2)))
