"""Comparison of two images by the orientation of their edges, which is independent of the light.

A roof is light against a dark sky at noon and dark against a lit one at night, but its edge has one orientation.
Opposite directions count as one; brightness and contrast do not count. [source: orientation correlation of Fitch,
Kadyrov, Christmas and Kittler, BMVC 2002], here with doubled angles and in tiles, each of which must match in place.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.tampering.config import DEFAULT_CONFIG, TamperingConfig
from models.tampering.image_stats import Floats, Grey

SMOOTHING_PX = 1.0
"""Standard deviation of the Gaussian blur before the gradient, thumbnail pixels [assumption]."""

BORDER_PX = 3
"""Border of the thumbnail without edges, pixels: the blur and the gradient are wrong there."""


def share_in_place(
    usual: Floats, image: Grey, min_edge_share: float = 0.0, config: TamperingConfig = DEFAULT_CONFIG
) -> float:
    """Share, 0..1, of the tiles with enough edges that match in place; 0 where there are too few tiles.

    min_edge_share: share of a tile's edges, 0..1, that must have the same orientation.
    """
    known, present = _orientations(usual, config), np.fft.fft2(_orientations(image.astype(np.float32), config))
    rows, columns = (_slices(side, tiles) for side, tiles in zip(known.shape, config.edge_tiles[::-1], strict=True))
    tiles = [(row, column) for row in rows for column in columns]
    edges = [(tile, np.count_nonzero(known[tile])) for tile in tiles]
    in_place = [
        _is_in_place(known, present, tile, min_edge_share * n, config)
        for tile, n in edges
        if n >= config.min_edge_pixels
    ]
    return sum(in_place) / len(in_place) if len(in_place) >= config.min_edge_tiles else 0.0


def _slices(side: int, tiles: int) -> list[slice]:
    return [slice(k * side // tiles, (k + 1) * side // tiles) for k in range(tiles)]


def _orientations(values: Floats, config: TamperingConfig) -> NDArray[np.complex64]:
    """Unit numbers at twice the angle of each edge; 0 where there is no edge, and along the border."""
    smooth = cv2.GaussianBlur(values, (0, 0), SMOOTHING_PX)
    gradient = cv2.Sobel(smooth, cv2.CV_32F, 1, 0) + 1j * cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    strength = np.abs(gradient)
    is_edge = strength > config.min_edge_strength
    orientations = np.where(is_edge, (gradient / np.maximum(strength, 1e-6)) ** 2, 0).astype(np.complex64)
    inner = np.zeros_like(orientations)
    inside = np.s_[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    inner[inside] = orientations[inside]
    return inner


def _is_in_place(
    known: NDArray[np.complex64],
    present: NDArray[np.complex128],
    tile: tuple[slice, slice],
    min_score: float,
    config: TamperingConfig,
) -> bool:
    """Whether the best match of a tile within the search distance is at its usual place."""
    template = np.zeros_like(known)
    template[tile] = known[tile]
    scores = np.fft.ifft2(np.conj(np.fft.fft2(template)) * present).real
    reach = config.edge_search_px
    around = np.roll(scores, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    v, u = np.unravel_index(around.argmax(), around.shape)
    return bool(np.hypot(u - reach, v - reach) <= config.edge_in_place_px and around[v, u] >= min_score)
