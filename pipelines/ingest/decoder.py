"""Compressed packets of one connection to pictures with their times."""

from heapq import heappop, heappush

from av.error import FFmpegError
from av.video.frame import VideoFrame

from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.source import Source, UnsupportedStream, VideoPacket

CORRUPT_PACKETS_TOLERATED = 250
PICTURES_REORDERED = 16
"""The most that H.264 and H.265 allow a decoder to hold back."""


class Decoder:
    """Decodes the packets of one source; a corrupt packet costs its picture, many in a row the connection."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._corrupt = 0
        self._waiting: list[int] = []

    def frames(self, packet: VideoPacket) -> list[tuple[float, VideoFrame]]:
        """(stream time in seconds, frame) pairs in display order. Raises SourceLost."""
        sent = packet.dts
        try:
            frames = packet.decode()
        except FFmpegError as error:
            self._corrupt += 1
            if self._corrupt > CORRUPT_PACKETS_TOLERATED:
                undecodable = CameraCondition.of(
                    Condition.UNDECODABLE_VIDEO, address=self._source.address, codec=self._source.codec
                )
                raise UnsupportedStream(undecodable) from error
            return []
        self._corrupt = 0
        if self._source.decode_ordered and sent is not None:
            heappush(self._waiting, sent)
        return [(seconds, frame) for frame in frames if (seconds := self._seconds(frame)) is not None]

    def _seconds(self, frame: VideoFrame) -> float | None:
        ticks = self._earliest_waiting() if self._source.decode_ordered else frame.pts
        return None if ticks is None or frame.time_base is None else float(ticks * frame.time_base)

    def _earliest_waiting(self) -> int | None:
        """Pictures are shown in order, one for each packet, so the first shown takes the first time."""
        while len(self._waiting) > PICTURES_REORDERED + 1:
            heappop(self._waiting)
        return heappop(self._waiting) if self._waiting else None
