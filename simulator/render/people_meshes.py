"""Meshes of persons on motorcycles, on bicycles and on foot; metres, coordinates as in `mesh_building`."""

from math import cos, pi, sin

from simulator.render.mesh_building import CORNERS, Material, Mesh, MeshBuilder

SEAT_M = 0.76
"""Height of a motorcycle seat, metres [assumption]."""


def motorcycle(length: float, *, scooter: bool, pillion: bool) -> Mesh:
    """Motorcycle with its rider. pillion: and with a passenger."""
    b, h, radius = MeshBuilder(), length / 2, 0.27
    b.wheel(-h + radius, 0.0, radius, 0.12)
    b.next_group()
    b.wheel(h - radius, 0.0, radius, 0.10)
    b.next_group()
    frame = [(-h + 0.08, 0.50, 0.13), (0.25, 0.28, 0.16), (0.30, 0.50, 0.15)]
    b.loft(
        [*frame, (0.05, SEAT_M, 0.15), (-h + 0.02, SEAT_M + 0.06, 0.11)],
        Material.BODY,
        Material.BODY_LOW if scooter else None,
    )
    b.end_panel(-h + 0.01, (-0.09, 0.09), (0.62, 0.74), Material.TAILLAMP)
    b.end_panel(-h + 0.03, (-0.10, 0.10), (0.44, 0.58), Material.PLATE)
    b.next_group()
    b.loft([(0.36, 0.40, 0.15), (0.60, 0.52, 0.13), (0.56, 0.98, 0.17), (0.44, 1.02, 0.15)], Material.BODY)
    b.end_panel(0.60, (-0.11, 0.11), (0.72, 0.90), Material.HEADLAMP)
    b.box((0.40, 0.46), (-0.34, 0.34), (0.99, 1.04), Material.TRIM)
    for side in (1, -1):
        b.next_group()
        thigh = [(-0.18, SEAT_M - 0.1, 0.075), (-0.10, SEAT_M + 0.08, 0.075), (0.34, SEAT_M, 0.07), (0.34, 0.60, 0.07)]
        b.loft(thigh, Material.TROUSERS, shift_y=side * 0.2)
        b.box((0.22, 0.36), (side * 0.2 - 0.06, side * 0.2 + 0.06), (0.26, SEAT_M - 0.06), Material.TROUSERS)
    if pillion:
        _upper_body(
            b, -0.50, SEAT_M + 0.04, lean=0.04, jacket=Material.SECOND_JACKET, head=Material.HELMET, reaches=False
        )
    _upper_body(b, -0.14, SEAT_M, lean=0.06, jacket=Material.JACKET, head=Material.HELMET, reaches=True)
    return b.mesh()


def bicycle(length: float, *, left_foot_up: bool) -> Mesh:
    """City bicycle with its rider: thin tubes, transparent wheels, upright position, one knee raised."""
    b, h, radius = MeshBuilder(), length / 2, 0.34
    rear, crank, head, saddle = (-h + radius, radius), (-0.08, 0.29), (0.36, 0.92), (-0.26, 0.90)
    for hub in (rear, (h - radius, radius)):
        b.rim(hub[0], 0.0, radius, 0.045)
        b.next_group()
    tubes = ((crank, saddle), (crank, (0.40, 0.74)), ((-0.22, 0.80), head), (rear, crank), (rear, (-0.22, 0.80)))
    for start, end in tubes:
        b.tube(start, end, 0.045, Material.BODY)
    b.tube((h - radius, radius), (0.33, 1.04), 0.04, Material.TRIM)
    b.box((0.30, 0.35), (-0.29, 0.29), (1.03, 1.07), Material.TRIM)
    b.box((-0.38, -0.12), (-0.07, 0.07), (0.89, 0.95), Material.TRIM)
    hips, straight_foot, raised_knee, raised_foot = (-0.22, 0.98), (-0.06, 0.14), (0.19, 0.82), (-0.04, 0.46)
    for side in (1, -1):
        b.next_group()
        if left_foot_up == (side == 1):
            b.tube(raised_knee, raised_foot, 0.11, Material.TROUSERS, shift_y=side * 0.13)
            b.tube(hips, raised_knee, 0.14, Material.TROUSERS, shift_y=side * 0.12)
        else:
            b.tube(hips, straight_foot, 0.12, Material.TROUSERS, shift_y=side * 0.12)
    _upper_body(b, -0.22, 0.94, lean=0.12, jacket=Material.JACKET, head=Material.SECOND, reaches=False)
    for side in (1, -1):
        b.tube((-0.08, 1.38), (0.32, 1.07), 0.09, Material.JACKET, shift_y=side * 0.25)
    return b.mesh()


def pedestrian(stride: float) -> Mesh:
    """Pedestrian. stride: distance of the left foot ahead of the hips, metres."""
    b = MeshBuilder()
    for side in (1, -1):
        b.next_group()
        foot = side * stride
        leg = [(foot - 0.06, 0.02, 0.06), (foot + 0.12, 0.02, 0.06), (0.09, 0.86, 0.085), (-0.09, 0.86, 0.085)]
        b.loft(leg, Material.TROUSERS, shift_y=side * 0.1)
    for side in (1, -1):
        b.next_group()
        hand = -side * stride * 0.8
        arm = [(hand - 0.04, 0.78, 0.04), (hand + 0.05, 0.78, 0.04), (0.06, 1.36, 0.05), (-0.06, 1.36, 0.05)]
        b.loft(arm, Material.JACKET, shift_y=side * 0.25)
    _upper_body(b, 0.0, 0.86, lean=0.02, jacket=Material.JACKET, head=Material.SECOND, reaches=False)
    return b.mesh()


def _upper_body(
    b: MeshBuilder, x: float, z: float, *, lean: float, jacket: Material, head: Material, reaches: bool
) -> None:
    """Add trunk and head above a seat or hips at height `z`. reaches: with arms to a handlebar."""
    top = z + 0.52
    b.next_group()
    b.loft(
        [(x - 0.13, z, 0.17), (x + 0.12, z, 0.17), (x + 0.11 + lean, top, 0.20), (x - 0.10 + lean, top, 0.20)], jacket
    )
    if reaches:
        shoulder = [(x + lean - 0.05, top - 0.12, 0.055), (x + lean + 0.04, top - 0.02, 0.055)]
        for side in (1, -1):
            b.loft([*shoulder, (x + 0.44, z + 0.28, 0.05), (x + 0.40, z + 0.18, 0.05)], jacket, shift_y=side * 0.24)
    b.next_group()
    cx, cz, r = x + lean + 0.03, top + 0.15, 0.145
    ring = [(cos(pi * (k + 0.5) / 4), sin(pi * (k + 0.5) / 4)) for k in range(CORNERS)]
    b.loft([(cx + r * dx, cz + r * dz, 0.115 if abs(dz) > 0.7 else 0.135) for dx, dz in ring], head)
    face = Material.GLASS if head is Material.HELMET else Material.SKIN
    b.end_panel(cx + r, (-0.09, 0.09), (cz - 0.06, cz + 0.05), face)
