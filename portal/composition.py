"""Putting the parts together. Each is a context manager: they start from top to bottom and stop the other way."""

from collections.abc import Callable

from pipelines.config import Config
from pipelines.database import open_database
from portal.app import create_app
from portal.server import listening_socket, serve, sigterm_as_interrupt

Up = Callable[[str], None]
"""Is given the address once the portal answers."""


def serve_portal(config: Config, up: Up) -> None:
    """The portal alone, until Ctrl-C or SIGTERM."""
    with sigterm_as_interrupt(), listening_socket(config.portal) as listener, open_database(config) as pool:
        serve(create_app(config, pool), listener, up)
