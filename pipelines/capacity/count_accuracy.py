"""Compare the counts of a loaded worker with the baseline, an analysis of every frame. Pure.

The plan determines what a camera showed, so the baseline gives the expected crossings of each gate. The compared time
starts and ends far from any crossing: one at its edge might be in one count only. The seam between two loops is left
out, because a vehicle may be matched to another one from before the jump.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipelines.capacity.baseline import Baseline
from pipelines.capacity.records import CameraRecord, RunRecord

EDGE_SEARCH_S = 3.0
"""Seconds from either end of the measurement in which the edge of the compared time is chosen [assumption]."""

SEAM_S = (0.4, 1.0)
"""Least and greatest time (s) left out on each side of the seam between two loops [assumption]."""

STEP_S = 0.05
"""Resolution (s) of that choice [assumption]."""


class GateCount(BaseModel):
    """Crossings of one gate: expected from the baseline, and counted by the worker."""

    model_config = ConfigDict(frozen=True)

    camera: str
    clip: str
    gate: str
    expected: int
    counted: int


def compare(record: RunRecord, baselines: Mapping[str, Baseline]) -> list[GateCount]:
    """Return the counts by camera and gate. baselines: by name of clip."""
    return [
        count
        for camera in record.cameras
        for count in _compare_camera(camera, baselines[camera.plan.clip], record.began, record.ended)
    ]


def count_error(counts: Iterable[GateCount]) -> float | None:
    """Return the sum of the absolute differences over the sum of expected crossings; None without any."""
    counts = list(counts)
    expected = sum(count.expected for count in counts)
    return sum(abs(count.counted - count.expected) for count in counts) / expected if expected else None


def _compare_camera(camera: CameraRecord, baseline: Baseline, began: float, ended: float) -> list[GateCount]:
    expected_at = expected_crossings(camera, baseline, began, ended)
    times = [t for t, _ in expected_at]
    from_t = farthest_from(times, began, min(began + EDGE_SEARCH_S, ended))
    until_t = farthest_from(times, max(ended - EDGE_SEARCH_S, from_t), ended)
    from_s, until_s = compared_part(baseline, camera.plan.loop_s)

    def is_compared(t: float) -> bool:
        return from_t <= t < until_t and from_s <= camera.plan.position_s(t) < until_s

    expected = Counter(gate for t, gate in expected_at if is_compared(t))
    counted = Counter(crossing.gate for crossing in camera.crossings if is_compared(crossing.at))
    return [
        GateCount(
            camera=camera.plan.id, clip=camera.plan.clip, gate=gate, expected=expected[gate], counted=counted[gate]
        )
        for gate in sorted(expected | counted)
    ]


def compared_part(baseline: Baseline, loop_s: float) -> tuple[float, float]:
    """Return the part of a loop, in seconds, whose crossings are compared."""
    times = [position_s for position_s, _ in baseline.crossings]
    least_s, most_s = SEAM_S
    return farthest_from(times, least_s, most_s), farthest_from(times, loop_s - most_s, loop_s - least_s)


def expected_crossings(camera: CameraRecord, baseline: Baseline, began: float, ended: float) -> list[tuple[float, str]]:
    """Return (Unix seconds, gate) of all crossings from a loop before `began` to a loop after `ended`."""
    loop_s = camera.plan.loop_s
    at = began - camera.plan.position_s(began) - loop_s
    found: list[tuple[float, str]] = []
    while at < ended + loop_s:
        found += [(at + position_s, gate) for position_s, gate in baseline.crossings]
        at += loop_s
    return found


def farthest_from(times: list[float], earliest: float, latest: float) -> float:
    """Return the time from `earliest` to `latest` that is farthest from all `times` (sorted).

    >>> round(farthest_from([1.0, 3.0], 0.5, 4.0), 2)
    2.0
    """
    moments = np.arange(earliest, latest, STEP_S).tolist() or [earliest]

    def distance(moment: float) -> float:
        k = bisect_left(times, moment)
        return min((abs(t - moment) for t in times[max(0, k - 1) : k + 1]), default=0.0)

    return float(max(moments, key=distance))
