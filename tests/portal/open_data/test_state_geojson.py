"""GeoJSON of the current state, against the published schema and the rules of RFC 7946."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from analytics.camera import Visibility
from analytics.facts import Level
from pipelines.config.open_data_settings import OpenDataConfig
from pipelines.config.settings import CameraConfig, Config
from pipelines.events.schema import CameraStatus, Health
from portal.open_data import routes
from simulator.world.camera_model import camera_geometry
from simulator.world.sites import site_by_id
from simulator.world.sumo_network import read_network
from tests.support.portal_events import level, online
from tests.support.published_schemas import violations
from tests.support.servers import wait_until

SITE = site_by_id("mata-kucing")


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    """The config with a calibrated camera, whose zone `simpang` is a junction, and a hidden twin of it."""
    geometry = camera_geometry(SITE, read_network(SITE))
    junction = {"id": "simpang", "polygon": [[200, 200], [440, 200], [500, 340], [140, 340]]}
    (tmp_path / "exact.json").write_text(json.dumps({**geometry, "zones": [*geometry["zones"], junction]}))
    cameras = [
        CameraConfig(
            id=name, name=name, url="rtsp://10.0.0.7/1", visibility=visibility, geometry=tmp_path / "exact.json"
        )
        for name, visibility in (("kucing", Visibility.PUBLIC), ("rahasia", Visibility.OPERATORS))
    ]
    licence = OpenDataConfig(licence="CC-BY-4.0", publisher="Dishub Batam", attribution="Sumber: Dishub Batam")
    return config.model_copy(update={"cameras": (*config.cameras, *cameras), "open_data": licence})


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "STATE_MAX_AGE_S", 0)


def features(client: httpx.Client) -> dict[str, dict[str, Any]]:
    answer = client.get("/api/v1/state.geojson")
    assert answer.headers["Content-Type"] == "application/geo+json"
    collection = answer.raise_for_status().json()
    assert violations("geojson_feature_collection", collection) == []
    return {feature["id"]: feature for feature in collection["features"]}


def area(ring: list[list[float]]) -> float:
    return sum(x * ny - nx * y for (x, y), (nx, ny) in pairwise(ring))


def test_public_cameras_are_points_and_their_zones_lines_or_areas(anonymous: httpx.Client) -> None:
    found = features(anonymous)
    kinds = {key: (feature["geometry"] or {}).get("type") for key, feature in found.items()}
    assert kinds == {
        "laluan-1": "Point",
        "laluan-1/masuk": None,
        "laluan-1/keluar": None,
        "barelang": None,
        "barelang/view": None,
        "kucing": None,
        "kucing/masuk": "LineString",
        "kucing/keluar": "LineString",
        "kucing/simpang": "Polygon",
    }
    # Longitude first, and rings closed and counterclockwise.
    assert found["laluan-1"]["geometry"]["coordinates"] == [104.04, 1.12]
    (ring,) = found["kucing/simpang"]["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert area(ring) > 0
    assert found["kucing/masuk"]["properties"]["directed"] is True


def test_levels_are_those_of_the_cameras_and_no_data_is_unknown_or_null(
    anonymous: httpx.Client, store: Callable[..., None]
) -> None:
    now = datetime.now(UTC)
    store(online("kucing", now), level("kucing", "masuk", now, Level.JAMMED, speed_kmh=6.0))
    wait_until(lambda: features(anonymous)["kucing/masuk"]["properties"]["level"] == "jammed", "the level to arrive")
    found = {key: feature["properties"] for key, feature in features(anonymous).items()}
    assert found["kucing/masuk"]["speed_kmh"] == 6.0
    assert (found["kucing"]["level"], found["kucing"]["status"], found["kucing"]["cause"]) == ("jammed", "online", None)
    assert (found["kucing/keluar"]["level"], found["kucing/keluar"]["speed_kmh"]) == ("unknown", None)
    assert (found["barelang"]["level"], found["barelang"]["flow_veh_h"]) == ("unknown", None)
    assert (found["barelang"]["status"], found["barelang"]["observed_until"]) == ("offline", None)


def test_what_only_operators_may_read_is_left_out(anonymous: httpx.Client, store: Callable[..., None]) -> None:
    reason = "rtsp://10.0.0.7/1 does not answer"
    store(Health(camera_id="kucing", at=datetime.now(UTC), status=CameraStatus.OFFLINE, reason=reason))
    text = anonymous.get("/api/v1/state.geojson").text + anonymous.get("/api/v1/devices.geojson").text
    assert "10.0.0" not in text
    assert "rahasia" not in text
    assert "kantor" not in text


def test_the_licence_and_the_source_are_in_the_answer_and_its_headers(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/api/v1/state.geojson")
    url = "https://creativecommons.org/licenses/by/4.0/"
    assert (answer.json()["licence"], answer.json()["attribution"]) == (url, "Sumber: Dishub Batam")
    assert answer.headers["Link"] == f'<{url}>; rel="license"'


def test_a_session_adds_nothing(anonymous: httpx.Client, signed_in: Callable[[str], httpx.Client]) -> None:
    assert set(features(signed_in("sari"))) == set(features(anonymous))


def test_many_clients_cost_one_computation(anonymous: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "STATE_MAX_AGE_S", 60)
    anonymous.get("/api/v1/state.geojson").raise_for_status()
    computed: list[float] = []
    monkeypatch.setattr(routes, "state_features", lambda *of: computed.append(time.monotonic()) or ())
    for _ in range(5):
        anonymous.get("/api/v1/state.geojson").raise_for_status()
    assert computed == []
