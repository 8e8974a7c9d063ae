"""Textures of building fronts, drawn at random."""

import cv2
import numpy as np

from simulator.render.ground import Image, noise_field

PX_PER_M = 20
"""Resolution of the textures, pixels/m [assumption]."""

# Colours of walls, BGR [assumption].
WALLS = (
    (176, 206, 222),
    (190, 214, 214),
    (206, 210, 200),
    (150, 186, 214),
    (178, 196, 176),
    (214, 214, 214),
    (160, 172, 200),
)
# Colours of shop signs, BGR [assumption].
SIGNS = ((40, 40, 190), (170, 90, 30), (60, 150, 50), (30, 170, 230), (150, 50, 120), (230, 230, 230), (90, 60, 30))
_STOREY_M = 3.6
"""Height of a storey, metres [assumption]."""


def shop_front(breadth_m: float, height_m: float, storeys: int, rng: np.random.Generator, *, lit: bool) -> Image:
    """Front (H, W, 3) of a shop house with shutter or open shop, sign and windows.

    breadth_m, height_m: size in metres. lit: some windows are lit.
    """
    image = _wall(breadth_m, height_m, rng)
    height, width = image.shape[:2]
    storey = round(_STOREY_M * PX_PER_M)
    for level in range(1, storeys):
        _windows(image, height - level * storey, storey, rng, lit=lit)
    top, bottom = height - round(2.9 * PX_PER_M), height - 2
    inner = (60, 66, 74) if rng.random() < 0.5 else (150, 152, 150)
    if lit and rng.random() < 0.5:
        inner = (150, 205, 235)
    cv2.rectangle(image, (6, top), (width - 6, bottom), inner, -1)
    if sum(inner) > 300:
        for y in range(top, bottom, 4):
            cv2.line(image, (6, y), (width - 6, y), tuple(int(c * 0.85) for c in inner), 1)
    else:
        for _ in range(14):
            x, y = int(rng.integers(8, max(9, width - 16))), int(rng.integers(top + 6, bottom - 10))
            goods = tuple(int(c) for c in rng.integers(40, 200, 3))
            cv2.rectangle(image, (x, y), (x + int(rng.integers(4, 14)), y + int(rng.integers(4, 12))), goods, -1)
    _sign(image, top, rng)
    return image


def block_front(breadth_m: float, height_m: float, storeys: int, rng: np.random.Generator, *, lit: bool) -> Image:
    """Front (H, W, 3) of an office block or hotel, with rows of windows. Parameters as in `shop_front`."""
    image = _wall(breadth_m, height_m, rng)
    storey = image.shape[0] // max(1, storeys)
    for level in range(storeys):
        _windows(image, image.shape[0] - level * storey, storey, rng, lit=lit)
    return image


def plain_side(breadth_m: float, height_m: float, rng: np.random.Generator) -> Image:
    """Wall (H, W, 3) without windows."""
    return (_wall(breadth_m, height_m, rng) * 0.9).astype(np.uint8)


def _wall(breadth_m: float, height_m: float, rng: np.random.Generator) -> Image:
    shape = max(8, round(height_m * PX_PER_M)), max(8, round(breadth_m * PX_PER_M))
    paint = np.array(WALLS[int(rng.integers(len(WALLS)))]) * rng.uniform(0.75, 1.0)
    stains = noise_field(rng, shape, (8, 40))[..., None] * 5
    damp = np.linspace(4, -12, shape[0])[:, None, None]
    return np.clip(paint + stains + damp, 0, 255).astype(np.uint8)


def _windows(image: Image, floor: int, storey: int, rng: np.random.Generator, *, lit: bool) -> None:
    width = image.shape[1]
    pane = round(1.1 * PX_PER_M)
    top, bottom = floor - round(storey * 0.78), floor - round(storey * 0.30)
    cv2.line(image, (0, floor - storey + 2), (width, floor - storey + 2), (120, 125, 128), 2)
    for x in range(round(0.6 * PX_PER_M), width - pane, round(1.7 * PX_PER_M)):
        glass = (120, 190, 225) if lit and rng.random() < 0.35 else (74, 66, 58)
        cv2.rectangle(image, (x, top), (x + pane, bottom), glass, -1)
        cv2.rectangle(image, (x, top), (x + pane, bottom), (170, 172, 172), 1)
        cv2.line(image, (x + pane // 2, top), (x + pane // 2, bottom), (150, 152, 152), 1)
        if rng.random() < 0.3:
            cv2.rectangle(image, (x + 2, bottom + 3), (x + 16, bottom + 13), (205, 205, 205), -1)


def _sign(image: Image, top: int, rng: np.random.Generator) -> None:
    width = image.shape[1]
    colour = SIGNS[int(rng.integers(len(SIGNS)))]
    cv2.rectangle(image, (2, top - 20), (width - 3, top - 3), colour, -1)
    ink = (235, 235, 235) if sum(colour) < 500 else (40, 40, 180)
    x = 10
    while x < width - 16:
        step = int(rng.integers(3, 9))
        cv2.rectangle(image, (x, top - 15), (x + step, top - 8), ink, -1)
        x += step + int(rng.integers(2, 5))
