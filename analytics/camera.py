"""Camera geometry: gates, zones and control points in the image, and the homography to the ground."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np

from analytics.capacity.pkji_tables import BOTH_DIRECTIONS, BY_WIDTH, RoadType
from analytics.facts import GroundPoint, Pixel
from analytics.geometry.homography import Homography
from analytics.geometry.plane import polygon_area, polygon_crosses_itself

MIN_ROAD_VALUE = 0.1
"""Smallest width (m) and capacity (smp/h) of a road; smaller ones make measures overflow [assumption]."""

MIN_ZONE_PX = 1.0
"""Smallest area of a zone, square pixels: in a smaller one no road user is ever counted [assumption]."""


class Visibility(StrEnum):
    """Visitors that may see the camera."""

    PUBLIC = "public"
    OPERATORS = "operators"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """WGS84, degrees."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise ValueError(f"position {self.lat}, {self.lon} is not a latitude -90..90 and a longitude -180..180")


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """Road type, width and capacity, for Indonesian capacity practice (`analytics.capacity.pkji`).

    width_m: of the carriageway. capacity_smp_h: C as surveyed for this road, smp/h; None without a survey.
    """

    type: RoadType
    width_m: float | None = None
    capacity_smp_h: float | None = None

    def __post_init__(self) -> None:
        if self.type in BY_WIDTH and self.width_m is None:
            raise ValueError(f"road_type {self.type} needs width_m, on which its emp depend; add it in metres")
        for name, value in (("width_m", self.width_m), ("capacity_smp_h", self.capacity_smp_h)):
            if value is not None and value < MIN_ROAD_VALUE:
                raise ValueError(f"{name} is {value:g}; give a number of {MIN_ROAD_VALUE:g} or more")

    @property
    def counts_both_directions(self) -> bool:
        """Whether all directions share one flow and one capacity."""
        return self.type in BOTH_DIRECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A counting line from p1 to p2, directed (see `analytics.facts.Direction`).

    role, arm: at a junction, whether road users enter or leave here ("entry", "exit"), and the arm ("N").
    road: the road that it crosses; None without a description.
    """

    id: str
    p1: Pixel
    p2: Pixel
    role: str | None = None
    arm: str | None = None
    road: Road | None = None

    def __post_init__(self) -> None:
        if self.p1 == self.p2:
            raise ValueError(f"gate {self.id}: p1 and p2 are the same point {self.p1}")
        if self.road is not None and self.road.type is RoadType.JUNCTION:
            raise ValueError(f"gate {self.id}: road_type {self.road.type} is for a zone over a whole junction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One carriageway or approach.

    polygon: three or more pixels. direction: of legal travel in the image, any length; None if both are legal.
    lanes, length_m: of the carriageway inside the polygon; None if unknown.
    signal_controlled: road users may wait here for a signal.
    road: its description for smp and degree of saturation; None without one.
    """

    id: str
    polygon: tuple[Pixel, ...]
    direction: tuple[float, float] | None = None
    lanes: int | None = None
    length_m: float | None = None
    signal_controlled: bool = False
    road: Road | None = None

    def __post_init__(self) -> None:
        if len(self.polygon) < 3:
            raise ValueError(f"zone {self.id}: a polygon needs 3 points or more, got {len(self.polygon)}")
        if polygon_crosses_itself(self.polygon):
            raise ValueError(f"zone {self.id}: the polygon crosses itself; list its corners in order around the edge")
        if polygon_area(self.polygon) < MIN_ZONE_PX:
            raise ValueError(f"zone {self.id}: the polygon encloses nothing; draw its corners around the road")
        if self.direction is not None and np.hypot(*self.direction) < 1e-9:
            raise ValueError(f"zone {self.id}: direction {self.direction} has no length")
        if self.road is not None and self.road.counts_both_directions and self.direction is not None:
            raise ValueError(
                f"zone {self.id}: road_type {self.road.type} counts all directions together; "
                "describe it on a zone over all of them that has no direction"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPoint:
    """One point in the image (pixels) and on the ground (metres, in any fixed local frame)."""

    pixel: Pixel
    ground: GroundPoint


class OutsideFrame(ValueError):
    """A point of a gate or zone is outside the frame.

    shape: "gate" or "zone". shape_id: its id. pixel: the point (u, v). image_size: (width, height) of the frame.
    """

    def __init__(self, camera_id: str, shape: str, shape_id: str, pixel: Pixel, image_size: tuple[int, int]) -> None:
        (u, v), (width, height) = pixel, image_size
        super().__init__(
            f"camera {camera_id}: {shape} {shape_id}: point ({u:g}, {v:g}) is outside the {width}x{height} frame"
        )
        self.shape, self.shape_id, self.pixel, self.image_size = shape, shape_id, pixel, image_size


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Configuration of a camera for the analytics, without address and credentials.

    image_size: (width, height) of the full-resolution frame that all pixels refer to.
    anchor: position of the ground frame's (0, 0), if its x is east and its y north (`analytics.geometry.geodesy`);
    otherwise None. Raises ValueError for geometry outside the image, repeated ids, or control points that determine no
    homography.
    """

    id: str
    image_size: tuple[int, int]
    name: str = ""
    site: str | None = None
    owner: str | None = None
    visibility: Visibility = Visibility.OPERATORS
    position: Position | None = None
    gates: tuple[Gate, ...] = ()
    zones: tuple[Zone, ...] = ()
    control_points: tuple[ControlPoint, ...] = field(default=())
    anchor: Position | None = None
    speed_limit_kmh: float | None = None

    def __post_init__(self) -> None:
        for kind, ids in (("gate", [g.id for g in self.gates]), ("zone", [z.id for z in self.zones])):
            repeated = {i for i in ids if ids.count(i) > 1}
            if repeated:
                raise ValueError(f"camera {self.id}: {kind} id {sorted(repeated)[0]!r} is used twice; ids must differ")
        for gate in self.gates:
            self._check_inside("gate", gate.id, (gate.p1, gate.p2))
        for zone in self.zones:
            self._check_inside("zone", zone.id, zone.polygon)

    def _check_inside(self, shape: str, shape_id: str, pixels: tuple[Pixel, ...]) -> None:
        width, height = self.image_size
        for u, v in pixels:
            if not (-1 <= u <= width + 1 and -1 <= v <= height + 1):
                raise OutsideFrame(self.id, shape, shape_id, (u, v), self.image_size)

    @cached_property
    def homography(self) -> Homography | None:
        """Homography from image to ground; None for a camera without control points (no metres, no km/h)."""
        if not self.control_points:
            return None
        return Homography.fit(
            [point.pixel for point in self.control_points], [point.ground for point in self.control_points]
        )
