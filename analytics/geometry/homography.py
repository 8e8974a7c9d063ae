"""Projective map between image pixels and ground metres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_MIN_SINGULAR_RATIO = 1e-6
"""Smallest ratio of the eighth to the first singular value of points that determine a homography [assumption]."""

_MIN_DEPTH = 1e-12
"""Smallest depth before a division; avoids a division by zero at the horizon."""


@dataclass(frozen=True)
class Homography:
    """Projective map from image pixels to ground metres [source: Hartley & Zisserman, Multiple View Geometry, ch. 4].

    matrix: (3, 3), pixel to ground.
    """

    matrix: NDArray[np.float64]

    @classmethod
    def fit(cls, pixels: ArrayLike, ground: ArrayLike) -> "Homography":
        """Fit by least squares over all pairs: direct linear transform with Hartley's normalisation.

        pixels, ground: (N, 2), N >= 4. Raises ValueError for fewer points, or where they determine no
        unique map (for example three of four on one line).
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
        if singular[7] < _MIN_SINGULAR_RATIO * singular[0]:
            raise ValueError("the control points lie on one line (or repeat); spread them over the road")
        matrix = np.linalg.inv(to_g) @ vt[-1].reshape(3, 3) @ to_p
        return cls(matrix / np.linalg.norm(matrix))

    def to_ground(self, pixels: ArrayLike) -> NDArray[np.float64]:
        """Map (N, 2) pixels to (N, 2) metres."""
        return _apply(self.matrix, np.asarray(pixels, dtype=np.float64).reshape(-1, 2))

    def to_pixels(self, ground: ArrayLike) -> NDArray[np.float64]:
        """Map (N, 2) metres to (N, 2) pixels."""
        return _apply(np.linalg.inv(self.matrix), np.asarray(ground, dtype=np.float64).reshape(-1, 2))

    def relative_scale(self, ground: ArrayLike) -> NDArray[np.float64]:
        """Pixels per metre across the view (N,) at (N, 2) metres, up to a constant: the inverse of the depth."""
        x, y, one = np.linalg.inv(self.matrix)[2]
        depth = np.asarray(ground, dtype=np.float64).reshape(-1, 2) @ np.array([x, y]) + one
        return np.asarray(1.0 / np.maximum(np.abs(depth), _MIN_DEPTH))


def _apply(matrix: NDArray[np.floating], points: NDArray[np.float64]) -> NDArray[np.float64]:
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])


def _normaliser(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Similarity that moves the points to the origin with mean distance sqrt(2) (Hartley 1997)."""
    centre = points.mean(axis=0)
    spread = np.linalg.norm(points - centre, axis=1).mean()
    scale = np.sqrt(2) / spread if spread > 0 else 1.0
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])
