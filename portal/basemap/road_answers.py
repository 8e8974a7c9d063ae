"""Answers with the roads on the map, put together once for all clients without a session, and for signed-in users."""

from pathlib import Path

import structlog

from pipelines.errors import UserError
from portal.basemap.schemas import RoadMap, Street
from portal.basemap.street_lines import read_streets
from portal.basemap.zone_roads import zone_roads
from portal.cacheable_answer import CacheableAnswer
from portal.cameras.catalogue import CameraCatalogue

log = structlog.get_logger(__name__)


class RoadAnswers:
    """Roads of the zones in `catalogue`, and the streets of the file at `streets`.

    A file that cannot be used is one line in the log, and the map has no streets.
    """

    def __init__(self, catalogue: CameraCatalogue, streets: Path | None) -> None:
        self._catalogue = catalogue
        self._streets = _streets_of(streets)
        self._version = -1
        self._answers: dict[bool, CacheableAnswer] = {}

    def for_user(self, *, signed_in: bool) -> CacheableAnswer:
        """The answer for a signed-in user, or else for the public; of the cameras that the catalogue has now."""
        version = self._catalogue.version
        if version != self._version:
            self._answers = {scope: CacheableAnswer.of(self._map(signed_in=scope)) for scope in (False, True)}
            self._version = version
        return self._answers[signed_in]

    def _map(self, *, signed_in: bool) -> RoadMap:
        return RoadMap(zones=tuple(zone_roads(self._catalogue.visible(signed_in=signed_in))), streets=self._streets)


def _streets_of(path: Path | None) -> tuple[Street, ...]:
    if path is None:
        return ()
    try:
        return read_streets(path)
    except UserError as error:
        log.warning("the map has no streets", setting="portal.streets", problem=str(error))
        return ()
