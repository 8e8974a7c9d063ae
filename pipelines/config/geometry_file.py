"""Reader of `camera.json`, the geometry that is drawn on a frame of one camera (docs/camera-json.md)."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analytics.camera import Camera, ControlPoint, Gate, Position, Road, Zone
from analytics.capacity.pkji_tables import RoadType
from pipelines.config.text_file import parse_json, read_text
from pipelines.errors import UserError, first_problem

Point = tuple[float, float]

MAX_IMAGE_SIDE_PX = 100_000
"""Largest width or height of a frame that a file may state, in pixels. [assumption: far above any camera]"""

ASPECT_TOLERANCE = 0.03
"""Largest relative difference between the aspects of two frames of the same view; cameras round sides to multiples of
16: 640x352 for 16:9. [assumption]"""

ImageSide = Annotated[int, Field(ge=1, le=MAX_IMAGE_SIDE_PX)]
"""Width or height of a frame, in pixels."""

MIN_METRES, MAX_METRES = 0.1, 100_000.0
"""Smallest and largest length of a road that a file may state, metres. [assumption: no camera sees further]"""

MAX_LANES = 50
"""Most lanes of a zone. [assumption: twice the widest road]"""

MAX_SPEED_LIMIT_KMH = 500.0
"""Largest speed limit, km/h. [assumption: above any road]"""

MAX_CAPACITY_SMP_H = 1e6
"""Largest capacity of a road, smp/h. [assumption: far above 50 lanes]"""

GroundMetres = Annotated[float, Field(ge=-1e9, le=1e9)]
"""Coordinate on the ground, metres; those of UTM are up to 1e7. [assumption: sums of squares do not overflow]"""

WHOLE_FRAME_ZONE = "view"
"""Id of the zone that covers the whole frame of a camera without drawn zones. Stored with every measure of it."""


class OtherAspect(ValueError):
    """The geometry is drawn on a frame of another aspect. drawn_size, image_size: (width, height) in pixels."""

    def __init__(self, camera_id: str, drawn_size: tuple[int, int], image_size: tuple[int, int]) -> None:
        drawn, frame = ("x".join(map(str, size)) for size in (drawn_size, image_size))
        super().__init__(
            f"camera {camera_id}: the geometry is drawn on a {drawn} frame, and the frames are {frame} as a player "
            "shows them: another aspect; draw it on such a frame, or set the stream to the aspect of the drawing"
        )
        self.drawn_size, self.image_size = drawn_size, image_size


def same_aspect(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Return whether two frames, (width, height) each, have the same aspect within `ASPECT_TOLERANCE`.

    >>> same_aspect((1920, 1080), (640, 352)), same_aspect((640, 480), (640, 360))
    (True, False)
    """
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) <= ASPECT_TOLERANCE


class _Section(BaseModel):
    """A part of the file. Other keys may be added, so an unknown key is refused only where it resembles a known one."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class MetricControlPoint(_Section):
    pixel: Point
    ground: tuple[GroundMetres, GroundMetres]


class AnchorEntry(_Section):
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class _WithRoad(_Section):
    """A gate or zone, with the description of its road for smp and degree of saturation (`analytics.camera.Road`)."""

    road_type: RoadType | None = None
    width_m: float | None = Field(default=None, le=MAX_METRES)
    capacity_smp_h: float | None = Field(default=None, le=MAX_CAPACITY_SMP_H)

    @property
    def road(self) -> Road | None:
        """Return the road, None where it is not described. Raises ValueError where a part is missing."""
        if self.road_type is not None:
            return Road(type=self.road_type, width_m=self.width_m, capacity_smp_h=self.capacity_smp_h)
        for name in ("width_m", "capacity_smp_h"):
            if getattr(self, name) is not None:
                raise ValueError(f"{name} has no effect without road_type; add one of {', '.join(RoadType)}")
        return None

    @model_validator(mode="after")
    def _road_is_complete(self) -> Self:
        _ = self.road
        return self


class GateEntry(_WithRoad):
    id: str = Field(min_length=1)
    p1: Point
    p2: Point
    role: str | None = None
    arm: str | None = None


class ZoneEntry(_WithRoad):
    id: str = Field(min_length=1)
    polygon: tuple[Point, ...]
    direction: Point | None = None
    lanes: int | None = Field(default=None, ge=1, le=MAX_LANES)
    length_m: float | None = Field(default=None, ge=MIN_METRES, le=MAX_METRES)
    signal_controlled: bool = False


class CameraGeometry(_Section):
    """Content of a `camera.json`. image_size: (width, height) of the frame in which its pixels are measured."""

    name: str | None = None
    image_size: tuple[ImageSide, ImageSide] | None = None
    speed_limit_kmh: float | None = Field(default=None, ge=1, le=MAX_SPEED_LIMIT_KMH)
    control_points: tuple[MetricControlPoint, ...] = ()
    anchor: AnchorEntry | None = None
    gates: tuple[GateEntry, ...] = ()
    zones: tuple[ZoneEntry, ...] = ()

    @property
    def has_pixels(self) -> bool:
        return bool(self.control_points or self.gates or self.zones)

    def camera(self, camera_id: str, image_size: tuple[int, int], *, may_stretch: bool = False, **facts: Any) -> Camera:
        """Return the camera with its geometry scaled to a stream of `image_size` (width, height).

        may_stretch: the frames may show the whole drawn view in another aspect. facts: other fields of `Camera`.
        Raises ValueError where the geometry does not fit the frame: OtherAspect, and those of `Camera`.
        """
        drawn = self.image_size or image_size
        if self.has_pixels and not may_stretch and not same_aspect(drawn, image_size):
            raise OtherAspect(camera_id, drawn, image_size)
        scale_u, scale_v = image_size[0] / drawn[0], image_size[1] / drawn[1]

        def scaled(point: Point) -> Point:
            return point[0] * scale_u, point[1] * scale_v

        return Camera(
            id=camera_id,
            image_size=image_size,
            speed_limit_kmh=self.speed_limit_kmh,
            anchor=None if self.anchor is None else Position(lat=self.anchor.lat, lon=self.anchor.lon),
            control_points=tuple(ControlPoint(pixel=scaled(p.pixel), ground=p.ground) for p in self.control_points),
            gates=tuple(
                Gate(id=g.id, p1=scaled(g.p1), p2=scaled(g.p2), role=g.role, arm=g.arm, road=g.road) for g in self.gates
            ),
            zones=tuple(
                Zone(
                    id=z.id,
                    polygon=tuple(scaled(p) for p in z.polygon),
                    direction=None if z.direction is None else scaled(z.direction),
                    lanes=z.lanes,
                    length_m=z.length_m,
                    signal_controlled=z.signal_controlled,
                    road=z.road,
                )
                for z in self.zones
            ),
            **facts,
        )


def read_geometry(path: Path) -> CameraGeometry:
    """Read and validate `path`. Raises UserError with one line that names the file and the key."""
    text = read_text(path, expected="the path of a camera.json")
    try:
        raw = parse_json(text)
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}); see docs/camera-json.md for the format") from error
    try:
        geometry = CameraGeometry.model_validate(raw)
    except ValidationError as error:
        raise UserError(f"{path}: {first_problem(error)}") from error
    reject_typos(path, geometry)
    if geometry.image_size is not None:
        try:
            _ = geometry.camera(path.stem, geometry.image_size).homography
        except ValueError as error:
            raise UserError(f"{path}: {error}") from error
    return geometry


def reject_typos(path: Path, geometry: CameraGeometry) -> None:
    """Raise UserError for an unknown key that resembles a known one: `gate` for `gates`, `polygn` for `polygon`."""
    sections: list[tuple[str, _Section]] = [("", geometry)]
    for name in ("control_points", "gates", "zones"):
        sections += [(f"{name}[{i}].", entry) for i, entry in enumerate(getattr(geometry, name))]
    for prefix, section in sections:
        known = list(type(section).model_fields)
        for key in section.model_extra or {}:
            meant = get_close_matches(key, known, n=1, cutoff=0.8)
            if meant:
                raise UserError(f"{path}: unknown key {prefix}{key}; did you mean {meant[0]}?")
