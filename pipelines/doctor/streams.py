"""One stream of a camera: what it sends, found out by reading a few seconds of it."""

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
from pipelines.ingest.source import Source, SourceLost

READ_S = 6.0
"""Enough for two keyframes of most cameras."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """address: without credentials. fps: from the stream's own times. keyframe_s: between keyframes; None where no
    two came. reordered: pictures come in another order than they are shown. picture: grey thumbnail of the last one.
    """

    address: str
    codec: str
    image_size: tuple[int, int]
    fps: float
    keyframe_s: float | None
    reordered: bool
    picture: NDArray[np.uint8]

    def __str__(self) -> str:
        width, height = self.image_size
        keyframes = "" if self.keyframe_s is None else f", keyframe every {self.keyframe_s:.1f} s"
        return f"{self.codec} {width}x{height}, {self.fps:.1f} pictures/s{keyframes}"

    def facts(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if key != "picture"}


def probe(url: str, timeout_s: float) -> Stream:
    """Raises SourceLost, which says what to do."""
    with Source(url, stop=Flag(), stall_s=timeout_s) as source:
        decoder = Decoder(source)
        keyframes: list[float] = []
        times: list[float] = []
        picture, until = None, time.monotonic() + READ_S
        for packet in source.packets():
            if packet.dts is not None:
                times.append(float(packet.dts * packet.time_base))
                keyframes += times[-1:] if packet.is_keyframe else []
            for _, decoded in decoder.frames(packet):
                picture = decoded
            if time.monotonic() > until or (len(keyframes) > 2 and times[-1] - times[0] > READ_S / 3):
                break
        if picture is None:
            raise SourceLost(CameraCondition.of(Condition.NO_FRAMES, address=source.address, waited_s=READ_S))
        # The median, for a loop or a camera's reset is no pause between pictures.
        steps = [after - before for before, after in pairwise(times) if after > before]
        between = [after - before for before, after in pairwise(keyframes) if after > before]
        return Stream(
            address=source.address,
            codec=source.codec,
            image_size=(picture.width, picture.height),
            fps=1 / median(steps) if steps else 0.0,
            keyframe_s=median(between) if between else None,
            reordered=bool(source.stream.codec_context.has_b_frames),
            picture=thumbnail(luma(picture)),
        )
