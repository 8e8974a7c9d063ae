"""A picture of a camera for its viewers: one file, whole or absent, that is renewed while the camera is live."""

import os
from contextlib import suppress
from pathlib import Path

from pipelines.atomic_file import replacing
from pipelines.bus.disk_reserve import require_space
from pipelines.live_video.storage_report import StorageReport


class StoredPicture:
    """The file at `path`. storage: receives failures of the disk, which end nothing. Not thread-safe."""

    def __init__(self, path: Path, storage: StorageReport) -> None:
        self._path = path
        self._storage = storage

    def replace(self, picture: bytes, at: float | None = None) -> None:
        """Store a picture in place of the last. at: time of the file (Unix seconds); that of writing by default."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            require_space(self._path.parent, len(picture))
            with replacing(self._path, durable=False) as draft:
                draft.write_bytes(picture)
                if at is not None:
                    os.utime(draft, (at, at))
        except OSError as error:
            self._storage.failed(error)
            with suppress(OSError):  # an old picture must not appear to be live
                self._path.unlink(missing_ok=True)
        else:
            self._storage.stored()
