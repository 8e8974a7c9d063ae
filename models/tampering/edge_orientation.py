"""Whether two pictures show the same outlines in the same places, however different the light.

A roof is light against a dark sky at noon and dark against a lit one at night, but its edge runs the same way. So the
directions of edges are compared, with opposite ones taken as one, and neither brightness nor contrast counts: the
orientation correlation of Fitch, Kadyrov, Christmas and Kittler (BMVC 2002), here with angles doubled and in tiles, in
each of which the best match must be found where it was.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.tampering.image_stats import Floats, Grey

TILES = (3, 2)
"""Across and down."""

SEARCH = 14
IN_PLACE = 2.0
"""Pixels of a thumbnail."""

MIN_EDGE = 12.0
"""Sobel response; weaker ones are grain."""

MIN_EDGES = 150
"""Pixels with an edge that a tile needs to be told by."""

MIN_TILES = 3


def share_in_place(usual: Floats, picture: Grey, alike: float = 0.0) -> float:
    """Of the tiles with enough outlines, how many are found in place, 0..1; 0 where there are too few to tell.

    alike: how much of a tile's outlines has to run as in the picture, 0..1, for it to be found at all.

    On every clip at hand, by day, in rain and at a made night, at least half; in none that was shifted by 3% of its
    width, turned by 5 degrees, zoomed by 15% or covered by three quarters.
    """
    known, seen = _directions(usual), np.fft.fft2(_directions(picture.astype(np.float32)))
    rows, columns = (_cuts(side, tiles) for side, tiles in zip(known.shape, TILES[::-1], strict=True))
    places = [(row, column) for row in rows for column in columns]
    edges = [(place, np.count_nonzero(known[place])) for place in places]
    found = [_is_in_place(known, seen, place, alike * n) for place, n in edges if n >= MIN_EDGES]
    return sum(found) / len(found) if len(found) >= MIN_TILES else 0.0


def _cuts(side: int, tiles: int) -> list[slice]:
    return [slice(k * side // tiles, (k + 1) * side // tiles) for k in range(tiles)]


def _directions(values: Floats) -> NDArray[np.complex64]:
    """Unit numbers at twice the angle of each edge, 0 where there is none and along the border."""
    smooth = cv2.GaussianBlur(values, (0, 0), 1.0)
    gradient = cv2.Sobel(smooth, cv2.CV_32F, 1, 0) + 1j * cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    strength = np.abs(gradient)
    directions = np.where(strength > MIN_EDGE, (gradient / np.maximum(strength, 1e-6)) ** 2, 0).astype(np.complex64)
    inner = np.zeros_like(directions)
    inner[3:-3, 3:-3] = directions[3:-3, 3:-3]
    return inner


def _is_in_place(
    known: NDArray[np.complex64], seen: NDArray[np.complex128], place: tuple[slice, slice], least: float
) -> bool:
    tile = np.zeros_like(known)
    tile[place] = known[place]
    scores = np.fft.ifft2(np.conj(np.fft.fft2(tile)) * seen).real
    around = np.roll(scores, (SEARCH, SEARCH), axis=(0, 1))[: 2 * SEARCH + 1, : 2 * SEARCH + 1]
    v, u = np.unravel_index(around.argmax(), around.shape)
    return bool(np.hypot(u - SEARCH, v - SEARCH) <= IN_PLACE and around[v, u] >= least)
