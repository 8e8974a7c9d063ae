"""Playback plan: which camera shows which frame of which clip at which time.

A camera plays its clip in an endless loop by the clock, with or without a client. The plan alone determines the frame
at any time, so the server and the measuring process need not exchange messages.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

from pipelines.capacity.clips import FPS, PreparedClip
from pipelines.worker.process_plan import shared_out

GOLDEN_RATIO = (math.sqrt(5) - 1) / 2
"""Its multiples, modulo 1, are far apart for any number of them [source: golden ratio low-discrepancy sequence]."""


@dataclass(frozen=True, slots=True)
class PlannedCamera:
    """One camera of the plan. frames: number of frames of a loop. starts_at: Unix seconds of the first frame."""

    id: str
    clip: str
    path: str
    frames: int
    starts_at: float

    @property
    def loop_s(self) -> float:
        """Length of a loop in seconds."""
        return float(self.frames / FPS)

    def position_s(self, t: float) -> float:
        """Return the position in the clip, in seconds, at `t` (Unix seconds)."""
        return (t - self.starts_at) % self.loop_s

    def next_frame(self, t: float) -> int:
        """Return the number of the first frame that is due after `t` (Unix seconds), counted over all loops."""
        return math.floor((t - self.starts_at) * FPS) + 1

    def due_at(self, number: int) -> float:
        """Return when the frame of that number is due, in Unix seconds."""
        return self.starts_at + float(number / FPS)


@dataclass(frozen=True, slots=True)
class PlaybackPlan:
    """The cameras of one run."""

    cameras: tuple[PlannedCamera, ...]

    @classmethod
    def of(cls, clips: Sequence[PreparedClip], count: int, epoch: float) -> Self:
        """Plan `count` cameras over the clips in turn, started before `epoch` (Unix seconds).

        Cameras with the same clip are at positions far apart. No two cameras send a frame at the same time.
        """
        return cls(tuple(_camera(clips[n % len(clips)], n, n // len(clips), count, epoch) for n in range(count)))

    def shared_out(self, processes: int) -> "list[PlaybackPlan]":
        """Return the plan of each worker process."""
        return [PlaybackPlan(cameras) for cameras in shared_out(self.cameras, processes)]

    def to_json(self) -> str:
        """Return the plan as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parse the output of `to_json`."""
        return cls(tuple(PlannedCamera(**camera) for camera in json.loads(text)["cameras"]))


def _camera(clip: PreparedClip, number: int, turn: int, count: int, epoch: float) -> PlannedCamera:
    """Plan one camera. turn: number of cameras before it with the same clip."""
    frames_ahead = round(clip.frames * (turn * GOLDEN_RATIO % 1.0)) + number / count
    return PlannedCamera(
        id=f"camera-{number:03d}",
        clip=clip.name,
        path=str(clip.path),
        frames=clip.frames,
        starts_at=epoch - frames_ahead / float(FPS),
    )
