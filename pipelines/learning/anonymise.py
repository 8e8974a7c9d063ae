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

OBSERVE_PX_PER_M = 62.5
"""Pixels per metre from which faces and plates are removed. [source: IEC 62676-4, level "observe": clothing can be
described; a face needs 125 to be recognised. A letter of an Indonesian plate is then 4 pixels high]"""

RECOGNISE_PX_PER_M = 125.0
"""Pixels per metre from which the whole road user is blurred, since faces behind a windscreen may be recognised.
[source: IEC 62676-4, level "recognise"]"""

KEPT_PX_PER_M = 20.0
"""Detail that remains in a removed part, pixels per metre. [source: below 25, the level "detect" of IEC 62676-4]"""

PERSON_LENGTH_M = 0.8
"""Largest width of a walking person, in metres; as much as is visible where the legs are cut off. [assumption]"""

HEAD_SHARE = {RoadUser.PERSON: 0.35, RoadUser.MOTORCYCLE: 0.5, RoadUser.BICYCLE: 0.5}
"""Part of a box, from its top, that contains the heads, by class; passengers and children sit lower than a rider, and
people bend. [assumption]"""

PLATE_TOP = 0.4
"""Top of the part of a vehicle's box that contains its plate, in heights of the box. [assumption]"""

PLATE_SIDES = 0.05
"""Margin left and right of that part, in widths of the box; seen at an angle, a plate is near the edge. [assumption]"""

MARGIN = 0.1
"""Margin around each box, as a share of its sides, since boxes do not fit exactly. [assumption]"""

WITH_PLATE = frozenset(ROAD_USERS) - {RoadUser.PERSON, RoadUser.BICYCLE}
"""Classes with a plate. [source: Indonesian law on road traffic, UU 22/2009]"""

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
        parts = readable_parts(box, road_user, px_per_m)
        concerned += bool(parts)
        for part in parts:
            _remove_detail(image, part, block_px=px_per_m / KEPT_PX_PER_M)
    return concerned


def pixels_per_metre(box: _Part, road_user: RoadUser) -> float:
    """Return the scale of a road user in the image: the larger of those by its height and by its width.

    By its width it is a lower bound, which counts where the edge of the picture cuts the height.
    """
    x1, y1, x2, y2 = box
    length_m = TYPICAL_LENGTH_M[road_user] or PERSON_LENGTH_M
    return max((y2 - y1) / TYPICAL_HEIGHT_M[road_user], (x2 - x1) / length_m)


def readable_parts(box: _Part, road_user: RoadUser, px_per_m: float) -> list[_Part]:
    """Return the parts of a box in which a face or a plate may be read; none below `OBSERVE_PX_PER_M`."""
    if px_per_m < OBSERVE_PX_PER_M:
        return []
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    left, top, right, bottom = x1 - MARGIN * width, y1 - MARGIN * height, x2 + MARGIN * width, y2 + MARGIN * height
    if px_per_m >= RECOGNISE_PX_PER_M:
        return [(left, top, right, bottom)]
    parts = []
    if road_user in HEAD_SHARE:
        parts.append((left, top, right, y1 + HEAD_SHARE[road_user] * height))
    if road_user in WITH_PLATE:
        side = 0.0 if road_user in TWO_WHEELERS else PLATE_SIDES
        parts.append((x1 + side * width, y1 + PLATE_TOP * height, x2 - side * width, bottom))
    return parts


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
