"""Services of the portal, created once per app, as dependencies of the routes."""

from dataclasses import dataclass, field
from typing import Annotated, cast
from zoneinfo import ZoneInfo

from fastapi import Depends
from psycopg_pool import ConnectionPool
from starlette.requests import HTTPConnection

from pipelines.config.settings import Config
from portal.auth.rate_limit import AttemptLimiter
from portal.auth.sessions import Sessions
from portal.auth.users import Users
from portal.basemap.road_answers import RoadAnswers
from portal.basemap.tile_archive import TileArchive
from portal.cameras.catalogue import CameraCatalogue
from portal.history.trend_answers import TrendAnswers
from portal.live.admission import Admission
from portal.live.broadcaster import Broadcaster
from portal.live.small_videos import SmallVideos
from portal.live.state_updater import StateUpdater
from portal.recent_answers import RecentAnswers
from portal.simulation.narration import NarrationFile
from portal.uptime.answers import UptimeAnswers


@dataclass(frozen=True)
class Services:
    """What exists from the creation of the app."""

    config: Config
    pool: ConnectionPool
    catalogue: CameraCatalogue
    roads: RoadAnswers
    archive: TileArchive | None
    users: Users
    sessions: Sessions
    sign_in_limiter: AttemptLimiter
    report_limiter: AttemptLimiter
    uptime: UptimeAnswers
    trends: TrendAnswers
    recent: RecentAnswers = field(default_factory=RecentAnswers)

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of the city."""
        return ZoneInfo(self.config.city.timezone)


@dataclass(frozen=True)
class Live:
    """What exists only while the app runs. admission: None where the uplink is not limited."""

    broadcaster: Broadcaster
    state_updater: StateUpdater
    narration: NarrationFile
    small_videos: SmallVideos
    admission: Admission | None = None


def _services(connection: HTTPConnection) -> Services:
    return cast(Services, connection.app.state.services)


def _live(connection: HTTPConnection) -> Live:
    return cast(Live, connection.app.state.live)


ServicesDep = Annotated[Services, Depends(_services)]
LiveDep = Annotated[Live, Depends(_live)]
