"""`simpang evaluate`: how right the facts are, on recordings whose truth is known."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipelines.errors import UserError
from pipelines.recordings.evaluate.case_runner import (
    Case,
    Evaluation,
    as_json,
    find_cases,
    judge,
    run_clip,
    run_scenario,
)

if TYPE_CHECKING:
    from models.detection.detector import Detector


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--every", default=1, show_default=True, type=click.IntRange(1), help="Of scenarios, each n-th frame.")
@click.option("--weights", envvar="SIMPANG_WEIGHTS", help="For clips: path or name; without it the default model.")
@click.option("--device", default="auto", show_default=True, help="For clips: auto, cpu or cuda.")
@click.option("--confidence", default=0.25, show_default=True, type=click.FloatRange(0.01, 0.99))
@click.option("--json", "json_path", metavar="OUT", help="Write all figures here; - is standard output.")
@click.option("--html", "html_path", type=click.Path(path_type=Path), help="Write a page with plots here.")
def evaluate(
    *,
    folder: Path,
    every: int,
    weights: str | None,
    device: str,
    confidence: float,
    json_path: str | None,
    html_path: Path | None,
) -> None:
    """Score every clip and scenario in DIR against its truth."""
    cases = find_cases(folder)
    with ExitStack() as resources:
        advance = resources.enter_context(_progress(len(cases)))
        detector: Detector | None = None
        if any(case.is_clip for case in cases):
            from pipelines.analysis.detector_factory import open_detector  # noqa: PLC0415 - scenarios need no inference runtime

            detector = resources.enter_context(closing(open_detector(weights, device=device, confidence=confidence)))
        evaluations = [_evaluate(case, detector, every, advance) for case in cases]
    if json_path is not None:
        _write(json_path, json.dumps(as_json(evaluations), indent=1) + "\n")
    if html_path is not None:
        from pipelines.recordings.evaluate.html_report import page  # noqa: PLC0415 - only here

        _write(str(html_path), page(evaluations, every=every))
    if json_path != "-":
        show(evaluations, Console())


def _evaluate(case: Case, detector: "Detector | None", every: int, advance: Callable[[str, bool], None]) -> Evaluation:
    advance(case.name, False)
    report = run_clip(case, detector) if detector and case.is_clip else run_scenario(case, every=every)
    advance(case.name, True)
    return judge(case, report)


def _write(destination: str, text: str) -> None:
    if destination == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(destination).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{destination}: {error.strerror or error}; give a path that can be written") from error


@contextmanager
def _progress(cases: int) -> Iterator[Callable[[str, bool], None]]:
    """A bar on standard error where that is a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("cases", total=cases)
        yield lambda name, done: bar.update(task, description=name, advance=int(done))


def show(evaluations: Sequence[Evaluation], console: Console) -> None:
    """Each case, and what they come to together."""
    summary = as_json(evaluations)
    for kind in ("scenarios", "clips"):
        cases = [figures for figures in summary["cases"] if figures["kind"] + "s" == kind]
        if not cases:
            continue
        console.print(_case_table(kind, cases, summary[kind]))
        console.print(_class_table(summary[kind]["count_by_class"]))
        if summary[kind]["incidents"]:
            console.print(_incident_table(summary[kind]["incidents"]))


def _case_table(kind: str, cases: list[dict[str, Any]], summary: dict[str, Any]) -> Table:
    table = Table(title=kind, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("case", no_wrap=True)
    for heading in ("F1", "with class", "count error", "km/h MAE", "zone speed", "level", "alerts", "false/h"):
        table.add_column(heading, justify="right")
    for figures in cases:
        incidents = f"{figures['incidents_found']}/{figures['incidents_true']}"
        table.add_row(figures["name"], *_shared_cells(figures), incidents, f"{figures['false_alarms_per_hour']:.1f}")
    told = summary["incidents"].values()
    pooled = f"{sum(kind['found'] for kind in told)}/{sum(kind['true'] for kind in told)}"
    table.add_section()
    table.add_row("mean", *_shared_cells(summary), pooled, f"{summary['false_alarms_per_hour']:.1f}")
    return table


def _shared_cells(figures: dict[str, Any]) -> list[str]:
    return [
        _number(figures["f1"]),
        _number(figures["f1_with_class"]),
        _percent(figures["count_error"]),
        _number(figures["speed_mae_kmh"], 1),
        _percent(figures["speed_error"]),
        _percent(figures["level_agreement"]),
    ]


def _class_table(classes: dict[str, Any]) -> Table:
    table = Table("class", title="count error by class", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("true", "found", "error"):
        table.add_column(heading, justify="right")
    for name, count in classes.items():
        table.add_row(name, str(count["true"]), str(count["found"]), _percent(count["error"]))
    return table


def _incident_table(incidents: dict[str, Any]) -> Table:
    table = Table("incident", title="incidents", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("true", "found", "false alarms", "mean delay s", "worst delay s"):
        table.add_column(heading, justify="right")
    for name, told in incidents.items():
        delays = (_number(told["mean_delay_s"], 1), _number(told["worst_delay_s"], 1))
        table.add_row(name, str(told["true"]), str(told["found"]), str(told["false_alarms"]), *delays)
    return table


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}%"
