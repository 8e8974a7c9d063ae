"""Events for tests: one function for each kind."""

from datetime import UTC, datetime, timedelta
from typing import Any

from analytics.facts import Direction, IncidentEvidence, IncidentType, Level, LevelOfService
from analytics.road_users import RoadUser
from pipelines.events.condition import Condition, ConditionDetails
from pipelines.events.schema import (
    CameraStatus,
    Congestion,
    CountsReport,
    CrossingRecord,
    Event,
    GapReport,
    GateRecord,
    Health,
    IncidentPhase,
    IncidentReport,
    LossReason,
    ZoneRecord,
)

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def counts(*, camera_id: str = "simpang-kda-1", start: datetime = NOON, crossings: int = 3) -> Event:
    return Event.wrap(
        CountsReport(
            camera_id=camera_id,
            start_at=start,
            end_at=start + timedelta(seconds=10),
            observed_s=9.5,
            crossings=tuple(
                CrossingRecord(
                    at=start + timedelta(seconds=i / 10),
                    gate="north",
                    direction=Direction.A,
                    road_user=RoadUser.MOTORCYCLE,
                    track=i,
                    speed_kmh=None if i else 31.5,
                    speed_sigma_kmh=None if i else 1.5,
                    headway_s=0.1 if i else None,
                )
                for i in range(crossings)
            ),
            gates=(
                GateRecord(
                    gate="north",
                    direction=Direction.A,
                    start_at=start - timedelta(minutes=1),
                    end_at=start,
                    flow_veh_h=720,
                    headway_median_s=3.5,
                    smp_h=310,
                    emp_verified=True,
                    coverage=0.95,
                ),
            ),
            zones=(
                ZoneRecord(
                    zone="approach",
                    start_at=start - timedelta(minutes=1),
                    end_at=start,
                    flow_veh_h=720,
                    smp_h=450,
                    saturation=0.3,
                    level_of_service=LevelOfService.B,
                    emp_verified=False,
                    level=Level.DENSE,
                    coverage=0.95,
                ),
            ),
        ),
        start + timedelta(seconds=10),
    )


def incident(phase: IncidentPhase, *, incident_id: str = "cam-7", **changes: Any) -> Event:
    ended = phase is IncidentPhase.ENDED
    report = IncidentReport(
        camera_id="simpang-kda-1",
        incident_id=incident_id,
        phase=phase,
        type=IncidentType.STOPPED_VEHICLE,
        zone="approach",
        start_at=NOON,
        detected_at=NOON + timedelta(seconds=20),
        end_at=NOON + timedelta(minutes=3) if ended else None,
        pixel=(320.0, 200.5),
        ground=(4.0, 22.0),
        lat=1.13,
        lon=104.05,
        confidence=0.8,
        evidence=IncidentEvidence(road_user=RoadUser.CAR, duration_s=20.0, passed_by=3),
        reason="A car has stood in a live lane for 20 s.",
        snapshot=None if ended else "cam-7.jpg",
    )
    return Event.wrap(report.model_copy(update=changes), NOON + timedelta(seconds=21))


def one_of_each() -> list[Event]:
    level = Congestion(camera_id="simpang-kda-1", zone="approach", at=NOON, level=Level.JAMMED, previous=Level.DENSE)
    health = Health(
        camera_id="simpang-kda-2",
        at=NOON,
        status=CameraStatus.UNUSABLE,
        condition=Condition.MOVED,
        details=ConditionDetails(shift_share=0.0625, rotation_deg=2.0),
        image_size=(1280, 720),
        held_fps=1,
        wanted_fps=8,
        reached=0.5,
        picture_scale=0.75,
        age_p95_s=0.25,
        last_frame_at=NOON - timedelta(seconds=0.5),
    )
    gap = GapReport(
        camera_id="simpang-kda-1",
        start_at=NOON,
        end_at=NOON + timedelta(minutes=5),
        lost="counts",
        events=30,
        reason=LossReason.OUTBOX_FULL,
    )
    return [
        counts(),
        Event.wrap(level, NOON),
        Event.wrap(health, NOON),
        incident(IncidentPhase.RAISED),
        incident(IncidentPhase.ENDED),
        Event.wrap(gap, NOON),
    ]


class DeadLetterList:
    """Dead letters in memory."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.errors: list[Exception] = []

    def add(self, body: bytes, *, source: str, error: Exception) -> None:
        self.bodies.append(body)
        self.errors.append(error)
