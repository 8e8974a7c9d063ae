"""Gates and zones in the image: intersection of a movement with a gate, and point in polygon.

Written independently of `analytics.geometry`, which the ground truth judges; see docs/adr/0070-independent-oracle.md.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.facts import Direction

Pixel = Sequence[float] | NDArray[np.float64]
"""u and v in pixels; v points down."""


def gate_intersection(before: Pixel, after: Pixel, p1: Pixel, p2: Pixel) -> float | None:
    """Fraction of the movement before -> after at which it intersects the gate p1 -> p2; None where it does not.

    Solves before + s (after - before) = p1 + r (p2 - p1) by Cramer's rule. Both fractions must lie inside 0..1; a
    movement that ends on the gate does not intersect it.

    >>> gate_intersection((5, -1), (5, 3), (0, 0), (10, 0))
    0.25
    >>> gate_intersection((50, -1), (50, 3), (0, 0), (10, 0)) is None
    True
    """
    movement_u, movement_v = after[0] - before[0], after[1] - before[1]
    gate_u, gate_v = p2[0] - p1[0], p2[1] - p1[1]
    determinant = gate_u * movement_v - gate_v * movement_u
    if determinant == 0:
        return None
    to_p1_u, to_p1_v = p1[0] - before[0], p1[1] - before[1]
    along_movement = (gate_u * to_p1_v - gate_v * to_p1_u) / determinant
    along_gate = (movement_u * to_p1_v - movement_v * to_p1_u) / determinant
    return along_movement if 0 < along_movement < 1 and 0 < along_gate < 1 else None


def gate_direction(movement: Pixel, p1: Pixel, p2: Pixel) -> Direction:
    """Direction in which a movement (du, dv) crosses the gate p1 -> p2.

    In direction A a road user moves from left to right as seen from p1 towards p2 (docs/camera-json.md): its movement
    has a positive component along the normal (-(v2 - v1), u2 - u1).

    >>> gate_direction((0, 4), (0, 0), (10, 0)), gate_direction((0, -4), (0, 0), (10, 0))
    (<Direction.A: 'A'>, <Direction.B: 'B'>)
    """
    normal_u, normal_v = -(p2[1] - p1[1]), p2[0] - p1[0]
    return Direction.A if movement[0] * normal_u + movement[1] * normal_v > 0 else Direction.B


def inside_polygon(polygon: Sequence[Pixel], pixel: Pixel) -> bool:
    """True where the pixel is strictly inside the polygon, by OpenCV's `pointPolygonTest`.

    >>> square = [(0, 0), (2, 0), (2, 2), (0, 2)]
    >>> inside_polygon(square, (1, 1)), inside_polygon(square, (5, 1))
    (True, False)
    """
    contour = np.asarray(polygon, dtype=np.float32)
    return cv2.pointPolygonTest(contour, (float(pixel[0]), float(pixel[1])), measureDist=False) > 0
