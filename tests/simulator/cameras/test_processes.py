"""The configuration of a live simulated city is one that `simpang run` reads."""

import math
from pathlib import Path

from pipelines.config.config_file import read_config
from portal.basemap.street_lines import read_streets
from simulator.cameras.processes import amend_config, write_config
from simulator.world.sites import all_sites, site_by_id

LIVE = ("engku-putri-utara", "engku-putri-selatan")
"""Two sites of one location."""


def test_live_sites_have_a_stream_and_others_are_out_of_service(tmp_path: Path) -> None:
    config = read_config(write_config(all_sites(), {site_id: 8554 + k for k, site_id in enumerate(LIVE)}, tmp_path))
    assert len(config.cameras) == 12
    assert {camera.id for camera in config.cameras if camera.out_of_service is None} == set(LIVE)
    assert [camera.url.get_secret_value() for camera in config.cameras if camera.id in LIVE] == [
        "rtsp://127.0.0.1:8554/main",
        "rtsp://127.0.0.1:8555/main",
    ]
    assert config.city.simulated
    notes = [camera.out_of_service for camera in config.cameras if camera.out_of_service is not None]
    assert notes == 10 * [
        {
            "id": "tidak disimulasikan: 2 dari 12 titik hidup di komputer ini",
            "en": "not simulated: 2 of 12 points are live on this machine",
        }
    ]


def test_sites_of_one_location_belong_to_one_place_of_the_configuration(tmp_path: Path) -> None:
    config = read_config(write_config([site_by_id(site_id) for site_id in LIVE], {}, tmp_path))
    assert [site.id for site in config.sites] == ["engku-putri"]


def test_the_streets_meet_at_each_site(tmp_path: Path) -> None:
    config = read_config(write_config(all_sites(), {}, tmp_path))
    assert config.portal.streets is not None
    streets = read_streets(config.portal.streets)
    assert len(streets) == sum(len(site.arms) for site in all_sites())
    for site in all_sites():
        from_site_m = [111_000 * math.dist(street.line[0], (site.lat, site.lon)) for street in streets]
        assert sum(distance < 10 for distance in from_site_m) == len(site.arms)


def test_amending_replaces_only_the_given_keys(tmp_path: Path) -> None:
    path = write_config(all_sites()[:2], {}, tmp_path)
    before = read_config(path)
    amend_config(path, portal={"port": 8099})
    after = read_config(path)
    assert after.portal.port == 8099
    assert after.portal.streets == before.portal.streets is not None
    assert after.cameras == before.cameras
