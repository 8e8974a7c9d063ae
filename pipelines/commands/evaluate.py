"""`simpang evaluate`: accuracy of the facts on recordings with ground truth."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from analytics.facts import IncidentType
from analytics.road_users import RoadUser
from pipelines.commands.number_range import NumberRange
from pipelines.errors import UserError
from pipelines.recordings.evaluate.case_runner import (
    Case,
    Evaluation,
    evaluation_figures,
    find_cases,
    run_clip,
    run_scenario,
    score_case,
)
from pipelines.recordings.evaluate.figures import CaseFigures, ClassFigures, IncidentFigures, SummaryFigures
from pipelines.recordings.evaluate.html_report import html_page

if TYPE_CHECKING:
    from models.detection.detector import Detector


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--every", default=1, show_default=True, type=click.IntRange(1), help="Of scenarios, each n-th frame.")
@click.option("--weights", envvar="SIMPANG_WEIGHTS", help="For clips: path or name; without it the default model.")
@click.option("--device", default="auto", show_default=True, help="For clips: auto, cpu or cuda.")
@click.option("--confidence", default=0.25, show_default=True, type=NumberRange(0.01, 0.99))
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
    """Score every clip and scenario in DIR against its ground truth."""
    cases = find_cases(folder)
    with ExitStack() as resources:
        advance = resources.enter_context(_progress(len(cases)))
        detector: Detector | None = None
        if any(case.is_clip for case in cases):
            from pipelines.analysis.detector_factory import open_detector  # noqa: PLC0415 - scenarios need no inference runtime

            detector = resources.enter_context(closing(open_detector(weights, device=device, confidence=confidence)))
        evaluations = [_evaluate(case, detector, every, advance) for case in cases]
    if json_path is not None:
        _write(json_path, evaluation_figures(evaluations).model_dump_json(by_alias=True, indent=1) + "\n")
    if html_path is not None:
        _write(str(html_path), html_page(evaluations, every=every))
    if json_path != "-":
        show(evaluations, Console())


def _evaluate(case: Case, detector: "Detector | None", every: int, advance: Callable[[str, bool], None]) -> Evaluation:
    advance(case.name, False)
    result = run_clip(case, detector) if detector and case.is_clip else run_scenario(case, every=every)
    advance(case.name, True)
    return score_case(case, result)


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
    """Show a progress bar on standard error if that is a terminal."""
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
    """Print a table of the cases and their summary."""
    for kind, cases, summary in evaluation_figures(evaluations).groups():
        console.print(_case_table(kind, cases, summary))
        console.print(_class_table(summary.count_by_class))
        if summary.incidents:
            console.print(_incident_table(summary.incidents))


def _case_table(kind: str, cases: Sequence[CaseFigures], summary: SummaryFigures) -> Table:
    table = Table(title=f"{kind}s", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("case", no_wrap=True)
    for heading in ("F1", "with class", "count error", "km/h MAE", "zone speed", "level", "alerts", "false/h"):
        table.add_column(heading, justify="right")
    for case in cases:
        table.add_row(case.name, *_cells(case))
    table.add_section()
    table.add_row("mean", *_cells(summary))
    return table


def _cells(figures: CaseFigures | SummaryFigures) -> list[str]:
    return [
        _number(figures.f1),
        _number(figures.f1_with_class),
        _percent(figures.count_error),
        _number(figures.speed_mae_kmh, 1),
        _percent(figures.speed_error),
        _percent(figures.level_agreement),
        f"{figures.incidents_found}/{figures.incidents_true}",
        _number(figures.false_alarms_per_hour, 1),
    ]


def _class_table(classes: Mapping[RoadUser, ClassFigures]) -> Table:
    table = Table("class", title="count error by class", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("true", "found", "error"):
        table.add_column(heading, justify="right")
    for road_user, count in classes.items():
        table.add_row(road_user.value, str(count.true), str(count.found), _percent(count.error))
    return table


def _incident_table(incidents: Mapping[IncidentType, IncidentFigures]) -> Table:
    table = Table("incident", title="incidents", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("true", "found", "false alarms", "mean delay s", "worst delay s"):
        table.add_column(heading, justify="right")
    for kind, row in incidents.items():
        delays = (_number(row.mean_delay_s, 1), _number(row.worst_delay_s, 1))
        table.add_row(kind.value, str(row.true), str(row.found), str(row.false_alarms), *delays)
    return table


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}%"
