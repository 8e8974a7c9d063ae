"""`simpang evaluate-city`: score the whole chain, from simulated pixels to the database, against ground truth."""

import json
import time
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from models.errors import UnusableWeights
from models.weights.resolver import resolve_weights
from pipelines.errors import UserError
from simulator.weights import DEMO_CITY
from simulator.world.sites import Site, all_sites, site_by_id


@click.command("evaluate-city")
@click.option(
    "--minutes", type=click.IntRange(1, 1440), default=5, show_default=True, help="How many minutes are scored."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Of traffic, scenario and choice of cameras.",
)
@click.option(
    "--cameras", type=click.IntRange(1, 12), default=2, show_default=True, help="How many, chosen by the seed."
)
@click.option("--point", "point_ids", multiple=True, help="These sites instead; see `simpang city points`.")
@click.option("--json", "json_path", metavar="OUT", required=True, help="Write all figures here; - is standard output.")
@click.option("--weights", default=DEMO_CITY, show_default=True, help="Of the detector; a path or a name.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=Path("build/evaluate-city"), show_default=True
)
def evaluate_city(
    *,
    minutes: int,
    seed: int,
    cameras: int,
    point_ids: tuple[str, ...],
    json_path: str,
    weights: str,
    folder: Path,
) -> None:
    """Run the simulated city as a black box and score its database against the ground truth.

    Cameras over RTSP, detector, tracker, analytics, bus and PostgreSQL are those of `simpang run`. It runs in real time
    and takes --minutes plus about one minute. Configuration, logs and snapshots stay in --dir. Needs the extra `demo`.
    """
    from simulator.evaluation.end_to_end import WARM_UP_S, EndToEndRun, run_end_to_end  # noqa: PLC0415
    from simulator.evaluation.report import scores_json  # noqa: PLC0415
    from simulator.world.sumo_traffic import load_sumo  # noqa: PLC0415 - takes seconds to load

    load_sumo()
    if json_path != "-" and not Path(json_path).resolve().parent.is_dir():
        raise UserError(f"{json_path}: the folder does not exist; create it first")
    _check_weights(weights)
    sites = _chosen_sites(point_ids, cameras, seed)
    run = EndToEndRun(sites, seed, minutes, folder.resolve() / f"{time.strftime('%Y%m%d-%H%M%S')}-seed-{seed}", weights)
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("starting", total=run.until_s)
        outcome = run_end_to_end(run, lambda t: bar.update(task, completed=max(0.0, t), description=f"{t:.0f} s"))
    about = {"minutes": minutes, "seed": seed, "weights": weights, "warm_up_s": WARM_UP_S, "folder": str(run.folder)}
    if outcome.overloaded:
        console.print(
            f"This machine is overloaded: cameras drew only {outcome.rendered_share:.0%} of their frames in time."
        )
    text = (
        json.dumps(about | {"frames_shown": round(outcome.rendered_share, 4)} | scores_json(outcome.scores), indent=1)
        + "\n"
    )
    if json_path == "-":
        click.echo(text, nl=False)
    else:
        Path(json_path).write_text(text, encoding="utf-8")


def _check_weights(weights: str) -> None:
    """Raise UserError for unusable weights before the simulation starts."""
    try:
        resolve_weights(weights)
    except UnusableWeights as error:
        raise UserError(str(error)) from error


def _chosen_sites(point_ids: tuple[str, ...], cameras: int, seed: int) -> list[Site]:
    if point_ids:
        return [site_by_id(name) for name in dict.fromkeys(point_ids)]
    sites = all_sites()
    return [sites[k] for k in sorted(np.random.default_rng([seed, 12]).permutation(len(sites))[:cameras].tolist())]
