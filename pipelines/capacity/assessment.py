"""Assess the record of a capacity run: whether this machine analyses that many cameras. Pure."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from pipelines.capacity.baseline import Baseline
from pipelines.capacity.clips import FPS
from pipelines.capacity.records import CameraRecord, FrameRecord, RunRecord
from pipelines.observability.percentile import p95

MIN_ANALYSED_FPS = 5.0
"""Least analysed frames a second while traffic moves, compared to one decimal [assumption: the project's target].

One frame at either end of the measurement is counted or not by chance; the rounding absorbs it.
"""

MAX_AGE_P95_S = 0.5
"""Greatest 95th percentile of the age of analysed frames, in seconds [assumption: the project's target]."""

MAX_AGE_GROWTH_S = 0.1
"""Greatest growth (s) of the median age from the first to the last third of the run [assumption].

More growth means that frames queue.
"""

MIN_RECEIVED_SHARE = 0.95
"""Least share of the sent frames that must arrive [assumption]."""

MIN_MOVING_S = 3.0
"""Shortest time (s) of moving traffic from which an analysis rate is computed [assumption]."""

STEP_S = 0.1
"""Resolution (s) of the time of moving traffic [assumption]."""


NETWORK_TASKS = ("detect", "runtime")
"""Kinds of thread that run the network: the detector's, and those of its library, beside which decoders need little
[source: models.detection.executors, pipelines.capacity.process_stats.cpu_s_by_task]."""

NAMES_OF_0_1_0 = {
    "passed": "holds",
    "analysed_fps": "looks_per_s",
    "analysed_fps_moving": "looks_per_s_moving",
    "min_analysed_fps_moving": "least_looks_per_s_moving",
    "skipped_share": "held",
    "min_received_fps": "least_received_fps",
}
"""Field -> its name in the JSON of version 0.1.0, under which scripts of a city may read it [source: CHANGELOG.md]."""


class _Result(BaseModel):
    """Frozen figures, whose JSON has the names of version 0.1.0 beside the present ones."""

    model_config = ConfigDict(frozen=True)

    @model_serializer(mode="wrap")
    def _with_old_names(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = serialize(self)
        return values | {old: values[name] for name, old in NAMES_OF_0_1_0.items() if name in values}


class CameraResult(_Result):
    """Figures of one camera.

    analysed_fps_moving: analysed frames a second while traffic moves; None if it moves for less than `MIN_MOVING_S`.
    moving_s: seconds of moving traffic. skipped_share: share of analysed frames without a run of the detector.
    failed: conditions that the camera does not meet.
    """

    id: str
    clip: str
    analysed_fps: float
    analysed_fps_moving: float | None
    moving_s: float
    skipped_share: float
    age_p95_ms: float | None
    age_growth_ms: float | None
    received_fps: float
    reconnects: int
    failed: tuple[str, ...]


class CapacityResult(_Result):
    """Figures of one run with a number of cameras.

    passed: whether every camera meets all conditions. failed: number of cameras by condition that they do not meet.
    frame_to_event_p95_ms: from the arrival of a frame to its facts. *age*: from the camera to the facts. *cpu*: CPU
    seconds a second, of the worker, of its kinds of thread, and of the servers. cpu_busy: share of the cores that
    worker and servers use. cores: those that they may use. stream_kbits: mean bit rate of a camera, kbit/s.

    processes: worker processes. reduced_share: share of the analysed frames whose input scale was limited by overload.
    total_analysed_fps: of all cameras. objectcounter_fps: of ultralytics' ObjectCounter on one clip, mean of before and
    after. looks_over_objectcounter: the ratio of the two, which compares between machines and days. None where it was
    not measured. outside_network_ratio, analysis_over_network: CPU time of the worker outside the network, and of the
    analysis thread, over that of the network; None without a network.
    """

    cameras: int
    seconds: float
    passed: bool
    failed: dict[str, int]
    analysed_fps: float
    min_analysed_fps_moving: float | None
    skipped_share: float
    frame_to_event_p95_ms: float | None
    age_p95_ms: float | None
    worst_age_p95_ms: float | None
    min_received_fps: float
    worker_cpu: float
    worker_cpu_by_task: dict[str, float]
    servers_cpu: float
    worker_mb: float
    servers_mb: float
    cpu_busy: float
    cores: float
    stream_kbits: float
    processes: int
    reduced_share: float
    total_analysed_fps: float
    objectcounter_fps: float | None
    looks_over_objectcounter: float | None
    outside_network_ratio: float | None
    analysis_over_network: float | None
    per_camera: tuple[CameraResult, ...]


def assess(record: RunRecord, baselines: Mapping[str, Baseline]) -> CapacityResult:
    """Compute the figures of a run. baselines: by name of clip."""
    seconds = record.ended - record.began
    cameras = [assess_camera(c, baselines[c.plan.clip], record.began, record.ended) for c in record.cameras]
    frames = [frame for camera in record.cameras for frame in camera.frames]
    conditions = [condition for camera in cameras for condition in camera.failed]
    worker_cpu = sum(record.cpu_s.values()) / seconds
    servers_cpu = record.servers_cpu_s / seconds
    total_fps = len(frames) / seconds
    reference_fps = fmean(record.reference_fps) if record.reference_fps else None
    network_cpu = sum(record.cpu_s.get(task, 0.0) for task in NETWORK_TASKS) / seconds
    return CapacityResult(
        cameras=len(cameras),
        seconds=round(seconds, 1),
        passed=not conditions,
        failed={condition: conditions.count(condition) for condition in sorted(set(conditions))},
        analysed_fps=round(fmean(camera.analysed_fps for camera in cameras), 2),
        min_analysed_fps_moving=_extreme(min, [camera.analysed_fps_moving for camera in cameras]),
        skipped_share=_skipped_share(frames),
        frame_to_event_p95_ms=_p95_ms([frame.waited_s for frame in frames if frame.waited_s is not None]),
        age_p95_ms=_p95_ms([frame.age_s for frame in frames]),
        worst_age_p95_ms=_extreme(max, [camera.age_p95_ms for camera in cameras]),
        min_received_fps=min(camera.received_fps for camera in cameras),
        worker_cpu=round(worker_cpu, 3),
        worker_cpu_by_task={task: round(s / seconds, 3) for task, s in record.cpu_s.items() if s > 0},
        servers_cpu=round(servers_cpu, 3),
        worker_mb=record.resident_mb,
        servers_mb=record.servers_resident_mb,
        cpu_busy=round((worker_cpu + servers_cpu) / record.cores, 3),
        cores=record.cores,
        stream_kbits=record.stream_kbits,
        processes=record.processes,
        reduced_share=round(fmean(frame.max_scale < 1 for frame in frames), 3) if frames else 0.0,
        total_analysed_fps=round(total_fps, 2),
        objectcounter_fps=None if reference_fps is None else round(reference_fps, 2),
        looks_over_objectcounter=_ratio(total_fps, reference_fps),
        outside_network_ratio=_ratio(worker_cpu - network_cpu, network_cpu),
        analysis_over_network=_ratio(record.cpu_s.get("analysis", 0.0) / seconds, network_cpu),
        per_camera=tuple(cameras),
    )


def assess_camera(camera: CameraRecord, baseline: Baseline, began: float, ended: float) -> CameraResult:
    """Compute the figures of one camera, measured from `began` to `ended` (Unix seconds)."""
    seconds = ended - began

    def moves(t: float) -> bool:
        return baseline.moves_at(camera.plan.position_s(t))

    moving_s = STEP_S * sum(moves(t) for t in np.arange(began, ended, STEP_S).tolist())
    analysed_moving = sum(moves(frame.taken_at) for frame in camera.frames)
    rate = len(camera.frames) / seconds
    rate_moving = analysed_moving / moving_s if moving_s >= MIN_MOVING_S else None
    p95_ms, growth_ms = _p95_ms([frame.age_s for frame in camera.frames]), _growth_ms(camera.frames, began, ended)
    received_fps = camera.received / seconds
    failed = {
        "rate": not camera.frames or (rate_moving is not None and round(rate_moving, 1) < MIN_ANALYSED_FPS),
        "age": p95_ms is not None and p95_ms > 1000 * MAX_AGE_P95_S,
        "backlog": growth_ms is not None and growth_ms > 1000 * MAX_AGE_GROWTH_S,
        "received": received_fps < MIN_RECEIVED_SHARE * FPS,
    }
    return CameraResult(
        id=camera.plan.id,
        clip=camera.plan.clip,
        analysed_fps=round(rate, 2),
        analysed_fps_moving=None if rate_moving is None else round(rate_moving, 2),
        moving_s=round(moving_s, 1),
        skipped_share=_skipped_share(camera.frames),
        age_p95_ms=p95_ms,
        age_growth_ms=growth_ms,
        received_fps=round(received_fps, 2),
        reconnects=camera.reconnects,
        failed=tuple(condition for condition, is_missed in failed.items() if is_missed),
    )


def _skipped_share(frames: Sequence[FrameRecord]) -> float:
    return round(sum(not frame.inferred for frame in frames) / len(frames), 3) if frames else 0.0


def _ratio(value: float, by: float | None) -> float | None:
    return round(value / by, 3) if by else None


def _p95_ms(seconds: Sequence[float]) -> float | None:
    value = p95(seconds)
    return None if value is None else round(1000 * value, 1)


def _growth_ms(frames: Sequence[FrameRecord], began: float, ended: float) -> float | None:
    """Return the growth of the median age from the first to the last third; None where a third has no frames."""
    third_s = (ended - began) / 3
    first = [frame.age_s for frame in frames if frame.finished_at < began + third_s]
    last = [frame.age_s for frame in frames if frame.finished_at >= ended - third_s]
    return round(1000 * (median(last) - median(first)), 1) if first and last else None


def _extreme(of: Callable[[list[float]], float], values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return of(known) if known else None
