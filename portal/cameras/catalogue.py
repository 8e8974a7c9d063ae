"""Catalogue of the cameras of the configuration, with the rule by which they are visible."""

from dataclasses import dataclass
from pathlib import Path

from analytics.camera import Position, Visibility
from pipelines.config.geometry_file import WHOLE_FRAME_ZONE, CameraGeometry
from pipelines.config.settings import CameraConfig, Config, SiteConfig
from pipelines.live_video.hls_playlist import PREVIEW, STILL


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
    at_site: frozenset[str] = frozenset()
    """Ids of all cameras in service at the same site, with this one."""

    @property
    def id(self) -> str:
        return self.camera.id

    @property
    def public(self) -> bool:
        return self.camera.visibility is Visibility.PUBLIC

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
    """All cameras, in the order of the configuration."""

    def __init__(self, config: Config) -> None:
        sites = {site.id: site for site in config.sites}
        in_service = [camera for camera in config.cameras if camera.site and not camera.out_of_service]
        self._entries = {
            camera.id: CatalogueEntry(
                camera,
                sites[camera.site] if camera.site else None,
                config.geometry_of(camera),
                still=config.data_dir / "hls" / camera.id / STILL,
                preview=config.data_dir / "hls" / camera.id / PREVIEW,
                at_site=frozenset(other.id for other in in_service if other.site == camera.site),
            )
            for camera in config.cameras
        }

    def visible(self, *, signed_in: bool) -> list[CatalogueEntry]:
        """All cameras for a signed-in user, else the public ones, in the order of the configuration."""
        return [entry for entry in self._entries.values() if signed_in or entry.public]

    def find(self, camera_id: str, *, signed_in: bool) -> CatalogueEntry | None:
        """The camera with this id; None if it does not exist or is not visible."""
        entry = self._entries.get(camera_id)
        return entry if entry and (signed_in or entry.public) else None
