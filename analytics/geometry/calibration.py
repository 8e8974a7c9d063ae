"""Calibration of a camera: its homography from points known in the image and on the ground.

The ground frame is right-handed when viewed from above, for example x east and y north. The robust fit is written here
because of two tolerances and the test of the horizon: docs/adr/0023-own-ransac.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import ConvexHull, QhullError

from analytics.geometry.homography import Homography

INLIER_PX, INLIER_M = 6.0, 0.75
"""A point is an inlier within this distance in pixels or in metres [assumption].

A click is off by pixels, which are many metres far from the camera. A map is off by metres, which are many pixels near
the camera.
"""

_MAX_SAMPLES = 1000
"""Samples of four points that are tried [assumption]."""

_MAX_REFITS = 10
"""Refits of one sample to the points that agree with it [assumption]."""

_MIN_HULL_SHARE = 0.002
"""Share of the image that the points must enclose [assumption]."""

_MIN_TRIANGLE_SHARE = 0.01
"""Share of the hull that each three of four points must enclose; below it they are nearly collinear [assumption]."""

_MIN_WIDTH_PX, _MIN_WIDTH_M = 0.02, 0.004
"""Area over squared length of the points, in the image and on the ground; below it they are collinear [assumption].

A straight road is long and narrow on the ground, less so in the image.
"""

_Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A homography by least squares over the inliers, and the errors of all points.

    fits: (N,) bool, the inliers. errors_m, errors_px: (N,) distance between each mapped point and its given position,
    on the ground and in the image; inf beyond the horizon.
    """

    homography: Homography
    fits: NDArray[np.bool_]
    errors_m: NDArray[np.float64]
    errors_px: NDArray[np.float64]

    @property
    def rms_m(self) -> float:
        """Root mean square error of the inliers in metres."""
        return float(np.sqrt(np.mean(self.errors_m[self.fits] ** 2)))

    @property
    def rms_px(self) -> float:
        """Root mean square error of the inliers in pixels."""
        return float(np.sqrt(np.mean(self.errors_px[self.fits] ** 2)))

    @property
    def is_checked(self) -> bool:
        """Whether the errors mean anything: four points are always mapped exactly."""
        return int(self.fits.sum()) > 4


def calibrate(
    pixels: ArrayLike,
    ground: ArrayLike,
    *,
    image_size: tuple[int, int],
    within_px: float = INLIER_PX,
    within_m: float = INLIER_M,
) -> Calibration:
    """Fit a homography by RANSAC over samples of four points, then least squares over the inliers.

    Fischler and Bolles, Random sample consensus, CACM 24 (6), 1981. All samples are tried if they are few, otherwise
    the same random ones each time. pixels, ground: (N, 2). Raises ValueError, with advice, where the
    points are fewer than four, lie on a line or in a corner of the picture, mirror the ground, or contradict each other
    so much that fewer than four, or no more than half, fit together.
    """
    p, g = _checked(pixels, ground, image_size)
    fits = _largest_consensus(p, g, within_px, within_m)
    if fits is None:
        if _largest_consensus(p, g[:, ::-1], within_px, within_m) is not None:
            raise ValueError(
                "the ground is a mirror image of the picture: x must lie to the right of y as seen from above (east "
                "and north); are x and y, or latitude and longitude, exchanged?"
            )
        raise ValueError(
            "the points contradict each other: no four of them and most of the others fit one road; "
            "check that each pixel and its position on the ground belong together"
        )
    homography = Homography.fit(p[fits], g[fits])
    errors_m, errors_px = _errors(homography, p, g, near=p[fits][0])
    return Calibration(homography, fits, errors_m, errors_px)


def _checked(pixels: ArrayLike, ground: ArrayLike, image_size: tuple[int, int]) -> tuple[_Points, _Points]:
    p, g = np.asarray(pixels, dtype=np.float64), np.asarray(ground, dtype=np.float64)
    if p.ndim != 2 or p.shape[1:] != (2,) or p.shape != g.shape:
        raise ValueError(f"expected pixels (N, 2) and ground (N, 2), got {p.shape} and {g.shape}")
    if len(p) < 4:
        raise ValueError(f"{len(p)} points are too few; give four or more, six to know the error")
    if not (np.isfinite(p).all() and np.isfinite(g).all()):
        raise ValueError("a point holds a number that is not finite")
    for name, points, min_width in (("in the picture", p, _MIN_WIDTH_PX), ("on the ground", g, _MIN_WIDTH_M)):
        if _is_one_line(points, min_width):
            raise ValueError(
                f"the points lie on one line {name} (all of them, or all but one); spread them over the road"
            )
    share = _hull_area(p) / (image_size[0] * image_size[1])
    if share < _MIN_HULL_SHARE:
        raise ValueError(
            f"the points are clustered: they enclose {100 * share:.2f}% of the picture; spread them over the road, "
            "near and far"
        )
    return p, g


def _largest_consensus(p: _Points, g: _Points, within_px: float, within_m: float) -> NDArray[np.bool_] | None:
    """Return (N,) bool: the largest set of inliers, among equal ones that with the least error; or None."""
    needed = max(4, len(p) // 2 + 1)
    p_hull, g_hull = _hull_area(p), _hull_area(g)
    best: tuple[int, float, NDArray[np.bool_]] | None = None
    for four in map(list, _samples(len(p))):
        if not (_spread_out(p[four], p_hull) and _spread_out(g[four], g_hull)):
            continue
        fits, rms_px = _refit(p, g, np.isin(np.arange(len(p)), four), within_px, within_m)
        n = int(fits.sum())
        if n >= needed and (best is None or (-n, rms_px) < (-best[0], best[1])):
            best = n, rms_px, fits
    return None if best is None else best[2]


def _refit(
    p: _Points, g: _Points, chosen: NDArray[np.bool_], within_px: float, within_m: float
) -> tuple[NDArray[np.bool_], float]:
    """Refit to the inliers of the chosen points until these remain the same; return them and their RMS in pixels.

    No points where the chosen ones determine no homography of a road seen from above.
    """
    none = np.zeros(len(p), dtype=np.bool_), np.inf
    for _ in range(_MAX_REFITS):
        try:
            homography = Homography.fit(p[chosen], g[chosen])
        except ValueError:
            return none
        if not _is_seen_from_above(homography, p[chosen]):
            return none
        errors_m, errors_px = _errors(homography, p, g, near=p[chosen][0])
        fits = (errors_px <= within_px) | (errors_m <= within_m)
        if fits.sum() < 4 or (fits == chosen).all():
            break
        chosen = fits
    return fits, float(np.sqrt(np.mean(errors_px[fits] ** 2))) if fits.any() else np.inf


def _is_seen_from_above(homography: Homography, pixels: _Points) -> bool:
    """Whether all pixels lie on one side of the horizon, and the image (v down) does not mirror the ground (y up)."""
    depth = _depth(homography, pixels)
    # The Jacobian of a homography has determinant det(H) / depth^3.
    return bool((depth * depth[0] > 0).all() and np.linalg.det(homography.matrix) * depth[0] < 0)


def _depth(homography: Homography, pixels: _Points) -> NDArray[np.float64]:
    """Return (N,) homogeneous coordinates, which change sign at the horizon."""
    return np.asarray(np.column_stack([pixels, np.ones(len(pixels))]) @ homography.matrix[2])


def _errors(homography: Homography, p: _Points, g: _Points, *, near: _Points) -> tuple[_Points, _Points]:
    """Return (N,) errors in metres and in pixels. near: a pixel (2,) on the near side of the horizon."""
    beyond = _depth(homography, p) * _depth(homography, near[None]) <= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        errors_m = np.linalg.norm(homography.to_ground(p) - g, axis=1)
        errors_px = np.linalg.norm(homography.to_pixels(g) - p, axis=1)
    return np.where(beyond, np.inf, errors_m), np.where(beyond | np.isnan(errors_px), np.inf, errors_px)


def _is_one_line(points: _Points, min_width: float) -> bool:
    """Whether all points, or all but one, lie on a line. min_width: area over squared length."""
    hull, length = _hull_area(points), max(np.linalg.norm(a - b) for a, b in combinations(points, 2))
    if hull < min_width * length**2:
        return True
    return not any(_spread_out(points[list(four)], hull) for four in _samples(len(points)))


def _samples(n: int) -> Iterator[tuple[int, ...]]:
    """Yield indices of four out of n points: all combinations if they are few."""
    if comb(n, 4) <= _MAX_SAMPLES:
        yield from combinations(range(n), 4)
        return
    random = np.random.default_rng(0)
    for _ in range(_MAX_SAMPLES):
        yield tuple(random.choice(n, 4, replace=False).tolist())


def _spread_out(four: _Points, hull_area: float) -> bool:
    """Whether no three of the four points are nearly collinear."""
    triangles = [_triangle_area(*(four[k] for k in three)) for three in combinations(range(4), 3)]
    return min(triangles) > _MIN_TRIANGLE_SHARE * hull_area


def _triangle_area(a: _Points, b: _Points, c: _Points) -> float:
    return float(abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) / 2)


def _hull_area(points: _Points) -> float:
    """Return the area of the convex hull; 0 for collinear points."""
    try:
        return float(ConvexHull(points).volume)
    except QhullError:
        return 0.0
