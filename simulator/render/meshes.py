"""Mesh of each vehicle type in `vehicle_types`."""

import hashlib
from collections.abc import Callable
from functools import cache

import numpy as np

from simulator.render.mesh_building import Mesh
from simulator.render.people_meshes import bicycle, motorcycle, pedestrian
from simulator.render.vehicle_meshes import box_truck, bus, car, dump_truck, pickup
from simulator.world.vehicle_types import VEHICLE_TYPE_INDEX, VEHICLE_TYPES, VehicleType

VARIANTS = 2
"""Meshes of each type: a motorcycle without and with a passenger, two phases of walking or pedalling.

All other types have the same mesh twice.
"""

ANIMATED_TYPES = frozenset({"pedestrian", "bicycle"})
"""Types whose variants are two phases of a movement."""

# Function from the vehicle type and the variant to the mesh; shapes are [assumption], sizes those of the vehicle type.
_MESH_BUILDERS: dict[str, Callable[[VehicleType, int], Mesh]] = {
    "matic": lambda kind, variant: motorcycle(kind.length_m, scooter=True, pillion=variant == 1),
    "bebek": lambda kind, variant: motorcycle(kind.length_m, scooter=False, pillion=variant == 1),
    "mpv": lambda kind, _: _car(kind, bonnet=0.95, boot=0.10, waist=0.98),
    "sedan": lambda kind, _: _car(kind, bonnet=1.2, boot=0.85, waist=0.92),
    "hatch": lambda kind, _: _car(kind, bonnet=0.9, boot=0.12, waist=0.94),
    "angkot": lambda kind, _: _car(kind, bonnet=0.35, boot=0.06, waist=1.02),
    "pickup": lambda _, __: pickup(),
    "box-truck": lambda _, __: box_truck(),
    "dump-truck": lambda _, __: dump_truck(),
    "bus": lambda kind, _: bus(kind.length_m, kind.width_m, kind.height_m),
    "bicycle": lambda kind, variant: bicycle(kind.length_m, left_foot_up=variant == 1),
    "pedestrian": lambda _, variant: pedestrian(0.22 if variant else -0.22),
}


def _car(kind: VehicleType, *, bonnet: float, boot: float, waist: float) -> Mesh:
    return car(kind.length_m, kind.width_m, kind.height_m, bonnet=bonnet, boot=boot, waist=waist)


@cache
def mesh_of(name: str, variant: int) -> Mesh:
    """Mesh of a vehicle type. Raises KeyError for a type without one."""
    return _MESH_BUILDERS[name](VEHICLE_TYPES[VEHICLE_TYPE_INDEX[name]], variant)


def shapes_digest() -> str:
    """SHA-256 of all meshes: it changes when a shape or a material changes."""
    digest = hashlib.sha256()
    for vehicle_type in _MESH_BUILDERS:
        for variant in range(VARIANTS):
            mesh = mesh_of(vehicle_type, variant)
            digest.update(np.round(mesh.corners * 1000).astype("<i4").tobytes() + mesh.material.astype("<i4").tobytes())
    return digest.hexdigest()
