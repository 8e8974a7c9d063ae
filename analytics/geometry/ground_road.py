"""Road of a zone on the ground: its outline in metres, and its centre line in the direction of travel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.camera import ControlPoint
from analytics.geometry.geodesy import MAX_EXTRAPOLATION_M
from analytics.geometry.homography import Homography

_DEPTH_SHARES = (0.25, 0.5, 1.0)
"""Least depths of a road as shares of that of the farthest control point, tried in this order: four times, twice and
just as far away [assumption]. Nearer to the horizon a pixel is too many metres."""

_SLICES = 6
"""Cuts across a road whose middles make its centre line [assumption: follows a bend within a view]."""

_MIN_ELONGATION = 1.5
"""Least ratio of length to width of a road with a centre line; a shorter zone is an area [assumption]."""

Points = NDArray[np.float64]
"""(N, 2) pixels or metres."""


@dataclass(frozen=True, slots=True)
class GroundRoad:
    """A road in the metres of the control points.

    outline: (N, 2), closed by its first point. centre: (M, 2), in the direction of travel where `is_directed`; empty
    for an area without a course, such as a whole junction. width_m: median width across the centre line.
    """

    outline: Points
    centre: Points
    width_m: float
    is_directed: bool


def ground_road(
    control_points: Sequence[ControlPoint], polygon: ArrayLike, direction: tuple[float, float] | None
) -> GroundRoad | None:
    """Return the road inside a zone, cut off where the ground is too far away; None where nothing of it is near.

    polygon: (N, 2) pixels. direction: of legal travel in the image, None if both are legal.
    Raises ValueError for control points that determine no homography.
    """
    pixels = [point.pixel for point in control_points]
    known = np.array([point.ground for point in control_points], dtype=np.float64)
    homography = Homography.fit(pixels, known)
    depths = homography.depths(pixels)
    farthest = float(depths[depths > 0].min())
    for share in _DEPTH_SHARES:
        visible = _clipped(homography, np.asarray(polygon, dtype=np.float64), share * farthest)
        if len(visible) < 3:
            continue
        outline = homography.to_ground(visible)
        if _farthest_m(outline, known) <= MAX_EXTRAPOLATION_M:
            return _road(outline, _course(homography, visible, outline, direction), is_directed=direction is not None)
    return None


def _clipped(homography: Homography, polygon: Points, least_depth: float) -> Points:
    """The part of a polygon of pixels that has at least this depth (Sutherland & Hodgman 1974)."""
    depths = homography.depths(polygon)
    kept: list[Points] = []
    for i in range(len(polygon)):
        here, there = polygon[i - 1], polygon[i]
        depth, next_depth = depths[i - 1], depths[i]
        if (depth >= least_depth) != (next_depth >= least_depth):
            kept.append(here + (there - here) * (least_depth - depth) / (next_depth - depth))
        if next_depth >= least_depth:
            kept.append(there)
    return np.array(kept).reshape(-1, 2)


def _farthest_m(outline: Points, known: Points) -> float:
    return float(np.linalg.norm(outline[:, None] - known[None], axis=2).min(axis=1).max())


def _course(homography: Homography, visible: Points, outline: Points, direction: tuple[float, float] | None) -> Points:
    """Unit vector on the ground: of travel, or else of the longer axis of the outline."""
    if direction is not None:
        course = homography.jacobians(visible.mean(axis=0, keepdims=True))[0] @ np.asarray(direction)
    else:
        # Points at equal steps along each edge: the corners alone would depend on how the zone was drawn.
        steps = np.linspace(0, 1, 16, endpoint=False)[:, None, None]
        edges = (outline + steps * (np.roll(outline, -1, axis=0) - outline)).reshape(-1, 2)
        course = np.linalg.svd(edges - edges.mean(axis=0), full_matrices=False)[2][0]
    return np.asarray(course / np.linalg.norm(course))


def _road(outline: Points, course: Points, *, is_directed: bool) -> GroundRoad:
    beside = np.array([-course[1], course[0]])
    along = outline @ course
    step = (along.max() - along.min()) / _SLICES
    cuts = along.min() + step * (np.arange(_SLICES) + 0.5)
    spans = [_widest_span(along, outline @ beside, cut) for cut in cuts]
    middles = np.array([cut * course + (low + high) / 2 * beside for cut, (low, high) in zip(cuts, spans, strict=True)])
    width = float(np.median([high - low for low, high in spans]))
    # The first and the last cut are half a step from the ends.
    centre = np.vstack([1.5 * middles[0] - 0.5 * middles[1], middles, 1.5 * middles[-1] - 0.5 * middles[-2]])
    is_area = step * _SLICES < _MIN_ELONGATION * width
    return GroundRoad(outline, np.empty((0, 2)) if is_area else centre, width, is_directed)


def _widest_span(along: Points, beside: Points, cut: float) -> tuple[float, float]:
    """The widest part of a polygon on the line across its course at `cut`, as two distances beside the course."""
    before, after = along, np.roll(along, -1)
    crossing = (before < cut) != (after < cut)
    share = (cut - before[crossing]) / (after - before)[crossing]
    places = np.sort(beside[crossing] + share * (np.roll(beside, -1) - beside)[crossing])
    return max(zip(places[::2], places[1::2], strict=True), key=lambda span: float(span[1] - span[0]))
