"""Progress of a long command on standard error, stage by stage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

Report = Callable[[str, int, int], None]
"""Callback that receives the name of the current stage, the amount done and the total."""


@contextmanager
def stage_progress() -> Iterator[Report]:
    """Yield a callback that shows the progress of the current stage."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield report
