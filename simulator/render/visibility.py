"""Visible share of each road user behind nearer road users and objects."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.render.frame_renderer import OCCLUSION_MARGIN_M
from simulator.render.projection import ProjectedRoadUsers
from simulator.render.rasterizer import COARSE
from simulator.render.static_background import Occluder
from simulator.world.camera_model import IMAGE_SIZE


def visible_share(projected: ProjectedRoadUsers, still: Sequence[Occluder] = ()) -> NDArray[np.float64]:
    """Share (N,), 0..1, of each outline inside the image that no nearer road user covers.

    The outline is the convex hull of the faces. It is 0 where the road user is outside the image.
    still: static objects that also cover road users.
    """
    owner = np.zeros((IMAGE_SIZE[1], IMAGE_SIZE[0]), np.uint16)
    whole = np.zeros(len(projected))
    run = np.zeros_like(owner)
    in_front = sorted(still, key=lambda o: -o.depth)
    for i in range(len(projected)):
        while in_front and in_front[0].depth > projected.depth[i] + OCCLUSION_MARGIN_M:
            _cover(owner, in_front.pop(0))
        corners = projected.corners[projected.first[i] : projected.first[i + 1]].reshape(-1, 1, 2)
        hull = cv2.convexHull(np.round(corners).astype(np.int32))
        x, y, width, height = cv2.boundingRect(hull)
        area = slice(max(0, y), max(0, y + height)), slice(max(0, x), max(0, x + width))
        cv2.fillConvexPoly(run, hull, (1,))
        whole[i] = int(np.count_nonzero(run[area]))
        run[area] = 0
        cv2.fillConvexPoly(owner, hull, (float(i + 1),))
    for occluder in in_front:
        _cover(owner, occluder)
    shown = np.bincount(owner.ravel(), minlength=len(projected) + 1)[1:]
    return np.asarray(shown / np.maximum(whole, 1))


def _cover(owner: NDArray[np.uint16], occluder: Occluder) -> None:
    x1, y1, x2, y2 = occluder.box
    mask = occluder.mask[-y1 % COARSE :: COARSE, -x1 % COARSE :: COARSE] > 0
    owner[-(-y1 // COARSE) : -(-y2 // COARSE), -(-x1 // COARSE) : -(-x2 // COARSE)][mask] = 0
