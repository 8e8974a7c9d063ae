"""`simpang models train-demo`: train the detector of the simulated city."""

from pathlib import Path

import click

from models.detection.cpu import available_cores
from models.errors import UnusableWeights
from models.weights.resolver import resolve_weights
from pipelines.commands.stage_progress import stage_progress
from pipelines.errors import UserError
from simulator.weights import DEMO_CITY_FOLDER, DEMO_CITY_STEPS, DEMO_CITY_WEIGHTS

_THREADS_HELP = "Threads of the training. On a machine with other load, 1 is faster than several."
"""Help text of --threads."""


@click.command("train-demo")
@click.option("--start", default="yolo11n", show_default=True, help="YOLO11n to start from: a .pt, an export, a name.")
@click.option("--seed", default=2026, show_default=True, type=click.IntRange(0, 40_000))
@click.option("--steps", default=DEMO_CITY_STEPS, show_default=True, type=click.IntRange(min=1))
@click.option("--threads", type=click.IntRange(min=1), show_default="all cores", help=_THREADS_HELP)
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/train-demo"), show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path), default=DEMO_CITY_FOLDER, show_default="the folder of the bundled weights"
)
def train_demo(start: str, seed: int, steps: int, threads: int | None, **folders: Path) -> None:
    """Train the detector of the simulated city on rendered frames. Takes about an hour on two cores.

    Frames and checkpoints stay in the folder --work; a later run continues from them.
    Needs the extras `demo`, `yolo` and `quantise`.
    """
    from simulator.training.pipeline import TrainingPlan, train  # noqa: PLC0415 - the renderer takes seconds to load
    from simulator.training.release import release  # noqa: PLC0415

    plan, work = TrainingPlan(seed=seed, steps=steps), folders["work"]
    try:
        path = resolve_weights(start, prefer_torch=True)
        with stage_progress() as progress:
            training = train(plan, path, work, progress, threads=threads or available_cores())
            report = release(training, plan, start=path, work=work, out=folders["out"], progress=progress)
    except UnusableWeights as error:
        raise UserError(str(error)) from error
    for precision in ("fp32", "int8"):
        click.echo(f"mAP50 {precision}: {report[precision]['map50']}")
    click.echo(folders["out"] / DEMO_CITY_WEIGHTS.name)
