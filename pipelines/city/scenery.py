"""One camera's surroundings, and a painter for each light that falls on them."""

import numpy as np

from pipelines.city.backdrop import paint_backdrop
from pipelines.city.cameras import View, view_of
from pipelines.city.ground import GroundPainter
from pipelines.city.lighting import lighting_of
from pipelines.city.networks import read_network
from pipelines.city.painter import Painter
from pipelines.city.points import Point
from pipelines.city.roadside import Planner
from pipelines.city.script import Light


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
