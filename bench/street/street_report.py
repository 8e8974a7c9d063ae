"""The network `street` on labelled pictures and clips, beside COCO's YOLO11n.

    python -m bench.street.street_report [--weights W] [--float W] [--width PX] [--confidence C]

Writes build/bench/street.json: a flat key for each measure, and the figures of both networks by light and class. Prints
both. Exit status 1 where a target is missed. Real-time figures of the simulated city are those of `evaluate-city`.
"""

import json
import logging
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import av
import numpy as np
import structlog
from rich import box
from rich.console import Console
from rich.table import Table

from analytics.scoring.scores import CrossingScore
from bench.inputs import CLIP_TRUTH, CLIPS, RESULTS, SHARED, WEIGHTS
from bench.street.look_cost import look_cost
from bench.street.street_rows import (
    MIN_MAP50,
    MIN_MOTORCYCLE_AP50,
    Examined,
    Row,
    light_and_class,
    picture_rows,
    rows_json,
)
from bench.street.training_report import TrainingReport, read_training_report
from models.detection.detector import DEFAULT_CONFIDENCE, Detector, RgbImage
from models.examination.examine_pictures import examine_pictures
from models.examination.figures import ExaminedPicture, examination_json, figures_of
from models.pictures.picture_set import LabelledPicture, find_picture_sets, read_picture_set
from models.weights.resolver import resolve_weights
from pipelines.analysis.detector_factory import open_detector
from pipelines.recordings.evaluate.case_runner import Evaluation, find_cases, run_clip, score_case

PICTURES = SHARED / "pictures"
"""Picture sets that are not part of the repository."""
RESULT = RESULTS / "street.json"
"""Figures that this benchmark writes."""
STREET = "street"
"""Name of the bundled network for real cameras."""
BEFORE, AFTER = "yolo11n", STREET
"""Names of the two networks in the figures."""
LOOK_SIZE = (640, 352)
"""(width, height) of the timed frames, pixels: a 720p camera in production [source: models/gating/roi.py]."""
LOOK_CLIPS, LOOK_FRAMES = ("vn_frontage_bikes", "nl_highway", "us_dusk_side"), 20
"""Clips of the timed frames, and frames of each: dense, fast and dim traffic [assumption]."""
BIKES = "vn_frontage_bikes"
"""Clip whose motorcycles YOLO11n names wrong."""

console = Console() if sys.stdout.isatty() else Console(width=140)


def main() -> int:
    options = _arguments()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    if not PICTURES.is_dir():
        print(f"bench: needs {PICTURES}; nothing was measured", file=sys.stderr)
        return 2
    pictures = [picture for folder in find_picture_sets([PICTURES]) for picture in read_picture_set(folder)]
    at = {"width": options.width, "confidence": options.confidence}
    networks = {BEFORE: str(WEIGHTS), AFTER: options.weights}
    examined = {network: examine(weights, pictures, **at) for network, weights in networks.items()}
    training = read_training_report(resolve_weights(options.weights))
    if not training.trained_groups:
        print("bench: no report states the trained cameras; every figure may be of trained ones", file=sys.stderr)
    rows = [
        *picture_rows(examined[BEFORE], examined[AFTER], training.trained_groups),
        *held_back_rows(training),
        *clip_rows(clip_evaluations(str(WEIGHTS)), clip_evaluations(options.weights)),
        int8_row(training)
        if options.float is None
        else int8_row_of(examined[AFTER], examine(options.float, pictures, **at)),
        cost_row(options.weights),
    ]
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(report(rows, examined, training, at), indent=1) + "\n")
    console.print(light_table(examined), row_table(rows))
    return 1 if any(row.met is False for row in rows) else 0


def _arguments() -> Any:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--weights", default=STREET, help="the new network: path or name")
    parser.add_argument("--float", help="its float export, for the loss of INT8")
    parser.add_argument("--width", type=int, help="longer side of the pictures, px; without it their own, up to 1280")
    parser.add_argument("--confidence", type=float, default=DEFAULT_CONFIDENCE)
    return parser.parse_args()


def examine(weights: str, pictures: Sequence[LabelledPicture], *, width: int | None, confidence: float) -> Examined:
    """Examine the pictures with one network, and print its progress."""
    examined: list[ExaminedPicture] = []
    for picture in examine_pictures(pictures, partial(_open, weights), confidence=confidence, width=width):
        examined.append(picture)
        if len(examined) % 100 == 0:
            print(f"{weights}: {len(examined)} of {len(pictures)} pictures", file=sys.stderr)
    return examined


def _open(weights: str, confidence: float, size: tuple[int, int]) -> Detector:
    return open_detector(weights, device="cpu", confidence=confidence, image_size=size)


def clip_evaluations(weights: str) -> dict[str, Evaluation]:
    """Evaluations of all clips with one network, by name."""
    with closing(open_detector(weights, device="cpu")) as detector:
        return {case.name: score_case(case, run_clip(case, detector)) for case in find_cases(CLIP_TRUTH)}


def clip_rows(before: Mapping[str, Evaluation], after: Mapping[str, Evaluation]) -> list[Row]:
    """Rows of the crossing F1: over all clips, and of the one with motorcycles alone."""
    about = f"{len(after)} clips"
    return [
        Row("clip_f1", "crossing F1, class ignored", 0.993, *_f1(before, after, _without_class), about),
        Row("clip_f1_with_class", "crossing F1 with class", 0.96, *_f1(before, after, _with_class), about),
        Row("bikes_f1_with_class", "crossing F1 with class", 0.95, *_f1(before, after, _with_class, BIKES), BIKES),
    ]


def _f1(
    before: Mapping[str, Evaluation],
    after: Mapping[str, Evaluation],
    figure: Callable[[CrossingScore], float],
    *only: str,
) -> tuple[float | None, float | None]:
    """Mean of a figure over the clips with crossings, or over the named ones, of both networks."""
    return _mean(before, figure, only), _mean(after, figure, only)


def _mean(
    evaluations: Mapping[str, Evaluation], figure: Callable[[CrossingScore], float], only: Sequence[str]
) -> float | None:
    crossings = [e.card.crossings for name, e in evaluations.items() if not only or name in only]
    values = [figure(score) for score in crossings if score.true]
    return round(fmean(values), 4) if values else None


def _without_class(score: CrossingScore) -> float:
    return score.f1


def _with_class(score: CrossingScore) -> float:
    return score.f1_with_class


def held_back_rows(training: TrainingReport) -> list[Row]:
    """Rows of the average precision on the pictures that the training held back, as its report states them."""

    def row(key: str, measure: str, asked: float, *path: str) -> Row:
        before, after = (training.held_back(side, *path) for side in ("before", "after"))
        about = "held-back cameras of the training, before its last steps on all"
        return Row(key, measure, asked, before, after, about, pictures=training.held_back_pictures)

    return [
        row("map50", "mAP50", MIN_MAP50, "ap50"),
        row("motorcycle_ap50", "motorcycle AP50", MIN_MOTORCYCLE_AP50, "classes", "motorcycle", "ap50"),
    ]


def int8_row(training: TrainingReport) -> Row:
    """Row of the average precision that INT8 loses, in points, as the report of the training states it."""
    return _int8_row(training.int8_loss_points, training.held_back_pictures, "held-back cameras of the training")


def int8_row_of(quantized: Examined, original: Examined) -> Row:
    """The same row, measured here."""
    before, after = (figures_of(side)[0].ap50 for side in (original, quantized))
    lost = None if before is None or after is None else round(100 * (before - after), 2)
    return _int8_row(lost, len(quantized), "all pictures")


def _int8_row(lost: float | None, pictures: int, about: str) -> Row:
    measure = "INT8 against float, AP50 points"
    return Row("int8_ap_loss_points", measure, 0.5, None, lost, about, pictures=pictures, at_most=True)


def cost_row(weights: str) -> Row:
    """Row of the CPU time of an inference, in multiples of YOLO11n's."""
    frames = [frame for clip in LOOK_CLIPS for frame in clip_frames(CLIPS / f"{clip}.mp4", LOOK_FRAMES)]
    with (
        closing(open_detector(str(WEIGHTS), device="cpu", image_size=LOOK_SIZE)) as before,
        closing(open_detector(weights, device="cpu", image_size=LOOK_SIZE)) as after,
    ):
        cost = look_cost(before, after, frames)
    about = f"{len(frames)} frames, {LOOK_SIZE[0]}x{LOOK_SIZE[1]}: {cost.before_ms} ms, {cost.reached_ms} ms"
    return Row("look_cost_ratio", "CPU time of an inference", 1.05, 1.0, cost.ratio, about, at_most=True)


def clip_frames(path: Path, count: int) -> Iterator[RgbImage]:
    """First frames of a clip at `LOOK_SIZE`."""
    with av.open(str(path)) as video:
        for number, frame in enumerate(video.decode(video=0)):
            if number == count:
                return
            yield np.asarray(frame.to_ndarray(width=LOOK_SIZE[0], height=LOOK_SIZE[1], format="rgb24"), np.uint8)


def report(
    rows: Sequence[Row], examined: Mapping[str, Examined], training: TrainingReport, at: Mapping[str, Any]
) -> dict[str, Any]:
    """Content of the JSON."""
    return {
        **rows_json(rows),
        **at,
        "training_camera_groups": sorted(training.trained_groups) or None,
        "by_light_and_class": light_and_class(examined),
        "networks": {network: examination_json(pictures) for network, pictures in examined.items()},
    }


def light_table(examined: Mapping[str, Examined]) -> Table:
    """Table by light and class: found and named right, of both networks."""
    table = Table(
        "light", "class", "boxes", title="found / named right / unmatched", title_justify="left", box=box.SIMPLE_HEAD
    )
    for network in examined:
        table.add_column(network, justify="right")
    for row in light_and_class(examined):
        figures = [row.get(network) for network in examined]
        boxes = max(side["boxes"] for side in figures if side is not None)
        cells = ["-" if side is None else _shares(side) for side in figures]
        table.add_row(row["light"], row["class"], str(boxes), *cells)
    return table


def _shares(side: Mapping[str, Any]) -> str:
    shares = ["-" if side[key] is None else f"{100 * side[key]:.1f} %" for key in ("found_share", "right_share")]
    return f"{shares[0]} / {shares[1]} / {side['unmatched']}"


def row_table(rows: Sequence[Row]) -> Table:
    """Table of the targets."""
    table = Table(
        "measure", "on", "asked", BEFORE, AFTER, "", title="targets", title_justify="left", box=box.SIMPLE_HEAD
    )
    words = {True: "[green]met", False: "[red]missed", None: "not measured"}
    for row in rows:
        trained = f", {row.trained} of them of trained cameras" if row.trained else ""
        about = f"{row.about}: {row.pictures} pictures{trained}" if row.pictures else row.about
        values = ["-" if value is None else f"{value:.3f}" for value in (row.before, row.reached)]
        table.add_row(row.measure, about, f"{'<=' if row.at_most else '>='} {row.asked:g}", *values, words[row.met])
    return table


if __name__ == "__main__":
    sys.exit(main())
