"""Report of a disk that stores no live video: its condition once, and that it stores again."""

from collections.abc import Callable

import structlog

from pipelines.bus.disk_reserve import is_full
from pipelines.events.condition import CameraCondition, Condition

log = structlog.get_logger()

OnStored = Callable[[CameraCondition | None], None]
"""Receives the condition that keeps live video from being stored, and None after it."""


class StorageReport:
    """State of the storage of one connection's live video. Not thread-safe. address: without credentials."""

    def __init__(self, address: str, on_stored: OnStored) -> None:
        self._address = address
        self._on_stored = on_stored
        self._has_failed = False

    def failed(self, error: Exception) -> None:
        """Report the first of several failures; on a full disk, lines of the log need space too."""
        if self._has_failed:
            return
        self._has_failed = True
        log.warning("live video is not stored", camera=self._address, error=error)
        reason = getattr(error, "strerror", None) or type(error).__name__
        full = CameraCondition(Condition.DISK_FULL)
        self._on_stored(full if is_full(error) else CameraCondition.of(Condition.INTERNAL_ERROR, error=reason))

    def stored(self) -> None:
        """Report that live video is stored again, where it was not."""
        if self._has_failed:
            self._has_failed = False
            self._on_stored(None)
            log.info("live video is stored again", camera=self._address)
