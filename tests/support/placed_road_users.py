"""States of the simulated traffic with road users at given positions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import atan2

import numpy as np

from analytics.facts import IncidentType
from analytics.ground_truth import GroundTruth
from pipelines.config.geometry_file import CameraGeometry
from simulator.ground_truth.recorder import GroundTruthRecorder
from simulator.render.frame_renderer import FrameRenderer
from simulator.world.camera_model import IMAGE_SIZE, camera_geometry
from simulator.world.sites import Site
from simulator.world.sumo_network import read_network
from simulator.world.sumo_traffic import STEP_S
from simulator.world.traffic_state import TrafficState
from simulator.world.vehicle_types import VEHICLE_TYPE_INDEX


@dataclass(frozen=True)
class PlacedUser:
    """One road user on the observed arm. along, left: metres. inward: it drives towards the junction."""

    vehicle_type: str
    along: float
    left: float
    key: int = 1
    speed: float = 0.0
    inward: bool = False
    braking: bool = False


def traffic_state_with(
    site: Site,
    users: Sequence[PlacedUser],
    t: float = 0.0,
    active_incidents: Sequence[tuple[IncidentType, tuple[int, ...]]] = (),
) -> TrafficState:
    arm = site.observed_arm
    directions = [arm.outward * (-1 if user.inward else 1) for user in users]
    return TrafficState(
        t=t,
        keys=np.array([user.key for user in users], dtype=np.int64),
        type_index=np.array([VEHICLE_TYPE_INDEX[user.vehicle_type] for user in users], dtype=np.int64),
        xy=np.array([arm.position(user.along, user.left) for user in users]).reshape(-1, 2),
        heading=np.array([atan2(direction[1], direction[0]) for direction in directions]),
        speed=np.array([user.speed for user in users]),
        braking=np.array([user.braking for user in users], dtype=bool),
        hazard=np.zeros(len(users), dtype=bool),
        active_incidents=tuple(active_incidents),
    )


def recorder_of(site: Site) -> GroundTruthRecorder:
    """Recorder for the camera of a site."""
    geometry = CameraGeometry.model_validate(camera_geometry(site, read_network(site)))
    return GroundTruthRecorder(geometry.camera(site.id, IMAGE_SIZE))


def record_ground_truth(
    site: Site,
    renderer: FrameRenderer,
    users_at: Callable[[float], list[PlacedUser]],
    seconds: float,
    *,
    active_incidents: Sequence[tuple[IncidentType, tuple[int, ...]]] = (),
    unseen: tuple[float, float] = (-1.0, -1.0),
) -> GroundTruth:
    """Ground truth of road users whose positions are a function of time. unseen: from and until, in seconds."""
    recorder = recorder_of(site)
    for number in range(round(seconds / STEP_S)):
        t = number * STEP_S
        if not unseen[0] <= t < unseen[1]:
            state = traffic_state_with(site, users_at(t), t, active_incidents)
            recorder.update(state, renderer.project(state))
    return recorder.ground_truth()
