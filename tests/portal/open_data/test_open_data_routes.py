"""Open data over HTTP: caching, other sites, public cameras only, and the list of feeds."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlsplit

import httpx
import polars
import pytest
from psycopg_pool import ConnectionPool

from pipelines.config.open_data_settings import OpenDataConfig
from pipelines.config.portal_settings import PortalConfig
from pipelines.config.settings import Config
from portal.open_data import routes
from portal.open_data.feeds import FEEDS
from tests.support.portal import client_of, serving
from tests.support.portal_events import NOON, crossing, ten_seconds, zone_minute

CURRENT = [feed.path for feed in FEEDS if not feed.is_history]
PERIOD = {"from": NOON.isoformat(), "to": (NOON + timedelta(minutes=15)).isoformat(), "interval": 300}
HISTORY = [feed.path for feed in FEEDS if feed.is_history]


@pytest.fixture
def counted(store: Callable[..., None]) -> None:
    """Five minutes with a car every ten seconds at NOON, and nothing observed in the next five."""
    minutes = [zone_minute(n, flow_veh_h=360, occupancy=0.1) for n in range(5)]
    for i in range(30):
        at = NOON + timedelta(seconds=10 * i)
        store(ten_seconds(at, crossing(at, speed_kmh=36.0), zones=minutes if i == 29 else ()))


@pytest.mark.parametrize("path", ["/api/v1", *CURRENT])
def test_clients_and_pages_of_other_sites_may_keep_and_read_a_feed(anonymous: httpx.Client, path: str) -> None:
    first = anonymous.get(path)
    assert first.raise_for_status().headers["Cache-Control"].startswith("public, max-age=")
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert first.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in first.headers
    again = anonymous.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert anonymous.head(path).headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("path", ["/api/cameras", "/api/v10", "/api/city", "/"])
def test_pages_of_other_sites_may_not_read_what_is_no_open_data(anonymous: httpx.Client, path: str) -> None:
    assert "Access-Control-Allow-Origin" not in anonymous.get(path).headers


@pytest.mark.parametrize("path", HISTORY)
def test_history_of_a_camera_that_is_not_public_does_not_exist_also_not_with_a_session(
    anonymous: httpx.Client, signed_in: Callable[[str], httpx.Client], path: str
) -> None:
    unknown = anonymous.get(path, params={"camera": "tidak-ada", "gate": "utara"})
    assert unknown.headers["Access-Control-Allow-Origin"] == "*", "a page reads also why it gets nothing"
    for client in (anonymous, signed_in("sari")):
        hidden = client.get(path, params={"camera": "kantor", "gate": "utara", **PERIOD})
        assert (hidden.status_code, hidden.json()) == (404, unknown.json())


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"gate": "selatan"}, 404),
        ({}, 422),
        ({"gate": "utara", "zone": "masuk"}, 422),
        ({"gate": "utara", "from": "2020-01-01T00:00:00Z", "interval": 60}, 422),
        ({"gate": "utara", "from": "2026-11-20T05:00:00", "interval": 60}, 422),
        ({"gate": "utara", "from": "2026-11-20T05:00:00Z", "to": "2026-11-20T05:00:00Z"}, 422),
        ({"gate": "utara", "from": "0001-01-01T00:00:00Z", "to": "9999-12-31T00:00:00Z"}, 422),
        ({"gate": "utara", "interval": 7}, 422),
    ],
)
def test_a_query_without_an_answer_is_refused_with_one_sentence(
    anonymous: httpx.Client, query: dict[str, Any], status: int
) -> None:
    answer = anonymous.get("/api/v1/history.csv", params={"camera": "laluan-1", **query})
    assert answer.status_code == status
    assert answer.json()["detail"]


@pytest.mark.parametrize("place", [{"gate": "utara"}, {"zone": "masuk"}], ids=["gate", "zone"])
@pytest.mark.usefixtures("counted")
def test_history_has_the_figures_of_the_planners(
    anonymous: httpx.Client, signed_in: Callable[[str], httpx.Client], place: dict[str, str]
) -> None:
    query = {"camera": "laluan-1", **place, **PERIOD}
    planner = signed_in("rina").get("/api/history.csv", params=query)
    public = anonymous.get("/api/v1/history.csv", params=query)
    assert public.text == planner.text
    assert public.headers["Content-Disposition"] == planner.headers["Content-Disposition"]
    assert public.headers["Cache-Control"].startswith(f"public, max-age={routes.PAST_MAX_AGE_S}")

    parquet = anonymous.get("/api/v1/history.parquet", params=query)
    frame = polars.read_parquet(io.BytesIO(parquet.raise_for_status().content))
    rows = list(csv.DictReader(io.StringIO(public.text)))
    assert set(frame.columns) == set(rows[0]) - {"start_local", "end_local"}
    for name in frame.columns:
        cells = ["" if value is None else value for value in frame[name].to_list()]
        assert [text(cell) for cell in cells] == [row[name] for row in rows], name
    assert frame["coverage"].to_list() == [1.0, 0.0, 0.0]
    assert frame["flow_veh_h"].to_list() == [360.0, None, None], "what was not observed is null, not zero"


def test_history_is_computed_for_some_at_once_and_the_others_may_ask_again(
    anonymous: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_history_turns", BoundedSemaphore(1))
    query = {"camera": "laluan-1", "gate": "utara", **PERIOD}
    with routes._history_turns:
        refused = anonymous.get("/api/v1/history.csv", params=query)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, f"{routes.RETRY_AFTER_S}")
    assert anonymous.get("/api/v1/history.csv", params={**query, "gate": "selatan"}).status_code == 404
    assert anonymous.get("/api/v1/history.csv", params=query).status_code == 200, "each turn ends, also by an error"


def text(cell: Any) -> str:
    """A cell of Parquet as the CSV has it."""
    return cell.isoformat().replace("+00:00", "Z") if hasattr(cell, "isoformat") else str(cell)


def test_columns_of_parquet_have_their_type_also_where_all_is_null(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/api/v1/history.parquet", params={"camera": "laluan-1", "gate": "utara", **PERIOD})
    schema = polars.read_parquet(io.BytesIO(answer.raise_for_status().content)).schema
    assert schema["start_utc"] == polars.Datetime("ms", "UTC")
    assert (schema["car"], schema["speed_kmh"], schema["emp_verified"]) == (
        polars.Int32,
        polars.Float64,
        polars.Boolean,
    )
    assert (schema["level"], schema["level_of_service"]) == (polars.String, polars.String)
    assert polars.Null not in schema.values()


def test_the_list_names_every_feed_with_an_example_that_works(config: Config, pool: ConnectionPool) -> None:
    portal = PortalConfig(port=0, public_url="https://kota.example.id/lalin")
    config = config.model_copy(
        update={"portal": portal, "open_data": OpenDataConfig(licence="ODbL-1.0", contact_email="data@kota.example.id")}
    )
    with serving(config, pool) as address, client_of(address) as client:
        found = client.get("/lalin/api/v1").json()
        assert (found["publisher"], found["attribution"]) == ("Batam", "Batam")
        assert found["licence"]["id"] == "ODbL-1.0"
        assert client.get(found["openapi"]).status_code == 200
        assert [feed["id"] for feed in found["feeds"]] == [feed.id for feed in FEEDS]

        for feed in found["feeds"]:
            assert feed["path"].startswith("/lalin/api/v1/")
            answer = client.get(feed["example"])
            assert answer.status_code == 200, answer.text
            assert answer.headers["Content-Type"].startswith(feed["media_type"])
            assert set(feed["title"]) == set(feed["description"]) == {"id", "en"}
        documented = set(client.get("/openapi.json").json()["paths"])
    assert {urlsplit(feed.path).path for feed in FEEDS} <= documented


def test_a_portal_without_polars_lists_no_parquet_and_states_what_to_install(anonymous, monkeypatch):
    for module in ("feeds", "routes"):
        monkeypatch.setattr(f"portal.open_data.{module}.can_write_parquet", lambda: False)
    listed = [feed["id"] for feed in anonymous.get("/api/v1").json()["feeds"]]
    assert listed == [feed.id for feed in FEEDS if feed.id != "history-parquet"]
    refused = anonymous.get("/api/v1/history.parquet", params={"camera": "laluan-1", "gate": "utara"})
    assert refused.status_code == 501
    assert "simpang[planner]" in refused.json()["detail"]


def test_without_public_cameras_the_feeds_are_empty(config: Config, pool: ConnectionPool) -> None:
    config = config.model_copy(update={"cameras": config.cameras[2:]})
    with serving(config, pool) as address, client_of(address) as client:
        assert client.get("/api/v1/state.geojson").json()["features"] == []
        assert client.get("/api/v1/devices.geojson").json()["features"] == []
        assert client.get("/api/v1/traffic-flow.jsonld").json() == []
        assert [feed["example"] for feed in client.get("/api/v1").json()["feeds"] if "history" in feed["id"]] == [
            None
        ] * 2
