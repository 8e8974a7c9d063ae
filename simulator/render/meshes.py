"""Mesh of each vehicle type in `vehicle_types`."""

import hashlib
from collections.abc import Callable
from functools import cache

import numpy as np

from simulator.render.mesh_building import Mesh
from simulator.render.people_meshes import bicycle, motorcycle, pedestrian
from simulator.render.vehicle_meshes import box_truck, bus, car, dump_truck, pickup

VARIANTS = 2
"""Meshes of each type: a motorcycle without and with a passenger, two phases of walking or pedalling.

All other types have the same mesh twice.
"""

ANIMATED_TYPES = frozenset({"pedestrian", "bicycle"})
"""Types whose variants are two phases of a movement."""

# Function from the variant to the mesh, by vehicle type; sizes in metres are those of `vehicle_types` [assumption].
_MESH_BUILDERS: dict[str, Callable[[int], Mesh]] = {
    "matic": lambda variant: motorcycle(1.9, scooter=True, pillion=variant == 1),
    "bebek": lambda variant: motorcycle(1.95, scooter=False, pillion=variant == 1),
    "mpv": lambda _: car(4.3, 1.70, 1.72, bonnet=0.95, boot=0.10, waist=0.98),
    "sedan": lambda _: car(4.5, 1.75, 1.46, bonnet=1.2, boot=0.85, waist=0.92),
    "hatch": lambda _: car(3.7, 1.66, 1.52, bonnet=0.9, boot=0.12, waist=0.94),
    "angkot": lambda _: car(3.9, 1.62, 1.85, bonnet=0.35, boot=0.06, waist=1.02),
    "pickup": lambda _: pickup(),
    "box-truck": lambda _: box_truck(),
    "dump-truck": lambda _: dump_truck(),
    "bus": lambda _: bus(9.8, 2.45, 3.1),
    "bicycle": lambda variant: bicycle(1.75, left_foot_up=variant == 1),
    "pedestrian": lambda variant: pedestrian(0.22 if variant else -0.22),
}


@cache
def mesh_of(vehicle_type: str, variant: int) -> Mesh:
    """Mesh of a vehicle type. Raises KeyError for a type without one."""
    return _MESH_BUILDERS[vehicle_type](variant)


def shapes_digest() -> str:
    """SHA-256 of all meshes: it changes when a shape or a material changes."""
    digest = hashlib.sha256()
    for vehicle_type in _MESH_BUILDERS:
        for variant in range(VARIANTS):
            mesh = mesh_of(vehicle_type, variant)
            digest.update(np.round(mesh.corners * 1000).astype("<i4").tobytes() + mesh.material.astype("<i4").tobytes())
    return digest.hexdigest()
