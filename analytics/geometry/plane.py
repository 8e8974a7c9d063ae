"""Plane geometry of the picture and of the road."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def side_of_line(p1: tuple[float, float], p2: tuple[float, float], points: ArrayLike) -> NDArray[np.float64]:
    """Signed side of each point relative to the directed line p1 -> p2.

    points: (N, 2). Returns (N,): the cross product ``(p2 - p1) x (c - p1)``; with v pointing down, positive lies
    to the right of someone who walks from p1 to p2.

    >>> side_of_line((0, 0), (10, 0), [(5, 3), (5, -3), (5, 0)]).tolist()
    [30.0, -30.0, 0.0]
    """
    c = np.asarray(points, dtype=np.float64)
    return (p2[0] - p1[0]) * (c[:, 1] - p1[1]) - (p2[1] - p1[1]) * (c[:, 0] - p1[0])


def along_and_beside(
    steps: NDArray[np.float64], direction: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Steps (..., 2) in metres: how far along the direction, signed, and how far beside it."""
    x, y = np.asarray(direction, dtype=np.float64)
    return steps @ np.array([x, y]), np.abs(steps @ np.array([-y, x]))


def segments_cross(a1: ArrayLike, a2: ArrayLike, b1: ArrayLike, b2: ArrayLike) -> bool:
    """Whether the open segments a1-a2 and b1-b2 properly cross (touching at an end does not count)."""

    def turn(p: NDArray[np.float64], q: NDArray[np.float64], r: NDArray[np.float64]) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    p, q, r, s = (np.asarray(x, dtype=np.float64) for x in (a1, a2, b1, b2))
    return turn(p, q, r) * turn(p, q, s) < 0 and turn(r, s, p) * turn(r, s, q) < 0


def polygon_crosses_itself(polygon: Sequence[tuple[float, float]]) -> bool:
    """Whether two edges of the closed polygon cross.

    >>> polygon_crosses_itself([(0, 0), (1, 1), (1, 0), (0, 1)])
    True
    >>> polygon_crosses_itself([(0, 0), (1, 0), (1, 1), (0, 1)])
    False
    """
    edges = list(zip(polygon, [*polygon[1:], polygon[0]], strict=True))
    return any(segments_cross(*a, *b) for a, b in combinations(edges, 2))


@dataclass(frozen=True)
class Homography:
    """Projective map from image pixels to ground metres (Hartley & Zisserman, Multiple View Geometry, ch. 4).

    matrix: (3, 3), pixel to ground.
    """

    matrix: NDArray[np.float64]

    @classmethod
    def fit(cls, pixels: ArrayLike, ground: ArrayLike) -> "Homography":
        """Least squares over all pairs: direct linear transform with Hartley's normalisation.

        pixels, ground: (N, 2), N >= 4. Raises ValueError for fewer points, or where they fix no unique map
        (three of four on one line, say).
        """
        p, g = np.asarray(pixels, dtype=np.float64), np.asarray(ground, dtype=np.float64)
        if len(p) < 4 or p.shape != g.shape:
            raise ValueError(f"a homography needs 4 pairs of points or more, got {len(p)} pixels and {len(g)} ground")
        to_p, to_g = _normaliser(p), _normaliser(g)
        (u, v), (x, y) = _apply(to_p, p).T, _apply(to_g, g).T
        zero, one = np.zeros_like(u), np.ones_like(u)
        rows = np.concatenate(
            [
                np.stack([u, v, one, zero, zero, zero, -x * u, -x * v, -x], axis=1),
                np.stack([zero, zero, zero, u, v, one, -y * u, -y * v, -y], axis=1),
            ]
        )
        _, singular, vt = np.linalg.svd(rows, full_matrices=True)
        if singular[7] < 1e-6 * singular[0]:
            raise ValueError("the control points lie on one line (or repeat); spread them over the road")
        matrix = np.linalg.inv(to_g) @ vt[-1].reshape(3, 3) @ to_p
        return cls(matrix / np.linalg.norm(matrix))

    def to_ground(self, pixels: ArrayLike) -> NDArray[np.float64]:
        """(N, 2) pixels to (N, 2) metres."""
        return _apply(self.matrix, np.asarray(pixels, dtype=np.float64).reshape(-1, 2))

    def to_pixels(self, ground: ArrayLike) -> NDArray[np.float64]:
        """(N, 2) metres to (N, 2) pixels."""
        return _apply(np.linalg.inv(self.matrix), np.asarray(ground, dtype=np.float64).reshape(-1, 2))


def _apply(matrix: NDArray[np.floating], points: NDArray[np.float64]) -> NDArray[np.float64]:
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])


def _normaliser(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Similarity that moves the points to the origin with mean distance sqrt(2) (Hartley 1997)."""
    centre = points.mean(axis=0)
    spread = np.linalg.norm(points - centre, axis=1).mean()
    scale = np.sqrt(2) / spread if spread > 0 else 1.0
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])
