"""Blocks of a window that show the road: zones, and the surroundings of gates."""

import numpy as np

from analytics.camera import Camera
from analytics.geometry.zone_index import ZoneIndex
from models.gating.block_motion import BLOCK_PX, BlockMask
from models.gating.roi import RegionOfInterest

GATE_REACH = 0.2
"""Distance from a gate within which motion may become a crossing, as a share of the frame's height.

[measured: docs/adr/0109-what-the-detector-misses.md]: farther off, small road users count at no gate.
"""


def road_blocks(camera: Camera, roi: RegionOfInterest) -> BlockMask:
    """(rows, columns) of blocks whose centre lies in a zone or near a gate; all where the camera has neither."""
    left, top, width, height = roi.window
    rows, columns = height // BLOCK_PX, width // BLOCK_PX
    if not camera.zones and not camera.gates:
        return np.ones((rows, columns), dtype=bool)
    v, u = np.mgrid[:rows, :columns] * BLOCK_PX + BLOCK_PX / 2
    per_u, per_v = (whole / scaled for whole, scaled in zip(roi.frame_size, roi.scaled_size, strict=True))
    centres = np.stack([(u.ravel() + left) * per_u, (v.ravel() + top) * per_v], axis=1)
    road = ZoneIndex(camera.zones).membership(centres).any(axis=1)
    for gate in camera.gates:
        start, along = np.array(gate.p1), np.subtract(gate.p2, gate.p1)
        share = np.clip((centres - start) @ along / (along @ along), 0.0, 1.0)
        apart = np.linalg.norm(centres - start - share[:, None] * along, axis=1)
        road |= apart < GATE_REACH * roi.frame_size[1]
    return np.asarray(road.reshape(rows, columns))
