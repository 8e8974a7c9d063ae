"""The points of the city: what is said about them fits together."""

import numpy as np
import pytest

from pipelines.errors import UserError
from simulator.world.sites import Arm, all_sites, site_by_id


def test_the_twelve_points_named_in_public_are_there() -> None:
    assert len({site.id for site in all_sites()}) == 12


def test_cameras_watch_an_arm_of_their_point() -> None:
    assert all(site.observed_arm in site.arms for site in all_sites())


def test_an_unknown_point_is_told_which_there_are() -> None:
    with pytest.raises(UserError, match="simpang-kuda"):
        site_by_id("monas")


def test_who_drives_away_from_the_point_keeps_to_the_left() -> None:
    north = Arm(id="utara", bearing_deg=0, lanes_in=1, lanes_out=1, flow_veh_h=100)
    np.testing.assert_allclose(north.position(10, 3), [-3, 10], atol=1e-9)
