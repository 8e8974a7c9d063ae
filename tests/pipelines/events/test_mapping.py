"""Facts about a camera to events."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from analytics.camera import Camera, ControlPoint, Position
from analytics.facts import (
    Coverage,
    Crossing,
    Direction,
    Fact,
    GateInterval,
    Incident,
    IncidentEvidence,
    IncidentType,
    Level,
    LevelChange,
    ZoneInterval,
)
from analytics.road_users import RoadUser
from pipelines.events.dropped_fact import DroppedFact
from pipelines.events.mapping import EventMapper, utc
from pipelines.events.schema import (
    CameraStatus,
    Congestion,
    CountsReport,
    Event,
    Health,
    IncidentPhase,
    IncidentReport,
    event_id,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
T = NOON.timestamp()
CAMERA = Camera(id="simpang-kabil", image_size=(1280, 720), position=Position(lat=1.1, lon=104.0))


def crossing(t: float) -> Crossing:
    return Crossing(
        t=t,
        gate="north",
        direction=Direction.A,
        road_user=RoadUser.MOTORCYCLE,
        track=7,
        speed_kmh=31.5,
        speed_sigma_kmh=1.25,
        headway_s=2.5,
    )


def coverage(start: float, end: float, observed_s: float = 10) -> Coverage:
    return Coverage(start_s=T + start, end_s=T + end, observed_s=observed_s)


def incident(number: int = 1, end_s: float | None = None) -> Incident:
    return Incident(
        number=number,
        type=IncidentType.STOPPED_VEHICLE,
        zone="east",
        start_s=T + 5,
        detected_s=T + 20,
        end_s=end_s,
        pixel=(640.0, 400.0),
        ground=(3.0, 12.0),
        confidence=0.8,
        reason="a car stands in a live lane",
        evidence=IncidentEvidence(road_user=RoadUser.CAR, duration_s=15.0, passed_by=3),
        track=7,
    )


def test_a_counts_event_contains_the_records_since_the_last_one() -> None:
    events = EventMapper(CAMERA)
    zone = ZoneInterval(
        zone="east",
        start_s=T - 60,
        end_s=T,
        flow_veh_h=600,
        speed_kmh=None,
        density_veh_km_lane=None,
        occupancy=0.2,
        queue_m=None,
        queue_veh=0,
        level=Level.DENSE,
        coverage=0.9,
        relative_speed=0.7,
    )
    gate = GateInterval(
        gate="north",
        direction=Direction.B,
        start_s=T - 60,
        end_s=T,
        flow_veh_h=120,
        coverage=0.9,
        headway_mean_s=30,
        headway_median_s=29,
        headway_under_2s=0,
        smp_h=90,
        saturation=0.1,
        emp_verified=True,
    )
    assert events.events([crossing(T + 1), gate, zone]) == []
    # This crossing became known after its period had ended: the next event contains it.
    (first, second) = events.events([coverage(0, 10), crossing(T + 9.9), coverage(10, 20, observed_s=4)])
    assert isinstance(first, CountsReport)
    assert isinstance(second, CountsReport)
    assert (first.start_at, first.observed_s) == (NOON, 10)
    assert [record.at.timestamp() for record in first.crossings] == [T + 1]
    assert first.crossings[0].speed_kmh == 31.5
    assert [(record.zone, record.end_at, record.flow_veh_h, record.coverage) for record in first.zones] == [
        ("east", NOON, 600, 0.9)
    ]
    assert [record.at.timestamp() for record in second.crossings] == [pytest.approx(T + 9.9)]
    (record,) = first.gates
    assert (record.start_at.timestamp(), record.end_at) == (T - 60, NOON)
    measured = {name: value for name, value in asdict(gate).items() if name not in ("start_s", "end_s")}
    assert asdict(record) == measured | {"start_at": record.start_at, "end_at": record.end_at}
    assert first.crossings[0].speed_sigma_kmh == 1.25
    assert (first.crossings[0].headway_s, second.gates, second.zones) == (2.5, (), ())
    assert events.events([coverage(20, 30, observed_s=0)])[0].crossings == ()  # type: ignore[union-attr]


def test_a_level_change_is_an_event_at_once() -> None:
    report = LevelChange(t=T, zone="east", level=Level.JAMMED, previous=Level.CONGESTED, speed_kmh=4.0)
    (event,) = EventMapper(CAMERA).events([report])
    assert event == Congestion(
        camera_id=CAMERA.id, zone="east", at=NOON, level=Level.JAMMED, previous=Level.CONGESTED, speed_kmh=4.0
    )


def test_an_incident_keeps_its_id_and_snapshot_until_its_end() -> None:
    events = EventMapper(CAMERA, take_snapshot=lambda incident_id, _: incident_id)
    raised, ended = events.events([incident(), incident(end_s=T + 90)])
    assert Event.from_json(Event.wrap(raised, utc(T)).to_json()).data.evidence == incident().evidence
    assert isinstance(raised, IncidentReport)
    assert isinstance(ended, IncidentReport)
    assert (raised.phase, ended.phase) == (IncidentPhase.RAISED, IncidentPhase.ENDED)
    assert raised.incident_id == ended.incident_id == raised.snapshot == ended.snapshot
    assert raised.end_at is None
    assert ended.end_at == datetime.fromtimestamp(T + 90, UTC)
    assert (raised.lat, raised.lon) == (1.1, 104.0)


def test_an_incident_has_the_position_of_its_ground_point_where_the_camera_has_an_anchor() -> None:
    corners = ((0.0, 720.0), (1280.0, 720.0), (1280.0, 200.0), (0.0, 200.0))
    points = tuple(ControlPoint(pixel=(u, v), ground=(u / 20, (720 - v) / 20)) for u, v in corners)
    tied = replace(CAMERA, control_points=points, anchor=Position(lat=1.05, lon=104.01))
    (report,) = EventMapper(tied).events([incident()])
    assert isinstance(report, IncidentReport)
    assert report.lat == pytest.approx(1.05 + 12 / 110_575)
    assert report.lon == pytest.approx(104.01 + 3 / 111_301)


def test_incidents_at_other_times_and_of_other_cameras_have_other_ids() -> None:
    other_camera = Camera(id="simpang-jam", image_size=(1280, 720))
    reports = [
        event
        for camera in (CAMERA, other_camera)
        for detected_s in (T + 20, T + 3620)
        for event in EventMapper(camera).events([replace(incident(n), detected_s=detected_s) for n in (1, 2)])
    ]
    assert len({report.incident_id for report in reports if isinstance(report, IncidentReport)}) == 8


def test_the_same_facts_give_events_with_the_same_ids() -> None:
    level = LevelChange(t=T, zone="east", level=Level.JAMMED, previous=Level.CONGESTED)
    facts: list[Fact] = [crossing(T), coverage(0, 10), coverage(10, 20), incident(), incident(end_s=T + 90), level]
    facts += [replace(level, zone="west"), replace(level, t=T + 1)]
    first, again = ([Event.wrap(data, utc(T + late)) for data in EventMapper(CAMERA).events(facts)] for late in (0, 9))
    assert [event.id for event in first] == [event.id for event in again]
    assert len({event.id for event in first}) == len(first) == 7
    health = [
        Health(camera_id=camera, at=utc(T + s), status=CameraStatus.ONLINE) for camera in ("a", "b") for s in (0, 5)
    ]
    assert len({event_id(data) for data in [*health, *health]}) == 4


def test_every_event_survives_its_envelope() -> None:
    facts = [crossing(T), coverage(0, 10), incident()]
    for data in EventMapper(CAMERA).events(facts):
        event = Event.wrap(data, NOON)
        assert Event.from_json(event.to_json()) == event


def test_a_value_that_is_no_number_is_left_out_and_the_rest_of_its_fact_goes_out() -> None:
    dropped: list[DroppedFact] = []
    events = EventMapper(CAMERA, on_dropped=dropped.append)
    minute: dict[str, Any] = {"start_s": T - 60, "end_s": T, "level": Level.FREE, "coverage": 1.0}
    facts: list[Fact] = [
        ZoneInterval(zone="west", queue_m=float("nan"), queue_veh=3.0, **minute),
        replace(crossing(T + 1), speed_kmh=float("inf")),
        replace(incident(2), ground=(float("nan"), 0.0), evidence=IncidentEvidence(duration_s=float("inf"))),
        LevelChange(t=T, zone="west", level=Level.FREE, previous=Level.DENSE, speed_kmh=float("inf")),
    ]
    raised, level, counts = events.events([*facts, coverage(0, 10)])
    assert isinstance(raised, IncidentReport) and isinstance(level, Congestion) and isinstance(counts, CountsReport)
    assert [(z.zone, z.queue_m, z.queue_veh) for z in counts.zones] == [("west", None, 3)]
    assert [(c.at.timestamp(), c.speed_kmh) for c in counts.crossings] == [(T + 1, None)]
    assert (raised.ground, raised.evidence) == (None, IncidentEvidence())
    assert (level.previous, level.speed_kmh) == (Level.DENSE, None)
    left_out = ["queue_m", "speed_kmh", "ground, evidence.duration_s", "speed_kmh"]
    assert [fact.reason for fact in dropped] == [f"{n}: not a finite number; reported without it" for n in left_out]


def test_a_fact_of_which_no_event_can_be_made_is_reported_and_the_others_go_out() -> None:
    dropped: list[DroppedFact] = []
    events = EventMapper(CAMERA, on_dropped=dropped.append)
    minute: dict[str, Any] = {"start_s": T - 60, "end_s": T, "level": Level.FREE, "coverage": 1.0}
    bad: list[Fact] = [
        replace(ZoneInterval(zone="west", **minute), coverage=float("nan")),
        replace(incident(2), pixel=(float("nan"), 0.0)),
        LevelChange(t=float("inf"), zone="west", level=Level.FREE, previous=Level.FREE),
        replace(crossing(1e300), track=8),
    ]
    good: list[Fact] = [ZoneInterval(zone="east", queue_m=12.0, **minute), crossing(T + 2), incident(3)]
    raised, counts = events.events([*bad, *good, coverage(0, 10)])
    assert isinstance(raised, IncidentReport) and isinstance(counts, CountsReport)
    assert [(z.zone, z.queue_m) for z in counts.zones] == [("east", 12.0)]
    assert [c.at.timestamp() for c in counts.crossings] == [T + 2]
    assert [(fact.kind, fact.place) for fact in dropped] == [
        ("zone interval", "west"),
        ("incident", "east"),
        ("level", "west"),
        ("crossing", "north"),
    ]
    assert "coverage" in str(dropped[0])
