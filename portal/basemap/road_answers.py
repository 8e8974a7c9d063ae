"""Answers with the roads on the map, put together once for each scope: that of the public and those of accounts."""

from pathlib import Path
from threading import Lock

import structlog

from pipelines.errors import UserError
from portal.basemap.schemas import RoadMap, Street, ZoneRoad
from portal.basemap.street_lines import read_streets
from portal.basemap.zone_roads import zone_roads
from portal.cacheable_answer import CacheableAnswer
from portal.cameras.camera_scope import CameraScope
from portal.cameras.catalogue import CameraCatalogue

MAX_SCOPES = 16
"""Most scopes whose answer is kept. [assumption: accounts share a few]"""
log = structlog.get_logger(__name__)


class RoadAnswers:
    """Roads of the zones in `catalogue`, and the streets of the file at `streets`. For any thread.

    A file that cannot be used is one line in the log, and the map has no streets.
    """

    def __init__(self, catalogue: CameraCatalogue, streets: Path | None) -> None:
        self._catalogue = catalogue
        self._streets = _streets_of(streets)
        self._lock = Lock()
        self._version = -1
        self._answers: dict[CameraScope | None, CacheableAnswer] = {}
        self._public: tuple[int, tuple[ZoneRoad, ...]] | None = None

    def for_scope(self, scope: CameraScope | None) -> CacheableAnswer:
        """The answer with the cameras that are visible for a scope, of those that the catalogue has now."""
        with self._lock:
            if self._version != self._catalogue.version:
                self._version = self._catalogue.version
                self._answers = {}
            answer = self._answers.get(scope)
            if answer is None:
                answer = self._answer(scope)
                if len(self._answers) < MAX_SCOPES:
                    self._answers[scope] = answer
            return answer

    def public_zones(self) -> tuple[ZoneRoad, ...]:
        """Roads of the zones of public cameras, of those that the catalogue has now."""
        with self._lock:
            if self._public is None or self._public[0] != self._catalogue.version:
                self._public = self._catalogue.version, tuple(zone_roads(self._catalogue.visible(None)))
            return self._public[1]

    def _answer(self, scope: CameraScope | None) -> CacheableAnswer:
        zones = tuple(zone_roads(self._catalogue.visible(scope)))
        return CacheableAnswer.of(RoadMap(zones=zones, streets=self._streets))


def _streets_of(path: Path | None) -> tuple[Street, ...]:
    if path is None:
        return ()
    try:
        return read_streets(path)
    except UserError as error:
        log.warning("the map has no streets", setting="portal.streets", problem=str(error))
        return ()
