"""How far the counts of a loaded worker are from those of every picture. Pure.

What a camera showed is known from its plan, so the reference says how many should have crossed each gate meanwhile.
The time compared begins and ends where nobody crosses, lest a crossing at its edge be in one count and not the other.
Nor is anything compared around the moment at which a loop begins anew: the picture jumps, and whoever is taken for one
of those before has crossed nothing.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipelines.capacity.baseline import Reference
from pipelines.capacity.records import CameraRecord, Record

SEARCHED_S = 3.0
"""How far into the measured time a quiet moment is looked for, from either end."""
JUMP_S = (0.4, 1.0)
"""What is left out after the picture jumped, and before: at least, and at most."""
_STEP_S = 0.05


class GateCount(BaseModel):
    model_config = ConfigDict(frozen=True)

    camera: str
    clip: str
    gate: str
    expected: int
    counted: int


def compare(record: Record, references: Mapping[str, Reference]) -> list[GateCount]:
    """By camera and gate. references: by name of clip."""
    return [
        count
        for camera in record.cameras
        for count in _compare_camera(camera, references[camera.plan.clip], record.began, record.ended)
    ]


def count_error(counts: Iterable[GateCount]) -> float | None:
    """Sum of the differences over the sum of what was to be counted; None where that is nothing."""
    counts = list(counts)
    expected = sum(count.expected for count in counts)
    return sum(abs(count.counted - count.expected) for count in counts) / expected if expected else None


def _compare_camera(camera: CameraRecord, reference: Reference, began: float, ended: float) -> list[GateCount]:
    expected_at = expected_crossings(camera, reference, began, ended)
    times = [t for t, _ in expected_at]
    from_t = quietest(times, began, min(began + SEARCHED_S, ended))
    until_t = quietest(times, max(ended - SEARCHED_S, from_t), ended)
    from_s, until_s = between_jumps(reference, camera.plan.loop_s)

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


def between_jumps(reference: Reference, loop_s: float) -> tuple[float, float]:
    """From when to when in a loop what crosses is traffic, in seconds."""
    times = [position_s for position_s, _ in reference.crossings]
    least_s, most_s = JUMP_S
    return quietest(times, least_s, most_s), quietest(times, loop_s - most_s, loop_s - least_s)


def expected_crossings(
    camera: CameraRecord, reference: Reference, began: float, ended: float
) -> list[tuple[float, str]]:
    """Unix seconds and gate of all that crosses from a little before `began` to a little after `ended`."""
    loop_s = camera.plan.loop_s
    at = began - camera.plan.position_s(began) - loop_s
    found: list[tuple[float, str]] = []
    while at < ended + loop_s:
        found += [(at + position_s, gate) for position_s, gate in reference.crossings]
        at += loop_s
    return found


def quietest(times: list[float], earliest: float, latest: float) -> float:
    """The moment that is furthest from any of `times` (in order).

    >>> round(quietest([1.0, 3.0], 0.5, 4.0), 2)
    2.0
    """
    moments = np.arange(earliest, latest, _STEP_S).tolist() or [earliest]

    def distance(moment: float) -> float:
        k = bisect_left(times, moment)
        return min((abs(t - moment) for t in times[max(0, k - 1) : k + 1]), default=0.0)

    return float(max(moments, key=distance))
