"""How much of each road user shows behind those in front of it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.city.cameras import IMAGE_SIZE
from pipelines.city.figures import Figures


def visible_share(figures: Figures) -> NDArray[np.float64]:
    """(N,) 0..1 of the outline inside the picture that no nearer road user covers; 0 where nothing is inside.

    An outline is the convex hull of the faces. Buildings, trees and posts are not considered.
    """
    owner = np.zeros((IMAGE_SIZE[1], IMAGE_SIZE[0]), np.uint16)
    whole = np.zeros(len(figures))
    trial = np.zeros_like(owner)
    for i in range(len(figures)):
        corners = figures.corners[figures.first[i] : figures.first[i + 1]].reshape(-1, 1, 2)
        hull = cv2.convexHull(np.round(corners).astype(np.int32))
        x, y, width, height = cv2.boundingRect(hull)
        area = slice(max(0, y), max(0, y + height)), slice(max(0, x), max(0, x + width))
        cv2.fillConvexPoly(trial, hull, (1,))
        whole[i] = int(np.count_nonzero(trial[area]))
        trial[area] = 0
        cv2.fillConvexPoly(owner, hull, (float(i + 1),))
    shown = np.bincount(owner.ravel(), minlength=len(figures) + 1)[1:]
    return np.asarray(shown / np.maximum(whole, 1))
