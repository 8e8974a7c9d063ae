"""`simpang doctor`: check this machine, and the services and cameras of a city."""

import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from pipelines.addresses.mask import without_credentials
from pipelines.commands.number_range import NumberRange
from pipelines.config.usable_parts import read_usable_parts
from pipelines.doctor.check import CheckResult, CheckState
from pipelines.doctor.runner import all_work, as_report, run_checks
from pipelines.recordings.count_report import write_report

MARKS = {CheckState.OK: "[green]ok[/]", CheckState.ADVICE: "[yellow]advice[/]", CheckState.PROBLEM: "[red]problem[/]"}
"""Coloured word for each state, in the markup of rich."""


@click.command()
@click.argument("config", type=click.Path(path_type=Path), required=False)
@click.option("--json", "json_path", metavar="OUT", help="Write all results here; - is standard output.")
@click.option(
    "--timeout",
    default=5.0,
    show_default=True,
    type=NumberRange(1, 60),
    help="Longest wait for an answer, s.",
)
def doctor(config: Path | None, json_path: str | None, timeout: float) -> None:
    """Check this machine and, with CONFIG, its services and cameras; advise where something is wrong.

    Exit status 1 where a part of the configuration does not work.
    """
    city, problems = (None, []) if config is None else read_usable_parts(config)
    console = Console(quiet=json_path == "-", highlight=False)
    results: list[CheckResult] = []
    for result in chain(map(_unusable, problems), run_checks(city, timeout_s=timeout)):
        if result.area not in {earlier.area for earlier in results}:
            console.print(f"[bold]{result.area}[/]")
        shown = replace(result, message=without_credentials(result.message), advice=without_credentials(result.advice))
        results.append(shown)
        _print(console, shown)
    if json_path is not None:
        write_report(as_report(results), json_path)
    if not all_work(results):
        sys.exit(1)


def _unusable(problem: str) -> CheckResult:
    """Return the result for an entry of the configuration that was left out."""
    message, _, advice = problem.partition("; ")
    return CheckResult(
        area="configuration",
        subject="entry",
        message=message,
        state=CheckState.PROBLEM,
        advice=advice or "correct it; it is left out below",
    )


def _print(console: Console, result: CheckResult) -> None:
    line = f"  {MARKS[result.state]} {escape(result.subject)}: {escape(result.message)}"
    console.print(line, soft_wrap=True)
    if result.advice:
        console.print(f"      -> {escape(result.advice)}", soft_wrap=True)
