"""`simpang models train`: train a network on labelled pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.cpu import available_cores
from models.detection.loader import has_ultralytics
from models.errors import UnusableWeights
from models.weights.resolver import resolve_weights
from pipelines.commands.number_range import NumberRange
from pipelines.commands.stage_progress import stage_progress
from pipelines.commands.train.installation import install, require_writable
from pipelines.errors import UserError

if TYPE_CHECKING:
    from models.examination.comparison import Change
    from models.training.picture_release import Release
    from models.training.picture_training import TrainingPlan

STEPS, RATE, FINISH_RATE = 3000, 1e-3, 7e-4
"""Default training steps, and highest learning rates of the training and of its last stage [assumption]."""

REFUSED = 1
"""Exit status where the new network is worse than the one before."""


class SetWeight(click.ParamType[tuple[str, float]]):
    """Type of options `SET=W`: the name of a picture set and a positive number."""

    name = "SET=W"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        name, _, number = str(value).rpartition("=")
        if not name:
            self.fail(f"{value!r} is not SET=W, such as bogor=2.", param, ctx)
        return name, NumberRange(0.0, 1000.0, min_open=True).convert(number, param, ctx)


class ScoreShift(click.ParamType[tuple[RoadUser, float]]):
    """Type of options `CLASS=X`: a class and what is added to the logit of its score."""

    name = "CLASS=X"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[RoadUser, float]:
        name, _, number = str(value).rpartition("=")
        if name not in ROAD_USERS:
            self.fail(f"{value!r} is not CLASS=X with a class of {', '.join(ROAD_USERS)}.", param, ctx)
        return RoadUser(name), NumberRange(-5.0, 5.0).convert(number, param, ctx)


@click.command("train")
@click.argument("folders", metavar="[PICTURES]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--from-city", multiple=True, type=click.Path(path_type=Path), help="Labelled pictures of own cameras.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the weights and report.json.")
@click.option("--name", help="Name of the weights: city with --from-city, else street.")
@click.option("--start", help="Weights to train from: street with --from-city, else yolo11n; a .pt, an export, a name.")
@click.option("--keep", multiple=True, type=click.Path(path_type=Path), help="Videos that --start labels itself.")
@click.option("--licence", multiple=True, help="Use only pictures with this licence.")
@click.option("--weight", multiple=True, type=SetWeight(), help="How often pictures of a set are used; others: 1.")
@click.option("--hold-back", multiple=True, metavar="GROUP", help="Camera group for the examination only.")
@click.option("--steps", default=STEPS, show_default=True, type=click.IntRange(min=1))
@click.option("--rate", default=RATE, show_default=True, type=NumberRange(1e-6, 1.0), help="Highest learning rate.")
@click.option("--finish", default=0, show_default=True, type=click.IntRange(min=0), help="Then steps on all pictures.")
@click.option("--finish-rate", default=FINISH_RATE, show_default=True, type=NumberRange(1e-6, 1.0))
@click.option("--batch", default=8, show_default=True, type=click.IntRange(1, 1024))
@click.option("--freeze", default=0, show_default=True, type=click.IntRange(0, 22), help="First layers that stay.")
@click.option("--shift", multiple=True, type=ScoreShift(), help="Raise a class's scores: motorcycle=0.3 (in logits).")
@click.option("--seed", default=2026, show_default=True, type=click.IntRange(min=0))
@click.option("--threads", type=click.IntRange(min=1), show_default="all cores")
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/train"), show_default=True)
def train(
    *,
    folders: tuple[Path, ...],
    from_city: tuple[Path, ...],
    out: Path,
    name: str | None,
    start: str | None,
    keep: tuple[Path, ...],
    licence: tuple[str, ...],
    weight: tuple[tuple[str, float], ...],
    hold_back: tuple[str, ...],
    work: Path,
    **numbers: Any,
) -> None:
    """Train a network on PICTURES: picture sets, or folders of sets (docs/training.md).

    Checkpoints stay in the folder --work; the same command continues from them. With --from-city, a network that became
    worse on held-back pictures of the city replaces nothing (exit status 1). Needs the extras `yolo` and `quantise`.
    """
    _require_extras()
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: is no folder; give --out another one")
    name = name or ("city" if from_city else "street")
    if Path(name).name != name:
        raise UserError(f"--name {name}: expected a name of files, such as kota; give the folder as --out")
    from pipelines.commands.train.picture_choice import choose_pictures  # noqa: PLC0415 - OpenCV takes seconds to load

    try:
        data, deciding = choose_pictures(
            folders, from_city, licences=licence, groups=hold_back, set_weights=dict(weight), recordings=keep
        )
        begun = resolve_weights(start or ("street" if from_city else "yolo11n"), prefer_torch=True)
        in_use = out / f"{name}_int8_openvino_model"
        before = in_use if from_city and in_use.is_dir() else begun
        plan = _plan(**numbers)
        require_writable(out)
        from models.training.picture_release import train_and_release  # noqa: PLC0415 - torch takes seconds to load

        with stage_progress() as progress:
            release = train_and_release(
                data, plan, begun, before=before, deciding=deciding, name=name, work=work, progress=progress
            )
    except UnusableWeights as error:
        raise UserError(str(error)) from error
    _print(release)
    worse = [change for change in release.changes if change.is_worse]
    if from_city and worse:
        click.echo(_refusal(worse, before), err=True)
        raise SystemExit(REFUSED)
    install(release.weights.paths, release.report, out)
    click.echo(in_use)


def _plan(
    *, freeze: int, finish: int, threads: int | None, shift: Sequence[tuple[RoadUser, float]], **numbers: Any
) -> "TrainingPlan":
    from models.training.picture_training import TrainingPlan  # noqa: PLC0415 - torch takes seconds to load

    return TrainingPlan(
        frozen_layers=freeze,
        finish_steps=finish,
        threads=threads or available_cores(),
        score_shifts=dict(shift),
        **numbers,
    )


def _require_extras() -> None:
    from models.export.quantization import has_nncf  # noqa: PLC0415 - loads OpenVINO

    if not has_ultralytics() or not has_nncf():
        raise UserError("training needs torch and NNCF; run `pip install 'simpang[yolo,quantise]'`")


def _refusal(worse: "Sequence[Change]", before: Path) -> str:
    falls = ", ".join(f"{c.measure} of {c.road_user} {c.before:.3f} -> {c.after:.3f}" for c in worse)
    return f"refused: worse than {before} on held-back pictures ({falls}); nothing was replaced. Label more pictures"


def _print(release: "Release") -> None:
    """Print the figures by class before and after, and those of the INT8 export beside the float one."""
    figures = release.report["examination"]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("class", "boxes", "found", "right", "AP50"):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    before, after = figures["before"], figures["after"]
    rows = [(name, before["classes"].get(name, {}), row) for name, row in after["classes"].items()]
    for name, old, new in [*rows, ("all", before, after)]:
        shares = (f"{_number(old.get(key))} -> {_number(new[key])}" for key in ("found_share", "right_share", "ap50"))
        table.add_row(name, str(new["boxes"]), *shares)
    console = Console()
    console.print(table)
    loss = figures["int8_and_float"]["loss_points"]
    if loss is not None:
        console.print(f"INT8 loses {loss} points of AP50 against float")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
