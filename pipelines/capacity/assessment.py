"""Whether so many cameras were held, judged by the record of one point. Pure: records in, figures out."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipelines.capacity.baseline import Reference
from pipelines.capacity.clips import FPS
from pipelines.capacity.records import CameraRecord, Look, Record

LOOKS_PER_S = 5.0
"""While traffic moves; to one decimal, as a look at either end of the time measured is there or not by chance."""
AGE_P95_S = 0.5
AGE_GROWTH_S = 0.1
"""From the first third of the time measured to the last one; more, and something is queueing."""
RECEIVED_SHARE = 0.95
LEAST_MOVING_S = 3.0
"""Less moving traffic than this says nothing about a rate."""
_STEP_S = 0.1


class CameraFigures(BaseModel):
    """looks_per_s_moving: None where hardly anything moved. moving_s: how long traffic moved. Ages in milliseconds.

    held: the share of looks for which the detector was not needed.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    clip: str
    looks_per_s: float
    looks_per_s_moving: float | None
    moving_s: float
    held: float
    age_p95_ms: float | None
    age_growth_ms: float | None
    received_fps: float
    reconnects: int
    failed: tuple[str, ...]


class Point(BaseModel):
    """One number of cameras, measured.

    failed: the conditions that some camera did not meet, with how many did not. held: as in `CameraFigures`.
    frame_to_event_p95_ms: from a picture's arrival to its facts, while its age begins when it was taken. cpu: seconds a
    second, of the worker by kind of thread and of the servers.
    """

    model_config = ConfigDict(frozen=True)

    cameras: int
    seconds: float
    holds: bool
    failed: dict[str, int]
    looks_per_s: float
    least_looks_per_s_moving: float | None
    held: float
    frame_to_event_p95_ms: float | None
    age_p95_ms: float | None
    worst_age_p95_ms: float | None
    least_received_fps: float
    worker_cpu: float
    worker_cpu_by_task: dict[str, float]
    servers_cpu: float
    worker_mb: float
    servers_mb: float
    per_camera: tuple[CameraFigures, ...]


def judge(record: Record, references: Mapping[str, Reference]) -> Point:
    """references: by name of clip."""
    seconds = record.ended - record.began
    cameras = [judge_camera(c, references[c.plan.clip], record.began, record.ended) for c in record.cameras]
    looks = [look for camera in record.cameras for look in camera.looks]
    conditions = [condition for camera in cameras for condition in camera.failed]
    worker_cpu = sum(record.cpu_s.values()) / seconds
    return Point(
        cameras=len(cameras),
        seconds=round(seconds, 1),
        holds=not conditions,
        failed={condition: conditions.count(condition) for condition in sorted(set(conditions))},
        looks_per_s=round(fmean(camera.looks_per_s for camera in cameras), 2),
        least_looks_per_s_moving=_extreme(min, [camera.looks_per_s_moving for camera in cameras]),
        held=_held(looks),
        frame_to_event_p95_ms=_p95_ms([look.waited_s for look in looks if look.waited_s is not None]),
        age_p95_ms=_p95_ms([look.age_s for look in looks]),
        worst_age_p95_ms=_extreme(max, [camera.age_p95_ms for camera in cameras]),
        least_received_fps=min(camera.received_fps for camera in cameras),
        worker_cpu=round(worker_cpu, 3),
        worker_cpu_by_task={task: round(s / seconds, 3) for task, s in record.cpu_s.items() if s > 0},
        servers_cpu=round(record.servers_cpu_s / seconds, 3),
        worker_mb=record.resident_mb,
        servers_mb=record.servers_resident_mb,
        per_camera=tuple(cameras),
    )


def judge_camera(camera: CameraRecord, reference: Reference, began: float, ended: float) -> CameraFigures:
    seconds = ended - began

    def moves(t: float) -> bool:
        return reference.moves_at(camera.plan.position_s(t))

    moving_s = _STEP_S * sum(moves(t) for t in np.arange(began, ended, _STEP_S).tolist())
    looks_moving = sum(moves(look.taken_at) for look in camera.looks)
    rate = len(camera.looks) / seconds
    rate_moving = looks_moving / moving_s if moving_s >= LEAST_MOVING_S else None
    p95_ms, growth_ms = _p95_ms([look.age_s for look in camera.looks]), _growth_ms(camera.looks, began, ended)
    received_fps = camera.received / seconds
    failed = {
        "looks": not camera.looks or (rate_moving is not None and round(rate_moving, 1) < LOOKS_PER_S),
        "age": p95_ms is not None and p95_ms > 1000 * AGE_P95_S,
        "backlog": growth_ms is not None and growth_ms > 1000 * AGE_GROWTH_S,
        "received": received_fps < RECEIVED_SHARE * FPS,
    }
    return CameraFigures(
        id=camera.plan.id,
        clip=camera.plan.clip,
        looks_per_s=round(rate, 2),
        looks_per_s_moving=None if rate_moving is None else round(rate_moving, 2),
        moving_s=round(moving_s, 1),
        held=_held(camera.looks),
        age_p95_ms=p95_ms,
        age_growth_ms=growth_ms,
        received_fps=round(received_fps, 2),
        reconnects=camera.reconnects,
        failed=tuple(condition for condition, holds in failed.items() if holds),
    )


def _held(looks: Sequence[Look]) -> float:
    return round(sum(look.held for look in looks) / len(looks), 3) if looks else 0.0


def _p95_ms(seconds: Sequence[float]) -> float | None:
    return round(1000 * float(np.percentile(seconds, 95)), 1) if seconds else None


def _growth_ms(looks: Sequence[Look], began: float, ended: float) -> float | None:
    """By how much older looks are in the last third of the time than in the first; None where one has none."""
    third_s = (ended - began) / 3
    first = [look.age_s for look in looks if look.concluded_at < began + third_s]
    last = [look.age_s for look in looks if look.concluded_at >= ended - third_s]
    return round(1000 * (median(last) - median(first)), 1) if first and last else None


def _extreme(of: Callable[[list[float]], float], values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return of(known) if known else None
