"""`simpang models collect`: pictures that the network was unsure of, and their labels."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import click

from pipelines.commands.number_range import NumberRange
from pipelines.commands.output_path import require_folder
from pipelines.errors import UserError
from pipelines.worker.signals import stop_on_signals


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--from", "sources", multiple=True, metavar="SOURCE", help="Video file or camera address; repeatable.")
@click.option("--count", default=20, show_default=True, type=click.IntRange(1, 1000), help="Pictures of each source.")
@click.option(
    "--over", "over_s", default=600.0, show_default=True, type=NumberRange(min=1), help="Seconds of a stream."
)
@click.option("--light", default="unknown", show_default=True, type=click.Choice(["day", "dusk", "night", "unknown"]))
@click.option("--rain", default="unknown", show_default=True, type=click.Choice(["dry", "wet", "unknown"]))
@click.option("--weights", envvar="SIMPANG_WEIGHTS", help="A model: path or name; without it the default one is used.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--simulated", is_flag=True, help="The sources show the simulated city; its own weights may be used.")
@click.option("--export", "tool", type=click.Choice(["cvat", "label-studio"]), help="Write --out for this tool.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="The file that --export writes.")
@click.option("--import", "labelled", type=click.Path(path_type=Path), metavar="FILE", help="Labels from either tool.")
@click.option("--country", default="Indonesia", show_default=True, help="Column `country` of imported pictures.")
def collect(
    *,
    folder: Path,
    sources: tuple[str, ...],
    count: int,
    over_s: float,
    light: str,
    rain: str,
    weights: str | None,
    device: str,
    simulated: bool,
    tool: str | None,
    out: Path | None,
    labelled: Path | None,
    country: str,
) -> None:
    """Keep pictures that the network is unsure of in DIR, and exchange them with a labelling tool.

    A running city collects by itself where its configuration permits it (`collect`). With --from, the most unsure
    frames of recordings and streams are kept; faces and plates that can be read are blurred. --export writes the
    pictures with proposed labels, --import takes the labels back: DIR is then a picture set for `simpang models train`.
    """
    if sum(map(bool, (sources, tool, labelled))) != 1 or bool(tool) != bool(out):
        raise UserError("give one of --from SOURCE, --export TOOL --out FILE, and --import FILE")
    try:
        if tool is not None and out is not None:
            _export(folder, tool, out)
        elif labelled is not None:
            _import(folder, labelled, country)
        else:
            _collect(folder, sources, count, over_s, (light, rain), weights=weights, device=device, simulated=simulated)
    except OSError as error:
        raise UserError(f"{folder}: {error}; free space, or give another folder") from error


def _export(folder: Path, tool: str, out: Path) -> None:
    from pipelines.learning import cvat, label_studio  # noqa: PLC0415
    from pipelines.learning.labelled_boxes import LABEL_NAMES  # noqa: PLC0415
    from pipelines.learning.waiting_pictures import WaitingPictures  # noqa: PLC0415

    require_folder(out)
    pictures = WaitingPictures(folder)
    if not any(pictures.folder.glob("*.jpg")):
        raise UserError(f"{pictures.folder}: contains no pictures; collect some first, or give the folder above it")
    write = cvat.write_archive if tool == "cvat" else label_studio.write_tasks
    click.echo(f"{write(pictures, out)} pictures in {out}; labels of the project: {', '.join(LABEL_NAMES)}")


def _import(folder: Path, labelled: Path, country: str) -> None:
    from pipelines.learning.cvat import read_archive  # noqa: PLC0415
    from pipelines.learning.label_studio import read_export  # noqa: PLC0415
    from pipelines.learning.labelled_set import add_labels  # noqa: PLC0415

    labels = read_export(labelled) if labelled.suffix.lower() == ".json" else read_archive(labelled)
    done = add_labels(folder, labels, country=country)
    if labels and done.unknown == len(labels):
        raise UserError(f"{labelled}: none of its {len(labels)} pictures is in {folder}; give the folder it came from")
    click.echo(f"{done.added} pictures added to the set, {done.corrected} corrected, {done.unknown} unknown")


def _collect(
    folder: Path,
    sources: tuple[str, ...],
    count: int,
    over_s: float,
    conditions: tuple[str, str],
    *,
    weights: str | None,
    device: str,
    simulated: bool,
) -> None:
    # OpenCV and the inference runtime take seconds to load, and --help does not need them.
    from models.detection.detector import DEFAULT_CONFIDENCE, Detector  # noqa: PLC0415
    from pipelines.analysis.detector_factory import open_detector  # noqa: PLC0415
    from pipelines.learning.picture_keeper import SECOND_CONFIDENCE, PictureKeeper  # noqa: PLC0415
    from pipelines.learning.waiting_pictures import WaitingPictures  # noqa: PLC0415
    from pipelines.recordings.collect_pictures import camera_name, collect_pictures, plan_for  # noqa: PLC0415
    from pipelines.recordings.video_reader import VideoReader  # noqa: PLC0415

    def opener(confidence: float) -> Callable[[], Detector]:
        return lambda: open_detector(weights, device=device, confidence=confidence, simulated=simulated)

    names = [camera_name(source) for source in sources]
    if len(set(names)) < len(names):
        raise UserError(f"--from: two sources have the same name ({', '.join(sorted(names))}); rename one")
    with ExitStack() as resources:
        stop = resources.enter_context(stop_on_signals())
        detector = resources.enter_context(closing(opener(DEFAULT_CONFIDENCE)()))
        for source in sources:
            with VideoReader(source) as video:
                plan = plan_for(video, count, over_s)
                pictures = WaitingPictures(folder)
                keeper = PictureKeeper(pictures, plan, opener(SECOND_CONFIDENCE), lambda *_: conditions)
                with closing(keeper):
                    kept = collect_pictures(video, keeper, detector, over_s=over_s, stop=stop)
            click.echo(f"{kept} pictures of {camera_name(source)} in {pictures.folder}")
