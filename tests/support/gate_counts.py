"""Crossings that a gate counter finds in frames of boxes."""

from collections.abc import Iterable, Sequence

import numpy as np

from analytics.camera import Gate
from analytics.detections import Tracks
from analytics.facts import Crossing
from analytics.flow.gate_counting import GateCounter
from analytics.tracks.trajectories import Trajectories

GATE = Gate(id="g", p1=(100, 300), p2=(500, 300))
"""A gate that direction A crosses downwards."""


def count_frames(frames: Iterable[Tracks], gates: Sequence[Gate] = (GATE,), *, step_s: float = 0.1) -> list[Crossing]:
    """Crossings of the road users in frames, `step_s` seconds apart."""
    trajectories, counter = Trajectories(None), GateCounter(gates, calibrated=False)
    crossings = []
    for k, seen in enumerate(frames):
        crossings += counter.observe(trajectories.update(k * step_s, step_s if k else 0.0, seen))
    return crossings + counter.finish()


def boxed(boxes: Iterable[Sequence[float]], track: int = 7) -> list[Tracks]:
    """Frames of one track with these boxes, xyxy."""
    rows = [np.array([box], np.float32) for box in boxes]
    one = np.full(1, 0.8, np.float32), np.zeros(1, np.int64), np.full(1, track, np.int64), np.zeros(1, np.int64)
    return [Tracks(xyxy, *one) for xyxy in rows]
