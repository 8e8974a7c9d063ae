"""Routes of the open data: of public cameras only, and the same for every client, as no session is read."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import BoundedSemaphore
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, status
from starlette.responses import JSONResponse

from pipelines.store.pool import transaction
from portal.auth.permissions import get_visible_camera
from portal.auth.route_rules import ALL_CLIENTS
from portal.cacheable_answer import CacheableAnswer
from portal.dependencies import LiveDep, Services, ServicesDep
from portal.history.csv_table import as_csv
from portal.history.read_history import HistoryQuery, file_name, read_history
from portal.history.schemas import History
from portal.live.camera_state import redact
from portal.live.schemas import CameraState
from portal.live.state_updater import StateUpdater
from portal.open_data.device_feed import device_feed
from portal.open_data.feeds import FEEDS, ROOT, attribution_of, feed_list, licence_of
from portal.open_data.gate_flows import gate_flows
from portal.open_data.parquet_table import as_parquet, can_write_parquet
from portal.open_data.schemas import FeedList, StateCollection
from portal.open_data.state_geojson import roads_by_zone, state_features
from portal.open_data.traffic_flow import flow_entities, normalized, period_of
from portal.schemas import Problem

STATE_MAX_AGE_S = 5
"""Seconds for which clients and proxies keep a current state. [assumption: workers report every 10 s]"""
FLOW_MAX_AGE_S = 20
"""Seconds for which they keep the flow of the last minutes, which changes once a minute. [assumption]"""
LIST_MAX_AGE_S = 300
"""Seconds for which they keep the list of feeds, which changes with the configuration only. [assumption]"""
HISTORY_MAX_AGE_S = 60
"""Seconds for which they keep history up to now. [assumption]"""
PAST_MAX_AGE_S = 3600
"""Seconds for which they keep history that is over for a day. Data may arrive later still. [assumption]"""
HISTORY_AT_ONCE = 4
"""Requests for history that are computed at once, so that signed-in users are served beside them. [assumption]"""
RETRY_AFTER_S = 2
"""Seconds after which a further request may ask again. [assumption]"""
MEDIA_TYPES = {feed.id: feed.media_type for feed in FEEDS}
"""Media type by feed."""

router = APIRouter(prefix=ROOT, tags=["open data"], dependencies=[ALL_CLIENTS])

_history_turns = BoundedSemaphore(HISTORY_AT_ONCE)
"""Turns of the requests for history."""


class GeoJson(JSONResponse):
    """An answer in GeoJSON."""

    media_type = MEDIA_TYPES["state"]


class JsonLd(JSONResponse):
    """An answer in JSON-LD."""

    media_type = MEDIA_TYPES["traffic-flow"]


@router.get("", response_model=FeedList)
def feeds(request: Request, services: ServicesDep) -> Response:
    """All feeds of the open data, with licence, source and an example of each."""
    answer = CacheableAnswer.of(feed_list(services.config, services.catalogue.visible(None)))
    return _respond(request, services, answer, LIST_MAX_AGE_S)


@router.get("/state.geojson", response_class=GeoJson, response_model=StateCollection)
def state(request: Request, services: ServicesDep, live: LiveDep) -> Response:
    """Current state of every public camera (a point) and its zones (lines): level, flow, speed, status and cause.

    Without recent data a level is `unknown` and a figure null, never 0.
    """

    def compute() -> CacheableAnswer:
        licence = licence_of(services.config)
        features = state_features(_public_states(live.state_updater), roads_by_zone(services.roads.public_zones()))
        collection = StateCollection(
            attribution=attribution_of(services.config),
            licence=licence.url if licence else None,
            features=tuple(features),
        )
        return CacheableAnswer.of(collection, GeoJson.media_type)

    return _recent(request, services, "state", STATE_MAX_AGE_S, compute)


@router.get("/devices.geojson", response_class=GeoJson)
def devices(request: Request, services: ServicesDep, live: LiveDep) -> Response:
    """Public cameras with a position as field devices, by WZDx DeviceFeed 4.2."""

    def compute() -> CacheableAnswer:
        states = _public_states(live.state_updater)
        feed = device_feed(services.config, states, datetime.now(UTC), STATE_MAX_AGE_S)
        return _of_json(feed, GeoJson.media_type)

    return _recent(request, services, "devices", STATE_MAX_AGE_S, compute)


@router.get("/traffic-flow.jsonld", response_class=JsonLd)
def traffic_flow(
    request: Request,
    services: ServicesDep,
    options: Annotated[
        Literal["normalized", "keyValues"],
        Query(description="`normalized`: as brokers exchange entities. `keyValues`: attributes by name."),
    ] = "normalized",
) -> Response:
    """Vehicles and speed in each direction of each gate over five minutes, as NGSI-LD TrafficFlowObserved.

    `intensity` counts the vehicles that were observed; `coverage` is the observed share of the time. What was not
    observed is left out.
    """

    def compute() -> CacheableAnswer:
        entries = services.catalogue.visible(None)
        start, end = period_of(datetime.now(UTC))
        with transaction(services.pool) as connection:
            flows = gate_flows(connection, [entry.id for entry in entries], start, end)
        found = flow_entities(services.config, entries, flows, (start, end))
        return _of_json(
            [entity if options == "keyValues" else normalized(entity) for entity in found], JsonLd.media_type
        )

    return _recent(request, services, f"traffic-flow {options}", FLOW_MAX_AGE_S, compute)


_HISTORY: dict[int | str, dict[str, Any]] = {code: {"model": Problem} for code in (404, 422, 429)}
"""Documented refusals of the routes of history."""
HistoryQueryDep = Annotated[HistoryQuery, Depends()]


@router.get("/history.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}, **_HISTORY})
def history_csv(request: Request, services: ServicesDep, query: HistoryQueryDep) -> Response:
    """Measures of a gate or a zone by buckets of time, at most 5,000, with empty cells where nothing was observed."""
    found = _public_history(services, query)
    content = "".join(as_csv(found.rows, services.zone)).encode()
    return _file(request, services, query, CacheableAnswer.of_bytes(content, "text/csv; charset=utf-8"), (found, "csv"))


@router.get(
    "/history.parquet",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPES["history-parquet"]: {}}}, **_HISTORY},
)
def history_parquet(request: Request, services: ServicesDep, query: HistoryQueryDep) -> Response:
    """The same figures as Parquet, with null where nothing was observed. 501 without the extra `planner`."""
    if not can_write_parquet():
        raise HTTPException(
            status.HTTP_501_NOT_IMPLEMENTED, "This portal writes no Parquet: install simpang[planner], or ask for CSV."
        )
    found = _public_history(services, query)
    answer = CacheableAnswer.of_bytes(as_parquet(found.rows), MEDIA_TYPES["history-parquet"])
    return _file(request, services, query, answer, (found, "parquet"))


def _public_states(updater: StateUpdater) -> list[CameraState]:
    """States of the public cameras, without what only operators may read."""
    return [redact(entry, state) for entry, state in updater.current_snapshot(datetime.now(UTC)).states if entry.public]


def _public_history(services: Services, query: HistoryQuery) -> History:
    entry = get_visible_camera(services, None, query.camera)
    if not _history_turns.acquire(blocking=False):
        raise HTTPException(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "Other requests for history are computed; ask again in some seconds.",
            {"Retry-After": f"{RETRY_AFTER_S}"},
        )
    try:
        return read_history(services, entry, query)
    finally:
        _history_turns.release()


def _of_json(content: object, media_type: str | None) -> CacheableAnswer:
    encoded = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return CacheableAnswer.of_bytes(encoded, media_type or "application/json")


def _recent(
    request: Request, services: Services, name: str, max_age_s: int, compute: Callable[[], CacheableAnswer]
) -> Response:
    """An answer that all clients of some seconds share."""
    return _respond(request, services, services.recent.get(name, max_age_s, compute), max_age_s)


def _file(
    request: Request,
    services: Services,
    query: HistoryQuery,
    answer: CacheableAnswer,
    named: tuple[History, str],
) -> Response:
    """A file of history, which is kept for longer where it is over."""
    is_over = query.end < datetime.now(UTC) - timedelta(days=1)
    response = _respond(request, services, answer, PAST_MAX_AGE_S if is_over else HISTORY_MAX_AGE_S)
    found, suffix = named
    name = file_name(found, services.zone, suffix)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _respond(request: Request, services: Services, answer: CacheableAnswer, max_age_s: int) -> Response:
    licence = licence_of(services.config)
    link = {} if licence is None else {"Link": f'<{licence.url}>; rel="license"'}
    return answer.respond(request, f"public, max-age={max_age_s}, stale-while-revalidate={max_age_s}", link)
