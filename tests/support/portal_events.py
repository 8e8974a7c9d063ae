"""Events for tests of the portal: health, levels, crossings, intervals and incidents."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from analytics.facts import Direction, IncidentType, Level
from analytics.road_users import RoadUser
from pipelines.events.schema import (
    CameraStatus,
    Congestion,
    CountsReport,
    CrossingRecord,
    GateRecord,
    Health,
    IncidentPhase,
    IncidentReport,
    ZoneRecord,
)

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
"""Noon in Batam."""


def ago(seconds: float) -> datetime:
    """The time `seconds` before now, in UTC."""
    return datetime.now(UTC) - timedelta(seconds=seconds)


def minute(at: datetime) -> datetime:
    """The start of the minute."""
    return at.replace(second=0, microsecond=0)


def online(camera_id: str, at: datetime, **more: Any) -> Health:
    """Health of a camera that is analysed at 5 frames a second."""
    return Health(camera_id=camera_id, at=at, status=CameraStatus.ONLINE, analysed_fps=5.0, **more)


def level(camera_id: str, zone: str, at: datetime, now: Level, before: Level | None = None, **more: Any) -> Congestion:
    """Congestion level of a zone; a repetition without `before`."""
    return Congestion(camera_id=camera_id, zone=zone, at=at, level=now, previous=before or now, **more)


def crossing(
    at: datetime,
    road_user: RoadUser = RoadUser.CAR,
    direction: Direction = Direction.A,
    gate: str = "utara",
    **measures: Any,
) -> CrossingRecord:
    """A road user that crosses a gate."""
    return CrossingRecord(at=at, gate=gate, direction=direction, road_user=road_user, track=1, **measures)


def ten_seconds(
    start: datetime,
    *crossings: CrossingRecord,
    observed_s: float = 10.0,
    zones: Sequence[ZoneRecord] = (),
    gates: Sequence[GateRecord] = (),
) -> CountsReport:
    """Counts of camera `laluan-1` over ten seconds."""
    return CountsReport(
        camera_id="laluan-1",
        start_at=start,
        end_at=start + timedelta(seconds=10),
        observed_s=observed_s,
        crossings=crossings,
        zones=tuple(zones),
        gates=tuple(gates),
    )


def gate_minute(n: int, direction: Direction, *, coverage: float = 1.0, **measures: Any) -> GateRecord:
    """Measures of gate `utara` over the nth minute after NOON."""
    start = NOON + timedelta(minutes=n)
    return GateRecord(
        gate="utara",
        direction=direction,
        start_at=start,
        end_at=start + timedelta(minutes=1),
        coverage=coverage,
        **measures,
    )


def zone_minute(n: int, *, coverage: float = 1.0, level: Level = Level.FREE, **measures: Any) -> ZoneRecord:
    """Measures of zone `masuk` over the nth minute after NOON."""
    start = NOON + timedelta(minutes=n)
    return ZoneRecord(
        zone="masuk", start_at=start, end_at=start + timedelta(minutes=1), coverage=coverage, level=level, **measures
    )


def incident(number: int, *, camera_id: str = "laluan-1", **changes: Any) -> IncidentReport:
    """A stopped vehicle, detected `number` seconds after NOON, with id CAMERA-NUMBER."""
    at = NOON + timedelta(seconds=number)
    fields = {
        "phase": IncidentPhase.RAISED,
        "type": IncidentType.STOPPED_VEHICLE,
        "start_at": at - timedelta(seconds=8),
        "detected_at": at,
        "pixel": (10, 20),
        "confidence": 0.8,
        "reason": "stands in a live lane",
        **changes,
    }
    return IncidentReport(camera_id=camera_id, incident_id=f"{camera_id}-{number:03}", **fields)
