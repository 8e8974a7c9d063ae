"""Measurements of one capacity run, as the worker's process writes them for the assessing process."""

from pydantic import BaseModel, ConfigDict

from pipelines.capacity.plan import PlannedCamera


class FrameRecord(BaseModel):
    """One analysed frame.

    taken_at: when the camera took it. finished_at: when its facts were known; both in Unix seconds. waited_s: seconds
    from its arrival to its facts. inferred: whether the detector ran.
    """

    model_config = ConfigDict(frozen=True)

    taken_at: float
    finished_at: float
    waited_s: float | None = None
    inferred: bool = True

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

    cpu_s: CPU seconds of the worker in that time, by kind of thread. *resident_mb: memory in megabytes. device_mb: used
    memory of the GPU; None without one. cores: number of cores that the worker may use. reference_fps: frames a second
    of ObjectCounter, before and after; empty where it was not measured.
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
    cores: int
    reference_fps: tuple[float, ...] = ()
