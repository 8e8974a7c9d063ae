"""What each road user looks like: its colours, from its number alone."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.render.mesh_building import Paint
from simulator.world.vehicle_types import ALL_BODIES

Bgr = tuple[int, int, int]

CAR_PAINTS: tuple[tuple[Bgr, float], ...] = (
    ((225, 226, 226), 0.27),
    ((34, 33, 33), 0.20),
    ((150, 152, 154), 0.20),
    ((92, 92, 94), 0.11),
    ((38, 34, 140), 0.08),
    ((110, 62, 32), 0.06),
    ((120, 150, 168), 0.05),
    ((60, 92, 50), 0.03),
)
MOTORCYCLE_PAINTS: tuple[Bgr, ...] = ((28, 28, 28), (40, 36, 150), (215, 215, 215), (130, 60, 30), (90, 90, 95))
PILLION_SHARE = 0.25
JACKETS: tuple[Bgr, ...] = (
    (40, 38, 38),
    (60, 140, 40),
    (60, 140, 40),
    (35, 30, 120),
    (105, 70, 45),
    (175, 175, 170),
    (70, 80, 90),
    (60, 170, 210),
    (140, 110, 160),
)
TROUSERS: tuple[Bgr, ...] = ((70, 52, 40), (38, 36, 36), (90, 95, 105))
HELMETS: tuple[Bgr, ...] = ((30, 30, 30), (225, 225, 225), (40, 40, 170), (120, 60, 30), (60, 150, 50))
ANGKOT: tuple[Bgr, ...] = ((150, 90, 30), (60, 130, 50), (40, 150, 200))
TRUCK_CABS: tuple[Bgr, ...] = ((50, 180, 225), (40, 40, 160), (215, 215, 215), (60, 120, 60))
BUSES: tuple[Bgr, ...] = ((190, 140, 60), (230, 230, 228), (60, 130, 200))
CARGOES: tuple[Bgr, ...] = ((205, 208, 210), (110, 130, 140), (140, 90, 50), (60, 110, 160))


@lru_cache(maxsize=4096)
def colours_of(key: int, body: int) -> NDArray[np.float64]:
    """(P, 3) BGR 0..255 by `Paint`, in white light."""
    dice = np.random.default_rng([key, body])
    name = ALL_BODIES[body].name
    table = np.zeros((len(Paint), 3))
    paint = _paint(name, dice)
    table[Paint.BODY], table[Paint.BODY_LOW] = paint, paint * 0.72
    table[Paint.GLASS] = (62, 54, 48)
    table[Paint.TYRE], table[Paint.TRIM], table[Paint.HUB] = (26, 26, 27), (34, 33, 33), (120, 120, 122)
    table[Paint.HEADLAMP], table[Paint.TAILLAMP], table[Paint.BLINKER] = (205, 210, 212), (36, 30, 130), (60, 110, 170)
    table[Paint.PLATE] = (225, 225, 225) if dice.random() < 0.7 else (25, 25, 25)
    table[Paint.SKIN] = np.array((90, 125, 165)) * dice.uniform(0.7, 1.1)
    table[Paint.JACKET], table[Paint.SECOND_JACKET] = _one_of(JACKETS, dice), _one_of(JACKETS, dice)
    table[Paint.TROUSERS], table[Paint.HELMET] = _one_of(TROUSERS, dice), _one_of(HELMETS, dice)
    table[Paint.CARGO], table[Paint.SECOND] = _one_of(CARGOES, dice), _second(name, dice)
    return table


@lru_cache(maxsize=4096)
def variant_of(key: int) -> int:
    return int(np.random.default_rng([key, 7]).random() < PILLION_SHARE)


def _paint(name: str, dice: np.random.Generator) -> NDArray[np.float64]:
    match name:
        case "matic" | "bebek" | "bicycle":
            return _one_of(MOTORCYCLE_PAINTS, dice)
        case "angkot":
            return _one_of(ANGKOT, dice)
        case "box-truck" | "dump-truck":
            return _one_of(TRUCK_CABS, dice)
        case "bus":
            return _one_of(BUSES, dice)
    shares = np.array([share for _, share in CAR_PAINTS])
    paint = CAR_PAINTS[int(dice.choice(len(CAR_PAINTS), p=shares / shares.sum()))][0]
    return np.array(paint) * dice.uniform(0.88, 1.08)


def _second(name: str, dice: np.random.Generator) -> NDArray[np.float64]:
    """Stripe of a bus, load of a truck, hair of those without a helmet."""
    if name in ("bicycle", "walker"):
        return np.array((28, 30, 34)) if dice.random() < 0.7 else np.array((150, 140, 180))
    if name in ("dump-truck", "pickup"):
        return np.array((70, 95, 120)) * dice.uniform(0.5, 1.2)
    return _one_of(((60, 60, 170), (150, 100, 40), (70, 130, 60), (230, 230, 230)), dice)


def _one_of(choices: tuple[Bgr, ...], dice: np.random.Generator) -> NDArray[np.float64]:
    return np.array(choices[int(dice.integers(len(choices)))]) * dice.uniform(0.85, 1.12)
