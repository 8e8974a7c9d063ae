"""Events that leave a worker: counts, congestion, incident, health, gap, and their CloudEvents 1.0 envelope.

Facts count seconds; events carry UTC times, because they outlive the process that made them. Measures are inherited
from `analytics.facts`: what is written there is in the event. docs/events.md is generated from this module.
"""

import json
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_URL, uuid5

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

from analytics.facts import (
    CrossingMeasures,
    Direction,
    FreeFlowSpeed,
    GateMeasures,
    IncidentEvidence,
    IncidentType,
    Level,
    ObservedShare,
    PresentSight,
    ZoneMeasures,
    ZoneSpeed,
)
from analytics.road_users import RoadUser
from pipelines.events.condition import ConditionDetails, KnownCondition

TOPICS = {
    "counts": "traffic.counts",
    "congestion": "traffic.congestion",
    "incident": "traffic.incidents",
    "health": "traffic.health",
    "gap": "traffic.gaps",
}
"""Kind of event -> Kafka topic."""

MAJOR, MINOR = 1, 2
"""Version of the schemas. MAJOR is part of the type, and events of another are refused; each added field raises MINOR.
Events without `dataschema` are of version 1.0. See docs/adr/0171-event-contracts.md."""

_TYPE = re.compile(r"id\.simpang\.traffic\.(\w+)\.v(\d+)")
"""Type of an event: its kind, and the major version of its schema."""


def event_type(kind: str) -> str:
    """Return the CloudEvents type of a kind of event.

    >>> event_type("counts")
    'id.simpang.traffic.counts.v1'
    """
    return f"id.simpang.traffic.{kind}.v{MAJOR}"


def schema_id(kind: str) -> str:
    """Return the URI of the schema of a kind of event, which names its full version.

    >>> schema_id("counts")
    'urn:simpang:event:counts:1.2'
    """
    return f"urn:simpang:event:{kind}:{MAJOR}.{MINOR}"


def known_type(text: str) -> str:
    """Return the type of an event. Raises ValueError for a major version that this program does not know."""
    found = _TYPE.fullmatch(text)
    if found and int(found[2]) != MAJOR:
        raise ValueError(f"version {found[2]} of {found[1]} events is unknown, {MAJOR} is known; update this Simpang")
    return text


_RECORD = ConfigDict(extra="ignore", allow_inf_nan=False)
"""Configuration of records; unknown fields are ignored."""
_TOLERANT = ConfigDict(frozen=True, **_RECORD)
"""Unknown fields are ignored: an older store keeps what it knows of a newer worker's events."""


def _described(description: str, unit: str = "", **bounds: Any) -> Any:
    """Description and unit of a field, for its JSON Schema. bounds: `ge`, `le`, as for `pydantic.Field`."""
    return Field(description=description, json_schema_extra={"unit": unit} if unit else None, **bounds)


_KIND = _described("Kind of the event.")
"""Description of the discriminator."""
CameraId = Annotated[str, _described("Id of the camera in the configuration; also the Kafka key.")]
GateId = Annotated[str, _described("Id of the gate in the camera's geometry.")]
ZoneId = Annotated[str, _described("Id of the zone in the camera's geometry; `view` for the whole frame.")]
CheckedShare = Annotated[ObservedShare, Field(ge=0, le=1)]
CrossingDirection = Annotated[Direction, _described("Side change at the gate p1 -> p2, see docs/results.md.")]


class _Data(BaseModel):
    model_config = _TOLERANT

    camera_id: CameraId


@dataclass(frozen=True, slots=True, kw_only=True, config=_RECORD)
class CrossingRecord(CrossingMeasures):
    """Gate crossing of one road user."""

    at: Annotated[AwareDatetime, _described("Time of the crossing, interpolated between frames.", "UTC")]
    gate: GateId
    direction: CrossingDirection
    road_user: Annotated[RoadUser, _described("Class of the road user.")]
    track: Annotated[int, _described("Number of the track, unique within one run of the worker.")]


@dataclass(frozen=True, slots=True, kw_only=True, config=_RECORD)
class GateRecord(GateMeasures):
    """One direction of a gate over one minute. What was not observed is null, never 0."""

    gate: GateId
    direction: CrossingDirection
    start_at: Annotated[AwareDatetime, _described("Start of the minute.", "UTC")]
    end_at: Annotated[AwareDatetime, _described("End of the minute.", "UTC")]
    coverage: CheckedShare


@dataclass(frozen=True, slots=True, kw_only=True, config=_RECORD)
class ZoneRecord(ZoneMeasures):
    """One zone over one minute. What was not observed is null, never 0."""

    zone: ZoneId
    start_at: Annotated[AwareDatetime, _described("Start of the minute.", "UTC")]
    end_at: Annotated[AwareDatetime, _described("End of the minute.", "UTC")]
    coverage: CheckedShare


class CountsReport(_Data):
    """Crossings of a camera from start_at to end_at, and the intervals that closed meanwhile; never two UTC minutes."""

    kind: Annotated[Literal["counts"], _KIND] = "counts"
    start_at: Annotated[AwareDatetime, _described("Start of the reported time.", "UTC")]
    end_at: Annotated[AwareDatetime, _described("End of the reported time, excluded.", "UTC")]
    observed_s: Annotated[float, _described("Analysed time within it; the rest is unknown, not empty.", "s", ge=0)]
    crossings: Annotated[tuple[CrossingRecord, ...], _described("Gate crossings.")] = ()
    gates: Annotated[tuple[GateRecord, ...], _described("Gate intervals that closed.")] = ()
    zones: Annotated[tuple[ZoneRecord, ...], _described("Zone intervals that closed.")] = ()


class Congestion(_Data):
    """Level of a zone: on every change, and repeated once a minute."""

    kind: Annotated[Literal["congestion"], _KIND] = "congestion"
    zone: ZoneId
    at: Annotated[AwareDatetime, _described("Time of the change or the repetition.", "UTC")]
    level: Annotated[Level, _described("Present level.")]
    previous: Annotated[Level, _described("Level before; equal to `level` in a repetition.")]
    speed_kmh: ZoneSpeed = None
    free_flow_kmh: FreeFlowSpeed = None
    sight: PresentSight = None


class IncidentPhase(StrEnum):
    """Begin or end of an incident."""

    RAISED = "raised"
    ENDED = "ended"


class IncidentReport(_Data):
    """Incident when it is raised, and again with the same `incident_id` when it is over."""

    kind: Annotated[Literal["incident"], _KIND] = "incident"
    incident_id: Annotated[str, _described("Id of the incident, the same in both events.")]
    phase: Annotated[IncidentPhase, _described("`raised`, or `ended` when it is over.")]
    type: Annotated[IncidentType, _described("What happened.")]
    zone: Annotated[str | None, _described("Id of the zone; null outside all zones.")] = None
    start_at: Annotated[AwareDatetime, _described("Best estimate of the beginning.", "UTC")]
    detected_at: Annotated[AwareDatetime, _described("Time of the alert; only data up to this time was used.", "UTC")]
    end_at: Annotated[AwareDatetime | None, _described("End; null while it lasts.", "UTC")] = None
    pixel: Annotated[tuple[float, float], _described("Place (u, v) in the full frame, v down.", "px")]
    ground: Annotated[
        tuple[float, float] | None,
        _described("Place (x, y) on the ground; null without calibration.", "m"),
    ] = None
    lat: Annotated[
        float | None,
        _described("WGS84 latitude of the ground point; of the camera where that is not known.", "degrees"),
    ] = None
    lon: Annotated[
        float | None,
        _described("WGS84 longitude of the ground point; of the camera where that is not known.", "degrees"),
    ] = None
    confidence: Annotated[float, _described("Confidence, 0..1.", ge=0, le=1)]
    evidence: Annotated[IncidentEvidence | None, _described("Figures; null from older workers.")] = None
    reason: Annotated[str, _described("The evidence as a sentence in English.")]
    snapshot: Annotated[str | None, _described("File name of the snapshot; null where none was kept.")] = None


class CameraStatus(StrEnum):
    """`online` is analysed; `degraded` is analysed, but a part fails or is too slow; in all others there is no data.

    unusable: the view cannot be used for counting (moved, covered, blurred, dark, washed out). frozen: the frame
    repeats.
    """

    ONLINE = "online"
    DEGRADED = "degraded"
    CONNECTING = "connecting"
    FROZEN = "frozen"
    UNUSABLE = "unusable"
    OFFLINE = "offline"


class Drops(BaseModel):
    """Frames that came and were not analysed, by cause."""

    model_config = _TOLERANT

    superseded: Annotated[int, _described("A newer frame came before the next one was due; nothing is lost.")] = 0
    no_capacity: Annotated[int, _described("A frame was due, but the machine had no time for it.")] = 0
    withheld: Annotated[int, _described("The view could not be used for counting.")] = 0
    failed: Annotated[int, _described("The analysis failed.")] = 0


class Health(_Data):
    """State of a camera: on every change of status, and every few seconds as a heartbeat.

    Rates and 95th percentiles are of the time since the last report.
    """

    kind: Annotated[Literal["health"], _KIND] = "health"
    at: Annotated[AwareDatetime, _described("Time of the report.", "UTC")]
    status: Annotated[CameraStatus, _described("State of the camera.")]
    condition: Annotated[
        KnownCondition,
        _described("What an operator should know, see Conditions; null from older workers."),
    ] = None
    details: Annotated[ConditionDetails | None, _described("Figures and names that belong to the condition.")] = None
    reason: Annotated[str, _described("The condition in English; empty for nothing.")] = ""
    received_fps: Annotated[float | None, _described("Frames received.", "frames/s")] = None
    analysed_fps: Annotated[float | None, _described("Frames analysed.", "frames/s")] = None
    held_fps: Annotated[
        float | None, _described("Frames analysed by template tracking alone, without the detector.", "frames/s")
    ] = None
    wanted_fps: Annotated[
        float | None, _described("Analysed frames that the present traffic asks for.", "frames/s")
    ] = None
    reached: Annotated[
        float | None,
        _described("Share of the frames due that the machine had time for, 0..1; 1 is all.", ge=0, le=1),
    ] = None
    picture_scale: Annotated[
        float | None,
        _described("Mean largest scale of pictures that overload leaves, 0..1; 1 is whole pictures.", gt=0, le=1),
    ] = None
    dropped: Annotated[int, _described("Frames received and not analysed.")] = 0
    drops: Annotated[Drops | None, _described("The same by cause.")] = None
    reconnects: Annotated[int, _described("Connections after the first, since the worker started.")] = 0
    age_s: Annotated[float | None, _described("Time from the newest analysed frame's capture to its facts.", "s")] = (
        None
    )
    age_p95_s: Annotated[float | None, _described("95th percentile of that time (nearest rank).", "s")] = None
    frame_to_event_p95_ms: Annotated[
        float | None,
        _described("95th percentile of the time from a frame's arrival to its facts being sent.", "ms"),
    ] = None
    image_size: Annotated[tuple[int, int] | None, _described("Width and height of the frame.", "px")] = None
    last_frame_at: Annotated[
        AwareDatetime | None,
        _described("Arrival of the newest frame; null for none since the worker started.", "UTC"),
    ] = None


LONGEST_LOSS = timedelta(days=1)
"""Longest time of the losses in one event; the rest of a longer one marks no minutes. [assumption]"""


class LossReason(StrEnum):
    """Why a worker lost events: its outbox was full, or could not be written while the memory was full."""

    OUTBOX_FULL = "outbox_full"
    DISK_FAILED = "disk_failed"


class GapReport(_Data):
    """Events of a camera that its worker had to drop: their kind, number and times. Delivered like any other event."""

    kind: Annotated[Literal["gap"], _KIND] = "gap"
    start_at: Annotated[AwareDatetime, _described("Start of what the lost events reported.", "UTC")]
    end_at: Annotated[AwareDatetime, _described("End of what the lost events reported.", "UTC")]
    lost: Annotated[Literal["counts", "congestion", "incident", "health"], _described("Kind of the lost events.")]
    events: Annotated[int, _described("Number of the lost events.", ge=1)]
    reason: Annotated[LossReason, _described("Why they were lost.")]


def event_id(data: "AnyData") -> str:
    """Return the id of an event, a UUID of what it is about: the same report made twice has one id.

    Counts differ by the period that they report, so that a run that begins or ends within one reports another part.
    """
    match data:
        case CountsReport():
            parts: tuple[object, ...] = (data.start_at.isoformat(), data.end_at.isoformat())
        case Congestion():
            parts = (data.zone, data.at.isoformat())
        case IncidentReport():
            parts = (data.incident_id, data.phase)
        case Health():
            parts = (data.at.isoformat(), data.status, data.condition)
        case GapReport():
            parts = (data.start_at.isoformat(), data.end_at.isoformat(), data.lost, data.events, data.reason)
    return stable_id(data.camera_id, data.kind, *parts)


def stable_id(*parts: object) -> str:
    """Return a UUID (version 5) of the parts."""
    return str(uuid5(NAMESPACE_URL, "simpang:" + json.dumps([None if part is None else str(part) for part in parts])))


AnyData = CountsReport | Congestion | IncidentReport | Health | GapReport
"""Data of an event of any kind."""
EventData = Annotated[AnyData, Field(discriminator="kind")]


class Event(BaseModel):
    """CloudEvents 1.0. The same report has the same `id`, also where it is made twice."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Annotated[Literal["1.0"], _described("Version of CloudEvents.")] = "1.0"
    id: Annotated[str, _described("UUID of what the event reports; see `event_id`.")]
    source: Annotated[str, _described("`/cameras/ID` of the camera.")]
    type: Annotated[
        str, _described("`id.simpang.traffic.KIND.v1`, with the major version."), AfterValidator(known_type)
    ]
    subject: Annotated[str, _described("Id of the camera.")]
    time: Annotated[AwareDatetime, _described("Time when the event was made.", "UTC")]
    dataschema: Annotated[
        str | None, _described("`urn:simpang:event:KIND:VERSION` of the schema of `data`; null means version 1.0.")
    ] = None
    datacontenttype: Annotated[Literal["application/json"], _described("Format of `data`.")] = "application/json"
    data: Annotated[EventData, _described("The event itself; `kind` names its schema.")]

    @classmethod
    def wrap(cls, data: AnyData, at: datetime) -> "Event":
        """Put an event into its envelope. at: time when the event was made."""
        return cls(
            id=event_id(data),
            source=f"/cameras/{data.camera_id}",
            type=event_type(data.kind),
            dataschema=schema_id(data.kind),
            subject=data.camera_id,
            time=at,
            data=data,
        )

    @property
    def topic(self) -> str:
        return TOPICS[self.data.kind]

    @property
    def key(self) -> str:
        """Kafka key: a camera's events are in one partition."""
        return self.data.camera_id

    def to_json(self) -> bytes:
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, raw: bytes | str) -> "Event":
        """Parse an event. Raises pydantic.ValidationError for anything else."""
        return cls.model_validate_json(raw)
