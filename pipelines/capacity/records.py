"""What one point of the capacity bench leaves behind, as one process tells it to another."""

from pydantic import BaseModel, ConfigDict

from pipelines.capacity.plan import PlannedCamera


class Look(BaseModel):
    """taken_at: when the camera took the picture. concluded_at: when it had become facts. Unix seconds, both.

    waited_s: from its arrival to its facts. held: without the detector.
    """

    model_config = ConfigDict(frozen=True)

    taken_at: float
    concluded_at: float
    waited_s: float | None = None
    held: bool = False

    @property
    def age_s(self) -> float:
        return self.concluded_at - self.taken_at


class Crossed(BaseModel):
    model_config = ConfigDict(frozen=True)

    at: float
    gate: str


class CameraRecord(BaseModel):
    """received: pictures that came while it was measured."""

    model_config = ConfigDict(frozen=True)

    plan: PlannedCamera
    looks: tuple[Look, ...] = ()
    crossings: tuple[Crossed, ...] = ()
    received: int = 0
    reconnects: int = 0


class Record(BaseModel):
    """began, ended: of what was measured (Unix seconds). cpu_s: of the worker in that time, by its kinds of thread."""

    model_config = ConfigDict(frozen=True)

    began: float
    ended: float
    cameras: tuple[CameraRecord, ...]
    cpu_s: dict[str, float]
    servers_cpu_s: float
    resident_mb: float
    servers_resident_mb: float
