"""Decoder of one connection: compressed packets to frames with their timestamps."""

from heapq import heappop, heappush

from av.error import FFmpegError
from av.video.frame import VideoFrame

from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.displayed_frame import DecodedFrame, DisplayConverter, NotDisplayable
from pipelines.ingest.source import Source, SourceLost, UnsupportedStream, VideoPacket

MAX_CORRUPT_PACKETS = 250
"""Consecutive packets that may be corrupt; 10 s at 25 frames a second. [assumption]"""

MAX_REORDERED_FRAMES = 16
"""Most frames that a decoder may hold back to reorder them. [ITU-T H.264 and H.265, size of the picture buffer]"""


class Decoder:
    """Decoder of one source's packets. A corrupt packet loses its frame; many in a row end the connection.

    Packets before the first keyframe are no fault of the stream: a connection may begin 20 s before it.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ticks, self._ticks_s = source.time_base.denominator, source.time_base.numerator
        self._display = DisplayConverter(source.stream)
        self._corrupt = 0
        self._has_keyframe = False
        self._waiting: list[int] = []

    def frames(self, packet: VideoPacket) -> list[tuple[float, DecodedFrame]]:
        """Return the decoded frames in display order, as (timestamp in seconds, frame). Raises SourceLost.

        Each must pass through `displayed` before its pixels are used.
        """
        sent = packet.dts
        self._has_keyframe |= packet.is_keyframe
        try:
            frames = packet.decode()
        except FFmpegError as error:
            self._corrupt += self._has_keyframe
            if self._corrupt > MAX_CORRUPT_PACKETS:
                undecodable = CameraCondition.of(
                    Condition.UNDECODABLE_VIDEO, address=self._source.address, codec=self._source.codec
                )
                raise SourceLost(undecodable) from error
            return []
        self._corrupt = 0
        if self._source.decode_ordered and sent is not None:
            heappush(self._waiting, sent)
        noted = [self._display.note(frame) for frame in frames]
        return [(seconds, frame) for frame in noted if (seconds := self._seconds(frame.picture)) is not None]

    def displayed(self, frame: DecodedFrame) -> VideoFrame:
        """Return the frame as a player displays it. Raises UnsupportedStream."""
        try:
            return self._display.convert(frame)
        except NotDisplayable as error:
            details = error.condition.details.model_copy(update={"address": self._source.address})
            raise UnsupportedStream(CameraCondition(error.condition.code, details)) from error

    def _seconds(self, frame: VideoFrame) -> float | None:
        ticks = self._earliest_waiting() if self._source.decode_ordered else frame.pts
        return None if ticks is None else ticks * self._ticks_s / self._ticks

    def _earliest_waiting(self) -> int | None:
        """Return the earliest timestamp in use: each packet is one frame, and frames come in display order."""
        while len(self._waiting) > MAX_REORDERED_FRAMES + 1:
            heappop(self._waiting)
        return heappop(self._waiting) if self._waiting else None
