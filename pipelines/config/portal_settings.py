"""Settings of the web portal: its address, the sites that may frame it, and its map."""

from pathlib import Path

from pydantic import Field

from pipelines.config.portal_address import FrameAncestor, PublicUrl, TileServer
from pipelines.config.section import Section


class PortalConfig(Section):
    """The web portal."""

    host: str = "127.0.0.1"
    """Address on which the portal listens."""
    port: int = Field(default=8080, ge=0, le=65535)
    """TCP port on which the portal listens. 0 selects a free one."""
    public_url: PublicUrl | None = None
    """Address of the portal for its users, such as `https://kota.example.id/lalin`. Links in alerts begin with it. Its
    path is the root of all pages. With https, sign-in needs HTTPS."""
    frame_ancestors: tuple[FrameAncestor, ...] = ()
    """Sites that may show the pages in a frame, such as `https://kota.example.id`. Empty: none. Framed by another site,
    the pages are public: browsers send no session. Any site may show the widgets below `/embed/`."""
    uplink_mbits: float | None = Field(default=None, gt=0)
    """Mbit/s to viewers. Video is for as many viewers at a time as four fifths of it carry; the others get a picture
    every few seconds. Signed-in users always get video. Without it, all viewers do."""
    small_videos: int = Field(default=2, ge=0)
    """Most small renditions of live video (at most 192 kbit/s) that are made at a time, each while it is watched. They
    take idle time of the CPU only, about a tenth of a core each; in a container of its own, of the portal's share
    (`docs/adr/0197`). 0: none."""
    basemap: Path | None = None
    """Map of the city, a PMTiles file of `simpang basemap`, relative to this file (`docs/map.md`)."""
    tiles: TileServer | None = None
    """Address of a map tile server, `https://.../{z}/{x}/{y}.png`, or of vector tiles that ends in `.mvt` or `.pbf`.
    Every browser receives it, with any key in it. `basemap` goes before it."""
    tiles_attribution: str = ""
    """Attribution of the map tiles. That of `basemap` is in its file."""
    streets: Path | None = None
    """GeoJSON file, relative to this file, with lines of the city's streets. The map draws them in grey."""
    narration: Path | None = None
    """JSON Lines file, relative to this file, with the ground truth of a simulated city, shown for comparison."""
