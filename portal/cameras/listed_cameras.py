"""Cameras of the registry as the portal last read them, in a file: after a restart hidden cameras stay hidden."""

from collections.abc import Mapping
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from pipelines.atomic_file import write_atomically
from pipelines.events.registered_camera import RegisteredCamera
from portal.cameras.catalogue import CameraCatalogue

log = structlog.get_logger(__name__)

FILE = "registered_cameras.json"
"""Name of the file in `data_dir`. Its addresses have no secrets."""
_CONTENT = TypeAdapter(dict[str, RegisteredCamera])
"""Content of the file: cameras by id."""


class ListedCameras:
    """Lists the cameras of the registry in the catalogue; from the start those of the file at `path`."""

    def __init__(self, catalogue: CameraCatalogue, path: Path) -> None:
        self._catalogue, self._path = catalogue, path
        self._cameras: dict[str, RegisteredCamera] = {}
        try:
            self._list(_CONTENT.validate_json(path.read_bytes()))
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            log.warning("the last known cameras of the registry cannot be read", path=str(path), error=str(error))

    def show(self, cameras: Mapping[str, RegisteredCamera], *, at_first: bool) -> None:
        """List these cameras. at_first: before any new record, when an empty topic is one that lost its records."""
        if cameras == self._cameras or (at_first and not cameras):
            return
        self._list(cameras)
        log.info("cameras of the registry", cameras=len(cameras))
        try:
            write_atomically(self._path, _CONTENT.dump_json(self._cameras, exclude_unset=True))
        except OSError as error:
            log.warning("cameras of the registry cannot be stored", path=str(self._path), error=str(error))

    def _list(self, cameras: Mapping[str, RegisteredCamera]) -> None:
        self._cameras = dict(cameras)
        self._catalogue.set_registered(self._cameras.values())
