"""The result of an evaluation as one self-contained page: tables and plots, no script and no request."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from analytics.ground_truth import GroundTruthIncident
from pipelines.recordings.evaluate.case_runner import Evaluation, as_json
from pipelines.recordings.evaluate.ground_truth_io import intervals_of
from pipelines.recordings.evaluate.svg_plots import Bar, Series, Span, bars, lines, timeline

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --faint: #7a8494; --rule: #d9dee6; --paper: #fff;
  --ours: #1f6feb; --second: #8fb8f5; --truth: #8a8f98; --right: #2b8a3e; --wrong: #d6336c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --faint: #98a2b3; --rule: #353c48; --paper: #14181f; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 960px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--rule); text-align: right; }
th:first-child, td:first-child { text-align: left; }
tr.total { font-weight: 600; }
figure { margin: 1rem 0; overflow-x: auto; } figcaption, p.note { color: var(--faint); font-size: .9em; }
svg { width: 100%; min-width: 560px; font: 11px system-ui, sans-serif; }
text { fill: var(--ink); } text.label { text-anchor: end; } text.value { fill: var(--faint); }
.ours { fill: var(--ours); } .second { fill: var(--second); } .truth { fill: var(--truth); }
.right { fill: var(--right); } .wrong { fill: var(--wrong); } .ignored { fill: var(--rule); }
line.tick { stroke: var(--rule); } polyline { stroke-width: 2; stroke-linecap: round; }
polyline.ours { fill: none; stroke: var(--ours); }
polyline.truth { fill: none; stroke: var(--truth); stroke-width: 5; stroke-opacity: .6; }
.key { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 1em; }
"""


def page(evaluations: Sequence[Evaluation], *, every: int) -> str:
    """HTML. every: as the scenarios were thinned."""
    summary = as_json(evaluations)
    thinned = f" Scenarios: one frame in {every}." if every > 1 else ""
    body = [
        "<h1>How right Simpang is</h1>",
        f'<p class="note">{len(evaluations)} recordings with known truth, crossings matched within 1.5 s.{thinned}</p>',
    ]
    for kind in ("scenarios", "clips"):
        cases = [figures for figures in summary["cases"] if figures["kind"] + "s" == kind]
        if cases:
            body += [f"<h2>{kind.capitalize()}</h2>", _case_table(cases, summary[kind]), _f1_plot(cases)]
            body += [_class_plot(summary[kind]["count_by_class"])]
    for evaluation in evaluations:
        body += _case_plots(evaluation)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Simpang: evaluation</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _case_table(cases: Sequence[dict[str, Any]], summary: dict[str, Any]) -> str:
    columns = ("F1", "with class", "count error", "speed MAE", "zone speed error", "level agreement")
    heads = ("case", *columns, "incidents", "false alarms/h")
    rows = [[c["name"], *_cells(c), f"{c['incidents_found']}/{c['incidents_true']}"] for c in cases]
    told = summary["incidents"].values()
    found, true = (sum(kind[what] for kind in told) for what in ("found", "true"))
    rows.append(["mean", *_cells(summary), f"{found}/{true}"])
    rates = [f"{c['false_alarms_per_hour']:.1f}" for c in (*cases, summary)]
    lines_ = [
        f"<tr{' class=total' if row[0] == 'mean' else ''}>{_tags('td', [*row, rate])}</tr>"
        for row, rate in zip(rows, rates, strict=True)
    ]
    return f"<table><tr>{_tags('th', heads)}</tr>{''.join(lines_)}</table>"


def _cells(figures: dict[str, Any]) -> list[str]:
    speed = figures["speed_mae_kmh"]
    return [
        _share(figures["f1"]),
        _share(figures["f1_with_class"]),
        _percent(figures["count_error"]),
        "–" if speed is None else f"{speed:.1f} km/h",
        _percent(figures["speed_error"]),
        _percent(figures["level_agreement"]),
    ]


def _tags(tag: str, texts: Iterable[str]) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def _figure(plot: str, caption: str, *keys: tuple[str, str]) -> str:
    shown = "".join(
        f'<svg class="key" viewBox="0 0 1 1" style="min-width:0"><rect class="{style}" width="1" height="1"/></svg>'
        f"{escape(text)}"
        for style, text in keys
    )
    return f"<figure>{plot}<figcaption>{escape(caption)}{shown}</figcaption></figure>"


def _f1_plot(cases: Sequence[dict[str, Any]]) -> str:
    kinds = (("f1", "ours"), ("f1_with_class", "second"))
    rows = [(c["name"], [Bar(c[key], style, f"{c[key]:.3f}") for key, style in kinds]) for c in cases]
    return _figure(bars(rows, full=1.0), "Crossing F1.", ("ours", "class ignored"), ("second", "class right too"))


def _class_plot(classes: dict[str, Any]) -> str:
    rows = [
        (name, [Bar(count["error"], "ours", f"{_percent(count['error'])} of {count['true']}")])
        for name, count in classes.items()
    ]
    caption = "Count error by class: differences in number by gate and direction, over the true number."
    return _figure(bars(rows, full=max(0.1, *(count["error"] for count in classes.values()))), caption) if rows else ""


def _case_plots(evaluation: Evaluation) -> list[str]:
    plots = [_incident_plot(evaluation), *_speed_plots(evaluation)]
    return [f"<h3>{escape(evaluation.case.name)}</h3>", *plots] if any(plots) else []


def _incident_plot(evaluation: Evaluation) -> str:
    """What happened above what was told."""
    truth, score = evaluation.truth, evaluation.card.incidents
    happened = [_true_span(i, "ignored", truth.duration_s) for i in truth.ignored_incidents]
    happened += [_true_span(i, "truth", truth.duration_s) for i in truth.incidents]
    told = [(alert, "right") for alert, _ in score.hits] + [(alert, "wrong") for alert in score.false_alarms]
    alerts = [
        Span(a.detected_s, a.detected_s, style, f"{a.type.value} {a.zone or ''} {a.detected_s:.1f} s: {a.reason}")
        for a, style in told
    ]
    if not happened and not alerts:
        return ""
    keys = (("truth", "happened"), ("ignored", "not asked for"), ("right", "alert"), ("wrong", "false alarm"))
    plot = timeline([("truth", happened), ("alerts", alerts)], duration_s=truth.duration_s)
    return _figure(plot, "Incidents, a line each minute.", *keys)


def _true_span(incident: GroundTruthIncident, style: str, duration_s: float) -> Span:
    end = duration_s if incident.end_s is None else incident.end_s
    title = f"{incident.type.value} {incident.zone or ''} {incident.start_s:.1f} to {end:.1f} s"
    return Span(incident.start_s, end, style, title)


def _speed_plots(evaluation: Evaluation) -> list[str]:
    truth, found = evaluation.truth, intervals_of(evaluation.report)
    plots = []
    for zone in dict.fromkeys(i.zone for i in truth.intervals):
        true = Series("truth", [(i.start_s + 30, i.speed_kmh) for i in truth.intervals if i.zone == zone])
        ours = Series("ours", [(i.start_s + 30, i.speed_kmh) for i in found if i.zone == zone])
        fastest = max((v for one in (true, ours) for _, v in one.values if v is not None), default=0.0)
        full = max(10.0, -(-fastest // 10) * 10)
        plot = lines(zone, [true, ours], duration_s=truth.duration_s, full=full, unit="km/h")
        plots.append(_figure(plot, "Space-mean speed by minute.", ("truth", "truth"), ("ours", "Simpang")))
    return plots
