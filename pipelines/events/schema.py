"""The four events that leave a worker, and their CloudEvents 1.0 envelope.

Facts count seconds; events carry UTC times, because they outlive the process that made them.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from analytics.facts import Direction, IncidentType, Level, LevelOfService
from analytics.road_users import RoadUser

TOPICS = {
    "counts": "traffic.counts",
    "congestion": "traffic.congestion",
    "incident": "traffic.incidents",
    "health": "traffic.health",
}


_TOLERANT = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
"""A store keeps what it knows of a newer worker's events: a field that was added loses nobody's counts."""


class _Data(BaseModel):
    model_config = _TOLERANT

    camera_id: str


class CrossingRecord(BaseModel):
    """`analytics.facts.Crossing` with a UTC time."""

    model_config = _TOLERANT

    at: AwareDatetime
    gate: str
    direction: Direction
    road_user: RoadUser
    track: int
    speed_kmh: float | None = None
    speed_sigma_kmh: float | None = None
    headway_s: float | None = None


class GateRecord(BaseModel):
    """`analytics.facts.GateInterval` with UTC times."""

    model_config = _TOLERANT

    gate: str
    direction: Direction
    start_at: AwareDatetime
    end_at: AwareDatetime
    flow_veh_h: float | None = None
    headway_mean_s: float | None = None
    headway_median_s: float | None = None
    headway_under_2s: float | None = None
    smp_h: float | None = None
    saturation: float | None = None
    emp_verified: bool | None = None
    coverage: float = Field(ge=0, le=1)


class ZoneRecord(BaseModel):
    """`analytics.facts.ZoneInterval` with UTC times."""

    model_config = _TOLERANT

    zone: str
    start_at: AwareDatetime
    end_at: AwareDatetime
    flow_veh_h: float | None = None
    speed_kmh: float | None = None
    relative_speed: float | None = None
    density_veh_km_lane: float | None = None
    occupancy: float | None = None
    queue_m: float | None = None
    queue_veh: float | None = None
    smp_h: float | None = None
    saturation: float | None = None
    level_of_service: LevelOfService | None = None
    emp_verified: bool | None = None
    level: Level
    coverage: float = Field(ge=0, le=1)


class Counts(_Data):
    """What a camera counted over [start_at, end_at); `gates` and `zones` hold the intervals that closed meanwhile.

    observed_s: seconds of the period that were really analysed; the rest is unknown, not empty.
    A report never spans two UTC minutes.
    """

    kind: Literal["counts"] = "counts"
    start_at: AwareDatetime
    end_at: AwareDatetime
    observed_s: float = Field(ge=0)
    crossings: tuple[CrossingRecord, ...] = ()
    gates: tuple[GateRecord, ...] = ()
    zones: tuple[ZoneRecord, ...] = ()


class Congestion(_Data):
    """The level of a zone: on every change, and repeated once a minute."""

    kind: Literal["congestion"] = "congestion"
    zone: str
    at: AwareDatetime
    level: Level
    previous: Level
    speed_kmh: float | None = None
    free_flow_kmh: float | None = None


class IncidentPhase(StrEnum):
    RAISED = "raised"
    ENDED = "ended"


class IncidentReport(_Data):
    """An incident when it is raised, and again with the same `incident_id` when it is over.

    pixel: (u, v). ground: metres in the camera's local frame. lat, lon: WGS84 of the ground point; the camera's own
    position where that cannot be known (`analytics.geometry.geodesy.locate`). snapshot: name of the picture in the
    snapshot store, None where none was kept.
    """

    kind: Literal["incident"] = "incident"
    incident_id: str
    phase: IncidentPhase
    type: IncidentType
    zone: str | None = None
    start_at: AwareDatetime
    detected_at: AwareDatetime
    end_at: AwareDatetime | None = None
    pixel: tuple[float, float]
    ground: tuple[float, float] | None = None
    lat: float | None = None
    lon: float | None = None
    confidence: float = Field(ge=0, le=1)
    reason: str
    snapshot: str | None = None


class CameraStatus(StrEnum):
    """`online` is analysed; `degraded` is seen but not to be trusted in full; in all others there is no data.

    unusable: what it shows is no basis for facts (moved, covered, blurred, dark, washed out). frozen: always the same.
    """

    ONLINE = "online"
    DEGRADED = "degraded"
    CONNECTING = "connecting"
    FROZEN = "frozen"
    UNUSABLE = "unusable"
    OFFLINE = "offline"


class Drops(BaseModel):
    """Pictures that came and were not analysed.

    superseded: a newer one came before the next look was wanted; nothing is lost. no_capacity: a look was wanted, but
    the machine had no time for it. withheld: the view is no basis for facts. failed: the analysis did.
    """

    model_config = _TOLERANT

    superseded: int = 0
    no_capacity: int = 0
    withheld: int = 0
    failed: int = 0


class Health(_Data):
    """How a camera is doing: on every change of status, and every few seconds as a heartbeat.

    Rates are means since the last report, and so are the 95th percentiles. held_fps: of those analysed, for how many
    the detector was not needed: nobody had moved, or all who had were followed. wanted_fps: the looks a second that
    its traffic asks for now. reached: the share of the looks that were wanted, and for which there were pictures,
    that the machine had time for. dropped: pictures that came and were not analysed since the last report, drops: why.
    age_s: from when the newest analysed frame was taken to its facts; a stream that comes late counts.
    frame_to_event_p95_ms: from a frame's arrival here to its facts being on their way.
    reason: why it is not online, or what an operator should know though it is.
    """

    kind: Literal["health"] = "health"
    at: AwareDatetime
    status: CameraStatus
    reason: str = ""
    received_fps: float | None = None
    analysed_fps: float | None = None
    held_fps: float | None = None
    wanted_fps: float | None = None
    reached: float | None = Field(default=None, ge=0, le=1)
    dropped: int = 0
    drops: Drops | None = None
    reconnects: int = 0
    age_s: float | None = None
    age_p95_s: float | None = None
    frame_to_event_p95_ms: float | None = None
    image_size: tuple[int, int] | None = None


EventData = Annotated[Counts | Congestion | IncidentReport | Health, Field(discriminator="kind")]


class Event(BaseModel):
    """CloudEvents 1.0, structured JSON mode. `id` is made once; a replayed event has the id of the first."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: EventData

    @classmethod
    def wrap(cls, data: Counts | Congestion | IncidentReport | Health, at: datetime) -> "Event":
        """source is the camera (`/cameras/ID`), subject its id; `at` is when the event was made."""
        return cls(
            id=str(uuid4()),
            source=f"/cameras/{data.camera_id}",
            type=f"id.simpang.traffic.{data.kind}.v1",
            subject=data.camera_id,
            time=at,
            data=data,
        )

    @property
    def topic(self) -> str:
        return TOPICS[self.data.kind]

    @property
    def key(self) -> str:
        """Kafka key: one camera's events keep their order."""
        return self.data.camera_id

    def to_json(self) -> bytes:
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, raw: bytes | str) -> "Event":
        """Raises pydantic.ValidationError for anything that is not one of our events."""
        return cls.model_validate_json(raw)
