"""What the routes work with: made once for an app, reached through the request."""

from dataclasses import dataclass
from typing import Annotated, cast
from zoneinfo import ZoneInfo

from fastapi import Depends
from psycopg_pool import ConnectionPool
from starlette.requests import HTTPConnection

from pipelines.config.settings import Config
from portal.auth.rate_limit import Throttle
from portal.auth.sessions import Sessions
from portal.auth.users import Accounts
from portal.cameras.catalogue import Directory
from portal.live.broadcaster import Hub
from portal.live.state_updater import Watcher
from portal.simulation.narration import NarrationFile


@dataclass(frozen=True)
class Services:
    config: Config
    pool: ConnectionPool
    directory: Directory
    accounts: Accounts
    sessions: Sessions
    throttle: Throttle

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.city.timezone)


@dataclass(frozen=True)
class Live:
    """What runs while the app does."""

    hub: Hub
    watcher: Watcher
    narration: NarrationFile


def _services(connection: HTTPConnection) -> Services:
    return cast(Services, connection.app.state.services)


def _live(connection: HTTPConnection) -> Live:
    return cast(Live, connection.app.state.live)


TheServices = Annotated[Services, Depends(_services)]
TheLive = Annotated[Live, Depends(_live)]
