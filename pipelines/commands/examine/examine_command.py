"""`simpang models examine`: what a network finds on labelled pictures, and what it names right."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TimeRemainingColumn
from rich.table import Table

from models.detection.detector import DEFAULT_CONFIDENCE
from models.errors import UnusableWeights
from models.weights.bundled import DEFAULT_WEIGHTS
from pipelines.atomic_file import write_atomically
from pipelines.commands.number_range import NumberRange
from pipelines.commands.output_path import require_folder
from pipelines.errors import UserError

if TYPE_CHECKING:
    from models.detection.detector import Detector
    from models.examination.figures import ExaminedPicture
    from models.pictures.picture_set import LabelledPicture


@click.command("examine")
@click.argument("folders", metavar="PICTURES...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--weights", envvar="SIMPANG_WEIGHTS", help="Path or name; without it the default model.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option(
    "--width",
    type=click.IntRange(32, 4096),
    help="Longer side to which pictures are scaled, px. Without it their own, up to 1280.",
)
@click.option(
    "--confidence",
    default=DEFAULT_CONFIDENCE,
    show_default=True,
    type=NumberRange(0.01, 0.99),
    help="Least confidence of a detection that counts; the average precision uses all.",
)
@click.option("--json", "json_path", metavar="OUT", help="Write all figures here; - is standard output.")
@click.option("--html", "html_path", type=click.Path(path_type=Path), help="Write a page with the worst pictures here.")
def examine(
    *,
    folders: tuple[Path, ...],
    weights: str | None,
    device: str,
    width: int | None,
    confidence: float,
    json_path: str | None,
    html_path: Path | None,
) -> None:
    """Score a network on PICTURES: picture sets, or folders of sets (docs/picture-sets.md).

    A labelled road user is found where a detection of any class overlaps it by an IoU of 0.35, one to one, and right
    where the class is the label's. Riders are merged with their two-wheelers, as in all detections.
    """
    require_folder(json_path, html_path)
    # OpenCV and the inference runtime take seconds to load, and --help does not need them.
    from models.examination.figures import examination_json  # noqa: PLC0415

    try:
        examined, detector_name = _examine(read_pictures(folders), weights, device, width, confidence)
    except UnusableWeights as error:
        raise UserError(str(error)) from error
    figures = {
        "weights": weights or DEFAULT_WEIGHTS,
        "detector": detector_name,
        "width": width,
        "confidence": confidence,
        **examination_json(examined),
    }
    if json_path is not None:
        _write(json_path, json.dumps(figures, indent=1) + "\n")
    if html_path is not None:
        from pipelines.commands.examine.examination_page import examination_page  # noqa: PLC0415

        _write(str(html_path), examination_page(figures, examined))
    if json_path != "-":
        _print(figures, Console())


def read_pictures(folders: Iterable[Path]) -> "list[LabelledPicture]":
    """Read the pictures of all sets. Raises UnusablePictures."""
    from models.pictures.picture_set import find_picture_sets, read_picture_set  # noqa: PLC0415

    sets = dict.fromkeys(folder.resolve() for folder in find_picture_sets(folders))
    return [picture for folder in sets for picture in read_picture_set(folder)]


def _examine(
    pictures: "Sequence[LabelledPicture]", weights: str | None, device: str, width: int | None, confidence: float
) -> "tuple[list[ExaminedPicture], str]":
    """Examine all pictures with the detector of production; returns its name, too."""
    from models.examination.examine_pictures import examine_pictures  # noqa: PLC0415
    from pipelines.analysis.detector_factory import open_detector  # noqa: PLC0415

    names: list[str] = []

    def open_at(least: float, size: tuple[int, int]) -> "Detector":
        detector = open_detector(weights, device=device, confidence=least, image_size=size)
        names.append(detector.name)
        return detector

    with _progress(len(pictures)) as shown:
        examined = list(shown(examine_pictures(pictures, open_at, confidence=confidence, width=width)))
    return examined, names[0]


def _write(destination: str, text: str) -> None:
    if destination == "-":
        click.echo(text, nl=False)
        return
    try:
        write_atomically(Path(destination), text, durable=False)
    except OSError as error:
        raise UserError(f"{destination}: {error.strerror or error}; give a path that can be written") from error


@contextmanager
def _progress(pictures: int) -> Iterator[Any]:
    """Yield a function that passes its items on and advances a bar on standard error, if that is a terminal."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        yield lambda items: bar.track(items, total=pictures)


def _print(figures: dict[str, Any], console: Console) -> None:
    """Print the figures by class, by light and class, and by camera group."""
    by_class = [((name,), row) for name, row in figures["classes"].items()]
    console.print(_table(("class",), [*by_class, (("all",), figures)]))
    by_light = [((part["light"], name), row) for part in figures["by_light"] for name, row in part["classes"].items()]
    console.print(_table(("light", "class"), by_light))
    by_camera = [((part["camera_group"],), part) for part in figures["by_camera_group"]]
    console.print(_table(("camera group",), by_camera))


def _table(keys: Sequence[str], rows: Sequence[tuple[Sequence[str], dict[str, Any]]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in keys:
        table.add_column(name, no_wrap=True)
    for heading in ("pictures", "boxes", "found", "right", "tall right", "unmatched", "AP50"):
        table.add_column(heading, justify="right")
    for key, row in rows:
        counts = (str(row["pictures"]), str(row["boxes"]))
        shares = (_percent(row[name]) for name in ("found_share", "right_share", "tall_right_share"))
        ap50 = "-" if row["ap50"] is None else f"{row['ap50']:.3f}"
        table.add_row(*key, *counts, *shares, str(row["unmatched"]), ap50)
    return table


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}%"
