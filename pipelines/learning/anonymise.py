"""Removal of faces and plates from a picture, where they are large enough to be read.

The detail of the concerned parts is destroyed: the pixels are averaged over blocks, and the blocks are blurred. Which
parts, and from which size, follows from the boxes of the road users: docs/adr/0116-faces-and-plates.md.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, TWO_WHEELERS, TYPICAL_HEIGHT_M, TYPICAL_LENGTH_M, RoadUser

BgrImage = NDArray[np.uint8]
"""(H, W, 3) uint8, blue, green, red."""

BLUR_FROM_PX_PER_M = 50.0
"""Pixels per metre from which faces and plates are removed. [source: IEC 62676-4: from 62.5, "observe", clothing can be
described, and a face is recognised from 125. Less a fifth, by which boxes are too small. Measured: docs/adr/0116]"""

RECOGNISE_PX_PER_M = 125.0
"""Pixels per metre from which every road user is blurred as a whole, since faces behind a windscreen may be recognised.
[source: IEC 62676-4, level "recognise"]"""

KEPT_PX_PER_M = 20.0
"""Detail that remains in a removed part, pixels per metre. [source: below 25, the level "detect" of IEC 62676-4]"""

PERSON_LENGTH_M = 0.8
"""Largest width of a walking person, in metres; as much as is visible where the legs are cut off. [assumption]"""

UPRIGHT = TWO_WHEELERS | {RoadUser.PERSON}
"""Classes that are blurred as a whole: the head is above, the plate below, and the network confuses these classes."""

UPRIGHT_WIDTH = 0.8
"""Width of a box, in heights of it, below which it may be a rider under another name: a car is wider. [assumption]"""

PLATE_TOP = 0.4
"""Top of the part of a vehicle's box that contains its plate, in heights of the box. [assumption]"""

PLATE_SIDES = 0.05
"""Margin left and right of that part, in widths of the box; seen at an angle, a plate is near the edge. [assumption]"""

MARGIN = 0.1
"""Margin around each box, as a share of its sides, since boxes do not fit exactly. [assumption]"""

_Part = tuple[float, float, float, float]
"""(x1, y1, x2, y2) in pixels."""


def anonymise(image: BgrImage, road_users: Detections) -> int:
    """Remove faces and plates from `image`, in place; return the number of road users concerned.

    road_users: boxes in pixels of the image.
    """
    concerned = 0
    for box, class_id in zip(road_users.xyxy.tolist(), road_users.class_id.tolist(), strict=True):
        road_user = ROAD_USERS[class_id]
        px_per_m = pixels_per_metre(box, road_user)
        part = readable_part(box, road_user, px_per_m)
        if part is not None:
            concerned += 1
            _remove_detail(image, part, block_px=px_per_m / KEPT_PX_PER_M)
    return concerned


def pixels_per_metre(box: _Part, road_user: RoadUser) -> float:
    """Return the scale of a road user in the image: the larger of those by its height and by its width.

    By its width it is a lower bound, which counts where the edge of the picture cuts the height.
    """
    x1, y1, x2, y2 = box
    length_m = TYPICAL_LENGTH_M[road_user] or PERSON_LENGTH_M
    return max((y2 - y1) / TYPICAL_HEIGHT_M[road_user], (x2 - x1) / length_m)


def readable_part(box: _Part, road_user: RoadUser, px_per_m: float) -> _Part | None:
    """Return the part of a box in which a face or a plate may be read; None below `BLUR_FROM_PX_PER_M`."""
    if px_per_m < BLUR_FROM_PX_PER_M:
        return None
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    bottom = y2 + MARGIN * height
    if px_per_m >= RECOGNISE_PX_PER_M or road_user in UPRIGHT or width < UPRIGHT_WIDTH * height:
        return x1 - MARGIN * width, y1 - MARGIN * height, x2 + MARGIN * width, bottom
    return x1 + PLATE_SIDES * width, y1 + PLATE_TOP * height, x2 - PLATE_SIDES * width, bottom


def _remove_detail(image: BgrImage, part: _Part, *, block_px: float) -> None:
    """Average `part` over blocks of `block_px`, and blur the blocks; the part is cut at the edges of the image."""
    height, width = image.shape[:2]
    left, top = max(0, int(part[0])), max(0, int(part[1]))
    right, bottom = min(width, int(np.ceil(part[2]))), min(height, int(np.ceil(part[3])))
    if left >= right or top >= bottom:
        return
    size = right - left, bottom - top
    blocks = max(1, round(size[0] / block_px)), max(1, round(size[1] / block_px))
    coarse = cv2.resize(image[top:bottom, left:right], blocks, interpolation=cv2.INTER_AREA)
    pixelated = cv2.resize(coarse, size, interpolation=cv2.INTER_NEAREST)
    image[top:bottom, left:right] = cv2.GaussianBlur(pixelated, (0, 0), block_px / 2)
