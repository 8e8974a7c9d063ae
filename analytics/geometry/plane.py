"""Plane geometry: sides of a line, steps along and beside a direction, crossing segments, self-crossing polygons."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def side_of_line(p1: tuple[float, float], p2: tuple[float, float], points: ArrayLike) -> NDArray[np.float64]:
    """Return the signed side of each point relative to the directed line p1 -> p2.

    points: (N, 2). Returns (N,): the cross product ``(p2 - p1) x (c - p1)``; with v pointing down, positive lies
    to the right in the direction of travel from p1 to p2.

    >>> side_of_line((0, 0), (10, 0), [(5, 3), (5, -3), (5, 0)]).tolist()
    [30.0, -30.0, 0.0]
    """
    c = np.asarray(points, dtype=np.float64)
    return (p2[0] - p1[0]) * (c[:, 1] - p1[1]) - (p2[1] - p1[1]) * (c[:, 0] - p1[0])


def side_of_point(p1: tuple[float, float], p2: tuple[float, float], point: tuple[float, float]) -> float:
    """Return `side_of_line` of a single point, without an array.

    >>> side_of_point((0, 0), (10, 0), (5, 3))
    30
    """
    return (p2[0] - p1[0]) * (point[1] - p1[1]) - (p2[1] - p1[1]) * (point[0] - p1[0])


def along_and_beside(
    steps: NDArray[np.float64], direction: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split steps (..., 2) in metres into a signed part along the direction and the distance beside it."""
    x, y = np.asarray(direction, dtype=np.float64)
    return steps @ np.array([x, y]), np.abs(steps @ np.array([-y, x]))


def segments_cross(a1: ArrayLike, a2: ArrayLike, b1: ArrayLike, b2: ArrayLike) -> bool:
    """Whether the open segments a1-a2 and b1-b2 cross; touching at an end does not count."""

    def turn(p: NDArray[np.float64], q: NDArray[np.float64], r: NDArray[np.float64]) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    p, q, r, s = (np.asarray(x, dtype=np.float64) for x in (a1, a2, b1, b2))
    return turn(p, q, r) * turn(p, q, s) < 0 and turn(r, s, p) * turn(r, s, q) < 0


def polygon_area(polygon: Sequence[tuple[float, float]]) -> float:
    """Return the area of the closed polygon, by the shoelace formula.

    >>> polygon_area([(0, 0), (2, 0), (2, 3), (0, 3)]), polygon_area([(0, 0), (1, 1), (2, 2)])
    (6.0, 0.0)
    """
    x, y = np.array(polygon, dtype=np.float64).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def polygon_crosses_itself(polygon: Sequence[tuple[float, float]]) -> bool:
    """Whether two edges of the closed polygon cross.

    >>> polygon_crosses_itself([(0, 0), (1, 1), (1, 0), (0, 1)])
    True
    >>> polygon_crosses_itself([(0, 0), (1, 0), (1, 1), (0, 1)])
    False
    """
    edges = list(zip(polygon, [*polygon[1:], polygon[0]], strict=True))
    return any(segments_cross(*a, *b) for a, b in combinations(edges, 2))
