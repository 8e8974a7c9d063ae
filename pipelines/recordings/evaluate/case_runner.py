"""Run the analysis on recordings with ground truth: clips (video) and scenarios (recorded detections)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING

from analytics.camera import Camera
from analytics.ground_truth import GroundTruth
from pipelines.config.geometry_file import CameraGeometry, OtherAspect, read_geometry, same_aspect
from pipelines.config.text_file import parse_json, read_text
from pipelines.errors import UserError
from pipelines.recordings.count_report import Run
from pipelines.recordings.detection_replay import replay_into
from pipelines.recordings.evaluate.figures import CaseFigures, EvaluationFigures, score_figures, summarise
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth
from pipelines.recordings.evaluate.scorecard import Scorecard, score_recording
from pipelines.recordings.recording_facts import FactCollector, RecordingFacts

if TYPE_CHECKING:
    from models.detection.detector import Detector

_SCENARIO_FILES = ("camera.json", "detections.jsonl.gz", "truth.json")
"""Files that make a folder a scenario: geometry, recorded detections, ground truth."""
_CLIP_FOLDERS = (".", "../clips", "../../clips")
"""Folders searched for a clip, relative to its ground truth file [source: layout of the shared test data]."""


@dataclass(frozen=True, slots=True)
class Case:
    """A recording with its ground truth: a clip, or a scenario, which has a camera.json of its own."""

    name: str
    source: Path
    truth_path: Path
    camera_path: Path | None = None

    @property
    def is_clip(self) -> bool:
        return self.camera_path is None


def find_cases(folder: Path) -> list[Case]:
    """Find all scenarios, then all clips, at any depth, by name.

    A scenario is a folder with camera.json, detections.jsonl.gz and truth.json. A clip is a ground truth `*.json` that
    names a video beside it, in ../clips or in ../../clips. Raises UserError without a case or a clip's video.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give one with truth files in it")
    scenarios = [
        Case(path.parent.name, path.parent / _SCENARIO_FILES[1], path, path.parent / _SCENARIO_FILES[0])
        for path in sorted(folder.rglob(_SCENARIO_FILES[2]))
        if all((path.parent / name).is_file() for name in _SCENARIO_FILES)
    ]
    named = [
        (path, _clip_named_in(path))
        for path in sorted(folder.rglob("*.json"))
        if path.name not in _SCENARIO_FILES and not path.name.startswith(".")
    ]
    clips = [_clip_case(path, clip) for path, clip in named if clip is not None]
    if not scenarios and not clips:
        raise UserError(
            f"{folder}: no case here; it needs NAME.json truth files beside their clips, or folders with "
            f"{', '.join(_SCENARIO_FILES)}"
        )
    return scenarios + clips


def _clip_named_in(path: Path) -> str | None:
    text = read_text(path, expected="a folder of truth files")
    try:
        content = parse_json(text)
    except ValueError as error:
        raise UserError(f"{path}: cannot be read as JSON ({error}); correct it or take it out of the folder") from error
    return content.get("clip") if isinstance(content, dict) else None


def _clip_case(path: Path, clip: str) -> Case:
    for folder in _CLIP_FOLDERS:
        video = path.parent / folder / clip
        if video.is_file():
            return Case(path.stem, video, path)
    raise UserError(f"{path}: its clip {clip} is not in {', '.join(_CLIP_FOLDERS)}; put it beside the truth")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case was run, and the facts of it."""

    run: Run
    facts: RecordingFacts


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One case with its result, its ground truth and the scores."""

    case: Case
    result: CaseResult
    truth: GroundTruth
    card: Scorecard

    def figures(self) -> CaseFigures:
        """Rounded figures of the case."""
        run = self.result.run
        return CaseFigures(
            name=self.case.name,
            kind="clip" if self.case.is_clip else "scenario",
            duration_s=round(run.duration_s, 3),
            analysed_frames=run.analysed_frames,
            ms_per_frame=round(1000 * run.wall_s / max(1, run.analysed_frames), 3),
            **dict(score_figures(self.card)),
        )


def score_case(case: Case, result: CaseResult) -> Evaluation:
    """Score a result against the ground truth of its case."""
    truth = read_ground_truth(case.truth_path).ground_truth()
    return Evaluation(case, result, truth, score_recording(result.facts, truth))


def evaluation_figures(evaluations: Sequence[Evaluation]) -> EvaluationFigures:
    """Rounded figures of each case, and over all scenarios and all clips."""
    return EvaluationFigures(
        cases=[evaluation.figures() for evaluation in evaluations],
        scenarios=summarise([e.card for e in evaluations if not e.case.is_clip]),
        clips=summarise([e.card for e in evaluations if e.case.is_clip]),
    )


def run_scenario(case: Case, *, every: int = 1) -> CaseResult:
    """Replay the detections of a scenario, as `simpang replay` does. every: use only every n-th frame."""
    camera = case_camera(case)
    collector = FactCollector(camera)
    run = replay_into(collector, case.source, camera, every=every)
    return CaseResult(run, collector.collected())


def run_clip(case: Case, detector: "Detector") -> CaseResult:
    """Analyse a clip with the gates of its ground truth, as `simpang count` does.

    Raises UserError for a video that cannot be read.
    """
    # OpenCV and the inference runtime take seconds to load, and scenarios do not need them.
    from pipelines.recordings.count_video import count_video  # noqa: PLC0415
    from pipelines.recordings.video_reader import VideoReader  # noqa: PLC0415

    camera = case_camera(case)
    collector = FactCollector(camera)
    started = time.perf_counter()
    with VideoReader(str(case.source)) as video:
        if not same_aspect(camera.image_size, video.image_size):
            raise UserError(f"{case.source}: {OtherAspect(case.name, camera.image_size, video.image_size)}")
        counted = count_video(video, camera, detector, stop=Flag())
    collector.add(counted.facts)
    run = Run(
        source=str(case.source),
        duration_s=counted.duration_s,
        frames=counted.frames,
        analysed_frames=counted.analysed_frames,
        wall_s=time.perf_counter() - started,
    )
    return CaseResult(run, collector.collected())


def case_camera(case: Case) -> Camera:
    """The camera of a case, in the pixels of its recording. Raises UserError for geometry that does not fit."""
    if case.camera_path is not None:
        geometry, path = read_geometry(case.camera_path), case.camera_path
    else:
        path = case.truth_path
        truth = read_ground_truth(path)
        size = None if truth.width is None or truth.height is None else (truth.width, truth.height)
        geometry = CameraGeometry(image_size=size, gates=truth.gates)
    if geometry.image_size is None:
        raise UserError(f"{path}: the size of the frame is missing; add image_size, or width and height")
    try:
        return geometry.camera(case.name, geometry.image_size)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error
