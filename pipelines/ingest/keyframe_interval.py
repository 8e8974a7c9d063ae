"""Time between the keyframes of a stream: rare keyframes delay live video, and analysis after a loss."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.nal import renews_in_parts
from pipelines.ingest.source import VideoPacket

MAX_KEYFRAME_S = 4.0
"""Longest time (s) between keyframes with which live video starts soon enough. [assumption]"""

TOLERANCE = 1.1
"""Time between arrivals that counts as that between captures, as a factor: the network delays some. [assumption]"""


class KeyframeMonitor:
    """Sink of a connection that reports rare keyframes. Use as a context manager.

    report: called with the condition, and with None once keyframes are frequent again. now: seconds of a clock that
    never goes back. codec: name as in FFmpeg. A frame that is renewed in parts (intra-refresh) is no keyframe.
    """

    def __init__(
        self,
        report: Callable[[CameraCondition | None], None],
        now: Callable[[], float] = time.monotonic,
        codec: str = "",
    ) -> None:
        self._report = report
        self._codec = codec
        self._now = now
        self._keyframe_at = now()
        self._reported_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._report(None)

    def put(self, packet: VideoPacket) -> None:
        """Add the next packet."""
        now = self._now()
        waited_s = now - self._keyframe_at
        if waited_s > max(MAX_KEYFRAME_S * TOLERANCE, self._reported_s + 1):
            self._report_rare(waited_s)
        if packet.is_keyframe and not renews_in_parts(self._codec, bytes(packet)):
            if 0 < waited_s <= MAX_KEYFRAME_S * TOLERANCE and self._reported_s:
                self._reported_s = 0.0
                self._report(None)
            self._keyframe_at = now

    def _report_rare(self, waited_s: float) -> None:
        self._reported_s = waited_s
        self._report(CameraCondition.of(Condition.RARE_KEYFRAMES, keyframe_s=round(waited_s, 1)))
