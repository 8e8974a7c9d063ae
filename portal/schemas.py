"""What the API answers: the JSON of every endpoint. Times are UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from analytics.camera import Position, Visibility
from analytics.facts import IncidentType, Level
from analytics.road_users import RoadUser
from pipelines.config.settings import PublicText
from pipelines.events.schema import CameraStatus
from portal.auth.users import Role

Utc = Annotated[datetime, AfterValidator(lambda at: at.astimezone(UTC))]
Fraction = Annotated[float, Field(ge=0, le=1)]


class ApiModel(BaseModel):
    """Base of all that the API sends. Every field is always there, so that the generated types are not optional."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class Problem(ApiModel):
    """Every error."""

    detail: str = Field(description="One sentence that says what is wrong.")


class City(ApiModel):
    name: str
    timezone: str = Field(description="IANA name; times are shown to people in this zone.")
    centre: Position
    zoom: int
    tiles: str | None = Field(description="`{z}/{x}/{y}` address of a tile server, null where there is none.")
    tiles_attribution: str
    classes: tuple[RoadUser, ...]
    simulated: bool = Field(description="Whether all of this city is simulated, for a demonstration.")
    whole_frame_zone: str = Field(description="Id of the single zone of a camera without drawn zones: the whole frame.")


class Site(ApiModel):
    id: str
    name: str
    position: Position | None


class ZoneState(ApiModel):
    id: str
    level: Level
    speed_kmh: float | None = Field(description="Space-mean speed; null without calibration or data.")
    since_at: Utc | None = Field(description="Since when the level has been what it is.")


class Video(ApiModel):
    hls: str


class Load(ApiModel):
    """How well the machine that analyses a camera keeps up with it; means over the last few seconds."""

    wanted_fps: float = Field(description="Looks a second that its traffic asks for.")
    analysed_fps: float = Field(description="Looks a second that it had.")
    held_fps: float = Field(description="Of these, for how many the detector was not needed.")
    reached: float | None = Field(description="Share of the looks wanted that the machine had time for; 1 is all.")
    overloaded: bool = Field(description="Whether that is too little; `reason` says what to do.")
    age_p95_s: float | None = Field(description="95 % of the pictures became facts within so long; null without any.")


class CameraState(ApiModel):
    id: str
    name: str
    site: Site | None
    owner: str | None
    visibility: Visibility
    position: Position | None
    level: Level = Field(description="The worst known level of its zones; `unknown` where there is no recent data.")
    status: CameraStatus = Field(description="`offline` too where no report has come for 30 seconds.")
    reason: str | None = Field(default=None, description="What is wrong and what to do; only operators are told.")
    load: Load | None = Field(default=None, description="Only operators are told, while it is analysed.")
    out_of_service: PublicText | None = Field(
        default=None, description="Why nobody watches this camera, by language (id, en); null while one does."
    )
    zones: tuple[ZoneState, ...]
    last_analysed_at: Utc | None = Field(description="When a picture of this camera was last analysed.")
    updated_at: Utc = Field(description="When this state was put together.")
    video: Video | None = Field(description="Live video, null while there is none.")


class GateShape(ApiModel):
    id: str
    p1: tuple[float, float]
    p2: tuple[float, float]


class ZoneDetail(ZoneState):
    polygon: tuple[tuple[float, float], ...] = Field(description="Pixels; empty for the whole picture.")


class CameraDetail(CameraState):
    zones: tuple[ZoneDetail, ...]
    gates: tuple[GateShape, ...]
    image_size: tuple[int, int] | None = Field(description="Width and height that all pixels refer to.")


class Cameras(ApiModel):
    cameras: list[CameraState]


class NarratedEvent(ApiModel):
    at: Utc
    camera_id: str | None = Field(description="Null where the whole city is meant.")
    camera_name: str | None
    text: dict[str, str] = Field(description="What really happened, by language: `id`, `en`.")


class Narration(ApiModel):
    events: list[NarratedEvent] = Field(description="The newest last; empty in a real city.")


class Incident(ApiModel):
    id: str
    camera_id: str
    camera_name: str
    site_name: str | None
    type: IncidentType
    zone: str | None
    start_at: Utc
    detected_at: Utc
    end_at: Utc | None = Field(description="Null while it lasts.")
    pixel: tuple[float, float]
    position: Position | None
    confidence: float
    reason: str
    snapshot: str | None = Field(description="Address of a picture, null where none was kept.")


class Incidents(ApiModel):
    incidents: list[Incident]
    next: str | None = Field(description="Give this as `before` for older ones; null at the end.")


class SessionUser(ApiModel):
    name: str
    roles: list[Role]


class Session(ApiModel):
    user: SessionUser | None


class SignIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)
    password: str = Field(max_length=1000)
