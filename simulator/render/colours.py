"""Colours and mesh variant of each road user, chosen at random from its key."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.render.mesh_building import Material
from simulator.world.vehicle_types import VEHICLE_TYPES

Bgr = tuple[int, int, int]
"""Blue, green and red, 0..255."""

# BGR colours in white light, and for cars their relative frequency [assumption].
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
# Body colours of motorcycles and bicycles, BGR [assumption].
MOTORCYCLE_PAINTS: tuple[Bgr, ...] = ((28, 28, 28), (40, 36, 150), (215, 215, 215), (130, 60, 30), (90, 90, 95))
PILLION_SHARE = 0.25
"""Share of motorcycles with a passenger, 0..1 [assumption]."""

# Colours of jackets, BGR; green, of ride-hailing riders, occurs twice and is twice as frequent [assumption].
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
# Colours of trousers, BGR [assumption].
TROUSERS: tuple[Bgr, ...] = ((70, 52, 40), (38, 36, 36), (90, 95, 105))
# Colours of helmets, BGR [assumption].
HELMETS: tuple[Bgr, ...] = ((30, 30, 30), (225, 225, 225), (40, 40, 170), (120, 60, 30), (60, 150, 50))
# Colours of angkot (shared taxis), BGR [assumption].
ANGKOT_PAINTS: tuple[Bgr, ...] = ((150, 90, 30), (60, 130, 50), (40, 150, 200))
# Colours of truck cabs, BGR [assumption].
TRUCK_CABS: tuple[Bgr, ...] = ((50, 180, 225), (40, 40, 160), (215, 215, 215), (60, 120, 60))
# Colours of buses, BGR [assumption].
BUSES: tuple[Bgr, ...] = ((190, 140, 60), (230, 230, 228), (60, 130, 200))
# Colours of cargo boxes, BGR [assumption].
CARGOES: tuple[Bgr, ...] = ((205, 208, 210), (110, 130, 140), (140, 90, 50), (60, 110, 160))


@lru_cache(maxsize=4096)
def colour_table(key: int, vehicle_type: int) -> NDArray[np.float64]:
    """Colour (M, 3), BGR 0..255 in white light, of each `Material` of a road user."""
    rng = np.random.default_rng([key, vehicle_type])
    name = VEHICLE_TYPES[vehicle_type].name
    table = np.zeros((len(Material), 3))
    body_colour = _body_colour(name, rng)
    table[Material.BODY], table[Material.BODY_LOW] = body_colour, body_colour * 0.72
    table[Material.GLASS] = (62, 54, 48)
    table[Material.TYRE], table[Material.TRIM], table[Material.HUB] = (26, 26, 27), (34, 33, 33), (120, 120, 122)
    table[Material.HEADLAMP], table[Material.TAILLAMP], table[Material.BLINKER] = (
        (205, 210, 212),
        (36, 30, 130),
        (60, 110, 170),
    )
    table[Material.PLATE] = (225, 225, 225) if rng.random() < 0.7 else (25, 25, 25)
    table[Material.SKIN] = np.array((90, 125, 165)) * rng.uniform(0.7, 1.1)
    table[Material.JACKET], table[Material.SECOND_JACKET] = _one_of(JACKETS, rng), _one_of(JACKETS, rng)
    table[Material.TROUSERS], table[Material.HELMET] = _one_of(TROUSERS, rng), _one_of(HELMETS, rng)
    table[Material.CARGO], table[Material.SECOND] = _one_of(CARGOES, rng), _second(name, rng)
    return table


@lru_cache(maxsize=4096)
def mesh_variant(key: int) -> int:
    """Mesh variant of a road user: 1 with a passenger on a motorcycle, else 0."""
    return int(np.random.default_rng([key, 7]).random() < PILLION_SHARE)


def _body_colour(name: str, rng: np.random.Generator) -> NDArray[np.float64]:
    match name:
        case "matic" | "bebek" | "bicycle":
            return _one_of(MOTORCYCLE_PAINTS, rng)
        case "angkot":
            return _one_of(ANGKOT_PAINTS, rng)
        case "box-truck" | "dump-truck":
            return _one_of(TRUCK_CABS, rng)
        case "bus":
            return _one_of(BUSES, rng)
    shares = np.array([share for _, share in CAR_PAINTS])
    paint = CAR_PAINTS[int(rng.choice(len(CAR_PAINTS), p=shares / shares.sum()))][0]
    return np.array(paint) * rng.uniform(0.88, 1.08)


def _second(name: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """Secondary colour: stripe of a bus, load of a truck, hair of a person without a helmet."""
    if name in ("bicycle", "pedestrian"):
        return np.array((28, 30, 34)) if rng.random() < 0.7 else np.array((150, 140, 180))
    if name in ("dump-truck", "pickup"):
        return np.array((70, 95, 120)) * rng.uniform(0.5, 1.2)
    return _one_of(((60, 60, 170), (150, 100, 40), (70, 130, 60), (230, 230, 230)), rng)


def _one_of(choices: tuple[Bgr, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    return np.array(choices[int(rng.integers(len(choices)))]) * rng.uniform(0.85, 1.12)
