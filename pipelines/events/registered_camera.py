"""A camera in the registry: the value of a record of the compacted topic `traffic.cameras`, whose key is its id."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from analytics.camera import Visibility
from pipelines.atomic_file import write_atomically
from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.secret_references import problem_of, with_secrets
from pipelines.config.settings import WGS84, CameraConfig, Identifier, PublicPictureConfig, PublicText

CAMERA_TOPIC = "traffic.cameras"
"""Compacted Kafka topic of the registry."""

CAMERA_SCHEMA = "urn:simpang:camera:1.1"
"""URI of the schema of a record. A field that is added raises the second number; readers ignore unknown fields."""

_SAME = {"id", "name", "site", "owner", "groups", "visibility", "public_picture", "position", "out_of_service"}
"""Fields that a camera of a configuration has, too."""


class RegisteredCamera(BaseModel):
    """A camera that the workers of a group share. A record without a value removes it."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, use_attribute_docstrings=True)

    id: Identifier
    """Id of the camera, as in events; the key of the record."""
    name: str
    """Name of the camera, as shown to users."""
    url: str
    """Address of the main stream, without secrets: `${name}` stands for a secret that each worker has."""
    analysis_url: str | None = None
    """Address of the sub-stream that is analysed, without secrets."""
    site: Identifier | None = None
    """Id of the site where the camera stands."""
    owner: str | None = None
    """Organisation that owns the camera."""
    groups: tuple[Identifier, ...] = ()
    """Groups of cameras to which it belongs, for the scopes of accounts."""
    visibility: Visibility = Visibility.OPERATORS
    """Users that may see the camera."""
    public_picture: PublicPictureConfig | None = None
    """Small pictures, blurred in parts, that the public sees instead of the video; null for the video."""
    position: WGS84 | None = None
    """Position of the camera, WGS84 degrees."""
    geometry: CameraGeometry | None = None
    """Content of its `camera.json`."""
    out_of_service: PublicText | None = None
    """Reason why the camera is not analysed, by language."""

    @model_validator(mode="after")
    def _is_public(self) -> Self:
        for key, address in (("url", self.url), ("analysis_url", self.analysis_url)):
            if address is not None and (problem := problem_of(address)):
                raise ValueError(f"{key} of {self.id} {problem}")
        if self.analysis_url == self.url:
            raise ValueError("analysis_url is the same as url; give the camera's sub-stream, or leave it out")
        drawn = self.geometry
        if self.analysis_url is not None and drawn is not None and drawn.image_size is None and drawn.has_pixels:
            raise ValueError(
                "image_size is missing in the geometry of a camera with two streams; add the [width, height] of the "
                "frame on which it was drawn"
            )
        return self

    @classmethod
    def of(cls, content: Mapping[str, Any], geometry: CameraGeometry | None) -> "RegisteredCamera":
        """Return the camera of a configuration. content: as in the file. Raises ValidationError."""
        return cls.model_validate({**content, "geometry": geometry})

    @property
    def listed(self) -> CameraConfig:
        """The camera as a portal lists it: its addresses keep the references to secrets, which only workers have."""
        sub = self.analysis_url
        return CameraConfig(
            url=SecretStr(self.url),
            analysis_url=None if sub is None else SecretStr(sub),
            **self.model_dump(include=_SAME),
        )

    def config(self, secrets: Mapping[str, SecretStr], folder: Path) -> CameraConfig:
        """Return the camera as a worker uses it, and write its geometry into `folder` if it changed.

        Raises ValueError for a reference to an unknown secret, and OSError where the folder cannot be written.
        """
        path = folder / f"{self.id}.json"
        if self.geometry is not None:
            drawn = self.geometry.model_dump_json(exclude_unset=True)
            if not path.exists() or path.read_text(encoding="utf-8") != drawn:
                folder.mkdir(parents=True, exist_ok=True)
                write_atomically(path, drawn)
        sub = self.analysis_url
        return CameraConfig(
            url=SecretStr(with_secrets(self.url, secrets)),
            analysis_url=None if sub is None else SecretStr(with_secrets(sub, secrets)),
            geometry=None if self.geometry is None else path,
            **self.model_dump(include=_SAME),
        )
