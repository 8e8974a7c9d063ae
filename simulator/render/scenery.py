"""Surroundings of one camera, and a frame renderer for each light."""

import numpy as np

from simulator.render.frame_renderer import FrameRenderer
from simulator.render.ground import GroundTextureBuilder
from simulator.render.lighting import lighting_of
from simulator.render.static_background import render_background
from simulator.world.camera_model import CameraModel, camera_model
from simulator.world.scenario import Light
from simulator.world.sites import Site
from simulator.world.street_furniture import StreetFurniturePlacer
from simulator.world.sumo_network import read_network


class Scenery:
    """Surroundings of a site as its camera sees them.

    seed: of sun, clouds and noise; buildings do not depend on it.
    """

    def __init__(self, site: Site, seed: int, *, turned: bool = False) -> None:
        self._site, self._seed = site, seed
        self.camera: CameraModel = camera_model(site, turned=turned)
        network = read_network(site)
        self._ground = GroundTextureBuilder(site, network, self.camera, self._rng(1, 0)).ground()
        self._roadside = StreetFurniturePlacer(site, network, camera_model(site), self._rng(2, 0)).place_all()

    def _rng(self, purpose: int, seed: int) -> np.random.Generator:
        return np.random.default_rng([purpose, seed, *self._site.id.encode()])

    def renderer(self, light: Light) -> FrameRenderer:
        """Frame renderer for a light; rendering its background takes a second or two."""
        lighting = lighting_of(light, self._rng(3, self._seed))
        background = render_background(
            self._ground,
            self._roadside,
            self.camera,
            lighting,
            far=self._site.surroundings.far,
            rng=self._rng(4, self._seed),
        )
        return FrameRenderer(self.camera, lighting, background, self._rng(5, self._seed))
