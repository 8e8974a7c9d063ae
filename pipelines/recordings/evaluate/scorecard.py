"""A report held against the truth, as the figures that people and other programs read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.facts import IncidentType
from analytics.ground_truth import GroundTruth
from analytics.road_users import RoadUser
from analytics.scoring.scores import (
    CrossingScore,
    IncidentScore,
    IntervalScore,
    MovementScore,
    score_crossings,
    score_incidents,
    score_intervals,
    score_movements,
)
from pipelines.recordings.evaluate.ground_truth_io import crossings_of, incidents_of, intervals_of, movements_of

_INTERVAL_ERRORS = {
    "speed_error": "speed_kmh",
    "flow_error": "flow_veh_h",
    "density_error": "density_veh_km_lane",
    "occupancy_error": "occupancy",
    "queue_error": "queue_m",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """duration_s: of the recording; false alarms are told per hour of it."""

    duration_s: float
    crossings: CrossingScore
    incidents: IncidentScore
    intervals: IntervalScore
    movements: MovementScore | None

    @property
    def false_alarms_per_hour(self) -> float:
        return len(self.incidents.false_alarms) * 3600 / self.duration_s

    def figures(self) -> dict[str, Any]:
        """For JSON; shares are fractions, figures that nothing speaks for are None."""
        return {
            **_crossing_figures(self.crossings),
            **_incident_figures(self.incidents),
            "false_alarms_per_hour": round(self.false_alarms_per_hour, 2),
            **_interval_figures(self.intervals),
            **_movement_figures(self.movements),
        }


def score_report(report: dict[str, Any], truth: GroundTruth) -> Scorecard:
    """report: the JSON of `simpang count` or `simpang replay` (FORMAT.md), or another program's in that format."""
    return Scorecard(
        duration_s=truth.duration_s,
        crossings=score_crossings(crossings_of(report), truth),
        incidents=score_incidents(incidents_of(report), truth),
        intervals=score_intervals(intervals_of(report), truth),
        movements=score_movements(movements_of(report), truth),
    )


def summarise(cards: Sequence[Scorecard]) -> dict[str, Any]:
    """Figures over several recordings: shares are means over those that have them, incidents are pooled by type.

    Crossings are averaged over the recordings in which somebody crossed.
    """
    crossed = [card for card in cards if card.crossings.true or card.crossings.found]
    hours = sum(card.duration_s for card in cards) / 3600
    false_alarms = [alarm for card in cards for alarm in card.incidents.false_alarms]
    return {
        "cases": len(cards),
        "f1": _mean_of(crossed, lambda card: card.crossings.f1, 4),
        "f1_with_class": _mean_of(crossed, lambda card: card.crossings.f1_with_class, 4),
        "count_error": _mean_of(crossed, lambda card: card.crossings.count_error, 4),
        "speed_mae_kmh": _mean_of(cards, lambda card: card.crossings.speed_mae_kmh, 2),
        "speeds_within_sigma": _mean_of(cards, lambda card: card.crossings.speeds_within_sigma, 4),
        "speed_error": _mean_of(cards, lambda card: card.intervals.errors["speed_kmh"], 4),
        "level_agreement": _mean_of(cards, lambda card: card.intervals.level_agreement, 4),
        "count_by_class": _class_totals([card.crossings for card in cards]),
        "incidents": {
            kind.value: told for kind in IncidentType if any((told := _incident_totals(kind, cards)).values())
        },
        "false_alarms_per_hour": round(len(false_alarms) / hours, 2) if cards else None,
    }


def _mean_of(cards: Sequence[Scorecard], figure: Callable[[Scorecard], float | None], digits: int) -> float | None:
    known = [value for card in cards if (value := figure(card)) is not None]
    return round(sum(known) / len(known), digits) if known else None


def _class_totals(scores: Sequence[CrossingScore]) -> dict[str, Any]:
    totals = {}
    for road_user in RoadUser:
        true, found, miscounted = (
            sum(getattr(score.by_class[road_user], what) for score in scores)
            for what in ("true", "found", "miscounted")
        )
        if true or found:
            totals[road_user.value] = {"true": true, "found": found, "error": round(miscounted / max(1, true), 4)}
    return totals


def _incident_totals(kind: IncidentType, cards: Sequence[Scorecard]) -> dict[str, Any]:
    delays = [delay for card in cards for delay in card.incidents.delays_s(kind)]
    missed = sum(incident.type == kind for card in cards for incident in card.incidents.missed)
    false_alarms = sum(alarm.type == kind for card in cards for alarm in card.incidents.false_alarms)
    return {
        "true": len(delays) + missed,
        "found": len(delays),
        "false_alarms": false_alarms,
        "mean_delay_s": round(sum(delays) / len(delays), 1) if delays else None,
        "worst_delay_s": round(max(delays), 1) if delays else None,
    }


def _crossing_figures(score: CrossingScore) -> dict[str, Any]:
    return {
        "crossings_true": score.true,
        "crossings_found": score.found,
        "f1": round(score.f1, 4),
        "f1_with_class": round(score.f1_with_class, 4),
        "count_error": round(score.count_error, 4),
        "speed_mae_kmh": _rounded(score.speed_mae_kmh, 2),
        "speeds_within_sigma": _rounded(score.speeds_within_sigma, 4),
        "count_by_class": {
            road_user.value: {"true": count.true, "found": count.found, "error": round(count.error, 4)}
            for road_user, count in score.by_class.items()
            if count.true or count.found
        },
    }


def _incident_figures(score: IncidentScore) -> dict[str, Any]:
    delays = {kind.value: [round(d, 1) for d in score.delays_s(kind)] for kind in IncidentType}
    return {
        "incidents_true": len(score.hits) + len(score.missed),
        "incidents_found": len(score.hits),
        "missed": [[i.type.value, i.start_s] for i in score.missed],
        "false_alarms": [[i.type.value, i.detected_s] for i in score.false_alarms],
        "delays_s": {kind: values for kind, values in delays.items() if values},
        "mean_delay_s": {kind: round(sum(values) / len(values), 1) for kind, values in delays.items() if values},
    }


def _interval_figures(score: IntervalScore) -> dict[str, Any]:
    return {
        "zone_minutes": score.zone_minutes,
        **{name: _rounded(score.errors[figure], 4) for name, figure in _INTERVAL_ERRORS.items()},
        "level_agreement": _rounded(score.level_agreement, 4),
    }


def _movement_figures(score: MovementScore | None) -> dict[str, Any]:
    if score is None:
        return {"movement_cells": None, "movements_wrong": None}
    return {
        "movement_cells": score.cells,
        "movements_wrong": [{"from": o, "to": d, "true": true, "found": found} for o, d, true, found in score.wrong],
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
