"""JSON report of `simpang evaluate-city`."""

from collections.abc import Iterable, Sequence
from typing import Any

from analytics.facts import Crossing, Incident
from analytics.ground_truth import GroundTruthCrossing, GroundTruthIncident
from simulator.evaluation.city_scores import CameraScore, LevelCheck


def scores_json(scores: Sequence[CameraScore]) -> dict[str, Any]:
    """Report over all cameras, with one entry per camera. A figure without data is None; a count without data is 0."""
    return _figures(scores) | {"by_camera": [_camera(score) for score in scores]}


def _figures(scores: Sequence[CameraScore]) -> dict[str, Any]:
    true, found = (sum(getattr(s.crossings, side) for s in scores) for side in ("true", "found"))
    matched = sum(s.crossings.matched for s in scores)
    with_class = sum(s.crossings.same_class for s in scores)
    levels = [check.found is check.true for s in scores for check in s.levels]
    speed_errors = [error for s in scores for error in s.crossings.speed_errors_kmh]
    rates = [s.analysed_fps for s in scores if s.analysed_fps is not None]
    return {
        "crossings_true": true,
        "crossings_found": found,
        "f1": _rounded(_f1(matched, true, found)),
        "f1_with_class": _rounded(_f1(with_class, true, found)),
        "speed_mae_kmh": _rounded(_mean(speed_errors)),
        "speed_error": _rounded(_weighted_speed_error(scores)),
        "zone_minutes": len(levels),
        "level_agreement": _rounded(_mean(levels)),
        "incidents_true": sum(len(s.incidents.hits) + len(s.incidents.missed) for s in scores),
        "incidents_missed": sum(len(s.incidents.missed) for s in scores),
        "false_alarms": sum(len(s.incidents.false_alarms) for s in scores),
        "outage_minutes": sum(len(s.outages) for s in scores),
        "unmarked_gap_minutes": sum(len(s.unmarked) for s in scores),
        "false_gap_minutes": sum(len(s.false_gaps) for s in scores),
        "analysed_fps": _rounded(min(rates)) if rates else None,
    }


def _camera(score: CameraScore) -> dict[str, Any]:
    crossings, incidents = score.crossings, score.incidents
    return {
        "camera": score.site,
        **_figures([score]),
        "missed_crossings": [_crossing(c) for c in crossings.missed],
        "surplus_crossings": [_crossing(c) for c in crossings.surplus],
        "wrong_classes": [{**_crossing(true), "found": found.road_user.value} for found, true in crossings.wrong_class],
        "wrong_levels": [_level(check) for check in score.levels if check.found is not check.true],
        "told_incidents": [{**_true_incident(true), **_alert(alert)} for alert, true in incidents.hits],
        "missed_incidents": [_true_incident(true) for true in incidents.missed],
        "wrong_alerts": [_alert(alert) for alert in incidents.false_alarms],
        "outages_at_s": list(score.outages),
        "unmarked_gaps_at_s": list(score.unmarked),
        "false_gaps_at_s": list(score.false_gaps),
    }


def _crossing(crossing: Crossing | GroundTruthCrossing) -> dict[str, Any]:
    return {
        "t": round(crossing.t, 2),
        "gate": crossing.gate,
        "direction": crossing.direction.value,
        "class": crossing.road_user.value,
    }


def _level(check: LevelCheck) -> dict[str, Any]:
    return {
        "zone": check.zone,
        "start_s": check.start_s,
        "true": check.true.value,
        "found": check.found.value,
        "true_kmh": _rounded(check.true_kmh),
        "found_kmh": _rounded(check.found_kmh),
        "vehicles": check.vehicles,
    }


def _true_incident(incident: GroundTruthIncident) -> dict[str, Any]:
    return {"type": incident.type.value, "zone": incident.zone, "start_s": incident.start_s, "end_s": incident.end_s}


def _alert(alert: Incident) -> dict[str, Any]:
    return {
        "type": alert.type.value,
        "zone": alert.zone,
        "detected_s": round(alert.detected_s, 2),
        "pixel": [round(x) for x in alert.pixel],
        "reason": alert.reason,
    }


def _f1(hits: int, true: int, found: int) -> float | None:
    return 2 * hits / (true + found) if true + found else None


def _weighted_speed_error(scores: Sequence[CameraScore]) -> float | None:
    """Mean relative speed error over the zone minutes with enough vehicles; None without any."""
    known = [
        (s.intervals.zone_minutes, error) for s in scores if (error := s.intervals.errors["speed_kmh"]) is not None
    ]
    minutes = sum(n for n, _ in known)
    return sum(n * error for n, error in known) / minutes if minutes else None


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return sum(known) / len(known) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
