"""One camera's surroundings, and a painter for each light that falls on them."""

import numpy as np

from simulator.render.frame_renderer import Painter
from simulator.render.ground import GroundPainter
from simulator.render.lighting import lighting_of
from simulator.render.static_background import paint_backdrop
from simulator.world.camera_model import View, view_of
from simulator.world.scenario import Light
from simulator.world.sites import Point
from simulator.world.street_furniture import Planner
from simulator.world.sumo_network import read_network


class Scenery:
    """What stands around the point is always the same; seed sets sun, clouds and noise."""

    def __init__(self, point: Point, seed: int, *, turned: bool = False) -> None:
        self._point, self._seed = point, seed
        self.view: View = view_of(point, turned=turned)
        network = read_network(point)
        self._ground = GroundPainter(point, network, self.view, self._dice(1, 0)).ground()
        self._roadside = Planner(point, network, view_of(point), self._dice(2, 0)).plan()

    def _dice(self, purpose: int, seed: int) -> np.random.Generator:
        return np.random.default_rng([purpose, seed, *self._point.id.encode()])

    def painter(self, light: Light) -> Painter:
        lighting = lighting_of(light, self._dice(3, self._seed))
        backdrop = paint_backdrop(
            self._ground, self._roadside, self.view, lighting, far=self._point.scene.far, dice=self._dice(4, self._seed)
        )
        return Painter(self.view, lighting, backdrop, self._dice(5, self._seed))
