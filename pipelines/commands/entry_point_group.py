"""Click group whose subcommands other packages register as entry points."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click


class EntryPointGroup(click.Group):
    """Group of its own commands and of those registered as entry points.

    A registered command is imported only when it is called, so that `simpang replay` does not load the inference
    runtime. entry_point_group: name of the group in `[project.entry-points]`.
    """

    def __init__(self, *arguments: Any, entry_point_group: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._entry_point_group = entry_point_group

    def _registered(self) -> dict[str, EntryPoint]:
        return {entry.name: entry for entry in entry_points(group=self._entry_point_group)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._registered()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self._registered().get(cmd_name)
        return super().get_command(ctx, cmd_name) if entry is None else entry.load()
