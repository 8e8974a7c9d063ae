"""What the routes work with: made once for an app, reached through the request."""

from dataclasses import dataclass
from typing import Annotated, cast
from zoneinfo import ZoneInfo

from fastapi import Depends
from psycopg_pool import ConnectionPool
from starlette.requests import HTTPConnection

from pipelines.config import Config
from portal.accounts import Accounts
from portal.directory import Directory
from portal.hub import Hub
from portal.narration import NarrationFile
from portal.sessions import Sessions
from portal.throttle import Throttle
from portal.watcher import Watcher


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
