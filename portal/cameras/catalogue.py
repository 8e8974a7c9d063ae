"""The cameras of the configuration, as the portal shows them."""

from dataclasses import dataclass

from analytics.camera import Position, Visibility
from pipelines.config.geometry_file import WHOLE_FRAME_ZONE, CameraGeometry
from pipelines.config.settings import CameraConfig, Config, SiteConfig


@dataclass(frozen=True)
class CatalogueEntry:
    """One camera: its configuration, its site, and what is drawn on its picture."""

    camera: CameraConfig
    site: SiteConfig | None
    geometry: CameraGeometry

    @property
    def id(self) -> str:
        return self.camera.id

    @property
    def public(self) -> bool:
        return self.camera.visibility is Visibility.PUBLIC

    @property
    def position(self) -> Position | None:
        """Its own place on the map, else that of its site."""
        return self.camera.position or (self.site.position if self.site else None)

    @property
    def zones(self) -> tuple[str, ...]:
        return tuple(zone.id for zone in self.geometry.zones) or (WHOLE_FRAME_ZONE,)

    @property
    def gates(self) -> tuple[str, ...]:
        return tuple(gate.id for gate in self.geometry.gates)


class CameraCatalogue:
    """All cameras, in the order of the configuration."""

    def __init__(self, config: Config) -> None:
        sites = {site.id: site for site in config.sites}
        self._entries = {
            camera.id: CatalogueEntry(camera, sites[camera.site] if camera.site else None, config.geometry_of(camera))
            for camera in config.cameras
        }

    def visible(self, *, signed_in: bool) -> list[CatalogueEntry]:
        """Whoever is not signed in sees public cameras only; the others do not exist for them."""
        return [entry for entry in self._entries.values() if signed_in or entry.public]

    def find(self, camera_id: str, *, signed_in: bool) -> CatalogueEntry | None:
        """None where there is no such camera, or none that this user may know of."""
        entry = self._entries.get(camera_id)
        return entry if entry and (signed_in or entry.public) else None
