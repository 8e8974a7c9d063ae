"""Reading a video file or address from beginning to end, for one-off counts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import av
import structlog
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from pipelines.errors import UserError
from pipelines.logging import without_credentials

log = structlog.get_logger()

_TIMEOUT_S = (15.0, 10.0)
"""To open, and to read one packet."""
_LIVE_SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "rtmps://", "srt://", "udp://", "rtp://")
_SMALLEST_STEP_S = 1e-3


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """t: seconds from the first frame of the source, strictly increasing."""

    t: float
    frame: av.VideoFrame


class Recording:
    """A context manager over the first video stream of `source`.

    Raises UserError where it cannot be opened, holds no video, or is in a codec that this build cannot decode.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._container, self._stream = _open(source)
        size = self._stream.codec_context.width, self._stream.codec_context.height
        if 0 in size:
            self._container.close()
            raise UserError(f"{without_credentials(source)}: no picture size in the stream; is it a whole video?")
        self.image_size = size
        self._packets = self._decoded_frames = 0
        self.is_live = source.lower().startswith(_LIVE_SCHEMES) or self._container.duration is None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    @property
    def frame_s(self) -> float:
        """Seconds between frames, as the stream announces them."""
        rate = self._stream.average_rate or self._stream.guessed_rate
        return float(1 / rate) if rate else 1 / 25

    @property
    def expected_frames(self) -> int | None:
        """How many frames are to come, None where nobody knows (live)."""
        if self.is_live:
            return None
        if self._stream.frames:
            return self._stream.frames
        return round(self._container.duration / av.time_base / self.frame_s) if self._container.duration else None

    def frames(self, wanted_per_s: float = math.inf) -> Iterator[TimedFrame]:
        """Decoded frames; damaged ones are left out. Ends with the file, or where the stream is lost.

        wanted_per_s: how many are wanted, evenly spread. Of the others, those are passed over that no other frame is
        built on.
        """
        first: float | None = None
        last = -_SMALLEST_STEP_S
        for frame in self._decoded(wanted_per_s):
            at = frame.time if frame.pts is not None else None
            if first is None:
                first = at or 0.0
            t = last + self.frame_s if at is None else at - first
            if t < last - 1.0:
                first = (at or 0.0) - last - self.frame_s
                t = last + self.frame_s
            last = max(t, last + _SMALLEST_STEP_S)
            yield TimedFrame(last, frame)

    @property
    def passed_over(self) -> int:
        """Of the frames until now, those that came to nothing: nobody wanted them, or they were damaged."""
        return max(0, self._packets - self._decoded_frames)

    def _decoded(self, wanted_per_s: float) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (OSError, av.error.FFmpegError) as error:
                log.warning("the stream was lost; what came before counts", source=self.source, error=error)
                return
            if packet is None:
                return
            self._packets += packet.size > 0
            self._pass_over(packet, wanted_per_s)
            try:
                for frame in packet.decode():
                    self._decoded_frames += 1
                    yield frame
            except av.error.FFmpegError:
                log.debug("a damaged packet was left out", source=self.source)

    def _pass_over(self, packet: "Packet[VideoStream]", wanted_per_s: float) -> None:
        """Tell the decoder whether it may, where frames come evenly: else nobody knows which is the next."""
        if self.is_live or self._stream.average_rate != self._stream.base_rate or not math.isfinite(wanted_per_s):
            return
        wanted = True
        if packet.pts is not None:
            t = float((packet.pts - (self._stream.start_time or 0)) * packet.time_base) + self.frame_s / 4
            wanted = math.floor(t * wanted_per_s) > math.floor((t - self.frame_s) * wanted_per_s)
        self._stream.codec_context.skip_frame = "DEFAULT" if wanted else "NONREF"


def _open(source: str) -> tuple[InputContainer, VideoStream]:
    shown = without_credentials(source)
    options = {"rtsp_transport": "tcp"} if source.lower().startswith("rtsp") else {}
    try:
        container = av.open(source, options=options, timeout=_TIMEOUT_S)
    except (OSError, ValueError, av.error.FFmpegError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UserError(f"{shown}: cannot be opened ({reason}); give a video file or a stream's address") from error
    if not container.streams.video:
        container.close()
        raise UserError(f"{shown}: holds no video; give a video file or a stream's address")
    stream = container.streams.video[0]
    if stream.codec_context is None or stream.codec_context.codec is None:
        container.close()
        raise UserError(f"{shown}: this codec cannot be decoded here; have the camera send H.264 or H.265")
    stream.thread_type = "AUTO"
    return container, stream
