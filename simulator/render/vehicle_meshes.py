"""Meshes of cars, trucks and buses; metres, coordinates as in `mesh_building`."""

from itertools import pairwise

import numpy as np

from simulator.render.mesh_building import Material, Mesh, MeshBuilder, Point3

Edge = tuple[float, float, float]
"""x, z and half width at the lower or upper edge of a pane, metres."""


def car(length: float, width: float, height: float, *, bonnet: float, boot: float, waist: float) -> Mesh:
    """Car. bonnet, boot: their lengths. waist: height of the window sills."""
    b, h, w = MeshBuilder(), length / 2, width / 2
    front, back, low = h - bonnet, -h + boot, waist - 0.12
    b.box((-h + 0.15, h - 0.15), (-w + 0.1, w - 0.1), (0.10, 0.34), Material.TRIM)
    underside = [(-h, 0.30, w - 0.05), (h, 0.28, w - 0.08), (h, low - 0.14, w - 0.05)]
    b.loft([*underside, (front, waist, w), (back, waist, w), (-h, low, w - 0.04)], Material.BODY)
    b.side_panels((-h + 0.1, h - 0.15), w + 0.004, (0.30, 0.46), Material.BODY_LOW)
    _lamps(b, h, w, (low - 0.28, low - 0.10))
    for x in (-h + 0.19 * length, h - 0.18 * length):
        b.wheel_pair(x, w + 0.008, 0.31)
    _cabin(b, front, back, (waist, height), w, rear=max(0.18, boot * 0.45))
    return b.mesh()


def _cabin(
    b: MeshBuilder, front: float, back: float, z: tuple[float, float], w: float, *, rear: float, rake: float = 0.62
) -> None:
    """Add the cabin. rake, rear: horizontal extent of the windscreen and the rear window."""
    waist, height = z
    roof, sill, head = w - 0.20, waist + 0.06, height - 0.13
    top_front, top_back = front - rake, back + rear
    corners = [(back, waist, w - 0.03), (front, waist, w - 0.03), (top_front, height, roof), (top_back, height, roof)]
    b.loft(corners, Material.BODY)
    b.decal(_pane((front, waist, w - 0.12), (top_front, height, roof - 0.05), (0.12, 0.9)), Material.GLASS)
    b.decal(_pane((back, waist, w - 0.12), (top_back, height, roof - 0.05), (0.12, 0.85)), Material.GLASS)
    lower = [(back + 0.16 + rear * 0.3, w - 0.03, sill), (front - 0.22, w - 0.03, sill)]
    b.both_sides([*lower, (top_front + 0.02, roof + 0.03, head), (top_back + 0.08, roof + 0.03, head)], Material.GLASS)
    pillar = (back + front) / 2 - 0.16
    lower = [(pillar, w - 0.02, sill), (pillar + 0.09, w - 0.02, sill)]
    b.both_sides([*lower, (pillar + 0.09, roof + 0.04, head), (pillar, roof + 0.04, head)], Material.BODY)


def _pane(low: Edge, high: Edge, between: tuple[float, float]) -> list[Point3]:
    """Corners of a pane on the slope from `low` to `high`, between two shares of its height."""
    (x0, z0, y0), (x1, z1, y1) = (
        tuple(a + (b - a) * share for a, b in zip(low, high, strict=True)) for share in between
    )
    return [(x0, y0, z0), (x0, -y0, z0), (x1, -y1, z1), (x1, y1, z1)]


def _lamps(b: MeshBuilder, h: float, w: float, z: tuple[float, float]) -> None:
    """Add headlamps, tail lamps, blinkers and number plates at the front and rear."""
    for x, material in ((h + 0.01, Material.HEADLAMP), (-h - 0.01, Material.TAILLAMP)):
        for side in (1, -1):
            inner, outer, edge = side * (w - 0.52), side * (w - 0.14), side * (w - 0.07)
            b.end_panel(x, (inner, outer), z, material)
            b.end_panel(x, (outer, edge), z, Material.BLINKER)
        b.end_panel(x * 1.0005, (-0.22, 0.22), (z[0] - 0.14, z[0] - 0.01), Material.PLATE)


def box_truck() -> Mesh:
    """Truck with a closed box."""
    b, h, w = MeshBuilder(), 3.1, 1.025
    cab, bed, height = 1.65, 0.85, 2.95
    _chassis(b, h, w, cab, bed, radius=0.43)
    b.box((-h, h - cab - 0.08), (-w, w), (bed, height), Material.CARGO)
    b.side_panels((-h + 0.3, h - cab - 0.5), w + 0.004, (bed + 0.6, bed + 1.1), Material.SECOND)
    b.end_panel(-h - 0.005, (-0.02, 0.02), (bed + 0.1, height - 0.1), Material.TRIM)
    _tail(b, h, w, bed)
    _truck_cab(b, h, w, cab, 2.15)
    return b.mesh()


def dump_truck() -> Mesh:
    """Truck with an open bed and a load."""
    b, h, w = MeshBuilder(), 3.3, 1.15
    cab, bed, top = 1.75, 1.0, 2.25
    _chassis(b, h, w, cab, bed, radius=0.45)
    _open_bed(b, h, w, cab, (bed, top))
    for x in np.linspace(-h + 0.5, h - cab - 0.5, 4):
        b.side_panels((x, x + 0.1), w + 0.004, (bed, top), Material.TRIM)
    heap = [
        (-h + 0.5, top, w - 0.2),
        (h - cab - 0.4, top, w - 0.2),
        (h - cab - 1.2, 2.75, 0.35),
        (-h + 1.4, 2.75, 0.35),
    ]
    b.loft(heap, Material.SECOND)
    _tail(b, h, w, bed)
    _truck_cab(b, h, w, cab, 2.4)
    return b.mesh()


def pickup() -> Mesh:
    """Pickup truck."""
    b, h, w = MeshBuilder(), 2.3, 0.85
    cab, bed = 1.75, 0.75
    _chassis(b, h, w, cab, bed, radius=0.33)
    _open_bed(b, h, w, cab, (bed, bed + 0.42))
    _tail(b, h, w, bed)
    _truck_cab(b, h, w, cab, 1.85)
    return b.mesh()


def _chassis(b: MeshBuilder, h: float, w: float, cab: float, bed: float, *, radius: float) -> None:
    b.box((-h + 0.1, h - cab), (-w + 0.2, w - 0.2), (0.35, bed), Material.TRIM)
    for x in (-h + h * 0.4, h - cab * 0.55):
        b.wheel_pair(x, w, radius)
    b.next_group()


def _open_bed(b: MeshBuilder, h: float, w: float, cab: float, z: tuple[float, float]) -> None:
    b.box((-h, h - cab - 0.08), (-w, w), z, Material.CARGO)
    x0, x1, y, top = -h + 0.1, h - cab - 0.2, w - 0.1, z[1] + 0.004
    b.decal([(x0, y, top), (x1, y, top), (x1, -y, top), (x0, -y, top)], Material.SECOND)


def _tail(b: MeshBuilder, h: float, w: float, bed: float) -> None:
    for side in (1, -1):
        b.end_panel(-h - 0.01, (side * (w - 0.45), side * (w - 0.1)), (bed + 0.02, bed + 0.2), Material.TAILLAMP)
        b.end_panel(-h - 0.01, (side * (w - 0.1), side * (w - 0.02)), (bed + 0.02, bed + 0.2), Material.BLINKER)
    b.end_panel(-h - 0.012, (-0.25, 0.25), (bed - 0.05, bed + 0.1), Material.PLATE)
    b.next_group()


def _truck_cab(b: MeshBuilder, h: float, w: float, cab: float, height: float) -> None:
    x0 = h - cab
    low = [(x0, 0.45, w - 0.04), (h, 0.40, w - 0.06), (h, 1.20, w - 0.04)]
    b.loft([*low, (h - 0.28, height, w - 0.14), (x0, height, w - 0.12)], Material.BODY)
    b.decal(_pane((h, 1.20, w - 0.14), (h - 0.28, height, w - 0.22), (0.08, 0.86)), Material.GLASS)
    sill = [(x0 + 0.35, w - 0.04, 1.22), (h - 0.12, w - 0.04, 1.22)]
    head = height - 0.2
    b.both_sides([*sill, (h - 0.30, w - 0.10, head), (x0 + 0.35, w - 0.10, head)], Material.GLASS)
    for side in (1, -1):
        b.end_panel(h + 0.01, (side * (w - 0.5), side * (w - 0.14)), (0.70, 0.93), Material.HEADLAMP)
    b.end_panel(h + 0.012, (-0.25, 0.25), (0.5, 0.65), Material.PLATE)


def bus(length: float, width: float, height: float) -> Mesh:
    """Bus with windows along both sides."""
    b, h, w = MeshBuilder(), length / 2, width / 2
    b.box((-h + 0.2, h - 0.2), (-w + 0.1, w - 0.1), (0.2, 0.5), Material.TRIM)
    front = [(-h, 0.38, w), (h, 0.36, w - 0.03), (h - 0.12, height - 0.12, w - 0.08), (h - 0.3, height, w - 0.14)]
    b.loft([*front, (-h + 0.2, height, w - 0.14), (-h, height - 0.15, w - 0.06)], Material.BODY)
    b.side_panels((-h + 0.05, h - 0.1), w + 0.004, (0.75, 1.22), Material.SECOND)
    for x0, x1 in pairwise(np.linspace(-h + 0.35, h - 0.45, 7).tolist()):
        b.side_panels((x0 + 0.05, x1 - 0.05), w, (1.42, 2.35), Material.GLASS)
    b.decal(_pane((h, 0.36, w - 0.15), (h - 0.12, height - 0.12, w - 0.2), (0.33, 0.9)), Material.GLASS)
    b.end_panel(-h - 0.01, (-w + 0.3, w - 0.3), (1.6, 2.4), Material.GLASS)
    _lamps(b, h, w, (0.75, 1.02))
    for x in (-h + length * 0.26, h - length * 0.22):
        b.wheel_pair(x, w + 0.008, 0.48)
    return b.mesh()
