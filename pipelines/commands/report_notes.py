"""Lines on standard error about gates that cannot count, and facts that `count` and `replay` could not report."""

from collections.abc import Iterable

import click

from analytics.camera import Camera
from pipelines.events.dropped_fact import DroppedFact
from pipelines.recordings.count_report import gate_warnings

MAX_LINES = 5
"""Most lines on the terminal; the report lists all [assumption]."""


def echo_gate_warnings(camera: Camera) -> None:
    """Print a line for each kind of fault of the camera's gates."""
    for warning in gate_warnings(camera):
        click.echo(f"Warning: {warning['text']}", err=True)


def echo_dropped(facts: Iterable[DroppedFact]) -> None:
    """Print dropped facts to standard error, the first ones each on a line."""
    dropped = list(facts)
    for fact in dropped[:MAX_LINES]:
        click.echo(f"Dropped from the report: {fact}", err=True)
    if len(dropped) > MAX_LINES:
        click.echo(f"Dropped from the report: {len(dropped) - MAX_LINES} more, see `dropped` in its JSON", err=True)
