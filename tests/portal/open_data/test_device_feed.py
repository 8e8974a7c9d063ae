"""WZDx DeviceFeed, against the published schema."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg_pool import ConnectionPool

from analytics.camera import Position, Visibility
from analytics.uptime.minute_gap import GapCause
from pipelines.config.open_data_settings import OpenDataConfig
from pipelines.config.portal_settings import PortalConfig
from pipelines.config.settings import CityConfig, Config
from pipelines.events.schema import CameraStatus
from portal.live.schemas import CameraState, Video
from portal.open_data.device_feed import device_feed
from tests.support.published_schemas import violations

NOW = datetime(2026, 11, 20, 5, 0, 0, 700_000, tzinfo=UTC)
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"


def camera(**changes: Any) -> CameraState:
    fields = {
        "id": "laluan-1",
        "name": "Laluan utara",
        "site": None,
        "owner": "Dishub",
        "visibility": Visibility.PUBLIC,
        "position": Position(lat=1.12, lon=104.04),
        "level": "free",
        "status": CameraStatus.ONLINE,
        "zones": (),
        "last_analysed_at": NOW,
        "updated_at": NOW,
        "video": None,
        **changes,
    }
    return CameraState(**fields)


def feed(*cameras: CameraState, config: Config | None = None) -> dict[str, Any]:
    found = device_feed(config or Config(city=CityConfig(name="Batam")), cameras, NOW, 5)
    assert violations("wzdx_device_feed", found) == []
    return found


def details(of: CameraState) -> dict[str, Any]:
    return dict(feed(of)["features"][0]["properties"]["core_details"])


@pytest.mark.parametrize("status", CameraStatus)
def test_every_status_is_one_of_the_format(status: CameraStatus) -> None:
    expected = {CameraStatus.ONLINE: "ok", CameraStatus.DEGRADED: "warning"}.get(status, "error")
    assert details(camera(status=status))["device_status"] == expected


def test_a_delayed_camera_is_a_warning_and_one_out_of_service_unknown() -> None:
    assert details(camera(delayed=True))["device_status"] == "warning"
    repaired = camera(status=CameraStatus.OFFLINE, out_of_service={"id": "diperbaiki"}, cause=GapCause.MAINTENANCE)
    assert details(repaired)["device_status"] == "unknown"
    assert details(repaired)["status_messages"] == ["cause: maintenance"]


def test_cameras_without_a_position_are_left_out_and_an_empty_feed_is_valid() -> None:
    assert feed(camera(position=None))["features"] == []
    assert feed()["feed_info"]["data_sources"] == [{"data_source_id": "Batam", "organization_name": "Batam"}]


def test_each_owner_is_a_source_of_data_that_its_cameras_name() -> None:
    found = feed(camera(), camera(id="jam-1", owner=None))
    sources = {source["data_source_id"] for source in found["feed_info"]["data_sources"]}
    named = [feature["properties"]["core_details"]["data_source_id"] for feature in found["features"]]
    assert (sources, named) == ({"Batam", "Dishub"}, ["Dishub", "Batam"])


@pytest.mark.parametrize(("licence", "stated"), [("CC0-1.0", CC0), ("CC-BY-4.0", None), (None, None)])
def test_only_the_licence_that_the_format_knows_is_stated(licence: Any, stated: str | None) -> None:
    config = Config(open_data=OpenDataConfig(licence=licence, contact_email="data@kota.example.id"))
    info = feed(camera(), config=config)["feed_info"]
    assert info.get("license") == stated
    assert info["contact_email"] == "data@kota.example.id"


def test_a_picture_has_its_public_address_and_its_time(tmp_path: Path) -> None:
    folder = tmp_path / "hls" / "laluan-1"
    folder.mkdir(parents=True)
    (folder / "preview.jpg").write_bytes(b"jpeg")
    seen = camera(video=Video(hls="/live/laluan-1/index.m3u8", preview="/live/laluan-1/preview.jpg"))
    portal = PortalConfig(public_url="https://kota.example.id/lalin")
    found = feed(seen, config=Config(portal=portal, data_dir=tmp_path))["features"][0]["properties"]
    assert found["image_url"] == "https://kota.example.id/lalin/live/laluan-1/preview.jpg"
    taken_at = datetime.fromisoformat(found["image_timestamp"])
    assert abs(taken_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert "image_url" not in feed(seen, config=Config(data_dir=tmp_path))["features"][0]["properties"]


def test_the_feed_of_a_portal_is_valid_and_has_its_public_cameras(
    anonymous: httpx.Client, pool: ConnectionPool
) -> None:
    answer = anonymous.get("/api/v1/devices.geojson")
    assert answer.headers["Content-Type"] == "application/geo+json"
    found = answer.raise_for_status().json()
    assert violations("wzdx_device_feed", found) == []
    assert violations("geojson_feature_collection", found) == []
    assert [feature["id"] for feature in found["features"]] == ["laluan-1"]
