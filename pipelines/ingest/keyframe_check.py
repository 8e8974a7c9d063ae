"""Check of a stream that is not decoded otherwise: a keyframe now and then must be a picture."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.source import Source, SourceLost, VideoPacket

CHECK_EVERY_S = 10.0
"""Shortest time (s) between two checks of a sound stream: a keyframe of 1080p takes 15 ms. [assumption]"""


class KeyframeCheck:
    """Sink of a connection that ends it where no keyframe is a picture for `stall_s`. Use as a context manager.

    now: seconds of a clock that never goes back.
    """

    def __init__(self, source: Source, now: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._now = now
        self._due_at = 0.0
        self._damaged_since: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def put(self, packet: VideoPacket) -> None:
        """Check the packet where one is due. Raises SourceLost."""
        now = self._now()
        if not packet.is_keyframe or now < self._due_at:
            return
        if self._source.coded_picture(packet) is not None:
            self._damaged_since, self._due_at = None, now + CHECK_EVERY_S
            return
        if self._damaged_since is None:
            self._damaged_since = now
        waited_s = now - self._damaged_since
        if waited_s > self._source.stall_s:
            raise SourceLost(CameraCondition.of(Condition.NO_FRAMES, address=self._source.address, waited_s=waited_s))
