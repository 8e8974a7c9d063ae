"""`simpang doctor`: what this machine can do, and what a city's configuration really reaches."""

import sys
from collections import defaultdict
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from pipelines.config.settings import read_config
from pipelines.doctor.check import Finding, State
from pipelines.doctor.runner import as_report, examine, is_well
from pipelines.recordings.count_report import write_report

MARKS = {State.OK: "[green]ok[/]", State.ADVICE: "[yellow]advice[/]", State.PROBLEM: "[red]problem[/]"}


@click.command()
@click.argument("config", type=click.Path(path_type=Path), required=False)
@click.option("--json", "json_path", metavar="OUT", help="Write all findings here; - is standard output.")
@click.option(
    "--timeout", default=5.0, show_default=True, type=click.FloatRange(1, 60), help="For whatever is asked, seconds."
)
def doctor(config: Path | None, json_path: str | None, timeout: float) -> None:
    """Look at this machine and, with CONFIG, at its services and cameras, and say what to do where something is amiss.

    Exit status 1 where something that the configuration asks for does not work.
    """
    city = None if config is None else read_config(config)
    console = Console(quiet=json_path == "-", highlight=False)
    findings: list[Finding] = []
    told: dict[str, bool] = defaultdict(bool)
    for finding in examine(city, timeout_s=timeout):
        findings.append(finding)
        if not told[finding.area]:
            console.print(f"[bold]{finding.area}[/]")
            told[finding.area] = True
        _print(console, finding)
    if json_path is not None:
        write_report(as_report(findings), json_path)
    if not is_well(findings):
        sys.exit(1)


def _print(console: Console, finding: Finding) -> None:
    line = f"  {MARKS[finding.state]} {escape(finding.subject)}: {escape(finding.says)}"
    console.print(line, soft_wrap=True)
    if finding.advice:
        console.print(f"      -> {escape(finding.advice)}", soft_wrap=True)
