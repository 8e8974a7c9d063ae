"""How often a camera wants to be looked at: as often as its road users' movement asks for.

A tracker knows somebody again by where he is expected, and if that fails by the overlap of his box with the last one.
So what counts is how far road users move between two looks, measured in their own boxes: a motorcycle close to the
camera outruns its box sooner than a bus far away does.

- Nobody moves, nobody is new: a few looks a second notice whoever comes.
- Somebody moves: the usual rate.
- Somebody would leave his own box behind between two looks: more, up to a ceiling, as far as the machine has room.

The rate rises at once and falls slowly. All times are those of the pictures, except in `AimdHeadroom`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Tracks
from pipelines.analysis.fair_scheduler import RateRequest

QUIET_PER_S = 2.0
"""On an empty road: at 60 km/h somebody new is noticed within 8 m."""

FLOOR_PER_S = QUIET_PER_S
"""What a camera keeps under overload, if at all possible. A quiet one keeps all that it asks for, which is little: as
one among others its picture would wait for as long as it asks for none, and be half a second old."""

QUIET_AFTER_S = 5.0
MOVED_BOXES = 0.25
"""Further than the box of somebody who stands sways."""

BOXES_BETWEEN_LOOKS = 1.0
FORGETS_IN_S = 3.0

_Boxes = NDArray[np.float32]


class RateController:
    """One camera's wish. `see` is called by one thread, `request` by any.

    looks_per_s: the usual rate. most_looks_per_s: the ceiling; where it is lower than the usual rate, that counts.
    """

    def __init__(self, looks_per_s: float, most_looks_per_s: float, room: "AimdHeadroom") -> None:
        self._usual_per_s = looks_per_s
        self._most_per_s = max(looks_per_s, most_looks_per_s)
        self._room = room
        self._t: float | None = None
        self._moved_at = math.inf
        self._ids = np.empty(0, np.int64)
        self._last = self._anchors = np.empty((0, 4), np.float32)
        self._steps = np.empty(0)
        self._boxes_per_s = 0.0
        self._quiet = False

    @property
    def request(self) -> RateRequest:
        per_s = self._usual_per_s + self._room.share * self._extra_per_s()
        if self._quiet:
            per_s = min(QUIET_PER_S, self._usual_per_s)
        return RateRequest(per_s, min(FLOOR_PER_S, per_s))

    def update(self, t: float, tracks: Tracks) -> None:
        """Who was in the picture taken at `t` seconds."""
        passed_s = 0.0 if self._t is None else t - self._t
        self._t = t
        self._boxes_per_s *= math.exp(-max(0.0, passed_s) / FORGETS_IN_S)
        moved = self._follow(tracks, passed_s)
        if moved or t < self._moved_at:  # the latter is so at first, and where time went back
            self._moved_at = t
        self._quiet = t - self._moved_at > QUIET_AFTER_S

    def _follow(self, tracks: Tracks, passed_s: float) -> bool:
        """Whether anybody moved or is new."""
        before, now = np.nonzero(self._ids[:, None] == tracks.track_id)
        steps = np.zeros(len(tracks))
        if passed_s > 0:
            steps[now] = boxes_apart(self._last[before], tracks.xyxy[now]) / passed_s
            # Of two steps the smaller: a mistaken identity makes one long step.
            self._boxes_per_s = max(self._boxes_per_s, np.minimum(steps[now], self._steps[before]).max(initial=0.0))
        moved = np.ones(len(tracks), dtype=bool)
        moved[now] = boxes_apart(self._anchors[before], tracks.xyxy[now]) >= MOVED_BOXES
        anchors = tracks.xyxy.copy()
        anchors[now] = np.where(moved[now, None], tracks.xyxy[now], self._anchors[before])
        self._ids, self._last, self._anchors, self._steps = tracks.track_id, tracks.xyxy, anchors, steps
        return bool(moved.any())

    def _extra_per_s(self) -> float:
        wanted = min(self._boxes_per_s / BOXES_BETWEEN_LOOKS, self._most_per_s)
        return max(0.0, wanted - self._usual_per_s)


def boxes_apart(a: _Boxes, b: _Boxes) -> NDArray[np.float64]:
    """(N,) how far boxes `b` are from boxes `a`, (N, 4) each, in units of the latter: from 1 on they do not overlap.

    >>> boxes_apart(np.array([[0.0, 0, 10, 20]]), np.array([[5.0, 5, 15, 25]])).tolist()
    [0.5]
    """
    a, b = a.astype(np.float64), b.astype(np.float64)
    shift = np.abs(a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / 2
    return np.asarray((shift / np.maximum(a[:, 2:] - a[:, :2], 1.0)).max(axis=1))


class AimdHeadroom:
    """How much of the looks beyond the usual rate the machine has room for, found by trying.

    As senders share a line: a little more each second while frames become facts within the time between two usual
    looks, half as many as soon as some do not. So what is wanted most, the usual rate, is never in danger for long.
    """

    EACH_S = 1.0
    MORE = 0.05
    LATE_TOLERATED = 0.05

    def __init__(self, looks_per_s: float) -> None:
        self.share = 0.0
        self._on_time_s = 1 / looks_per_s
        self._since = -math.inf
        self._looks = self._late = 0

    def update(self, now: float, age_s: float) -> None:
        """A frame that arrived `age_s` ago became facts at `now`, seconds of a clock that never goes back."""
        self._looks += 1
        self._late += age_s > self._on_time_s
        if now - self._since < self.EACH_S:
            return
        is_late = self._late > self.LATE_TOLERATED * self._looks
        self.share = self.share / 2 if is_late else min(1.0, self.share + self.MORE)
        self._since, self._looks, self._late = now, 0, 0
