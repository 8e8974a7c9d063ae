"""What a simulated city says of itself, read as its file grows. A real city has none."""

from collections import deque
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from portal.cameras.catalogue import CameraCatalogue
from portal.simulation.schemas import NarratedEvent

KEPT = 12
log = structlog.get_logger(__name__)


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime
    camera_id: str | None = None
    text: dict[str, str]


class NarrationFile:
    """Reads the JSON Lines at `path` (None: there are none) from where it left off. For one thread.

    `events` may be asked from any thread.
    """

    def __init__(self, path: Path | None, catalogue: CameraCatalogue) -> None:
        self._path = path
        self._catalogue = catalogue
        self._offset = 0
        self._events: deque[tuple[NarratedEvent, bool]] = deque(maxlen=KEPT)

    def events(self, *, signed_in: bool) -> list[NarratedEvent]:
        """The newest last; those of cameras that this user may not know of are left out."""
        return [event for event, public in tuple(self._events) if public or signed_in]

    def read(self) -> list[tuple[NarratedEvent, bool]]:
        """What was written since the last call, each with whether everybody may read it."""
        new = [self._addressed(line) for line in self._lines()]
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
        # A line that is still being written waits for its end.
        whole = written[: written.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = []
        for raw in whole.splitlines():
            try:
                lines.append(_Line.model_validate_json(raw))
            except ValidationError:
                log.warning("a line of the narration cannot be read", path=str(self._path))
        return lines

    def _addressed(self, line: _Line) -> tuple[NarratedEvent, bool]:
        entry = self._catalogue.find(line.camera_id, signed_in=True) if line.camera_id else None
        event = NarratedEvent(
            at=line.at,
            camera_id=entry.id if entry else None,
            camera_name=entry.camera.name if entry else None,
            text=line.text,
        )
        return event, entry is None or entry.public
