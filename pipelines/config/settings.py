"""The configuration of a city: one YAML file, overridable by environment variables (`SIMPANG_STORE__DSN=...`).

Addresses of cameras, databases and hooks may carry passwords, so they are `SecretStr` and never printed.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from analytics.camera import Camera, Position, Visibility
from analytics.facts import IncidentType
from pipelines.config.geometry_file import Geometry, ZoneEntry, first_problem, read_geometry
from pipelines.errors import BadInput

HardwareDecoder = Literal["cuda", "qsv", "vaapi"]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


def _position(value: Any) -> Any:
    """`[lat, lon]` reads better in YAML than two keys."""
    if isinstance(value, list | tuple) and len(value) == 2:
        return Position(lat=value[0], lon=value[1])
    return value


WGS84 = Annotated[Position, BeforeValidator(_position)]


def _in_one_language(value: Any) -> Any:
    return {"id": value} if isinstance(value, str) else value


PublicText = Annotated[dict[Literal["id", "en"], str], Field(min_length=1), BeforeValidator(_in_one_language)]
"""By language. A plain text is read by everybody, whatever language it is in."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CityConfig(_Section):
    """simulated: nothing of it is real; every page says so."""

    name: str = "Simpang"
    timezone: str = "Asia/Jakarta"
    centre: WGS84 = Position(lat=1.13, lon=104.05)
    zoom: int = Field(default=13, ge=1, le=19)
    simulated: bool = False

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"unknown time zone {name!r}; use a name such as Asia/Jakarta") from error
        return name


class SiteConfig(_Section):
    """A place with one camera or more."""

    id: Identifier
    name: str
    position: WGS84 | None = None


class CameraConfig(_Section):
    """url is streamed to viewers and, unless `analysis_url` (a sub-stream) is given, analysed too.

    While the sub-stream is down, the main stream is analysed. geometry: path of a camera.json, relative to the
    configuration file, drawn on a picture of either size. Without zones, the whole picture is one zone, `view`.
    out_of_service: for the public, why this camera is listed but not watched: a text, or one each for `id` and `en`.
    """

    id: Identifier
    name: str
    url: SecretStr
    analysis_url: SecretStr | None = None
    site: Identifier | None = None
    owner: str | None = None
    visibility: Visibility = Visibility.OPERATORS
    position: WGS84 | None = None
    geometry: Path | None = None
    out_of_service: PublicText | None = None

    @model_validator(mode="after")
    def _streams_differ(self) -> Self:
        if self.analysis_url == self.url:
            raise ValueError("analysis_url is the same as url; give the camera's sub-stream, or leave it out")
        return self

    def camera(self, drawn: Geometry, image_size: tuple[int, int]) -> Camera:
        """The analytics' view of this camera on a stream of `image_size` (width, height).

        Raises ValueError where the geometry does not fit the picture.
        """
        if not drawn.zones:
            width, height = drawn.image_size or image_size
            everything = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
            drawn = drawn.model_copy(update={"zones": (ZoneEntry(id="view", polygon=everything),)})
        return drawn.camera(
            self.id,
            image_size,
            name=self.name,
            site=self.site,
            owner=self.owner,
            visibility=self.visibility,
            position=self.position,
        )


ENOUGH_LOOKS_PER_S = 5.0
"""From here on counts are right."""


class AnalysisConfig(_Section):
    """looks_per_s: analysed frames a second and camera while anything moves; an empty road needs fewer. The usual is a
    little more than enough, so that a frame may be lost now and then.

    most_looks_per_s: where vehicles go further than their own length between two looks, as far as the machine has
    room. device: `auto` uses CUDA where it is at hand.
    """

    looks_per_s: float = Field(default=5.5, gt=0, le=60)
    most_looks_per_s: float = Field(default=10.0, gt=0, le=60)
    device: str = "auto"
    confidence: float = Field(default=0.25, gt=0, lt=1)


class StreamConfig(_Section):
    """How a camera's stream is read, and live video cut into HLS segments.

    stall_s: a camera that sends nothing for so long is lost. hardware_decoder: the device that decodes for analysis;
    `simpang doctor` says which of them work on this machine. Without it, the CPU decodes.
    """

    segment_s: float = Field(default=1.0, ge=0.5, le=6)
    segments_kept: int = Field(default=8, ge=3, le=60)
    stall_s: float = Field(default=10.0, gt=0)
    frozen_s: float = Field(default=30.0, gt=0)
    hardware_decoder: HardwareDecoder | None = None


class BusConfig(_Section):
    """kafka: bootstrap servers (`host:9092,host2:9092`); without it events stay inside the process."""

    kafka: str | None = None
    group: str = "simpang-store"


class StoreConfig(_Section):
    """dsn: PostgreSQL or TimescaleDB; without it a server of our own runs under `data_dir`."""

    dsn: SecretStr | None = None


class PortalConfig(_Section):
    """public_url: how links in alerts begin. tiles: a tile server's `https://.../{z}/{x}/{y}.png` inside the city.

    narration: JSON Lines in which a simulated city says what really happens, for its visitors to compare.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = None
    tiles: str | None = None
    tiles_attribution: str = ""
    narration: Path | None = None


class UserConfig(_Section):
    """password_hash: from `simpang password`. planner: history; police: incidents; operator: both and all else."""

    name: Identifier
    roles: tuple[Literal["planner", "police", "operator"], ...] = Field(min_length=1)
    password_hash: SecretStr


class WebhookConfig(_Section):
    """Incident alerts, signed with HMAC-SHA256 under `secret`. types: which incidents; empty means all."""

    id: Identifier
    url: SecretStr
    secret: SecretStr
    types: tuple[IncidentType, ...] = ()


class Config(BaseSettings):
    """Everything about one city."""

    model_config = SettingsConfigDict(
        env_prefix="SIMPANG_", env_nested_delimiter="__", extra="forbid", frozen=True, allow_inf_nan=False
    )

    city: CityConfig = CityConfig()
    sites: tuple[SiteConfig, ...] = ()
    cameras: tuple[CameraConfig, ...] = ()
    weights: str | None = None
    data_dir: Path = Path("data")
    analysis: AnalysisConfig = AnalysisConfig()
    stream: StreamConfig = StreamConfig()
    bus: BusConfig = BusConfig()
    store: StoreConfig = StoreConfig()
    portal: PortalConfig = PortalConfig()
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
        return env_settings, init_settings

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
    def watched(self) -> tuple[CameraConfig, ...]:
        """The cameras that are in service."""
        return tuple(camera for camera in self.cameras if camera.out_of_service is None)

    def geometry_of(self, camera: CameraConfig) -> Geometry:
        """Raises BadInput where the camera's file cannot be used."""
        return Geometry() if camera.geometry is None else read_geometry(camera.geometry)


def read_config(path: Path) -> Config:
    """Raises BadInput, one line that names the file and the key, for anything that cannot be used.

    Relative paths in the file (`data_dir`, `geometry`) are taken from the file's folder. Geometry files are read
    once here, so that a slip in one of them is found at start and not at night.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}; give the path of a configuration file") from error
    except yaml.YAMLError as error:
        raise BadInput(f"{path}: not YAML{_yaml_problem(error)}") from error
    if raw is not None and not isinstance(raw, dict):
        raise BadInput(f"{path}: expected keys such as 'cameras:' at the top level")
    try:
        config = Config(**(raw or {}))
    except ValidationError as error:
        raise BadInput(f"{path}: {first_problem(error).removeprefix(': ')}") from error
    config = _anchored(config, path.resolve().parent)
    for camera in config.cameras:
        drawn = config.geometry_of(camera)
        if camera.analysis_url is not None and drawn.image_size is None and drawn.holds_pixels:
            raise BadInput(
                f"{camera.geometry}: image_size is missing; camera {camera.id} has two streams, so add the "
                "[width, height] of the picture that this was drawn on"
            )
    return config


def _yaml_problem(error: yaml.YAMLError) -> str:
    """Where and what, without the line itself: it may hold a password."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return ""
    return f", line {error.problem_mark.line + 1}: {error.problem}"


def _anchored(config: Config, folder: Path) -> Config:
    cameras = tuple(
        camera if camera.geometry is None else camera.model_copy(update={"geometry": folder / camera.geometry})
        for camera in config.cameras
    )
    portal = config.portal
    if portal.narration is not None:
        portal = portal.model_copy(update={"narration": folder / portal.narration})
    return config.model_copy(update={"cameras": cameras, "portal": portal, "data_dir": folder / config.data_dir})
