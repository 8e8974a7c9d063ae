"""`simpang size`: what to buy for a number of cameras, from a measurement of this machine."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
import platformdirs
from rich.console import Console
from rich.table import Table

from pipelines.commands.number_range import NumberRange
from pipelines.commands.output_path import require_folder
from pipelines.errors import UserError

if TYPE_CHECKING:
    from pipelines.capacity.assessment import CapacityResult
    from pipelines.capacity.purchase import Figure


DISTURBED = "other programs used the cores during the run: too few cameras were held; measure again without them"
"""Warning about a run that was not alone on the machine."""


@click.command("size")
@click.option(
    "--cameras",
    required=True,
    multiple=True,
    type=click.IntRange(1, 100_000),
    help="Number of cameras to buy machines for. May be repeated.",
)
@click.option(
    "--measured",
    "measured_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Figures of `simpang bench-capacity --json FILE`, of this or another machine, instead of a measurement now.",
)
@click.option(
    "--clips", type=click.Path(path_type=Path), help="A folder with traffic video; by default a clip that is included."
)
@click.option("--weights", envvar="SIMPANG_WEIGHTS", help="A model: path or name; without it the default one is used.")
@click.option("--main-kbits", type=NumberRange(1, 1e6), help="Bit rate of a camera's main stream, kbit/s.")
@click.option("--json", "json_path", metavar="OUT", help="Write the figures here; - for standard output.")
def size(
    *,
    cameras: tuple[int, ...],
    measured_path: Path | None,
    clips: Path | None,
    weights: str | None,
    main_kbits: float | None,
    json_path: str | None,
) -> None:
    """State machines, memory, disk and network for a number of cameras, from a measurement of this machine.

    The measurement takes about two minutes; nothing else should run meanwhile. It plays traffic as cameras of 640x360
    at 12.5 frames a second over RTSP and analyses it, like `simpang bench-capacity`. Each figure states whether it was
    measured, derived from a measurement, given or assumed.
    """
    # OpenCV and the inference runtime take seconds to load, and --help does not need them.
    from pipelines.capacity.purchase import is_disturbed, machine_figures, purchase  # noqa: PLC0415

    require_folder(json_path)
    if measured_path is not None and clips is not None:
        raise UserError("--measured replaces the measurement; leave out --clips")
    point = _measure(clips, weights) if measured_path is None else read_point(measured_path)
    machine = machine_figures(point)
    try:
        sizes = {wanted: purchase(point, wanted, main_kbits) for wanted in dict.fromkeys(cameras)}
    except ValueError as error:
        raise UserError(f"{error}; measure again while nothing else runs, or on a faster one") from error
    warnings = [DISTURBED] if is_disturbed(point) else []
    if json_path is not None:
        text = json.dumps(_document(machine, sizes, warnings), indent=1) + "\n"
        click.echo(text, nl=False) if json_path == "-" else Path(json_path).write_text(text)
    if json_path != "-":
        _print(machine, sizes)
    for warning in warnings:
        click.echo(warning, err=True)


def read_point(path: Path) -> "CapacityResult":
    """Return the figures of an earlier run. Raises UserError."""
    from pipelines.capacity.assessment import CapacityResult  # noqa: PLC0415

    try:
        return CapacityResult.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; give a file of `simpang bench-capacity --json FILE`") from error
    except ValueError as error:
        raise UserError(
            f"{path}: not the figures of a run of this version; make it with `simpang bench-capacity --json FILE`"
        ) from error


def _measure(clips: Path | None, weights: str | None) -> "CapacityResult":
    from pipelines.capacity.brief_measurement import TRAFFIC, measure_machine  # noqa: PLC0415
    from pipelines.capacity.run import require_server  # noqa: PLC0415

    if clips is not None and not clips.is_dir():
        raise UserError(f"{clips}: no such folder; give one with traffic video: --clips DIR")
    require_server()
    cache = Path(platformdirs.user_cache_dir("simpang", appauthor=False)) / "capacity"
    cache.mkdir(parents=True, exist_ok=True)
    with Console(stderr=True).status("measuring this machine") as status:
        return measure_machine(clips or TRAFFIC, weights, cache, status.update)


def _document(machine: Sequence["Figure"], sizes: dict[int, list["Figure"]], warnings: list[str]) -> dict[str, object]:
    """Return the figures as JSON."""
    return {
        "machine": [asdict(figure) for figure in machine],
        "sizes": [{"cameras": wanted, "figures": [asdict(f) for f in figures]} for wanted, figures in sizes.items()],
        "warnings": warnings,
    }


def _print(machine: Sequence["Figure"], sizes: dict[int, list["Figure"]]) -> None:
    """Print a table of the machine, and one of each number of cameras beside the others."""
    console = Console() if sys.stdout.isatty() else Console(width=120)
    of_machine = Table("one machine of this kind", "", "", "how")
    for figure in machine:
        of_machine.add_row(figure.name, _text(figure), figure.origin, figure.basis)
    console.print(of_machine)
    to_buy = Table("to buy", *(f"{wanted} cameras" for wanted in sizes), "", "how")
    for figures in zip(*sizes.values(), strict=True):
        to_buy.add_row(figures[0].name, *map(_text, figures), figures[0].origin, figures[0].basis)
    console.print(to_buy)


def _text(figure: "Figure") -> str:
    return f"{figure.value:g} {figure.unit}".rstrip() if figure.value < 1e5 else f"{figure.value:.0f} {figure.unit}"
