"""From the facts about one camera to the events that leave the worker."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from analytics.camera import Camera
from analytics.facts import Coverage, Crossing, Fact, GateInterval, Incident, LevelChange, Trip, ZoneInterval
from analytics.geometry.geodesy import locate
from pipelines.events.schema import (
    Congestion,
    Counts,
    CrossingRecord,
    GateRecord,
    IncidentPhase,
    IncidentReport,
    ZoneRecord,
)

CameraEvent = Counts | Congestion | IncidentReport
TakeSnapshot = Callable[[str, Incident], str | None]
"""Is given the incident's id; returns the name of its picture, None where there is none."""


def utc(t: float) -> datetime:
    return datetime.fromtimestamp(t, UTC)


class FactEvents:
    """Gathers crossings and intervals of gates and zones until their period closes; passes everything else on at once.

    run: tells this run of the analyst from all others, so that incident numbers make ids that are used once.
    """

    def __init__(self, camera: Camera, run: str, take_snapshot: TakeSnapshot = lambda _id, _incident: None) -> None:
        self._camera = camera
        self._run = run
        self._take_snapshot = take_snapshot
        self._crossings: list[CrossingRecord] = []
        self._gates: list[GateRecord] = []
        self._zones: list[ZoneRecord] = []
        self._snapshots: dict[int, str | None] = {}

    def events(self, facts: Iterable[Fact]) -> list[CameraEvent]:
        """Events in the order of the facts that completed them."""
        return [event for fact in facts if (event := self._take(fact)) is not None]

    def _take(self, fact: Fact) -> CameraEvent | None:
        match fact:
            case Crossing():
                self._crossings.append(_crossing(fact))
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

    def _counts(self, period: Coverage) -> Counts:
        crossings, self._crossings = self._crossings, []
        gates, self._gates = self._gates, []
        zones, self._zones = self._zones, []
        return Counts(
            camera_id=self._camera.id,
            start_at=utc(period.start_s),
            end_at=utc(period.end_s),
            observed_s=period.observed_s,
            crossings=tuple(crossings),
            gates=tuple(gates),
            zones=tuple(zones),
        )

    def _congestion(self, report: LevelChange) -> Congestion:
        return Congestion(
            camera_id=self._camera.id,
            zone=report.zone,
            at=utc(report.t),
            level=report.level,
            previous=report.previous,
            speed_kmh=report.speed_kmh,
            free_flow_kmh=report.free_flow_kmh,
        )

    def _incident(self, incident: Incident) -> IncidentReport:
        incident_id = str(uuid5(NAMESPACE_URL, f"simpang:{self._camera.id}/{self._run}/{incident.number}"))
        if incident.end_s is None:
            snapshot = self._snapshots[incident.number] = self._take_snapshot(incident_id, incident)
        else:
            snapshot = self._snapshots.pop(incident.number, None)
        position = locate(self._camera, incident.pixel, incident.ground)
        return IncidentReport(
            camera_id=self._camera.id,
            incident_id=incident_id,
            phase=IncidentPhase.RAISED if incident.end_s is None else IncidentPhase.ENDED,
            type=incident.type,
            zone=incident.zone,
            start_at=utc(incident.start_s),
            detected_at=utc(incident.detected_s),
            end_at=None if incident.end_s is None else utc(incident.end_s),
            pixel=incident.pixel,
            ground=incident.ground,
            lat=None if position is None else position.lat,
            lon=None if position is None else position.lon,
            confidence=incident.confidence,
            reason=incident.reason,
            snapshot=snapshot,
        )


def _crossing(fact: Crossing) -> CrossingRecord:
    return CrossingRecord(
        at=utc(fact.t),
        gate=fact.gate,
        direction=fact.direction,
        road_user=fact.road_user,
        track=fact.track,
        speed_kmh=fact.speed_kmh,
        speed_sigma_kmh=fact.speed_sigma_kmh,
        headway_s=fact.headway_s,
    )


def _in_utc(fact: GateInterval | ZoneInterval) -> dict[str, Any]:
    measured = asdict(fact)
    return {"start_at": utc(measured.pop("start_s")), "end_at": utc(measured.pop("end_s")), **measured}
