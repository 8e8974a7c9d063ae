"""One simulated camera: its traffic, pictures and truth, moved on frame by frame."""

from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import cv2

from analytics.camera import Camera
from pipelines.config.geometry_file import CameraGeometry
from simulator.ground_truth.recorder import TruthKeeper
from simulator.render.frame_renderer import Painter
from simulator.render.ground import Image
from simulator.render.osd import write_caption
from simulator.render.projection import Figures
from simulator.render.scenery import Scenery
from simulator.world.camera_model import IMAGE_SIZE, geometry_of
from simulator.world.scenario import FaultKind, Light, Script
from simulator.world.sites import Point
from simulator.world.sumo_network import read_network
from simulator.world.sumo_traffic import Traffic
from simulator.world.traffic_state import Moment


@dataclass(frozen=True)
class Frame:
    """picture: (H, W, 3) BGR without noise. yuv: (H * 3 / 2, W), as the sensor sees it. fault: what spoils it."""

    moment: Moment
    picture: Image
    yuv: Image
    figures: Figures
    fault: FaultKind | None


class SimulatedCamera:
    """A context manager. The same point, seed and script give the same frames, skipped ones left out.

    What nobody could see on the picture, because of a fault, is not in the truth either.
    """

    def __init__(self, point: Point, seed: int, script: Script, *, into_minute_s: float = 0.0) -> None:
        cv2.setNumThreads(1)
        self._point, self._seed, self._script = point, seed, script
        self._traffic = Traffic(point, seed, script)
        self._sceneries: dict[bool, Scenery] = {}
        self._painters: dict[tuple[bool, Light], Painter] = {}
        self._last: Frame | None = None
        self.geometry = geometry_of(point, read_network(point))
        self.camera: Camera = CameraGeometry.model_validate(self.geometry).camera(point.id, IMAGE_SIZE)
        self.truth = TruthKeeper(self.camera, into_minute_s=into_minute_s)
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        self._exit.enter_context(self._traffic)
        self._painter(self._script.light_at(0.0), turned=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    @property
    def t(self) -> float:
        """Of the newest frame, in seconds."""
        return self._traffic.t

    def prepare(self, until_s: float) -> None:
        """Draws what does not move in all lights up to then, a second or two for each: no frame has to wait for it."""
        for light in self._script.lights(until_s):
            self._painter(light, turned=False)
        for fault in self._script.faults:
            if fault.kind is FaultKind.TURNED and fault.start_s < until_s:
                self._painter(self._script.light_at(fault.start_s), turned=True)

    def frame(self) -> Frame:
        """The next one."""
        moment = self._traffic.step()
        fault = self._script.fault_at(moment.t)
        kind = None if fault is None else fault.kind
        if kind is FaultKind.FROZEN and self._last is not None:
            return Frame(moment, self._last.picture, self._last.yuv, self._last.figures, kind)
        painter = self._painter(self._script.light_at(moment.t), turned=kind is FaultKind.TURNED)
        picture, figures = painter.paint(moment)
        write_caption(picture, self._point.name, moment.t)
        self._last = Frame(moment, picture, painter.expose(picture), figures, kind)
        if kind is None:
            self.truth.observe(moment, figures)
        return self._last

    def skip(self, *, missed: bool = False) -> None:
        """The next frame comes too late to be drawn, but what happens in it happens.

        missed: so many were left out that nobody could have followed what went on; it is not in the truth.
        """
        moment = self._traffic.step()
        if not missed and self._script.fault_at(moment.t) is None:
            painter = self._painter(self._script.light_at(moment.t), turned=False)
            self.truth.observe(moment, painter.figures(moment))

    def _painter(self, light: Light, *, turned: bool) -> Painter:
        if (turned, light) not in self._painters:
            if turned not in self._sceneries:
                self._sceneries[turned] = Scenery(self._point, self._seed, turned=turned)
            self._painters[turned, light] = self._sceneries[turned].painter(light)
        return self._painters[turned, light]
