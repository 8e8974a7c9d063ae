"""Requested analysis rate of a camera, from the movement of its road users.

Tracking fails when a road user moves too far between two analysed frames. The distance counts in box sizes: a
motorcycle near the camera leaves its own box sooner than a distant bus. The requested rate is therefore

- the idle rate while no track moves and no new track appears,
- the usual rate while a track moves,
- more, up to a maximum, where a track would leave its own box between two frames and the machine has headroom.

The rate rises at once and falls slowly. Reasons and alternatives: `docs/adr/0045`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from analytics.detections import Tracks
from pipelines.analysis.fair_scheduler import RateRequest

IDLE_FPS = 2.0
"""Requested frames a second on an empty road; a vehicle at 60 km/h is detected within 8 m. [assumption]"""

FLOOR_FPS = IDLE_FPS
"""Guaranteed minimum (frames a second) under overload. At the idle rate or above, so that idle cameras get all they
request: below it their frames were half a second old. [assumption]"""

IDLE_AFTER_S = 5.0
"""Time (s) without movement after which a camera requests the idle rate. [assumption]"""

MOVED_BOXES = 0.25
"""Displacement (box sizes) from which a track has moved; the box of a stationary road user sways less. [assumption]"""

MAX_BOXES_PER_FRAME = 1.0
"""Displacement (box sizes) allowed between two analysed frames; from 1 on the boxes do not overlap. [assumption]"""

SPEED_DECAY_S = 3.0
"""Time constant (s) with which the highest speed of a camera decays. [assumption]"""

_Box = Sequence[float]
"""x1, y1, x2, y2 in pixels."""


class _KnownTrack(NamedTuple):
    """Track in the previous frame. anchor: box since which it has not moved. speed: boxes per second."""

    box: _Box
    anchor: _Box
    speed: float


@dataclass(frozen=True, slots=True)
class AnalysisRates:
    """Analysed frames a second with moving traffic. max_fps: with headroom; ignored below `usual_fps`."""

    usual_fps: float
    max_fps: float


class RateController:
    """Requested rate of one camera. Times are those of its frames (s). Not thread-safe."""

    def __init__(self, rates: AnalysisRates, headroom: "AimdHeadroom") -> None:
        self._usual_fps = rates.usual_fps
        self._max_fps = max(rates.usual_fps, rates.max_fps)
        self._headroom = headroom
        self._t: float | None = None
        self._moved_at = math.inf
        self._known: dict[int, _KnownTrack] = {}
        self._boxes_per_s = 0.0
        self._idle = False

    @property
    def request(self) -> RateRequest:
        """The requested rate at present; the usual rate before the first frame."""
        fps = self._usual_fps + self._headroom.share * self._extra_fps()
        if self._idle:
            fps = min(IDLE_FPS, self._usual_fps)
        return RateRequest(fps, min(FLOOR_FPS, fps))

    def update(self, t: float, tracks: Tracks) -> None:
        """Add the tracks of the frame captured at `t`."""
        passed_s = 0.0 if self._t is None else t - self._t
        self._t = t
        self._boxes_per_s *= math.exp(-max(0.0, passed_s) / SPEED_DECAY_S)
        moved = self._measure_movement(tracks, passed_s)
        if moved or t < self._moved_at:  # the latter at the first frame, and after the clock was set back
            self._moved_at = t
        self._idle = t - self._moved_at > IDLE_AFTER_S

    def _measure_movement(self, tracks: Tracks, passed_s: float) -> bool:
        """Update the camera's speed; return whether a track moved or is new."""
        before, self._known = self._known, {}
        moved = False
        for track_id, box in zip(tracks.track_id.tolist(), tracks.xyxy.tolist(), strict=True):
            known = before.get(track_id)
            if known is None:
                moved, anchor, speed = True, box, 0.0
            else:
                speed = boxes_apart(known.box, box) / passed_s if passed_s > 0 else 0.0
                # The lower of two consecutive speeds: an ID switch makes one high speed only.
                self._boxes_per_s = max(self._boxes_per_s, min(speed, known.speed))
                stepped = boxes_apart(known.anchor, box) >= MOVED_BOXES
                moved, anchor = moved or stepped, box if stepped else known.anchor
            self._known[track_id] = _KnownTrack(box, anchor, speed)
        return moved

    def _extra_fps(self) -> float:
        needed = min(self._boxes_per_s / MAX_BOXES_PER_FRAME, self._max_fps)
        return max(0.0, needed - self._usual_fps)


def boxes_apart(a: _Box, b: _Box) -> float:
    """Return the distance of two boxes in units of the first one.

    From 1 on the boxes do not overlap. a, b: x1, y1, x2, y2 in pixels.

    >>> boxes_apart([0, 0, 10, 20], [5, 5, 15, 25])
    0.5
    """
    across = abs(a[0] + a[2] - b[0] - b[2]) / 2 / max(a[2] - a[0], 1.0)
    down = abs(a[1] + a[3] - b[1] - b[3]) / 2 / max(a[3] - a[1], 1.0)
    return max(across, down)


class AimdHeadroom:
    """AIMD controller of the analysis rate above the usual rate, shared by all cameras of a machine.

    The share rises by 5 % a second while frames finish in time. It is halved when more than 5 % are late, as in TCP
    congestion control. Not thread-safe.

    max_delay_s: time from the arrival of a frame to its events, above which the frame is late.
    """

    INTERVAL_S = 1.0
    """Time (s) between two changes of the share. [assumption]"""

    INCREASE = 0.05
    """Added to the share per interval without lateness. [assumption]"""

    MAX_LATE_SHARE = 0.05
    """Share of late frames from which the share is halved. [assumption]"""

    def __init__(self, max_delay_s: float) -> None:
        self.share = 0.0
        self._max_delay_s = max_delay_s
        self._since = -math.inf
        self._frames = self._late = 0

    def update(self, now: float, delay_s: float) -> None:
        """Add a frame whose events were emitted at `now` (s, a clock that never goes back), `delay_s` after arrival."""
        self._frames += 1
        self._late += delay_s > self._max_delay_s
        if now - self._since < self.INTERVAL_S:
            return
        is_late = self._late > self.MAX_LATE_SHARE * self._frames
        self.share = self.share / 2 if is_late else min(1.0, self.share + self.INCREASE)
        self._since, self._frames, self._late = now, 0, 0
