"""Narration of a simulated city: events that really happened, read from a file that grows. A real city has none."""

from collections import deque
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from portal.cameras.camera_scope import EVERY_CAMERA, CameraScope
from portal.cameras.catalogue import CameraCatalogue, CatalogueEntry
from portal.simulation.schemas import NarratedEvent

MAX_EVENTS = 12
"""Newest events that are shown. [assumption]"""
log = structlog.get_logger(__name__)


class _Line(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime
    camera_id: str | None = None
    text: dict[str, str]


class NarrationFile:
    """Reader of new lines of the JSON Lines file at `path`; None for a real city.

    Call `read` from one thread, and `events` from any.
    """

    def __init__(self, path: Path | None, catalogue: CameraCatalogue) -> None:
        self._path = path
        self._catalogue = catalogue
        self._offset = 0
        self._events: deque[tuple[NarratedEvent, CatalogueEntry | None]] = deque(maxlen=MAX_EVENTS)

    def events(self, scope: CameraScope | None) -> list[NarratedEvent]:
        """The newest events in order of time, without those of cameras that are not visible."""
        return [event for event, entry in tuple(self._events) if entry is None or entry.is_visible(scope)]

    def read(self) -> list[tuple[NarratedEvent, CatalogueEntry | None]]:
        """Events written since the last call, each with its camera; None for an event of the whole city."""
        new = [self._event_of(line) for line in self._lines()]
        self._events.extend(new)
        return new

    def _lines(self) -> list[_Line]:
        if self._path is None:
            return []
        try:
            if self._path.stat().st_size < self._offset:
                self._offset = 0
            with self._path.open("rb") as file:
                file.seek(self._offset)
                written = file.read()
        except OSError:
            return []
        # A line that is still being written is left for the next call.
        whole = written[: written.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = []
        for raw in whole.splitlines():
            try:
                lines.append(_Line.model_validate_json(raw))
            except ValidationError:
                log.warning("a line of the narration cannot be read", path=str(self._path))
        return lines

    def _event_of(self, line: _Line) -> tuple[NarratedEvent, CatalogueEntry | None]:
        entry = self._catalogue.find(line.camera_id, EVERY_CAMERA) if line.camera_id else None
        event = NarratedEvent(
            at=line.at,
            camera_id=entry.id if entry else None,
            camera_name=entry.camera.name if entry else None,
            text=line.text,
        )
        return event, entry
