"""Finding a camera's homography from positions that are known both in its picture and on the ground.

The ground frame is right-handed as seen from above: x to the right of y (east and north, say).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.geometry.homography import Homography

WITHIN_PX = 6.0
WITHIN_M = 0.75
"""A point fits where the map brings it this near to its position, in the picture or on the ground: a click is off by
pixels, which are many metres far away; a map is off by metres, which are many pixels near the camera."""

_MOST_SAMPLES = 1000
_MOST_REFITS = 10
_LEAST_HULL = 0.002
"""Share of the picture that the points must enclose."""
_LEAST_TRIANGLE = 0.01
"""Of four points, each three must enclose this share of what all points enclose, or they are as good as on a line."""

_LEAST_WIDTH_PX, _LEAST_WIDTH_M = 0.02, 0.004
"""Area over squared length of what the points enclose. A straight road is long and narrow on the ground, less so in the
picture."""

_Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """homography: least squares over the points that fit.

    fits: (N,) bool, the points it rests on. errors_m, errors_px: (N,) distance between where the homography brings
    each point and where it was said to be, on the ground and in the picture; inf beyond the horizon.
    """

    homography: Homography
    fits: NDArray[np.bool_]
    errors_m: NDArray[np.float64]
    errors_px: NDArray[np.float64]

    @property
    def rms_m(self) -> float:
        """Over the points that fit."""
        return float(np.sqrt(np.mean(self.errors_m[self.fits] ** 2)))

    @property
    def rms_px(self) -> float:
        return float(np.sqrt(np.mean(self.errors_px[self.fits] ** 2)))

    @property
    def is_checked(self) -> bool:
        """False for four points: they are always met exactly, so their errors say nothing."""
        return int(self.fits.sum()) > 4


def calibrate(
    pixels: ArrayLike,
    ground: ArrayLike,
    *,
    image_size: tuple[int, int],
    within_px: float = WITHIN_PX,
    within_m: float = WITHIN_M,
) -> Calibration:
    """RANSAC over samples of four points, then least squares over all that fit the best of them.

    Fischler and Bolles, Random sample consensus, CACM 24 (6), 1981. All samples are tried where they are few, else
    always the same random ones. pixels, ground: (N, 2). Raises ValueError, in words a person can act on, where the
    points are fewer than four, lie on a line or in a corner of the picture, mirror the ground, or contradict each other
    so much that fewer than four, or no more than half, fit together.
    """
    p, g = _checked(pixels, ground, image_size)
    fits = _largest_agreement(p, g, within_px, within_m)
    if fits is None:
        if _largest_agreement(p, g[:, ::-1], within_px, within_m) is not None:
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
    for name, points, least_width in (("in the picture", p, _LEAST_WIDTH_PX), ("on the ground", g, _LEAST_WIDTH_M)):
        if _is_one_line(points, least_width):
            raise ValueError(
                f"the points lie on one line {name} (all of them, or all but one); spread them over the road"
            )
    share = _hull_area(p) / (image_size[0] * image_size[1])
    if share < _LEAST_HULL:
        raise ValueError(
            f"the points are clustered: they enclose {100 * share:.2f}% of the picture; spread them over the road, "
            "near and far"
        )
    return p, g


def _largest_agreement(p: _Points, g: _Points, within_px: float, within_m: float) -> NDArray[np.bool_] | None:
    """(N,) bool: the largest set of points that one homography brings together, of equal ones the closest; or None."""
    needed = max(4, len(p) // 2 + 1)
    p_hull, g_hull = _hull_area(p), _hull_area(g)
    best: tuple[int, float, NDArray[np.bool_]] | None = None
    for four in map(list, _samples(len(p))):
        if not (_spread_out(p[four], p_hull) and _spread_out(g[four], g_hull)):
            continue
        fits, rms_px = _agreeing(p, g, np.isin(np.arange(len(p)), four), within_px, within_m)
        n = int(fits.sum())
        if n >= needed and (best is None or (-n, rms_px) < (-best[0], best[1])):
            best = n, rms_px, fits
    return None if best is None else best[2]


def _agreeing(
    p: _Points, g: _Points, chosen: NDArray[np.bool_], within_px: float, within_m: float
) -> tuple[NDArray[np.bool_], float]:
    """The points that fit the homography of the chosen ones, refitted until they stay the same; their RMS in pixels.

    No points where the chosen ones fix no homography of a road that is seen from above.
    """
    none = np.zeros(len(p), dtype=np.bool_), np.inf
    for _ in range(_MOST_REFITS):
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
    """All pixels on one side of the horizon, and the picture (v down) not a mirror image of the ground (y up)."""
    depth = _depth(homography, pixels)
    # The Jacobian of a homography has determinant det(H) / depth^3.
    return bool((depth * depth[0] > 0).all() and np.linalg.det(homography.matrix) * depth[0] < 0)


def _depth(homography: Homography, pixels: _Points) -> NDArray[np.float64]:
    """(N,): the homogeneous coordinate, which changes its sign at the horizon."""
    return np.asarray(np.column_stack([pixels, np.ones(len(pixels))]) @ homography.matrix[2])


def _errors(homography: Homography, p: _Points, g: _Points, *, near: _Points) -> tuple[_Points, _Points]:
    """In metres and in pixels. near: a pixel (2,) on the near side of the horizon."""
    beyond = _depth(homography, p) * _depth(homography, near[None]) <= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        errors_m = np.linalg.norm(homography.to_ground(p) - g, axis=1)
        errors_px = np.linalg.norm(homography.to_pixels(g) - p, axis=1)
    return np.where(beyond, np.inf, errors_m), np.where(beyond | np.isnan(errors_px), np.inf, errors_px)


def _is_one_line(points: _Points, least_width: float) -> bool:
    """Whether all points, or all but one, lie on a line. least_width: of what they enclose, by its length."""
    hull, length = _hull_area(points), max(np.linalg.norm(a - b) for a, b in combinations(points, 2))
    if hull < least_width * length**2:
        return True
    return not any(_spread_out(points[list(four)], hull) for four in _samples(len(points)))


def _samples(n: int) -> Iterator[tuple[int, ...]]:
    """Four of n, all of them where they are few."""
    if comb(n, 4) <= _MOST_SAMPLES:
        yield from combinations(range(n), 4)
        return
    random = np.random.default_rng(0)
    for _ in range(_MOST_SAMPLES):
        yield tuple(random.choice(n, 4, replace=False).tolist())


def _spread_out(four: _Points, hull_area: float) -> bool:
    """Whether no three of the four points are as good as on a line."""
    triangles = [_triangle_area(*(four[k] for k in three)) for three in combinations(range(4), 3)]
    return min(triangles) > _LEAST_TRIANGLE * hull_area


def _triangle_area(a: _Points, b: _Points, c: _Points) -> float:
    return float(abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) / 2)


def _hull_area(points: _Points) -> float:
    """Area of the convex hull, by Andrew's monotone chain."""
    rows = sorted(map(tuple, points.tolist()))

    def chain(ordered: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
        kept: list[tuple[float, ...]] = []
        for x, y in ordered:
            while len(kept) >= 2 and (kept[-1][0] - kept[-2][0]) * (y - kept[-2][1]) <= (kept[-1][1] - kept[-2][1]) * (
                x - kept[-2][0]
            ):
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    x, y = np.array(chain(rows) + chain(rows[::-1])).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
