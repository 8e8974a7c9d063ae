"""Streets of the simulated city as GeoJSON, for the map of the portal."""

from collections.abc import Iterable
from typing import Any

from analytics.camera import Position
from analytics.geometry.geodesy import LocalFrame
from simulator.world.sites import ARM_M, Arm, Site, road_half_width_m


def street_map(sites: Iterable[Site]) -> dict[str, Any]:
    """A feature for each arm of each site: the middle of its road, from the junction to the edge of the simulation."""
    features = [_street(site, arm) for site in sites for arm in site.arms]
    return {"type": "FeatureCollection", "features": features}


def _street(site: Site, arm: Arm) -> dict[str, Any]:
    inbound_m, outbound_m = road_half_width_m(arm.lanes_in), road_half_width_m(arm.lanes_out)
    middle_m = (outbound_m - inbound_m) / 2
    frame = LocalFrame(Position(lat=site.lat, lon=site.lon))
    ends = frame.to_wgs84([arm.position(along, middle_m) for along in (0.0, ARM_M)])
    return {
        "type": "Feature",
        "properties": {"site": site.id, "arm": arm.id, "width_m": round(inbound_m + outbound_m, 1)},
        "geometry": {"type": "LineString", "coordinates": [[round(at.lon, 6), round(at.lat, 6)] for at in ends]},
    }
