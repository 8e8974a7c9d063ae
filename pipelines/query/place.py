"""Cameras of a city with the gates, zones and arms that are drawn on their frames."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from psycopg import Connection

from analytics.camera import Gate
from analytics.geometry.junction_arms import GateArm, gate_arms
from pipelines.config.geometry_file import WHOLE_FRAME_ZONE, CameraGeometry
from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.query.history_rows import HistoryInterval, gate_history, zone_history
from pipelines.query.request import Request


@dataclass(frozen=True)
class Place:
    """A camera: its id, name and site, and its geometry."""

    camera_id: str
    name: str
    site: str | None
    geometry: CameraGeometry

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        """Gates, in the pixels in which they are drawn."""
        return tuple(
            Gate(id=gate.id, p1=gate.p1, p2=gate.p2, role=gate.role, arm=gate.arm, road=gate.road)
            for gate in self.geometry.gates
        )

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """Ids of the zones; without any, the zone of the whole frame."""
        return tuple(zone.id for zone in self.geometry.zones) or (WHOLE_FRAME_ZONE,)

    @cached_property
    def arms(self) -> dict[str, GateArm]:
        """Arms of the junction by gate; empty where the camera shows none."""
        return gate_arms(self.gates)


def places(config: Config, wanted: Iterable[str] | None = None) -> list[Place]:
    """Return the cameras with these ids, in the order of the configuration; None for all.

    Raises UserError for an id that the configuration lacks.
    """
    cameras = {camera.id: camera for camera in config.cameras}
    unknown = sorted(set(wanted or ()) - cameras.keys())
    if unknown:
        raise UserError(f"no camera {unknown[0]} in the configuration; its cameras are {', '.join(cameras) or 'none'}")
    chosen = cameras.keys() if wanted is None else set(wanted)
    return [
        Place(camera.id, camera.name, camera.site, config.geometry_of(camera))
        for camera in config.cameras
        if camera.id in chosen
    ]


def intervals_of_gate(connection: Connection, request: Request, camera_id: str, gate: str) -> Iterator[HistoryInterval]:
    """Yield the intervals of a gate on the weekdays of the request; of all classes."""
    for span in request.spans(camera_id):
        yield from (row for row in gate_history(connection, span, gate) if request.includes(row.start_at))


def intervals_of_zone(connection: Connection, request: Request, camera_id: str, zone: str) -> Iterator[HistoryInterval]:
    """Yield the intervals of a zone on the weekdays of the request."""
    for span in request.spans(camera_id):
        yield from (row for row in zone_history(connection, span, zone) if request.includes(row.start_at))
