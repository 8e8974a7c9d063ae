"""Lines about facts that `count` and `replay` could not report."""

from collections.abc import Iterable

import click

from pipelines.events.dropped_fact import DroppedFact

MAX_LINES = 5
"""Most lines on the terminal; the report lists all [assumption]."""


def echo_dropped(facts: Iterable[DroppedFact]) -> None:
    """Print dropped facts to standard error, the first ones each on a line."""
    dropped = list(facts)
    for fact in dropped[:MAX_LINES]:
        click.echo(f"Dropped from the report: {fact}", err=True)
    if len(dropped) > MAX_LINES:
        click.echo(f"Dropped from the report: {len(dropped) - MAX_LINES} more, see `dropped` in its JSON", err=True)
