"""Small scenes for the analytics tests: road users that move in straight lines, seen by a perfect detector."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.camera import Camera, ControlPoint, Gate, Zone
from analytics.detections import Tracks
from analytics.road_users import ROAD_USERS, RoadUser

Path = Sequence[tuple[float, float]]


def tracks(*boxes: tuple[int, float, float], size: float = 40.0, road_user: RoadUser = RoadUser.CAR) -> Tracks:
    """Tracks from (id, u, v) of ground points; square boxes."""
    n = len(boxes)
    uv = np.array([box[1:] for box in boxes], dtype=np.float32).reshape(n, 2)
    xyxy = np.column_stack([uv[:, 0] - size / 2, uv[:, 1] - size, uv[:, 0] + size / 2, uv[:, 1]]).astype(np.float32)
    return Tracks(
        xyxy=xyxy.reshape(n, 4),
        confidence=np.full(n, 0.8, np.float32),
        class_id=np.full(n, ROAD_USERS.index(road_user), np.int64),
        track_id=np.array([box[0] for box in boxes], dtype=np.int64),
        detection_index=np.arange(n, dtype=np.int64),
    )


@dataclass(frozen=True)
class Drive:
    """Path of a road user at constant speed from `start` to `end` (pixels), visible from `from_s` to `to_s`."""

    track: int
    start: tuple[float, float]
    end: tuple[float, float]
    from_s: float
    to_s: float
    road_user: RoadUser = RoadUser.CAR

    def at(self, t: float) -> tuple[float, float] | None:
        if not self.from_s <= t <= self.to_s:
            return None
        share = (t - self.from_s) / (self.to_s - self.from_s)
        (u1, v1), (u2, v2) = self.start, self.end
        return u1 + share * (u2 - u1), v1 + share * (v2 - v1)


def film(
    drives: Iterable[Drive], *, until: float, fps: float = 10.0, start: float = 0.0
) -> Iterator[tuple[float, Tracks]]:
    """(t, tracks) of every frame."""
    drives = list(drives)
    for k in range(round((until - start) * fps)):
        t = start + k / fps
        seen = [(d, position) for d in drives if (position := d.at(t)) is not None]
        yield t, joined([tracks((d.track, *position), road_user=d.road_user) for d, position in seen])


def joined(parts: Sequence[Tracks]) -> Tracks:
    if not parts:
        return Tracks.empty()
    together = [np.concatenate([getattr(p, f) for p in parts]) for f in ("xyxy", "confidence", "class_id", "track_id")]
    return Tracks(*together, detection_index=np.arange(len(together[-1]), dtype=np.int64))


def metric_camera(*gates: Gate, zones: Sequence[Zone] = (), limit_kmh: float | None = 50) -> Camera:
    """Return a camera above the road: 10 pixels are one metre, x to the right, y down."""
    corners = [(0, 0), (1000, 0), (1000, 1000), (0, 1000)]
    return Camera(
        id="c1",
        image_size=(1000, 1000),
        gates=gates,
        zones=tuple(zones),
        control_points=tuple(ControlPoint(pixel=(u, v), ground=(u / 10, v / 10)) for u, v in corners),
        speed_limit_kmh=limit_kmh,
    )


def straight_road(*, signal_controlled: bool = False, zone_id: str = "east") -> Zone:
    """A carriageway of two lanes and 80 m that is driven from left to right."""
    return Zone(
        id=zone_id,
        polygon=((100, 400), (900, 400), (900, 600), (100, 600)),
        direction=(1, 0),
        lanes=2,
        length_m=80,
        signal_controlled=signal_controlled,
    )
