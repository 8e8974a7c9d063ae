"""Mapping from the facts about one camera to events."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from analytics.camera import Camera
from analytics.facts import Coverage, Crossing, Fact, GateInterval, Incident, LevelChange, Trip, ZoneInterval
from analytics.geometry.geodesy import locate
from pipelines.events.dropped_fact import DroppedFact, without_unusable_values
from pipelines.events.schema import (
    Congestion,
    CountsReport,
    CrossingRecord,
    GateRecord,
    IncidentPhase,
    IncidentReport,
    ZoneRecord,
    stable_id,
)

CameraEvent = CountsReport | Congestion | IncidentReport
TakeSnapshot = Callable[[str, Incident], str | None]
"""Receives the incident and its id; returns the file name of its snapshot, None without one."""


def utc(t: float) -> datetime:
    """Return the time `t`, Unix seconds, in UTC."""
    return datetime.fromtimestamp(t, UTC)


class EventMapper:
    """Maps facts of one camera to events.

    Crossings and intervals are collected until their period ends; all other facts are mapped at once. The same facts
    give the same incident ids. on_dropped: receives each fact of which no event can be made, and each that goes out
    without a value; the others are not affected.
    """

    def __init__(
        self,
        camera: Camera,
        take_snapshot: TakeSnapshot = lambda _id, _incident: None,
        on_dropped: Callable[[DroppedFact], None] = lambda _fact: None,
    ) -> None:
        self._camera = camera
        self._take_snapshot = take_snapshot
        self._on_dropped = on_dropped
        self._crossings: list[CrossingRecord] = []
        self._gates: list[GateRecord] = []
        self._zones: list[ZoneRecord] = []
        self._snapshots: dict[int, str | None] = {}

    def events(self, facts: Iterable[Fact]) -> list[CameraEvent]:
        """Return the events, in the order of the facts that completed them."""
        return [event for fact in facts for event in self._events(fact)]

    def _events(self, fact: Fact) -> Iterator[CameraEvent]:
        usable, removed = without_unusable_values(fact)
        if removed:
            self._on_dropped(DroppedFact.of_values(fact, removed))
        try:
            event = self._event(usable)
        except Exception as error:
            self._on_dropped(DroppedFact.of(fact, error))
            return
        if event is not None:
            yield event

    def _event(self, fact: Fact) -> CameraEvent | None:
        match fact:
            case Crossing():
                self._crossings.append(CrossingRecord(**_in_utc(fact)))
            case GateInterval():
                self._gates.append(GateRecord(**_in_utc(fact)))
            case ZoneInterval():
                self._zones.append(ZoneRecord(**_in_utc(fact)))
            case Coverage():
                return self._counts(fact)
            case LevelChange():
                return self._congestion(fact)
            case Incident():
                return self._incident(fact)
            case Trip():
                pass
        return None

    def _counts(self, period: Coverage) -> CountsReport:
        crossings, self._crossings = self._crossings, []
        gates, self._gates = self._gates, []
        zones, self._zones = self._zones, []
        return CountsReport(
            camera_id=self._camera.id,
            start_at=utc(period.start_s),
            end_at=utc(period.end_s),
            observed_s=period.observed_s,
            crossings=tuple(crossings),
            gates=tuple(gates),
            zones=tuple(zones),
        )

    def _congestion(self, report: LevelChange) -> Congestion:
        return Congestion(camera_id=self._camera.id, **_in_utc(report))

    def _incident(self, incident: Incident) -> IncidentReport:
        detected_at = utc(incident.detected_s).isoformat()
        incident_id = stable_id(self._camera.id, incident.type, incident.zone, detected_at, incident.number)
        if incident.end_s is None:
            snapshot = self._snapshots[incident.number] = self._take_snapshot(incident_id, incident)
        else:
            snapshot = self._snapshots.pop(incident.number, None)
        position = locate(self._camera, incident.pixel, incident.ground)
        return IncidentReport(
            camera_id=self._camera.id,
            incident_id=incident_id,
            phase=IncidentPhase.RAISED if incident.end_s is None else IncidentPhase.ENDED,
            lat=None if position is None else position.lat,
            lon=None if position is None else position.lon,
            snapshot=snapshot,
            **_in_utc(incident),
        )


_TIMES = {"t": "at", "start_s": "start_at", "end_s": "end_at", "detected_s": "detected_at"}
"""Times of facts [s on the clock of the source], and their names in events [UTC]."""


def _in_utc(fact: Crossing | GateInterval | ZoneInterval | LevelChange | Incident) -> dict[str, Any]:
    """Return the fields of a fact by name, with times in UTC under the names that they have in events."""
    values = {field.name: getattr(fact, field.name) for field in fields(fact)}
    times = {_TIMES[name]: values.pop(name) for name in _TIMES if name in values}
    return {**values, **{name: None if t is None else utc(t) for name, t in times.items()}}
