"""JSON of the open data: the list of feeds, and the current state as GeoJSON (RFC 7946)."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

from analytics.facts import Level
from analytics.uptime.minute_gap import GapCause
from pipelines.config.settings import PublicText
from pipelines.events.schema import CameraStatus
from portal.public_root import PortalAddress
from portal.schemas import ApiModel, Utc

LonLat = Annotated[tuple[float, float], Field(description="Longitude and latitude, WGS84 degrees.")]


class DataLicence(ApiModel):
    """Licence of all open data."""

    id: str = Field(description="SPDX identifier.")
    name: str
    url: str


class FeedEntry(ApiModel):
    """One feed."""

    id: str
    path: PortalAddress
    example: PortalAddress | None = Field(description="An address that works; null while no public camera has data.")
    media_type: str
    format: str
    standard: str | None = Field(description="Address of the published format; null for CSV and Parquet.")
    title: PublicText
    description: PublicText


class FeedList(ApiModel):
    """All feeds, with the licence and the source to name."""

    publisher: str
    attribution: str = Field(description="Words with which users of the data name its source.")
    contact_email: str | None
    licence: DataLicence | None = Field(description="Null where the city has stated none.")
    openapi: PortalAddress = Field(description="Address of the description for programs.")
    feeds: list[FeedEntry]


class PointGeometry(ApiModel):
    """Position of a camera."""

    type: Literal["Point"] = "Point"
    coordinates: LonLat


class LineGeometry(ApiModel):
    """Centre line of a road, in the direction of travel where `directed`."""

    type: Literal["LineString"] = "LineString"
    coordinates: Annotated[tuple[LonLat, ...], Field(min_length=2)]


class PolygonGeometry(ApiModel):
    """Area such as a whole junction."""

    type: Literal["Polygon"] = "Polygon"
    coordinates: tuple[Annotated[tuple[LonLat, ...], Field(min_length=4)]]


class CameraProperties(ApiModel):
    """Current state of a camera."""

    kind: Literal["camera"] = "camera"
    camera_id: str
    name: str
    site: str | None
    owner: str | None
    level: Level = Field(description="The worst known level of its zones; `unknown` without recent data.")
    flow_veh_h: float | None = Field(
        description="Vehicles an hour in both directions of the busiest gate over the last ten minutes; null without."
    )
    status: CameraStatus
    cause: GapCause | None = Field(description="What keeps the camera from being observed; null while nothing does.")
    delayed: bool = Field(description="Whether the newest analysed frame is over 20 seconds old.")
    observed_until: Utc | None = Field(
        description="Time of the last analysed frame; null if there was none for a week."
    )


class ZoneProperties(ApiModel):
    """Current state of a zone of a camera."""

    kind: Literal["zone"] = "zone"
    camera_id: str
    name: str
    zone: str
    level: Level = Field(description="`unknown` without recent data, which is not the same as no traffic.")
    speed_kmh: float | None = Field(description="Space-mean speed; null without calibration or data.")
    since_at: Utc | None = Field(description="When the present level began.")
    directed: bool | None = Field(description="Whether the line has the direction of legal travel; null without line.")
    status: CameraStatus
    cause: GapCause | None
    observed_until: Utc | None


class CameraFeature(ApiModel):
    """A camera."""

    type: Literal["Feature"] = "Feature"
    id: str = Field(description="Id of the camera; the same as long as it exists.")
    geometry: PointGeometry | None = Field(description="Null for a camera without a position.")
    properties: CameraProperties


class ZoneFeature(ApiModel):
    """A zone of a camera."""

    type: Literal["Feature"] = "Feature"
    id: str = Field(description="`CAMERA/ZONE`; the same as long as both exist.")
    geometry: Annotated[LineGeometry | PolygonGeometry, Field(discriminator="type")] | None = Field(
        description="Null for a camera that is not calibrated."
    )
    properties: ZoneProperties


class StateCollection(ApiModel):
    """Every public camera, and every zone of each."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    attribution: str
    licence: str | None = Field(description="Address of the licence; null where the city has stated none.")
    features: tuple[CameraFeature | ZoneFeature, ...]


def utc_text(at: datetime) -> str:
    """A time in UTC by RFC 3339, in whole seconds.

    >>> utc_text(datetime.fromisoformat("2026-11-20T12:00:00.7+07:00"))
    '2026-11-20T05:00:00Z'
    """
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
