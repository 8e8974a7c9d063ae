"""Catalogue of the cameras of the configuration and of the registry, with the rule by which they are visible.

A scope of None stands for a client without a session, which sees public cameras only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analytics.camera import Position, Visibility
from pipelines.config.geometry_file import WHOLE_FRAME_ZONE, CameraGeometry
from pipelines.config.settings import CameraConfig, Config, SiteConfig
from pipelines.events.registered_camera import RegisteredCamera
from pipelines.live_video.hls_playlist import PREVIEW, STILL
from portal.cameras.camera_scope import CameraScope


@dataclass(frozen=True)
class CatalogueEntry:
    """A camera: its configuration, its site, and the gates and zones drawn on its frame."""

    camera: CameraConfig
    site: SiteConfig | None
    geometry: CameraGeometry
    still: Path | None = None
    """File of the newest picture, which exists while the camera has still pictures instead of live video."""
    preview: Path | None = None
    """File of the newest small picture, which exists while frames of the camera are decoded."""
    has_small_video: bool = False
    """Whether a small rendition of its live video is made when it is asked for."""
    at_site: frozenset[str] = frozenset()
    """Ids of all cameras in service at the same site, with this one."""

    @property
    def id(self) -> str:
        return self.camera.id

    @property
    def public(self) -> bool:
        return self.camera.visibility is Visibility.PUBLIC

    def is_visible(self, scope: CameraScope | None) -> bool:
        """Whether the camera exists for a client: it is public, or within the scope of its account."""
        return self.public or self.is_within(scope)

    def is_within(self, scope: CameraScope | None) -> bool:
        """Whether the roles of an account count for this camera."""
        return scope is not None and scope.covers(self.camera)

    @property
    def has_public_video(self) -> bool:
        """Whether the public sees the video, and not only small pictures of a public camera."""
        return self.public and self.camera.public_picture is None

    @property
    def position(self) -> Position | None:
        """The camera's own position, else that of its site."""
        return self.camera.position or (self.site.position if self.site else None)

    @property
    def zones(self) -> tuple[str, ...]:
        """Ids of the drawn zones; without any, the zone of the whole frame."""
        return tuple(zone.id for zone in self.geometry.zones) or (WHOLE_FRAME_ZONE,)

    @property
    def gates(self) -> tuple[str, ...]:
        """Ids of the gates."""
        return tuple(gate.id for gate in self.geometry.gates)


class CameraCatalogue:
    """All cameras: those of the configuration in its order, then the others of the registry by id.

    version: grows with each change of the registry.
    """

    def __init__(self, config: Config) -> None:
        self._sites = {site.id: site for site in config.sites}
        self._folder = config.data_dir / "hls"
        self._has_small_videos = config.portal.small_videos > 0
        self._own = {camera.id: (camera, config.geometry_of(camera)) for camera in config.cameras}
        self._entries = self._entries_of(self._own)
        self.version = 0

    def set_registered(self, cameras: Iterable[RegisteredCamera]) -> None:
        """List these cameras of the registry; they replace those of the configuration with the same ids."""
        registered = {camera.id: (camera.listed, camera.geometry or CameraGeometry()) for camera in cameras}
        self._entries = self._entries_of({**self._own, **dict(sorted(registered.items()))})
        self.version += 1

    def all(self) -> list[CatalogueEntry]:
        """All cameras, for the portal itself."""
        return list(self._entries.values())

    def visible(self, scope: CameraScope | None) -> list[CatalogueEntry]:
        """Public cameras and those within the scope, in the order of the configuration."""
        return [entry for entry in self._entries.values() if entry.is_visible(scope)]

    def within(self, scope: CameraScope) -> list[CatalogueEntry]:
        """Cameras for which the roles of an account count, in the order of the configuration."""
        return [entry for entry in self._entries.values() if entry.is_within(scope)]

    def find(self, camera_id: str, scope: CameraScope | None) -> CatalogueEntry | None:
        """The camera with this id; None if it does not exist or is not visible."""
        entry = self._entries.get(camera_id)
        return entry if entry and entry.is_visible(scope) else None

    def _entries_of(self, cameras: Mapping[str, tuple[CameraConfig, CameraGeometry]]) -> dict[str, CatalogueEntry]:
        in_service = [camera for camera, _ in cameras.values() if camera.site and not camera.out_of_service]
        return {
            camera.id: CatalogueEntry(
                camera,
                self._sites.get(camera.site) if camera.site else None,
                geometry,
                still=self._folder / camera.id / STILL,
                preview=self._folder / camera.id / PREVIEW,
                has_small_video=self._has_small_videos,
                at_site=frozenset(other.id for other in in_service if other.site == camera.site),
            )
            for camera, geometry in cameras.values()
        }
