"""Accuracy targets, and whether the results of a benchmark meet them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from analytics.facts import IncidentType
from analytics.road_users import RoadUser
from pipelines.recordings.evaluate.case_runner import Evaluation
from pipelines.recordings.evaluate.scorecard import Scorecard

LEAST_CLIP_F1 = 0.85
"""Least crossing F1 of the worst clip, class ignored [assumption: the project's target]."""


@dataclass(frozen=True, slots=True)
class TargetResult:
    """A target with what was reached, as text. met: None where no case measures it."""

    measure: str
    bound: str
    reached: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Results:
    """Evaluations: ours of scenarios, scenarios at 5 frames/s and clips, and those of peers. cost_ms: of one frame."""

    scenarios: Sequence[Evaluation]
    at_5_fps: Sequence[Evaluation]
    clips: Sequence[Evaluation]
    peers: Mapping[str, Sequence[Evaluation]]
    cost_ms: float | None


def targets(results: Results) -> list[TargetResult]:
    """Return every target with its result; the bounds are the project's targets [assumption]."""
    return [
        *_crossing_targets(results),
        *_clip_targets(results),
        *_speed_targets(results),
        *_incident_targets(results),
        _movement_target(results),
        _at_most("tracking and analytics, ms a frame with 30 boxes", 1.5, results.cost_ms, "{:.2f}"),
    ]


def _crossing_targets(results: Results) -> list[TargetResult]:
    scenarios, slow = results.scenarios, results.at_5_fps
    swarms = [e for e in scenarios if e.case.name.startswith("motorcycle_swarm")]
    return [
        _at_least("scenarios, F1, class ignored", 0.97, _mean(scenarios, lambda c: c.crossings.f1)),
        _at_least("scenarios, F1 with class", 0.93, _mean(scenarios, lambda c: c.crossings.f1_with_class)),
        _at_least("scenarios at 5 frames/s, F1, class ignored", 0.94, _mean(slow, lambda c: c.crossings.f1)),
        _at_most("scenarios, count error", 0.03, _mean(scenarios, lambda c: c.crossings.count_error), "{:.1%}"),
        _at_most(
            "motorcycles in motorcycle_swarm, count error",
            0.08,
            _mean(swarms, lambda c: c.crossings.by_class[RoadUser.MOTORCYCLE].error),
            "{:.1%}",
        ),
    ]


def _clip_targets(results: Results) -> list[TargetResult]:
    clips = [e for e in results.clips if e.card.crossings.true]
    worst = min(clips, key=lambda e: e.card.crossings.f1, default=None)
    ours = {e.case.name: e.card.crossings.f1 for e in clips}
    below = [
        f"{e.case.name} ({peer} {e.card.crossings.f1:.3f})"
        for peer, evaluations in results.peers.items()
        for e in evaluations
        if e.case.name in ours and e.card.crossings.f1 > ours[e.case.name]
    ]
    worst_f1 = None if worst is None else worst.card.crossings.f1
    name = "" if worst is None else f" ({worst.case.name})"
    return [
        _at_least("clips, mean F1, class ignored", 0.95, _mean(clips, lambda c: c.crossings.f1)),
        _at_least("clips, mean F1 with class", 0.88, _mean(clips, lambda c: c.crossings.f1_with_class)),
        _at_least("clips, lowest F1", LEAST_CLIP_F1, worst_f1, "{:.3f}" + name),
        TargetResult(
            "clips where a peer is better",
            "none",
            ", ".join(below) or "none",
            not below if ours and results.peers else None,
        ),
    ]


def _speed_targets(results: Results) -> list[TargetResult]:
    scenarios = results.scenarios
    return [
        _at_most("vehicle speed, MAE, km/h", 3.0, _mean(scenarios, lambda c: c.crossings.speed_mae_kmh), "{:.2f}"),
        _at_most(
            "zone and minute speed, error", 0.08, _mean(scenarios, lambda c: c.intervals.errors["speed_kmh"]), "{:.1%}"
        ),
    ]


def _incident_targets(results: Results) -> list[TargetResult]:
    return [
        _incidents("congestion onset", IncidentType.CONGESTION, results.scenarios, None),
        _incidents("stopped vehicle", IncidentType.STOPPED_VEHICLE, results.scenarios, 12.0),
        _incidents("wrong way", IncidentType.WRONG_WAY, results.scenarios, 4.0),
    ]


def _incidents(
    measure: str, kind: IncidentType, scenarios: Sequence[Evaluation], delay_s: float | None
) -> TargetResult:
    scores = [e.card.incidents for e in scenarios]
    delays = [delay for score in scores for delay in score.delays_s(kind)]
    missed = sum(i.type == kind for score in scores for i in score.missed)
    false_alarms = sum(i.type == kind for score in scores for i in score.false_alarms)
    mean_s = fmean(delays) if delays else None
    counts = f"{len(delays)} of {len(delays) + missed}, {false_alarms} false"
    in_time = delay_s is None or mean_s is None or mean_s <= delay_s
    return TargetResult(
        measure,
        "every one, 0 false" + ("" if delay_s is None else f", mean delay <= {delay_s:g} s"),
        counts if mean_s is None else f"{counts}, mean delay {mean_s:.1f} s",
        (missed == 0 and false_alarms == 0 and in_time) if delays or missed or false_alarms else None,
    )


def _movement_target(results: Results) -> TargetResult:
    scores = [e.card.movements for e in results.scenarios if e.card.movements is not None]
    cells, wrong = sum(score.cells for score in scores), sum(len(score.wrong) for score in scores)
    return TargetResult(
        "turning movements within 10% or 2 vehicles",
        "every cell",
        f"{cells - wrong} of {cells}",
        wrong == 0 if scores else None,
    )


def _mean(evaluations: Sequence[Evaluation], figure: Callable[[Scorecard], float | None]) -> float | None:
    known = [value for e in evaluations if (value := figure(e.card)) is not None]
    return fmean(known) if known else None


def _at_least(measure: str, limit: float, value: float | None, shown: str = "{:.3f}") -> TargetResult:
    if value is None:
        return TargetResult(measure, f">= {limit:g}", "-", None)
    return TargetResult(measure, f">= {limit:g}", shown.format(value), value >= limit)


def _at_most(measure: str, limit: float, value: float | None, shown: str) -> TargetResult:
    bound = f"<= {limit:.0%}" if shown.endswith("%}") else f"<= {limit:g}"
    return TargetResult(
        measure, bound, "-" if value is None else shown.format(value), None if value is None else value <= limit
    )


def as_json(reached: Sequence[TargetResult]) -> list[dict[str, Any]]:
    return [{"measure": t.measure, "asked": t.bound, "reached": t.reached, "met": t.met} for t in reached]
