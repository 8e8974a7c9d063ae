"""JSON of the current state of a camera, as the API and the stream send it."""

from pydantic import Field

from analytics.camera import Position, Visibility
from analytics.facts import Level, Sight
from analytics.uptime.minute_gap import GapCause
from pipelines.config.settings import PublicText
from pipelines.events.condition import Condition, ConditionDetails
from pipelines.events.schema import CameraStatus
from portal.public_root import PortalAddress
from portal.schemas import ApiModel, Utc


class Site(ApiModel):
    """A junction or place that several cameras share."""

    id: str
    name: str
    position: Position | None


class ZoneState(ApiModel):
    """Current congestion level of a zone."""

    id: str
    level: Level
    speed_kmh: float | None = Field(description="Space-mean speed; null without calibration or data.")
    since_at: Utc | None = Field(description="When the present level began.")
    sight: Sight | None = Field(
        default=None, description="Whether the detector sees what moves; the level is `unknown` while it is blind."
    )


class Video(ApiModel):
    """Address of the live video."""

    hls: PortalAddress
    still: PortalAddress | None = Field(
        default=None, description="Newest still picture of a camera that sends Motion JPEG; then there is no HLS."
    )
    preview: PortalAddress | None = Field(
        default=None, description="Newest small picture, a few seconds old, at most 22 kB; null before there is one."
    )
    small: PortalAddress | None = Field(
        default=None, description="Small rendition for weak links, at most 192 kbit/s; null where none is made."
    )
    only_pictures: bool = Field(
        default=False, description="Whether only `preview` may be seen: the video is for operators."
    )


class Load(ApiModel):
    """Analysis rate of a camera against the rate that its traffic needs; means over the last few seconds."""

    wanted_fps: float = Field(description="Requested rate: analysed frames a second that the traffic needs.")
    analysed_fps: float = Field(description="Frames a second that were analysed.")
    held_fps: float = Field(description="Of these, frames a second without a run of the detector.")
    reached: float | None = Field(description="Analysed share of the requested rate; 1 is all of it.")
    picture_scale: float | None = Field(
        description="Mean largest scale of pictures that overload leaves, 0..1; 1 is whole pictures."
    )
    overloaded: bool = Field(description="Whether that is too little, see `condition`.")
    age_p95_s: float | None = Field(
        description="95th percentile of the time from a frame's arrival to its facts, s; null without any."
    )


class CameraState(ApiModel):
    """Current state of a camera."""

    id: str
    name: str
    site: Site | None
    owner: str | None
    visibility: Visibility
    position: Position | None
    level: Level = Field(description="The worst known level of its zones; `unknown` where there is no recent data.")
    sight: Sight | None = Field(default=None, description="The worst sight of its zones; null where it is not known.")
    status: CameraStatus = Field(description="Also `offline` if no report has arrived for 30 seconds.")
    cause: GapCause | None = Field(
        default=None, description="What keeps the camera from being observed; null while nothing does."
    )
    delayed: bool = Field(
        default=False, description="Whether the newest analysed frame of a connected camera is over 20 seconds old."
    )
    flow_veh_h: float | None = Field(
        default=None,
        description="Vehicles an hour in both directions of the busiest gate, over the last ten minutes; null without.",
    )
    condition: Condition | None = Field(default=None, description="Cause of the status; for operators only.")
    details: ConditionDetails | None = Field(default=None, description="Figures and names of the condition.")
    reason: str | None = Field(default=None, description="The condition in English; for operators only.")
    load: Load | None = Field(default=None, description="For operators only, while the camera is analysed.")
    out_of_service: PublicText | None = Field(
        default=None, description="Why this camera is not analysed, by language (id, en); null while it is in service."
    )
    zones: tuple[ZoneState, ...]
    last_analysed_at: Utc | None = Field(description="Time of the last analysed frame of this camera.")
    updated_at: Utc = Field(description="When this state was computed.")
    video: Video | None = Field(description="Live video, null while there is none.")


class Clock(ApiModel):
    """Time of the server, up to which the states of all cameras are current."""

    at: Utc
