"""Projective map between image pixels and ground metres."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

_MIN_SINGULAR_RATIO = 1e-6
"""Smallest ratio of the eighth to the first singular value of points that determine a homography [assumption]."""

_MIN_DEPTH = 1e-12
"""Smallest depth before a division; avoids a division by zero at the horizon."""

_HORIZON_SHARE = 1e-3
"""Depth of the horizon as a share of the least depth of the fitted points: a thousand times as far away [assumption].

Nearer to the horizon, and beyond it, a position is finite but no measurement.
"""

_MAX_CONDITION = 1e10
"""Largest condition number of a map that can be inverted; a map onto a line has more [assumption]."""


MAX_M_PER_PX = 4.0
"""Metres of road per pixel from which, near the horizon, positions cannot be measured [assumption]."""


@dataclass(frozen=True)
class Homography:
    """Projective map from image pixels to ground metres [source: Hartley & Zisserman, Multiple View Geometry, ch. 4].

    matrix: (3, 3), pixel to ground, with positive depth where the ground is. horizon_depth: least depth that is used.
    """

    matrix: NDArray[np.float64]
    horizon_depth: float = _MIN_DEPTH

    @classmethod
    def fit(cls, pixels: ArrayLike, ground: ArrayLike) -> "Homography":
        """Fit by least squares over all pairs: direct linear transform with Hartley's normalisation.

        pixels, ground: (N, 2), N >= 4. Raises ValueError for fewer points, or where they determine no
        unique map (for example three of four on one line).
        """
        p, g = np.asarray(pixels, dtype=np.float64), np.asarray(ground, dtype=np.float64)
        if len(p) < 4 or p.shape != g.shape:
            raise ValueError(f"a homography needs 4 pairs of points or more, got {len(p)} pixels and {len(g)} ground")
        if not (np.isfinite(p).all() and np.isfinite(g).all()):
            raise ValueError("a control point holds a number that is not finite")
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
        if np.linalg.cond(vt[-1].reshape(3, 3)) > _MAX_CONDITION:
            raise ValueError("the control points lie on one line (or repeat); spread them over the road")
        matrix = np.linalg.inv(to_g) @ vt[-1].reshape(3, 3) @ to_p
        matrix /= np.linalg.norm(matrix)
        depths = _homogeneous(p) @ matrix[2]
        side = 1.0 if np.median(depths) > 0 else -1.0
        return cls(matrix * side, _HORIZON_SHARE * float((side * depths)[side * depths > 0].min()))

    def to_ground(self, pixels: ArrayLike) -> NDArray[np.float64]:
        """Map (N, 2) pixels to (N, 2) metres: far away, but finite, at the horizon and beyond."""
        return _apply(self.matrix, np.asarray(pixels, dtype=np.float64).reshape(-1, 2), self.horizon_depth)

    @cached_property
    def _inverse(self) -> NDArray[np.float64]:
        """(3, 3), ground to pixel."""
        return np.asarray(np.linalg.inv(self.matrix), dtype=np.float64)

    def depths(self, pixels: ArrayLike) -> NDArray[np.float64]:
        """Depth (N,) of (N, 2) pixels: 0 at the horizon, and inversely proportional to the distance of the ground."""
        points = _homogeneous(np.asarray(pixels, dtype=np.float64).reshape(-1, 2))
        return np.asarray(points @ self.matrix[2])

    def is_on_ground(self, pixels: ArrayLike) -> NDArray[np.bool_]:
        """Mask (N,) of the (N, 2) pixels that lie below the horizon: others show no point of the road."""
        return np.asarray(self.depths(pixels) > self.horizon_depth)

    def jacobians(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivative (N, 2, 2) of the position on the ground by each of (N, 2) pixels; not finite at the horizon."""
        x, y, w = self.matrix @ _homogeneous(pixels).T
        with np.errstate(divide="ignore", invalid="ignore"):
            rows = [
                (self.matrix[0, :2, None] - (x / w) * self.matrix[2, :2, None]) / w,
                (self.matrix[1, :2, None] - (y / w) * self.matrix[2, :2, None]) / w,
            ]
        return np.stack(rows).transpose(2, 0, 1)

    def is_measurable(
        self, pixels: NDArray[np.float64], jacobians: NDArray[np.float64] | None = None
    ) -> NDArray[np.bool_]:
        """Mask (N,) of the (N, 2) pixels below the horizon, and near enough to measure positions there.

        jacobians: `jacobians` of the pixels, where they are known already.
        """
        stretch = np.abs(self.jacobians(pixels) if jacobians is None else jacobians).max(axis=(1, 2))
        return np.asarray(self.is_on_ground(pixels) & np.isfinite(stretch) & (stretch < MAX_M_PER_PX))

    def to_pixels(self, ground: ArrayLike) -> NDArray[np.float64]:
        """Map (N, 2) metres to (N, 2) pixels; finite also for points behind the camera."""
        return _apply(self._inverse, np.asarray(ground, dtype=np.float64).reshape(-1, 2), _MIN_DEPTH)

    def relative_scale(self, ground: ArrayLike) -> NDArray[np.float64]:
        """Pixels per metre across the view (N,) at (N, 2) metres, up to a constant: the inverse of the depth."""
        towards, one = self._inverse[2, :2], self._inverse[2, 2]
        depth = np.asarray(ground, dtype=np.float64).reshape(-1, 2) @ towards + one
        return np.asarray(1.0 / np.maximum(np.abs(depth), _MIN_DEPTH))


def _apply(
    matrix: NDArray[np.floating], points: NDArray[np.float64], min_depth: float | None = None
) -> NDArray[np.float64]:
    mapped = _homogeneous(points) @ matrix.T
    depth = mapped[:, 2:] if min_depth is None else np.maximum(mapped[:, 2:], min_depth)
    return np.asarray(mapped[:, :2] / depth)


def _homogeneous(points: NDArray[np.float64]) -> NDArray[np.float64]:
    homogeneous = np.empty((len(points), 3))
    homogeneous[:, :2] = points
    homogeneous[:, 2] = 1.0
    return homogeneous


def _normaliser(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Similarity that moves the points to the origin with mean distance sqrt(2) (Hartley 1997)."""
    centre = points.mean(axis=0)
    spread = np.linalg.norm(points - centre, axis=1).mean()
    scale = np.sqrt(2) / spread if spread > 0 else 1.0
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])
