"""Roads of the zones in WGS84, and the API that sends them."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from analytics.camera import Visibility
from pipelines.config.settings import CameraConfig, Config
from pipelines.events.registered_camera import RegisteredCamera
from portal.basemap.road_answers import RoadAnswers
from portal.basemap.zone_roads import zone_roads
from portal.cameras.camera_scope import EVERY_CAMERA
from portal.cameras.catalogue import CameraCatalogue
from simulator.world.camera_model import camera_geometry
from simulator.world.sites import site_by_id
from simulator.world.sumo_network import read_network

SITE = site_by_id("mata-kucing")


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    """The config with calibrated cameras: `kucing` is public, `rahasia` is not, `tanpa-jangkar` has no anchor."""
    exact = camera_geometry(SITE, read_network(SITE))
    (tmp_path / "exact.json").write_text(json.dumps(exact))
    (tmp_path / "no_anchor.json").write_text(json.dumps({k: v for k, v in exact.items() if k != "anchor"}))

    def camera(camera_id: str, geometry: str, visibility: Visibility) -> CameraConfig:
        return CameraConfig(
            id=camera_id,
            name=camera_id,
            url="rtsp://10.0.0.7/1",
            geometry=tmp_path / geometry,
            visibility=visibility,
        )

    cameras = (
        camera("kucing", "exact.json", Visibility.PUBLIC),
        camera("rahasia", "exact.json", Visibility.OPERATORS),
        camera("tanpa-jangkar", "no_anchor.json", Visibility.PUBLIC),
    )
    return config.model_copy(update={"cameras": config.cameras + cameras})


def test_a_road_lies_beside_the_site_in_its_direction_of_travel(config: Config) -> None:
    entries = CameraCatalogue(config).visible(None)
    roads = {(road.camera_id, road.zone): road for road in zone_roads(entries)}
    assert set(roads) == {("kucing", "masuk"), ("kucing", "keluar")}
    for zone, road in roads.items():
        metres = [_metres(at) for at in road.centre]
        along = [x * SITE.observed_arm.outward[0] + y * SITE.observed_arm.outward[1] for x, y in metres]
        assert all(0 < distance < 60 for distance in along)
        assert (along[-1] > along[0]) == (zone[1] == "keluar"), "inbound traffic drives towards the site"
        left = [x * SITE.observed_arm.left[0] + y * SITE.observed_arm.left[1] for x, y in metres]
        assert all((value > 0) == (zone[1] == "keluar") for value in left), "traffic keeps left"


def _metres(at: tuple[float, float]) -> tuple[float, float]:
    """Metres east and north of the site; 1 degree is about 111 km beside the equator."""
    return (at[1] - SITE.lon) * 111_300, (at[0] - SITE.lat) * 110_600


def test_the_public_receives_the_roads_of_public_cameras_only(
    anonymous: httpx.Client, signed_in: Callable[[str], httpx.Client]
) -> None:
    def cameras(client: httpx.Client) -> set[str]:
        return {road["camera_id"] for road in client.get("/api/roads").raise_for_status().json()["zones"]}

    assert cameras(anonymous) == {"kucing"}
    assert cameras(signed_in("sari")) == {"kucing", "rahasia"}


def test_known_roads_are_not_sent_again(anonymous: httpx.Client, signed_in: Callable[[str], httpx.Client]) -> None:
    first = anonymous.get("/api/roads")
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    assert "Cookie" in first.headers["Vary"]
    again = anonymous.get("/api/roads", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    # A shared cache must not give the roads of a signed-in user to the public.
    private = signed_in("sari").get("/api/roads", headers={"If-None-Match": first.headers["ETag"]})
    assert private.status_code == 200
    assert private.headers["Cache-Control"].startswith("private")


def test_roads_follow_the_registry(config: Config) -> None:
    catalogue = CameraCatalogue(config)
    answers = RoadAnswers(catalogue, None)
    before = answers.for_scope(None)
    hidden = RegisteredCamera(id="kucing", name="Kucing", url="rtsp://10.0.0.7/1", visibility=Visibility.OPERATORS)
    catalogue.set_registered([hidden.model_copy(update={"geometry": config.geometry_of(config.cameras[-3])})])
    public, private = (answers.for_scope(scope) for scope in (None, EVERY_CAMERA))
    assert b"kucing" in before.content and b"kucing" not in public.content
    assert b"kucing" in private.content
