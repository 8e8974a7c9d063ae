"""The web application: API of the traffic data, live video, and the pages that show them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

import click
from fastapi import FastAPI
from psycopg_pool import ConnectionPool
from starlette.middleware.gzip import GZipMiddleware

from pipelines.config.settings import Config
from pipelines.store.pool import transaction
from portal import city_routes as city
from portal.auth import people_routes as people
from portal.auth import routes as session
from portal.auth import session_list_routes as sessions
from portal.auth import totp_routes as codes
from portal.auth.people import all_people
from portal.auth.rate_limit import AttemptLimiter
from portal.auth.route_rules import rules_of
from portal.auth.sessions import open_sessions
from portal.auth.users import User, load_users
from portal.basemap import routes as basemap
from portal.basemap.road_answers import RoadAnswers
from portal.basemap.tile_sources import check_tile_server_soon, open_archive
from portal.cameras import calibration_routes as calibrate
from portal.cameras import routes as cameras
from portal.cameras.catalogue import CameraCatalogue
from portal.cameras.registry_reader import registry_reader
from portal.cross_origin import CrossOriginProtection
from portal.dependencies import Live, Services
from portal.error_handlers import install_error_handlers
from portal.head_requests import HeadRequests
from portal.history import routes as history
from portal.history.trend import TrendReader
from portal.history.trend_answers import TrendAnswers
from portal.incidents import evidence_routes as evidence
from portal.incidents import routes as incidents
from portal.live import hls_routes as live
from portal.live import sse_routes as stream
from portal.live.admission import Admission, MeasuredRates
from portal.live.broadcaster import Broadcaster
from portal.live.small_videos import SmallVideos
from portal.live.state_answers import StateAnswers
from portal.live.state_updater import StateUpdater
from portal.open_data import routes as open_data
from portal.public_root import PublicRoot, root_of
from portal.reports import routes as reports
from portal.schemas import Problem
from portal.security_headers import SecurityHeaders
from portal.simulation import routes as simulation
from portal.simulation.narration import NarrationFile
from portal.spa import STATIC, SpaFiles, pages
from portal.uptime import routes as uptime
from portal.uptime.answers import UptimeAnswers
from portal.uptime.daily_uptime import DailyUptimeReader
from portal.web_app_manifest import router as web_app_manifest

DESCRIPTION = """Traffic analytics of a city's own CCTV. Times are UTC (RFC 3339). What was not observed is `null`,
never 0, and a level without recent data is `unknown`. Without a session only public cameras exist; the others are not
found. Errors are `{"detail": "one sentence"}`."""
"""Description of the API in its OpenAPI document."""
MAX_BODY_BYTES = 16_384
"""Longest request body in bytes, several times as long as a calibration with all its points. [assumption]"""


def create_app(config: Config, pool: ConnectionPool) -> FastAPI:
    """The portal over the database of `pool`. While it runs, a thread of its own reads the current state.

    Raises UserError for users or sessions that cannot be loaded. If the configuration names no users, the first start
    creates an administrator and prints the password on standard error, once.
    """
    users = load_users(config, _announce, lambda: _users_of_database(pool))
    daily_uptime = DailyUptimeReader(pool, ZoneInfo(config.city.timezone))
    catalogue = CameraCatalogue(config)
    positions = [entry.position for entry in catalogue.all() if entry.position is not None]
    services = Services(
        config=config,
        pool=pool,
        catalogue=catalogue,
        roads=RoadAnswers(catalogue, config.portal.streets),
        archive=open_archive(config.portal.basemap, positions),
        users=users,
        sessions=open_sessions(config.data_dir, users, time.time(), pool),
        sign_in_limiter=AttemptLimiter(),
        report_limiter=AttemptLimiter(),
        uptime=UptimeAnswers(lambda: daily_uptime.read(datetime.now(UTC))),
        trends=TrendAnswers(TrendReader(pool, config).read),
    )
    # FastAPI's documentation pages load scripts from other sites; /openapi.json has the same content.
    app = FastAPI(
        title=f"Simpang {config.city.name}",
        description=DESCRIPTION,
        version=version("simpang"),
        lifespan=_live_updates,
        docs_url=None,
        redoc_url=None,
        # A redirect would name the host and the path that this server sees, which differ behind a proxy.
        redirect_slashes=False,
        max_body_size=MAX_BODY_BYTES,
        responses={code: {"model": Problem} for code in (422, 503)},
    )
    app.state.services = services
    app.add_middleware(GZipMiddleware, compresslevel=6)
    app.add_middleware(StateAnswers, sessions=services.sessions)
    app.add_middleware(CrossOriginProtection, public_url=config.portal.public_url)
    app.add_middleware(SecurityHeaders, tiles=config.portal.tiles, frame_ancestors=config.portal.frame_ancestors)
    app.add_middleware(HeadRequests)
    app.add_middleware(PublicRoot, configured=root_of(config.portal.public_url))
    install_error_handlers(app)
    features = (city, basemap, simulation, cameras, stream, session, history, uptime, incidents, evidence, calibrate)
    for module in (*features, live, reports, sessions, codes, people):
        app.include_router(module.router)
    app.include_router(open_data.router)
    app.include_router(web_app_manifest)
    app.include_router(pages(STATIC))
    app.mount("/", SpaFiles(directory=STATIC, check_dir=False))
    rules_of(app)  # raises for a route without a rule
    return app


@asynccontextmanager
async def _live_updates(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    check_tile_server_soon(services.config)
    broadcaster = Broadcaster()
    narration = NarrationFile(services.config.portal.narration, services.catalogue)
    with (
        registry_reader(services.config.bus, services.catalogue, services.config.data_dir),
        StateUpdater(services.pool, services.catalogue, broadcaster.publish, narration) as state_updater,
        SmallVideos(services.config.data_dir / "hls", services.config.portal.small_videos) as small_videos,
    ):
        admission = _admission(services.config)
        app.state.live = Live(broadcaster, state_updater, narration, small_videos, admission)
        yield
        broadcaster.close()


def _admission(config: Config) -> Admission | None:
    if config.portal.uplink_mbits is None:
        return None
    return Admission(config.portal.uplink_mbits, MeasuredRates(config.data_dir / "hls").bits_per_s)


def _users_of_database(pool: ConnectionPool) -> list[User]:
    with transaction(pool) as connection:
        return [person.user for person in all_people(connection) if not person.disabled]


def _announce(password: str) -> None:
    click.echo(
        f"The configuration names no users, so an administrator was created: name admin, password {password}\n"
        "It is shown only this once. Add accounts with: simpang users add CONFIG NAME --role ROLE",
        err=True,
    )
