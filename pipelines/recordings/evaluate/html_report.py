"""The result of an evaluation as one self-contained HTML page: tables and plots, no script and no request."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from analytics.ground_truth import GroundTruthIncident
from analytics.road_users import RoadUser
from pipelines.recordings.evaluate.case_runner import Evaluation, evaluation_figures
from pipelines.recordings.evaluate.figures import CaseFigures, ClassFigures
from pipelines.recordings.evaluate.svg_plots import WIDTH, Bar, Plot, Series, Span, bars, lines, timeline

_MIDDLE_S = 30.0
"""Seconds from the start of a minute interval to its middle, where its value is drawn."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot with its caption. keys: (CSS class, meaning) of each colour."""

    plot: Plot
    caption: str
    keys: tuple[tuple[str, str], ...] = ()


def html_page(evaluations: Sequence[Evaluation], *, every: int) -> str:
    """Render the page. every: scenarios were replayed with every n-th frame."""
    environment = Environment(
        loader=PackageLoader("pipelines.recordings.evaluate", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "percent": percent}
    groups = [
        (kind, cases, summary, [_f1_figure(cases), *_class_figure(summary.count_by_class)])
        for kind, cases, summary in evaluation_figures(evaluations).groups()
    ]
    cases = [(e.case.name, [*_incident_figure(e), *_speed_figures(e)]) for e in evaluations]
    return environment.get_template("report.html.j2").render(
        groups=groups, cases=cases, recordings=len(evaluations), every=every, width=WIDTH
    )


def number(value: float | None, digits: int = 3) -> str:
    """Format with fixed decimals, or a dash for None."""
    return "–" if value is None else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """Format a share of 1 as per cent, or a dash for None."""
    return "–" if value is None else f"{100 * value:.1f}%"


def _f1_figure(cases: Sequence[CaseFigures]) -> Figure:
    rows = [
        (
            case.name,
            [Bar(case.f1, "ours", number(case.f1)), Bar(case.f1_with_class, "second", number(case.f1_with_class))],
        )
        for case in cases
    ]
    return Figure(bars(rows, full=1.0), "Crossing F1.", (("ours", "class ignored"), ("second", "class right too")))


def _class_figure(classes: dict[RoadUser, ClassFigures]) -> list[Figure]:
    rows = [
        (road_user.value, [Bar(count.error, "ours", f"{percent(count.error)} of {count.true}")])
        for road_user, count in classes.items()
    ]
    full = max([0.1, *(count.error for count in classes.values())])
    caption = "Count error by class: differences in number by gate and direction, over the true number."
    return [Figure(bars(rows, full=full), caption)] if rows else []


def _incident_figure(evaluation: Evaluation) -> list[Figure]:
    """True incidents above the alerts."""
    truth, score = evaluation.truth, evaluation.card.incidents
    happened = [_true_span(i, "ignored", truth.duration_s) for i in truth.ignored_incidents]
    happened += [_true_span(i, "truth", truth.duration_s) for i in truth.incidents]
    raised = [(alert, "right") for alert, _ in score.hits] + [(alert, "wrong") for alert in score.false_alarms]
    alerts = [
        Span(a.detected_s, a.detected_s, style, f"{a.type.value} {a.zone or ''} {a.detected_s:.1f} s: {a.reason}")
        for a, style in raised
    ]
    if not happened and not alerts:
        return []
    plot = timeline([("truth", happened), ("alerts", alerts)], duration_s=truth.duration_s)
    keys = (("truth", "happened"), ("ignored", "not asked for"), ("right", "alert"), ("wrong", "false alarm"))
    return [Figure(plot, "Incidents, a line each minute.", keys)]


def _true_span(incident: GroundTruthIncident, style: str, duration_s: float) -> Span:
    end = duration_s if incident.end_s is None else incident.end_s
    title = f"{incident.type.value} {incident.zone or ''} {incident.start_s:.1f} to {end:.1f} s"
    return Span(incident.start_s, end, style, title)


def _speed_figures(evaluation: Evaluation) -> list[Figure]:
    truth, found = evaluation.truth, evaluation.result.facts.intervals
    figures = []
    for zone in dict.fromkeys(i.zone for i in truth.intervals):
        true = Series("truth", [(i.start_s + _MIDDLE_S, i.speed_kmh) for i in truth.intervals if i.zone == zone])
        ours = Series("ours", [(i.start_s + _MIDDLE_S, i.speed_kmh) for i in found if i.zone == zone])
        fastest = max((v for one in (true, ours) for _, v in one.values if v is not None), default=0.0)
        full = max(10.0, -(-fastest // 10) * 10)
        plot = lines(zone, [true, ours], duration_s=truth.duration_s, full=full, unit="km/h")
        figures.append(Figure(plot, "Space-mean speed by minute.", (("truth", "truth"), ("ours", "Simpang"))))
    return figures
