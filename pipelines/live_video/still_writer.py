"""Still pictures for viewers of a camera whose video no browser plays as a stream: the newest JPEG, once a second."""

import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from pipelines.atomic_file import write_atomically
from pipelines.bus.disk_reserve import require_space
from pipelines.ingest.source import Source, VideoPacket
from pipelines.live_video.hls_playlist import STILL, LivePlaylist
from pipelines.live_video.storage_report import OnStored, StorageReport

STILL_EVERY_S = 1.0
"""Shortest time (s) between two pictures: a page asks no more often. [assumption]"""

CODEC = "mjpeg"
"""The codec, by FFmpeg's name, whose packets are JPEG files."""


class StillWriter:
    """Stores pictures of one connection in the folder of its playlist, which deletes them with the live video.

    Use as a context manager, inside that of its source. on_stored: as for `StorageReport`.
    """

    def __init__(self, playlist: LivePlaylist, source: Source, *, on_stored: OnStored = lambda condition: None) -> None:
        self._path = playlist.folder / STILL
        self._source = source
        self._storage = StorageReport(source.address, on_stored)
        self._due_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def put(self, packet: VideoPacket) -> None:
        """Store the picture if one is due and it is whole. An error of the disk is reported, and ends nothing."""
        now = time.monotonic()
        if now < self._due_at or self._source.coded_picture(packet) is None:
            return
        self._due_at = now + STILL_EVERY_S
        try:
            self._store(bytes(packet))
        except OSError as error:
            self._storage.failed(error)
            with suppress(OSError):  # an old picture must not appear to be live
                self._path.unlink(missing_ok=True)
        else:
            self._storage.stored()

    def _store(self, picture: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        require_space(self._path.parent, len(picture))
        write_atomically(self._path, picture, durable=False)
