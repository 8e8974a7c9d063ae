"""Still pictures for viewers of a camera whose video no browser plays as a stream: the newest JPEG, once a second."""

import time
from types import TracebackType
from typing import Self

from pipelines.ingest.source import Source, VideoPacket
from pipelines.live_video.hls_playlist import STILL, LivePlaylist
from pipelines.live_video.storage_report import OnStored, StorageReport
from pipelines.live_video.stored_picture import StoredPicture

STILL_EVERY_S = 1.0
"""Shortest time (s) between two pictures: a page asks no more often. [assumption]"""

CODEC = "mjpeg"
"""The codec, by FFmpeg's name, whose packets are JPEG files."""


class StillWriter:
    """Stores pictures of one connection in the folder of its playlist, which deletes them with the live video.

    Use as a context manager, inside that of its source. on_stored: as for `StorageReport`.
    """

    def __init__(self, playlist: LivePlaylist, source: Source, *, on_stored: OnStored = lambda condition: None) -> None:
        self._source = source
        self._picture = StoredPicture(playlist.folder / STILL, StorageReport(source.address, on_stored))
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
        self._picture.replace(bytes(packet))
