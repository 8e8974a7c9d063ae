"""One simulated camera: traffic, rendered frames and ground truth, frame by frame."""

from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Self

import cv2

from analytics.camera import Camera
from pipelines.config.geometry_file import CameraGeometry
from simulator.ground_truth.recorder import GroundTruthRecorder
from simulator.render.frame_renderer import FrameRenderer
from simulator.render.ground import Image
from simulator.render.osd import draw_osd
from simulator.render.projection import ProjectedRoadUsers
from simulator.render.scenery import Scenery
from simulator.world.camera_model import IMAGE_SIZE, camera_geometry
from simulator.world.scenario import FaultKind, Light, Scenario
from simulator.world.sites import Site
from simulator.world.sumo_network import read_network
from simulator.world.sumo_traffic import Traffic
from simulator.world.traffic_state import TrafficState


@dataclass(frozen=True)
class SimulatedFrame:
    """One frame. image: (H, W, 3), BGR without noise. yuv: (H * 3 / 2, W), planar 4:2:0 with sensor noise.

    fault: fault that affects the frame; None for a regular one.
    """

    state: TrafficState
    image: Image
    yuv: Image
    projected: ProjectedRoadUsers
    fault: FaultKind | None


class SimulatedCamera:
    """Context manager that simulates, renders and records one site.

    The same site, seed and scenario give the same frames, apart from skipped ones. The ground truth excludes times in
    which a fault affects the frames. into_minute_s: seconds from the last full minute of the clock to second 0.
    steps_per_frame: simulation steps from one frame to the next.
    """

    def __init__(
        self, site: Site, seed: int, scenario: Scenario, *, into_minute_s: float = 0.0, steps_per_frame: int = 1
    ) -> None:
        cv2.setNumThreads(1)
        self._site, self._seed, self._scenario, self._steps_per_frame = site, seed, scenario, steps_per_frame
        self._traffic = Traffic(site, seed, scenario)
        self._sceneries: dict[bool, Scenery] = {}
        self._renderers: dict[tuple[bool, Light], FrameRenderer] = {}
        self._preparing = Lock()
        self._last: SimulatedFrame | None = None
        self.geometry = camera_geometry(site, read_network(site))
        self.camera: Camera = CameraGeometry.model_validate(self.geometry).camera(site.id, IMAGE_SIZE)
        self.recorder = GroundTruthRecorder(self.camera, into_minute_s=into_minute_s)
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        self._exit.enter_context(self._traffic)
        self._renderer(self._scenario.light_at(0.0), turned=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    @property
    def t(self) -> float:
        """Time of the newest frame, seconds."""
        return self._traffic.t

    def prepare(self, t: float) -> None:
        """Render the static background of time `t`, so that no frame waits for it. May run in a thread of its own."""
        fault = self._scenario.fault_at(t)
        self._renderer(self._scenario.light_at(t), turned=fault is not None and fault.kind is FaultKind.TURNED)

    def next_frame(self) -> SimulatedFrame:
        """Advance by one frame, render it and record its ground truth."""
        state = self._traffic.step(self._steps_per_frame)
        fault = self._scenario.fault_at(state.t)
        kind = None if fault is None else fault.kind
        if kind is FaultKind.FROZEN and self._last is not None:
            return SimulatedFrame(state, self._last.image, self._last.yuv, self._last.projected, kind)
        renderer = self._renderer(self._scenario.light_at(state.t), turned=kind is FaultKind.TURNED)
        image, projected = renderer.render(state)
        draw_osd(image, self._site.name, state.t)
        self._last = SimulatedFrame(state, image, renderer.expose(image), projected, kind)
        if kind is None:
            self.recorder.update(state, projected)
        return self._last

    def skip(self, *, missed: bool = False) -> None:
        """Advance by one frame without rendering it.

        missed: exclude the frame from the ground truth, for gaps in which road users cannot be tracked.
        """
        state = self._traffic.step(self._steps_per_frame)
        if not missed and self._scenario.fault_at(state.t) is None:
            renderer = self._renderer(self._scenario.light_at(state.t), turned=False)
            self.recorder.update(state, renderer.project(state))

    def _renderer(self, light: Light, *, turned: bool) -> FrameRenderer:
        known = self._renderers.get((turned, light))
        if known is not None:
            return known
        with self._preparing:
            if turned not in self._sceneries:
                self._sceneries[turned] = Scenery(self._site, self._seed, turned=turned)
            if (turned, light) not in self._renderers:
                self._renderers[turned, light] = self._sceneries[turned].renderer(light)
            return self._renderers[turned, light]
