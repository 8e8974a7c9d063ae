"""Still pictures for viewers of a camera whose video no browser plays as a stream: the newest JPEG, once a second."""

import time
from types import TracebackType
from typing import Self

import structlog

from pipelines.atomic_file import write_atomically
from pipelines.ingest.source import Source, VideoPacket
from pipelines.live_video.hls_playlist import STILL, LivePlaylist

log = structlog.get_logger()

STILL_EVERY_S = 1.0
"""Shortest time (s) between two pictures: a page asks no more often. [assumption]"""

CODEC = "mjpeg"
"""The codec, by FFmpeg's name, whose packets are JPEG files."""


class StillWriter:
    """Stores pictures of one connection in the folder of its playlist, which deletes them with the live video.

    Use as a context manager, inside that of its source.
    """

    def __init__(self, playlist: LivePlaylist, source: Source) -> None:
        self._path = playlist.folder / STILL
        self._source = source
        self._due_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def put(self, packet: VideoPacket) -> None:
        """Store the picture if one is due and it is whole. An error of the disk is logged."""
        now = time.monotonic()
        if now < self._due_at or self._source.coded_picture(packet) is None:
            return
        self._due_at = now + STILL_EVERY_S
        try:
            write_atomically(self._path, bytes(packet), durable=False)
        except OSError as error:
            log.warning("a still picture was not stored", camera=self._source.address, error=error)
