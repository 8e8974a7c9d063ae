"""Which camera shows what, and when: enough to serve the cameras, to watch them, and to know what they showed.

A camera plays its clip in a loop for ever, by the clock, whether somebody watches or not. What it shows at a moment
follows from the plan alone, so that no message between who serves and who measures is needed.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

from pipelines.capacity.clips import FPS, PreparedClip

_GOLDEN = (math.sqrt(5) - 1) / 2
"""Multiples of it, modulo 1, lie as far apart as can be, however many they are."""


@dataclass(frozen=True, slots=True)
class PlannedCamera:
    """starts_at: Unix seconds of the first picture of its first loop. pictures: how many a loop has."""

    id: str
    clip: str
    path: str
    pictures: int
    starts_at: float

    @property
    def loop_s(self) -> float:
        return float(self.pictures / FPS)

    def position_s(self, t: float) -> float:
        """Seconds into the clip at `t` (Unix seconds)."""
        return (t - self.starts_at) % self.loop_s

    def next_picture(self, t: float) -> int:
        """Number of the first picture that is due after `t`, counted through all loops."""
        return math.floor((t - self.starts_at) * FPS) + 1

    def due_at(self, number: int) -> float:
        return self.starts_at + float(number / FPS)


@dataclass(frozen=True, slots=True)
class Plan:
    cameras: tuple[PlannedCamera, ...]

    @classmethod
    def of(cls, clips: Sequence[PreparedClip], count: int, epoch: float) -> Self:
        """`count` cameras that show the clips in turn, from before `epoch` (Unix seconds) on.

        Cameras with the same clip show other moments of it, and no two send their pictures at the same time.
        """
        return cls(tuple(_camera(clips[n % len(clips)], n, n // len(clips), count, epoch) for n in range(count)))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(tuple(PlannedCamera(**camera) for camera in json.loads(text)["cameras"]))


def _camera(clip: PreparedClip, number: int, turn: int, count: int, epoch: float) -> PlannedCamera:
    """turn: how many cameras before this one show the same clip."""
    ahead_pictures = round(clip.pictures * (turn * _GOLDEN % 1.0)) + number / count
    return PlannedCamera(
        id=f"camera-{number:03d}",
        clip=clip.name,
        path=str(clip.path),
        pictures=clip.pictures,
        starts_at=epoch - ahead_pictures / float(FPS),
    )
