"""Fixtures of the simulator's tests: a camera site, its scenery, and a skip where SUMO is missing."""

from importlib.util import find_spec

import pytest

from simulator.render.scenery import Scenery
from simulator.world.sites import Site, site_by_id


@pytest.fixture(scope="session")
def site() -> Site:
    return site_by_id("simpang-kuda")


@pytest.fixture(scope="session")
def scenery(site: Site) -> Scenery:
    return Scenery(site, 1)


@pytest.fixture
def sumo() -> None:
    if find_spec("libsumo") is None:
        pytest.skip("needs Eclipse SUMO, which the extra `demo` installs")
