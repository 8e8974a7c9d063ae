"""Settings of a city: one YAML file, with overrides by environment variables (`SIMPANG_STORE__DSN=...`).

Addresses of cameras, databases and webhooks may contain passwords. They are `SecretStr` and are never printed.
`docs/configuration.md` is generated from the classes below by `pipelines.config.settings_reference`.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from analytics.camera import Camera, Position, Visibility
from analytics.facts import IncidentType
from pipelines.addresses.mask import remember_settings
from pipelines.config.bus_settings import BusConfig
from pipelines.config.evidence_section import EvidenceConfig
from pipelines.config.geometry_file import WHOLE_FRAME_ZONE, CameraGeometry, ZoneEntry, read_geometry
from pipelines.config.incident_settings import IncidentsConfig
from pipelines.config.open_data_settings import OpenDataConfig
from pipelines.config.portal_settings import PortalConfig
from pipelines.config.renamed_keys import RENAMED_SETTINGS, with_current_keys
from pipelines.config.retention_settings import RetentionConfig
from pipelines.config.secret_references import with_secrets
from pipelines.config.section import Section
from pipelines.errors import UserError

HardwareDecoder = Literal["cuda", "qsv", "vaapi"]
ENV_PREFIX = "SIMPANG_"
"""Prefix of environment variables that set a setting. [source: docs/configuration.md]"""

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


def _position(value: Any) -> Any:
    """Convert `[lat, lon]`, the short form in YAML, to a position."""
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError("give [lat, lon], two numbers whose decimals have a point, such as [1.13, 104.05]")
        return Position(lat=value[0], lon=value[1])
    return value


WGS84 = Annotated[Position, BeforeValidator(_position)]
"""A position in degrees, written `[lat, lon]` in YAML."""


def _in_one_language(value: Any) -> Any:
    return {"id": value} if isinstance(value, str) else value


PublicText = Annotated[dict[Literal["id", "en"], str], Field(min_length=1), BeforeValidator(_in_one_language)]
"""Text by language. A plain text is shown to all readers, whatever its language."""


class CityConfig(Section):
    """The city: name, time zone and the initial view of the map."""

    name: str = "Simpang"
    """Name in the title of every page."""
    timezone: str = "Asia/Jakarta"
    """IANA time zone in which days, charts and reports are shown."""
    centre: WGS84 = Position(lat=1.13, lon=104.05)
    """Centre of the map, WGS84 degrees, `[lat, lon]`."""
    zoom: int = Field(default=13, ge=1, le=19)
    """Initial zoom level of the map."""
    controller: str | None = None
    """Name of the data controller, such as `Dinas Perhubungan Kota Batam`, for the privacy notice (UU 27/2022)."""
    privacy_contact: str | None = None
    """E-mail address, web address or telephone number of the privacy notice, for requests about personal data."""
    simulated: bool = False
    """True for a simulated city. Every page then shows that the traffic is not real."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"unknown time zone {name!r}; use a name such as Asia/Jakarta") from error
        return name


class SiteConfig(Section):
    """A place with one or more cameras."""

    id: Identifier
    """Unique among the sites."""
    name: str
    """Name of the place, as shown to users."""
    position: WGS84 | None = None
    """Position on the map, WGS84 degrees, `[lat, lon]`."""


Share = Annotated[float, Field(ge=0, le=1)]


class PublicPictureConfig(Section):
    """What a public camera shows where its video is not for the public: small pictures every few seconds.

    They are blurred and reduced before they leave the worker. Operators see the video as it is.
    """

    blurred_areas: tuple[Annotated[tuple[tuple[Share, Share], ...], Field(min_length=3)], ...] = ()
    """Polygons of which no detail is left. Each corner is `[u, v]` in shares of the width and of the height of the
    picture, 0 to 1, from its upper left corner, whatever the size of the stream."""
    max_height: int = Field(default=300, ge=30, le=300)
    """Largest height of the pictures, in pixels."""


class CameraConfig(Section):
    """A camera: its streams, its place and its visibility."""

    id: Identifier
    """Unique among the cameras. Events and tables name the camera by it."""
    name: str
    """Name of the camera, as shown to users."""
    url: SecretStr
    """Address of the main stream (RTSP or HTTP), or of a JPEG snapshot, which is polled. It is shown to viewers, and
    analysed unless `analysis_url` is set."""
    analysis_url: SecretStr | None = None
    """Address of a sub-stream for analysis. While it is down, the main stream is analysed."""
    site: Identifier | None = None
    """Id of the site where the camera stands."""
    owner: str | None = None
    """Organisation that owns the camera."""
    groups: tuple[Identifier, ...] = ()
    """Groups of the camera, such as `pelabuhan`, by which the rights of users can be limited."""
    visibility: Visibility = Visibility.OPERATORS
    """Users that may see the camera."""
    public_picture: PublicPictureConfig | None = None
    """Small pictures, blurred in parts, that the public sees instead of the video. Without it, the video."""
    position: WGS84 | None = None
    """Position of the camera on the map, WGS84 degrees, `[lat, lon]`."""
    geometry: Path | None = None
    """Path of a `camera.json`, relative to this file. It may be drawn on a frame of either stream. Without zones, the
    whole frame is one zone with the id `view`."""
    out_of_service: PublicText | None = None
    """Reason, shown to the public, why the camera is listed but not analysed. One text, or one each for `id` and
    `en`."""

    @model_validator(mode="after")
    def _streams_differ(self) -> Self:
        if self.analysis_url == self.url:
            raise ValueError("analysis_url is the same as url; give the camera's sub-stream, or leave it out")
        return self

    def camera(self, drawn: CameraGeometry, image_size: tuple[int, int]) -> Camera:
        """Return the camera as `analytics` models it, for a stream of `image_size` (width, height).

        Sub-streams are often squeezed into another aspect; the doctor checks that they are not cropped instead.
        Raises ValueError where the geometry does not fit the frame.
        """
        if not drawn.zones:
            width, height = drawn.image_size or image_size
            everything = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
            drawn = drawn.model_copy(update={"zones": (ZoneEntry(id=WHOLE_FRAME_ZONE, polygon=everything),)})
        return drawn.camera(
            self.id,
            image_size,
            may_stretch=self.analysis_url is not None,
            name=self.name,
            site=self.site,
            owner=self.owner,
            visibility=self.visibility,
            position=self.position,
        )


MIN_ACCURATE_FPS = 5.0
"""Lowest rate of analysed frames a second and camera at which counts are accurate. [measured: bench/accuracy, scenarios
at 5 frames/s]"""


class AnalysisConfig(Section):
    """Analysis of frames: rate, device and detection threshold."""

    analysis_fps: float = Field(default=5.5, gt=0, le=60)
    """Analysed frames a second and camera while anything moves. An empty road needs fewer. The default is a little
    above the 5 frames a second from which on counts are accurate, so that a frame may be lost now and then."""
    max_analysis_fps: float = Field(default=10.0, gt=0, le=60)
    """Highest rate of analysed frames a second. It applies where vehicles travel further than their own length between
    two analysed frames, as far as the machine has capacity."""
    device: str = "auto"
    """Device of the detector. `auto` selects CUDA where it is available."""
    confidence: float = Field(default=0.25, gt=0, lt=1)
    """Lowest confidence (0..1) of a detection."""
    processes: int | None = Field(default=None, ge=1, le=64)
    """Worker processes that share the cameras. Without it, one for each CPU core, but no more than eight, and one for
    four cameras. Each needs about 350 MB of memory for its networks."""


class StreamConfig(Section):
    """Reading of camera streams, and live video in HLS segments."""

    segment_s: float = Field(default=1.0, ge=0.5, le=6)
    """Length of an HLS segment in seconds."""
    segments_kept: int = Field(default=8, ge=3, le=60)
    """Least number of HLS segments in a playlist. It is never shorter than three times its longest segment."""
    stall_s: float = Field(default=10.0, gt=0)
    """Most seconds without a picture before a camera is disconnected; a fast one is after 3 s. Sound does not count."""
    frozen_s: float = Field(default=30.0, gt=0)
    """Seconds of identical frames after which a camera counts as frozen."""
    hardware_decoder: HardwareDecoder | None = None
    """Device that decodes video for analysis. `simpang doctor` lists those that work. Without it, the CPU decodes."""


class CollectConfig(Section):
    """Pictures that the network was unsure of, kept for labelling (`docs/learning-from-your-cameras.md`)."""

    enabled: bool = False
    """True stores pictures of the streets. Faces and plates that are large enough to be read are blurred first. Check
    beforehand that the owner of each camera permits it."""
    folder: Path | None = None
    """Folder of the pictures, relative to this file. Without it, `collected` in `data_dir`."""
    pictures_per_day: int = Field(default=12, ge=1, le=288)
    """Pictures of each camera and day at most: one of each of so many equal parts of the day."""
    min_interval_s: float = Field(default=300.0, ge=0)
    """Least time between two pictures of a camera, in seconds."""
    keep_days: float = Field(default=30.0, gt=0)
    """Days after which a picture that was not labelled is deleted."""
    max_mb: int = Field(default=2000, ge=1)
    """Space for pictures that were not labelled, in megabytes; the oldest are deleted."""


class StoreConfig(Section):
    """The database."""

    dsn: SecretStr | None = None
    """Address of PostgreSQL or TimescaleDB, `postgresql://user:password@host:5432/dbname`. Without it, Simpang runs
    its own PostgreSQL under `data_dir`."""
    prepared_statements: bool = False
    """Prepare SQL statements that repeat. Leave it off behind a connection pooler that does not support them, such as
    PgBouncer in transaction mode before 1.21."""


class UserConfig(Section):
    """An account of the portal."""

    name: Identifier
    """Name to sign in with. Unique among the users."""
    roles: tuple[Literal["planner", "police", "operator", "admin"], ...] = Field(min_length=1)
    """`planner` sees history, `police` sees incidents, `operator` sees both and why a camera has no data, `admin`
    changes accounts and their rights."""
    owners: tuple[str, ...] = ()
    """Owners of the cameras for which the roles count. Empty: all. Of other cameras the user sees what the public
    sees."""
    groups: tuple[Identifier, ...] = ()
    """Groups of the cameras for which the roles count. Empty: all. With `owners`, a camera must meet both."""
    password_hash: SecretStr
    """Hash of the password, from `simpang password`."""


class WebhookConfig(Section):
    """A receiver of incident alerts over HTTP."""

    id: Identifier
    """Unique among the webhooks."""
    url: SecretStr
    """HTTP or HTTPS address that receives the alerts."""
    secret: SecretStr
    """Key of the HMAC-SHA256 signature of each alert."""
    types: tuple[IncidentType, ...] = ()
    """Types of incidents to send. Empty: all types."""
    steps: bool = False
    """True also sends each step of the operators on an incident, with the phase `handled`."""


class VariableError(UserError):
    """Environment variable whose value is not the JSON that its setting needs. The message does not show the value."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"environment variable {variable}: not JSON; correct it or remove it")
        self.variable = variable


class _CurrentKeysEnvironment(EnvSettingsSource):
    """Environment variables, with old names of settings replaced by the current ones. Raises VariableError."""

    def __call__(self) -> dict[str, Any]:
        try:
            content = super().__call__()
        except SettingsError as error:
            raise (error.__cause__ if isinstance(error.__cause__, UserError) else UserError(str(error))) from error
        remember_settings(content)
        return with_current_keys(content, RENAMED_SETTINGS, f"environment variables {ENV_PREFIX}...")

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except (ValueError, RecursionError) as error:
            named = (
                name.upper()
                for name, text in self.env_vars.items()
                if text == value and name.startswith(ENV_PREFIX.lower()) and name.endswith(field_name.lower())
            )
            raise VariableError(next(named, f"{ENV_PREFIX}...")) from error


def _with_own_secrets(camera: Any, secrets: dict[str, SecretStr]) -> Any:
    """Return the content of a camera with its secrets in its addresses. Raises ValueError for an unknown reference."""
    if not isinstance(camera, dict):
        return camera
    keys = [key for key in ("url", "analysis_url") if isinstance(camera.get(key), str)]
    try:
        return {**camera, **{key: with_secrets(camera[key], secrets) for key in keys}}
    except ValueError as error:
        raise ValueError(f"cameras: {camera.get('id')}: {error}") from error


class Config(BaseSettings):
    """All settings of one city."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    city: CityConfig = CityConfig()
    sites: tuple[SiteConfig, ...] = ()
    cameras: tuple[CameraConfig, ...] = ()
    secrets: dict[Identifier, SecretStr] = {}
    """Secrets by name, such as `dishub: admin:password`. `${dishub}` in the address of a camera stands for it. Better
    in environment variables, `SIMPANG_SECRETS__DISHUB`."""
    weights: str | None = None
    """Name or path of the detector's weights. Without it `street`, which comes with Simpang."""
    data_dir: Path = Path("data")
    """Folder for the outbox, snapshots, HLS segments and the own database, relative to this file."""
    analysis: AnalysisConfig = AnalysisConfig()
    collect: CollectConfig = CollectConfig()
    evidence: EvidenceConfig = EvidenceConfig()
    stream: StreamConfig = StreamConfig()
    bus: BusConfig = BusConfig()
    store: StoreConfig = StoreConfig()
    retention: RetentionConfig = RetentionConfig()
    portal: PortalConfig = PortalConfig()
    open_data: OpenDataConfig = OpenDataConfig()
    incidents: IncidentsConfig = IncidentsConfig()
    users: tuple[UserConfig, ...] = ()
    webhooks: tuple[WebhookConfig, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return _CurrentKeysEnvironment(settings_cls), init_settings

    @model_validator(mode="before")
    @classmethod
    def _with_secrets(cls, content: Any) -> Any:
        cameras, secrets = content.get("cameras"), content.get("secrets")
        if not isinstance(cameras, list):
            return content
        given = secrets.items() if isinstance(secrets, dict) else ()
        known = {str(name).lower(): t if isinstance(t, SecretStr) else SecretStr(str(t)) for name, t in given}
        return {**content, "cameras": [_with_own_secrets(camera, known) for camera in cameras]}

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        for kind in ("sites", "cameras", "users", "webhooks"):
            seen: set[str] = set()
            for entry in getattr(self, kind):
                name = entry.name if kind == "users" else entry.id
                if name in seen:
                    raise ValueError(f"{kind}: id {name!r} is used twice; give each its own")
                seen.add(name)
        return self

    @model_validator(mode="after")
    def _sites_exist(self) -> Self:
        known = {site.id for site in self.sites}
        for camera in self.cameras:
            if camera.site is not None and camera.site not in known:
                raise ValueError(f"cameras: {camera.id} is at site {camera.site!r}, which is not listed under sites")
        return self

    @property
    def collect_folder(self) -> Path:
        """Return the folder of collected pictures."""
        return self.collect.folder or self.data_dir / "collected"

    @property
    def active_cameras(self) -> tuple[CameraConfig, ...]:
        """Return the cameras that are in service, in the order of the file."""
        return tuple(camera for camera in self.cameras if camera.out_of_service is None)

    def geometry_of(self, camera: CameraConfig) -> CameraGeometry:
        """Read the geometry of `camera`. Raises UserError where the file cannot be used."""
        return CameraGeometry() if camera.geometry is None else read_geometry(camera.geometry)
