"""Options of the GPU benchmark: what to measure, and for how long."""

import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured.

    batches: images in a batch. repeats: runs of which the median is reported. run_s: seconds of a run. frames: images
    that the detections are compared on. clips: clips that are used. streams: videos that are decoded at once. decode_s:
    seconds of decoding. cameras: numbers of live cameras, smallest first. settle_s, stream_s: seconds before and of the
    measurement of live cameras.
    """

    batches: tuple[int, ...]
    repeats: int
    run_s: float
    frames: int
    clips: int
    streams: tuple[int, ...]
    decode_s: float
    cameras: tuple[int, ...]
    settle_s: float
    stream_s: float


EXTENTS = {
    "full": Extent(
        batches=(1, 2, 4, 8, 16, 32, 64),
        repeats=3,
        run_s=1.5,
        frames=48,
        clips=4,
        streams=(1, 16),
        decode_s=4.0,
        cameras=(1, 8, 16, 32, 64, 128, 256),
        settle_s=8.0,
        stream_s=12.0,
    ),
    "quick": Extent(
        batches=(1, 2),
        repeats=1,
        run_s=0.2,
        frames=4,
        clips=1,
        streams=(1, 2),
        decode_s=0.3,
        cameras=(1, 2),
        settle_s=1.0,
        stream_s=4.0,
    ),
}
"""Extents by name [assumption]: `full` for about five minutes on an H200, `quick` for a trial and the tests."""


class GpuOptions(BaseModel):
    """Options of one run, passed to the process of each part.

    device: "cuda", or "cpu" for a trial. weights: a .pt. exported: the OpenVINO export that the CPU runs, or None.
    clips: folder of videos, or None for synthetic frames. work: folder of prepared clips, logs and the files of parts.
    extent_name: a key of `EXTENTS`. ends_at: Unix seconds after which no further number of cameras is tried.
    """

    model_config = ConfigDict(frozen=True)

    device: str
    weights: Path
    exported: Path | None
    clips: Path | None
    work: Path
    extent_name: str
    ends_at: float

    @property
    def extent(self) -> Extent:
        """How much is measured."""
        return EXTENTS[self.extent_name]

    @property
    def on_gpu(self) -> bool:
        """Whether the device is a GPU."""
        return self.device.startswith("cuda")

    def left_s(self) -> float:
        """Return the seconds that are left for measurements."""
        return self.ends_at - time.time()
