"""CPU time of an inference of one network against another, on the same frames in alternating repetitions."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from models.detection.detector import Detector, RgbImage

REPETITIONS = 9
"""Repetitions of each network; the median of the ratios counts [assumption]."""


@dataclass(frozen=True, slots=True)
class LookCost:
    """CPU time of a frame, ms, of both networks, and the median ratio of the repetitions."""

    before_ms: float
    reached_ms: float
    ratio: float


def look_cost(
    before: Detector,
    after: Detector,
    frames: Sequence[RgbImage],
    *,
    repetitions: int = REPETITIONS,
    clock: Callable[[], float] = time.process_time,
) -> LookCost:
    """Compare two detectors on the same frames.

    Each repetition runs both, in alternating order, so that load from outside meets both. CPU time of the process is
    less sensitive to other processes than wall time. clock: seconds.
    """
    for detector in (before, after):
        _run(detector, frames, clock)  # first inferences allocate their buffers
    spent: dict[int, list[float]] = {0: [], 1: []}
    for repetition in range(repetitions):
        for which in (0, 1) if repetition % 2 == 0 else (1, 0):
            spent[which].append(_run((before, after)[which], frames, clock))
    ratio = median(ours / theirs for theirs, ours in zip(spent[0], spent[1], strict=True))
    per_frame = [1000 * median(times) / len(frames) for times in spent.values()]
    return LookCost(round(per_frame[0], 2), round(per_frame[1], 2), round(ratio, 3))


def _run(detector: Detector, frames: Sequence[RgbImage], clock: Callable[[], float]) -> float:
    started = clock()
    for future in [detector.submit(frame) for frame in frames]:
        future.result()
    return clock() - started
