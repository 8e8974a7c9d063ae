"""Measurements of one capacity run, as the worker's process writes them for the assessing process."""

from collections.abc import Sequence
from statistics import fmean

from pydantic import BaseModel, ConfigDict

from pipelines.capacity.plan import PlannedCamera
from pipelines.errors import UserError


class FrameRecord(BaseModel):
    """One analysed frame.

    taken_at: when the camera took it. finished_at: when its facts were known; both in Unix seconds. waited_s: seconds
    from its arrival to its facts. inferred: whether the detector ran. max_scale: largest input scale that overload
    allowed.
    """

    model_config = ConfigDict(frozen=True)

    taken_at: float
    finished_at: float
    waited_s: float | None = None
    inferred: bool = True
    max_scale: float = 1.0

    @property
    def age_s(self) -> float:
        """Seconds from the camera to the facts."""
        return self.finished_at - self.taken_at


class CrossingRecord(BaseModel):
    """One counted crossing. at: Unix seconds."""

    model_config = ConfigDict(frozen=True)

    at: float
    gate: str


class CameraRecord(BaseModel):
    """One camera during the measurement. received: number of frames that arrived."""

    model_config = ConfigDict(frozen=True)

    plan: PlannedCamera
    frames: tuple[FrameRecord, ...] = ()
    crossings: tuple[CrossingRecord, ...] = ()
    received: int = 0
    reconnects: int = 0


class RunRecord(BaseModel):
    """All cameras during the measurement, from `began` to `ended` (Unix seconds).

    cpu_s: CPU seconds of the worker processes in that time, by kind of thread. *resident_mb: memory in megabytes.
    device_mb: used memory of the GPU; None without one. cores: those that they may use. processes: number of them.
    stream_kbits: mean bit rate of the cameras. reference_fps: frames a second of ObjectCounter, before and after; empty
    where it was not measured.
    """

    model_config = ConfigDict(frozen=True)

    began: float
    ended: float
    cameras: tuple[CameraRecord, ...]
    cpu_s: dict[str, float]
    servers_cpu_s: float
    resident_mb: float
    servers_resident_mb: float
    device_mb: float | None = None
    cores: float
    processes: int = 1
    stream_kbits: float
    reference_fps: tuple[float, ...] = ()


def merged(records: Sequence[RunRecord]) -> RunRecord:
    """Join the records of worker processes that ran at once, over the time in which all were measured.

    A process is measured once its own cameras have settled, so that their times differ by a few seconds. CPU time is
    that of each process in its own time, scaled to the common one.
    """
    began, ended = max(record.began for record in records), min(record.ended for record in records)
    if ended <= began:
        raise UserError("the worker processes were not measured at the same time; measure for longer (--seconds)")
    cpu_s: dict[str, float] = {}
    for record in records:
        for task, spent in record.cpu_s.items():
            scaled = spent * (ended - began) / (record.ended - record.began)
            cpu_s[task] = cpu_s.get(task, 0.0) + scaled
    first = records[0]
    return RunRecord(
        began=began,
        ended=ended,
        cameras=tuple(_within(camera, record, began, ended) for record in records for camera in record.cameras),
        cpu_s={task: round(spent, 3) for task, spent in sorted(cpu_s.items())},
        servers_cpu_s=round(first.servers_cpu_s * (ended - began) / (first.ended - first.began), 3),
        resident_mb=round(sum(record.resident_mb for record in records), 1),
        servers_resident_mb=first.servers_resident_mb,
        device_mb=max((record.device_mb for record in records if record.device_mb is not None), default=None),
        cores=first.cores,
        processes=len(records),
        stream_kbits=round(fmean(record.stream_kbits for record in records), 1),
    )


def _within(camera: CameraRecord, record: RunRecord, began: float, ended: float) -> CameraRecord:
    """Return what happened at a camera in a part of its record. Received frames are scaled to that time."""
    share = (ended - began) / (record.ended - record.began)
    return camera.model_copy(
        update={
            "frames": tuple(frame for frame in camera.frames if began <= frame.finished_at < ended),
            "crossings": tuple(crossing for crossing in camera.crossings if began <= crossing.at < ended),
            "received": round(camera.received * share),
        }
    )
