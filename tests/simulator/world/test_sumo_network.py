"""The committed road networks have left-hand traffic and the lanes of their site."""

import sys
from pathlib import Path

import pytest

from simulator.world.sites import Site, all_sites, site_by_id
from simulator.world.sumo_network import build_network, network_file, read_network


@pytest.mark.parametrize("site", all_sites(), ids=lambda site: site.id)
def test_lanes_are_those_of_the_site_and_keep_left(site: Site) -> None:
    network = read_network(site)
    for arm in site.arms:
        ways_out, ways_in = network.lanes_of(f"{arm.id}_out"), network.lanes_of(f"{arm.id}_in")
        assert (len(ways_out), len(ways_in)) == (arm.lanes_out, arm.lanes_in)
        assert all((lane.centre @ arm.left > 0).all() for lane in ways_out)
        assert all((lane.centre @ arm.left < 0).all() for lane in ways_in)


def test_netconvert_reproduces_the_committed_network(tmp_path: Path) -> None:
    if not Path(sys.executable).with_name("netconvert").exists():
        pytest.skip("needs netconvert, from the PyPI package eclipse-sumo")
    site = site_by_id("simpang-kuda")
    build_network(site, tmp_path / "again.net.xml")
    assert (tmp_path / "again.net.xml").read_text() == network_file(site).read_text()
