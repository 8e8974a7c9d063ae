"""Running our own programs over recordings whose truth is known."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from analytics.camera import Camera
from analytics.ground_truth import GroundTruth
from pipelines.config.geometry_file import CameraGeometry, read_geometry
from pipelines.errors import UserError
from pipelines.recordings.count_report import Run, build_report
from pipelines.recordings.detection_replay import replay
from pipelines.recordings.evaluate.ground_truth_io import read_truth
from pipelines.recordings.evaluate.scorecard import Scorecard, score_report, summarise

if TYPE_CHECKING:
    from models.detection.detector import Detector

_SCENARIO_FILES = ("camera.json", "detections.jsonl.gz", "truth.json")
_CLIP_FOLDERS = (".", "../clips", "../../clips")
"""Where a clip may lie, seen from its truth."""

Progress = Callable[[float], None]
"""Told how many seconds of the source have been analysed."""


@dataclass(frozen=True, slots=True)
class Case:
    """A recording with its truth: a video, or the folder of a scenario (recorded detections)."""

    name: str
    source: Path
    truth_path: Path
    camera_path: Path | None = None

    @property
    def is_clip(self) -> bool:
        return self.camera_path is None


def find_cases(folder: Path) -> list[Case]:
    """Scenarios (folders with camera.json, detections.jsonl.gz, truth.json), then clips, at any depth, by name.

    A clip is a truth `*.json` that names a video, which lies beside it or in ../clips or ../../clips.
    Raises UserError where there is no case at all, or a clip's video is missing.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give one with truth files in it")
    scenarios = [
        Case(path.parent.name, path.parent / _SCENARIO_FILES[1], path, path.parent / _SCENARIO_FILES[0])
        for path in sorted(folder.rglob(_SCENARIO_FILES[2]))
        if all((path.parent / name).is_file() for name in _SCENARIO_FILES)
    ]
    named = [
        (path, _clip_named_in(path)) for path in sorted(folder.rglob("*.json")) if path.name not in _SCENARIO_FILES
    ]
    clips = [_clip_case(path, clip) for path, clip in named if clip is not None]
    if not scenarios and not clips:
        raise UserError(
            f"{folder}: no case here; it takes NAME.json truth files beside their clips, or folders with "
            f"{', '.join(_SCENARIO_FILES)}"
        )
    return scenarios + clips


def _clip_named_in(path: Path) -> str | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as JSON ({error}); correct it or take it out of the folder") from error
    return content.get("clip") if isinstance(content, dict) else None


def _clip_case(path: Path, clip: str) -> Case:
    for folder in _CLIP_FOLDERS:
        video = path.parent / folder / clip
        if video.is_file():
            return Case(path.stem, video, path)
    raise UserError(f"{path}: its clip {clip} is not in {', '.join(_CLIP_FOLDERS)}; put it beside the truth")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out for one case. report: the JSON of the run (FORMAT.md)."""

    case: Case
    report: dict[str, Any]
    truth: GroundTruth
    card: Scorecard

    def figures(self) -> dict[str, Any]:
        frames = self.report["analysed_frames"]
        return {
            "name": self.case.name,
            "kind": "clip" if self.case.is_clip else "scenario",
            "duration_s": self.report["duration_s"],
            "analysed_frames": frames,
            "ms_per_frame": round(1000 * self.report["wall_s"] / max(1, frames), 3),
            **self.card.figures(),
        }


def judge(case: Case, report: dict[str, Any]) -> Evaluation:
    """Hold a report against the truth of its case."""
    truth = read_truth(case.truth_path).truth()
    return Evaluation(case, report, truth, score_report(report, truth))


def as_json(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """All figures: of each case, and over scenarios and clips."""
    return {
        "cases": [evaluation.figures() for evaluation in evaluations],
        "scenarios": summarise([e.card for e in evaluations if not e.case.is_clip]),
        "clips": summarise([e.card for e in evaluations if e.case.is_clip]),
    }


def run_scenario(case: Case, *, every: int = 1, progress: Progress = lambda _: None) -> dict[str, Any]:
    """The report of `simpang replay`, from each `every`-th frame."""
    return replay(case.source, case_camera(case), every=every, progress=progress)


def run_clip(case: Case, detector: "Detector", *, progress: Progress = lambda _: None) -> dict[str, Any]:
    """The report of `simpang count` with the gates of the truth. Raises UserError for a video that cannot be read."""
    from pipelines.recordings.count_video import count  # noqa: PLC0415 - loads the inference runtime, which scenarios need not wait for
    from pipelines.recordings.video_reader import Recording  # noqa: PLC0415

    camera = case_camera(case)
    started = time.perf_counter()
    with Recording(str(case.source)) as recording:
        watchers = [lambda t, *_: progress(t)]
        counted = count(recording, camera, detector, stop=Flag(), watchers=watchers)
    return build_report(
        Run(
            source=str(case.source),
            duration_s=counted.duration_s,
            frames=counted.frames,
            analysed_frames=counted.analysed_frames,
            wall_s=time.perf_counter() - started,
        ),
        counted.facts,
        camera,
    )


def case_camera(case: Case) -> Camera:
    """The camera of a case, in the pixels of its recording. Raises UserError for geometry that does not fit."""
    if case.camera_path is not None:
        geometry, path = read_geometry(case.camera_path), case.camera_path
    else:
        path = case.truth_path
        truth = read_truth(path)
        size = None if truth.width is None or truth.height is None else (truth.width, truth.height)
        geometry = CameraGeometry(image_size=size, gates=truth.gates)
    if geometry.image_size is None:
        raise UserError(f"{path}: the size of the picture is missing; add image_size, or width and height")
    try:
        return geometry.camera(case.name, geometry.image_size)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error
