"""Perspective of each simulated camera, and its camera.json: gates, zones and control points."""

from dataclasses import dataclass
from math import hypot, radians, tan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.world.sites import MEDIAN_M, Arm, Site, road_half_width_m
from simulator.world.sumo_network import RoadNetwork

IMAGE_SIZE = (640, 360)
"""Width and height of the rendered frames, pixels [assumption]."""

GATE_BEYOND_STOP_M = 9.0
"""Distance from the stop line to the counting gates, metres along the arm [assumption]."""

ZONE_FROM_STOP_M, ZONE_TO_M = 2.0, 52.0
"""Start of the zones behind the stop line, and their largest distance from the junction, metres [assumption]."""

TURNED_DEG = 24.0
"""Rotation of a camera with the fault `turned`, degrees about the vertical axis [assumption]."""


@dataclass(frozen=True)
class CameraModel:
    """Pinhole camera. eye: (3,) metres. axes: (3, 3), rows right, down, forward. focal_px: pixels at `IMAGE_SIZE`."""

    eye: NDArray[np.float64]
    axes: NDArray[np.float64]
    focal_px: float

    def project(self, positions: ArrayLike, scale: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixels (..., 2) of world positions (..., 3) in metres, and their depth (...) in metres.

        scale: factor on `IMAGE_SIZE`. A position behind the camera has a depth below 0; its pixel is meaningless.
        """
        seen = (np.asarray(positions, dtype=np.float64) - self.eye) @ self.axes.T
        depth = seen[..., 2]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)[..., None]
        middle = np.array(IMAGE_SIZE) / 2
        return (seen[..., :2] / safe * self.focal_px + middle) * scale, depth

    def project_ground(self, ground: ArrayLike, scale: float = 1.0) -> NDArray[np.float64]:
        """Pixels (N, 2) of ground positions (N, 2) in metres."""
        flat = np.asarray(ground, dtype=np.float64).reshape(-1, 2)
        return self.project(np.column_stack([flat, np.zeros(len(flat))]), scale)[0]

    @property
    def ahead(self) -> NDArray[np.float64]:
        """(2,) horizontal unit vector of the viewing direction."""
        return np.asarray(self.axes[2, :2] / hypot(*self.axes[2, :2]))


def camera_model(site: Site, *, turned: bool = False) -> CameraModel:
    """Camera model of a site. turned: with the fault that rotates the camera by `TURNED_DEG`."""
    mount, arm = site.mount, site.observed_arm
    eye = np.append(arm.position(-mount.back_m, mount.side_m), mount.height_m)
    target = np.append(arm.position(mount.ahead_m, 0.0), 0.0)
    forward = target - eye
    if turned:
        c, s = np.cos(radians(TURNED_DEG)), np.sin(radians(TURNED_DEG))
        forward[:2] = np.array([[c, -s], [s, c]]) @ forward[:2]
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    return CameraModel(eye, np.stack([right, down, forward]), IMAGE_SIZE[0] / 2 / tan(radians(mount.fov_deg) / 2))


def camera_geometry(site: Site, network: RoadNetwork) -> dict[str, Any]:
    """Content of the camera.json of a site, with exact gates, zones and control points."""
    arm, camera = site.observed_arm, camera_model(site)
    stop = network.stop_m(f"{arm.id}_in")
    gate, start = stop + GATE_BEYOND_STOP_M, stop + ZONE_FROM_STOP_M
    inward, outward = (
        (-road_half_width_m(arm.lanes_in), -MEDIAN_M / 2),
        (MEDIAN_M / 2, road_half_width_m(arm.lanes_out)),
    )
    return {
        "name": site.id,
        "image_size": list(IMAGE_SIZE),
        "speed_limit_kmh": site.speed_limit_kmh,
        "drive_side": "left",
        "anchor": {"lat": site.lat, "lon": site.lon},
        "control_points": [
            {"pixel": _rounded(camera.project_ground(position)[0]), "ground": _rounded(position)}
            for along in np.linspace(start, ZONE_TO_M, 4)
            for left in (inward[0], 0.0, outward[1])
            if _inside(camera.project_ground(position := arm.position(along, left))[0])
        ],
        "gates": [
            _gate("masuk", camera, arm, gate, (inward[0] - 0.3, inward[1] + 0.3)),
            _gate("keluar", camera, arm, gate, (outward[0] - 0.3, outward[1] + 0.3)),
        ],
        "zones": [
            _zone("masuk", camera, arm, start, inward, sense=-1, lanes=arm.lanes_in, signal=site.signal),
            _zone("keluar", camera, arm, start, outward, sense=1, lanes=arm.lanes_out, signal=False),
        ],
    }


def _gate(gate_id: str, camera: CameraModel, arm: Arm, along: float, left: tuple[float, float]) -> dict[str, Any]:
    ground = [arm.position(along, side) for side in left]
    p1, p2 = (_rounded(pixel) for pixel in camera.project_ground(ground))
    return {"id": gate_id, "p1": p1, "p2": p2, "ground": [_rounded(position) for position in ground]}


def _zone(
    zone_id: str,
    camera: CameraModel,
    arm: Arm,
    start: float,
    left: tuple[float, float],
    *,
    sense: int,
    lanes: int,
    signal: bool,
) -> dict[str, Any]:
    """Zone of one direction, from `start` metres to `ZONE_TO_M`, cut to where both edges are inside the image.

    left: both edges, metres left of the centre line. sense: 1 for outbound traffic, -1 for inbound traffic.
    """
    steps = np.arange(start, ZONE_TO_M + 0.1, 0.5)
    edges = [camera.project_ground([arm.position(along, side) for along in steps]) for side in left]
    visible = np.array([_inside(a) and _inside(b) for a, b in zip(*edges, strict=True)])
    first, last = (int(k) for k in np.flatnonzero(visible)[[0, -1]])
    corners = [edges[0][first], edges[0][last], edges[1][last], edges[1][first]]
    middle = (edges[0] + edges[1]) / 2
    course = (middle[last] - middle[first]) * sense
    return {
        "id": zone_id,
        "polygon": [_rounded(corner) for corner in corners],
        "direction": _rounded(course / np.linalg.norm(course)),
        "lanes": lanes,
        "length_m": float(steps[last] - steps[first]),
        "signal_controlled": signal,
    }


def _inside(pixel: NDArray[np.float64]) -> bool:
    return bool(0 <= pixel[0] <= IMAGE_SIZE[0] and 0 <= pixel[1] <= IMAGE_SIZE[1])


def _rounded(values: ArrayLike) -> list[float]:
    return [round(float(value), 3) for value in np.asarray(values)]
