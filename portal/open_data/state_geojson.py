"""Current state of cameras and their zones as GeoJSON."""

from collections.abc import Iterable, Iterator, Mapping

from portal.basemap.schemas import ZoneRoad
from portal.live.schemas import CameraState, ZoneState
from portal.open_data.schemas import (
    CameraFeature,
    CameraProperties,
    LineGeometry,
    LonLat,
    PointGeometry,
    PolygonGeometry,
    ZoneFeature,
    ZoneProperties,
)

Roads = Mapping[tuple[str, str], ZoneRoad]
"""Road by camera and zone."""


def roads_by_zone(roads: Iterable[ZoneRoad]) -> Roads:
    """The roads by camera and zone."""
    return {(road.camera_id, road.zone): road for road in roads}


def state_features(cameras: Iterable[CameraState], roads: Roads) -> Iterator[CameraFeature | ZoneFeature]:
    """A point for each camera, and a line or an area for each of its zones."""
    for camera in cameras:
        yield _camera(camera)
        for zone in camera.zones:
            yield _zone(camera, zone, roads.get((camera.id, zone.id)))


def point_of(camera: CameraState) -> PointGeometry | None:
    """Position of a camera; None without one."""
    position = camera.position
    return PointGeometry(coordinates=(position.lon, position.lat)) if position else None


def line_of(road: ZoneRoad) -> LineGeometry | None:
    """Centre line of a road; None for an area."""
    return LineGeometry(coordinates=tuple((lon, lat) for lat, lon in road.centre)) if road.centre else None


def _camera(camera: CameraState) -> CameraFeature:
    return CameraFeature(
        id=camera.id,
        geometry=point_of(camera),
        properties=CameraProperties(
            camera_id=camera.id,
            name=camera.name,
            site=camera.site.name if camera.site else None,
            owner=camera.owner,
            level=camera.level,
            flow_veh_h=camera.flow_veh_h,
            status=camera.status,
            cause=camera.cause,
            delayed=camera.delayed,
            observed_until=camera.last_analysed_at,
        ),
    )


def _zone(camera: CameraState, zone: ZoneState, road: ZoneRoad | None) -> ZoneFeature:
    line = None if road is None else line_of(road)
    return ZoneFeature(
        id=f"{camera.id}/{zone.id}",
        geometry=line or (None if road is None else _area(road)),
        properties=ZoneProperties(
            camera_id=camera.id,
            name=camera.name,
            zone=zone.id,
            level=zone.level,
            speed_kmh=zone.speed_kmh,
            since_at=zone.since_at,
            directed=road.is_directed if road is not None and line else None,
            status=camera.status,
            cause=camera.cause,
            observed_until=camera.last_analysed_at,
        ),
    )


def _area(road: ZoneRoad) -> PolygonGeometry:
    """The area of a road as a closed ring, counterclockwise. [source: RFC 7946, section 3.1.6]"""
    corners: list[LonLat] = [(lon, lat) for lat, lon in road.outline]
    after = [*corners[1:], corners[0]]
    twice_area = sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in zip(corners, after, strict=True))
    ring = corners if twice_area > 0 else corners[::-1]
    return PolygonGeometry(coordinates=((*ring, ring[0]),))
