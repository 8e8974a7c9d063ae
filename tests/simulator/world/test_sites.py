"""The camera sites of the city are complete and consistent."""

import numpy as np
import pytest

from pipelines.errors import UserError
from simulator.world.sites import Arm, all_sites, site_by_id


def test_there_are_twelve_sites() -> None:
    assert len({site.id for site in all_sites()}) == 12


def test_each_camera_observes_an_arm_of_its_site() -> None:
    assert all(site.observed_arm in site.arms for site in all_sites())


def test_an_unknown_site_is_an_error_with_the_known_sites() -> None:
    with pytest.raises(UserError, match="simpang-kuda"):
        site_by_id("monas")


def test_outbound_traffic_is_left_of_the_centre_line() -> None:
    north = Arm(id="utara", bearing_deg=0, lanes_in=1, lanes_out=1, flow_veh_h=100)
    np.testing.assert_allclose(north.position(10, 3), [-3, 10], atol=1e-9)
