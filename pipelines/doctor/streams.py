"""Probe a camera stream: read it for a few seconds and measure what it sends."""

import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median
from threading import Event as Flag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tampering.image_stats import thumbnail
from pipelines.analysis.frame_convert import luma
from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.decoder import Decoder
from pipelines.ingest.nal import renews_in_parts
from pipelines.ingest.open_stream import RtspTransport, Transport
from pipelines.ingest.source import Source, SourceLost

READ_S = 6.0
"""Longest reading of a stream (s): two keyframes of most cameras [assumption]."""

FIRST_FRAME_S = 30.0
"""Longest wait (s) for the first frame: some cameras send a keyframe only every 20 s [assumption]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Properties of a stream.

    address: without credentials. fps: from the times of its packets. keyframe_s: between keyframes; None without two of
    them. unkeyed_s: from the last keyframe to the end of the reading. reordered: has B-frames. thumbnail: the last
    frame, grey. changes: of the frames before they are displayed.
    """

    address: str
    codec: str
    image_size: tuple[int, int]
    fps: float
    keyframe_s: float | None
    unkeyed_s: float
    reordered: bool
    thumbnail: NDArray[np.uint8]
    changes: tuple[str, ...] = ()

    def __str__(self) -> str:
        width, height = self.image_size
        known = self.keyframe_s is not None
        keyframes = f", keyframe every {self.keyframe_s:.1f} s" if known else f", no keyframe in {self.unkeyed_s:.0f} s"
        changes = "".join(f", {change}" for change in self.changes)
        return f"{self.codec} {width}x{height}, {self.fps:.1f} frames/s{keyframes}{changes}"

    def facts(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if key != "thumbnail"}


def probe(url: str, timeout_s: float) -> Stream:
    """Read the stream at the address. Raises SourceLost, with advice, where that fails within `timeout_s` seconds.

    A camera of RTSP that sends nothing over one transport has the same time over the other.
    """
    transport = RtspTransport()
    try:
        return _probe(url, timeout_s, transport)
    except SourceLost as lost:
        if transport.current is Transport.TCP or lost.condition.code is not Condition.SILENT:
            raise
    return _probe(url, timeout_s, transport)


def _probe(url: str, timeout_s: float, transport: RtspTransport) -> Stream:
    with Source(url, stop=Flag(), stall_s=timeout_s, transport=transport) as source:
        decoder = Decoder(source)
        keyframes: list[float] = []
        times: list[float] = []
        frame, began = None, time.monotonic()
        for packet in source.packets():
            if packet.dts is not None:
                times.append(float(packet.dts * packet.time_base))
                is_whole = packet.is_keyframe and not renews_in_parts(source.codec, bytes(packet))
                keyframes += times[-1:] if is_whole else []
            for _, decoded in decoder.frames(packet):
                frame = decoded
            if time.monotonic() - began > (READ_S if frame else FIRST_FRAME_S) or (
                len(keyframes) > 2 and times[-1] - times[0] > READ_S / 3
            ):
                break
        if frame is None:
            raise SourceLost(CameraCondition.of(Condition.NO_FRAMES, address=source.address, waited_s=FIRST_FRAME_S))
        shown, changes = decoder.displayed(frame), frame.presentation().changes()
        # The median, because a loop or a reset of the camera is no interval between frames.
        steps = [after - before for before, after in pairwise(times) if after > before]
        between = [after - before for before, after in pairwise(keyframes) if after > before]
        return Stream(
            address=source.address,
            codec=source.codec,
            image_size=(shown.width, shown.height),
            fps=1 / median(steps) if steps else 0.0,
            keyframe_s=median(between) if between else None,
            unkeyed_s=max(0.0, times[-1] - keyframes[-1]) if keyframes else time.monotonic() - began,
            reordered=bool(source.stream.codec_context.has_b_frames),
            thumbnail=thumbnail(luma(shown)),
            changes=changes,
        )
