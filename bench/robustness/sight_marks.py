"""Marks of sight under made night, rain, glare and a wet lens: are bad counts marked, and good ones not?

`python -m bench.robustness.sight_marks ../shared` detects in each clip once for each light, at six frames a second, and
keeps thumbnails and tracks in `build/bench/sight`, so that a change of the rules is measured again in seconds. One clip
in one light is one interval. A count error is a total that is off by more than 10 %.
"""

import argparse
import json
import pickle
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from analytics.camera_analyzer import CameraAnalyzer
from analytics.detections import Tracks
from analytics.facts import Crossing, Sight
from analytics.flow.detector_sight import DetectorSight
from bench.inputs import RESULTS
from bench.robustness.low_light import Change, glare, night, rain
from models.detection.detector import RgbImage
from models.gating.block_motion import Thumbnail, block_means
from models.gating.roi import choose_roi
from models.sight.sight_meter import SightMeter
from models.tracking.tracker import make_tracker
from pipelines.analysis.detector_factory import open_detector
from pipelines.analysis.frame_convert import FrameConverter
from pipelines.recordings.evaluate.case_runner import Case, case_camera
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth
from pipelines.recordings.video_reader import VideoReader

FOLDER = RESULTS / "sight"
"""Thumbnails and tracks of the clips in each light."""

FPS = 6.0
"""Analysed frames a second: about that of a live camera with moving traffic [assumption]."""

COUNT_ERROR = 0.10
"""Share by which a total may be off [source: the count error that the mark announces]."""

CLIPS = (
    "br_signal", "de_cars_cyclist", "de_cars_truck", "nl_highway", "pl_slip_road", "us_dusk_side", "us_freeway",
    "us_night_glare_empty", "us_parked_street", "us_rain_turn", "vn_frontage_bikes", "vn_junction",
)  # fmt: skip
"""Clips with a complete ground truth."""

MAX_CLIP_S = 20.0
"""Seconds of a clip that are analysed at most [assumption]."""

NIGHT_CLIPS = ("us_night_glare_empty", "us_dusk_side")
"""Clips that are dark as they are."""


def _darker(image: RgbImage, number: int) -> RgbImage:
    """Half the light of `night`: a street that only the sky lights."""
    return night(np.asarray(image * 0.5, np.uint8), number)


def _downpour(image: RgbImage, number: int) -> RgbImage:
    """Twice the haze of `rain`."""
    return rain(rain(image, number), number + 10_000)


def _white_glare(image: RgbImage, number: int) -> RgbImage:
    """Twice the veil of `glare`."""
    return glare(glare(image, number), number)


def _wet_lens(image: RgbImage, number: int) -> RgbImage:  # noqa: ARG001 (a `Change` without noise)
    """A film of water on the lens: blurred, pale, with drops."""
    height, width, _ = image.shape
    wet = cv2.GaussianBlur(image, (0, 0), height / 60)
    for u, v in np.random.default_rng(5).integers(0, (width, height), (25, 2)).tolist():
        cv2.circle(wet, (u, v), height // 25, [int(c) for c in wet[min(v, height - 1), min(u, width - 1)]], -1)
    return np.asarray((wet * 0.7 + 50).clip(0, 255), np.uint8)


LIGHTS: dict[str, Change] = {
    "as it is": lambda image, _: image,
    "night": night,
    "dark night": _darker,
    "rain": rain,
    "downpour": _downpour,
    "glare": glare,
    "white glare": _white_glare,
    "wet lens": _wet_lens,
}
"""Lights, in the order of the table [assumption: none was fitted to real night or rain]."""

LAMPS = "only lamps"
"""Light of a dark street on which only the lamps of its vehicles are seen; needs the tracks of "as it is"."""


def lamps(by_number: Sequence[Tracks], to_window: Callable[[np.ndarray], np.ndarray]) -> Change:
    """Darken to a fiftieth, and draw two lamps and their light on the road at each tracked box."""

    def change(image: RgbImage, number: int) -> RgbImage:
        light = np.zeros(image.shape[:2], np.float32)
        for x1, y1, x2, y2 in to_window(by_number[number].xyxy).tolist():
            width = x2 - x1
            for u in (x1 + 0.2 * width, x2 - 0.2 * width):
                cv2.circle(light, (int(u), int(y2 - 0.3 * (y2 - y1))), max(1, int(0.06 * width)), 255.0, -1)
            cv2.ellipse(light, (int((x1 + x2) / 2), int(y2)), (int(0.6 * width), int(0.3 * width)), 0, 0, 360, 40.0, -1)
        light = np.maximum(light, cv2.GaussianBlur(light, (0, 0), 4.0))
        grain = np.random.default_rng(number).normal(0, 4, image.shape)
        return np.asarray((image * 0.02 + 8 + light[..., None] + grain).clip(0, 255), np.uint8)

    return change


@dataclass(frozen=True, slots=True)
class Interval:
    """One clip in one light. thumbnails: of the window of the frames. end_s: of the clip."""

    clip: str
    light: str
    times: Sequence[float]
    thumbnails: Sequence[Thumbnail]
    tracks: Sequence[Tracks]
    end_s: float


def _case(clip: str, shared: Path) -> Case:
    return Case(clip, shared / "clips" / f"{clip}.mp4", shared / "truth/clips" / f"{clip}.json")


def perceive(clip: str, shared: Path, weights: str | None) -> list[Interval]:
    """Detect and track one clip in each light, or read what was kept."""
    kept = FOLDER / f"{clip}.pickle"
    if kept.exists():
        intervals: list[Interval] = pickle.loads(kept.read_bytes())
        return intervals
    case = _case(clip, shared)
    camera = case_camera(case)
    roi = choose_roi(camera, analysis_fps=FPS)
    converter = FrameConverter(roi)
    times: list[float] = []
    images: list[RgbImage] = []
    with VideoReader(str(case.source)) as video:
        for frame in video.frames(FPS):
            if frame.at > MAX_CLIP_S:
                break
            if not times or frame.at >= times[-1] + 1 / FPS - video.frame_s / 2:
                times.append(frame.at)
                images.append(converter.to_rgb(frame.video_frame))
        end_s = times[-1] + video.frame_s
    detector = open_detector(weights, device="cpu", image_size=roi.window[2:])
    intervals = []
    for light, change in {**LIGHTS, LAMPS: LIGHTS["as it is"]}.items():
        if light == LAMPS:
            change = lamps(intervals[0].tracks, roi.to_window)  # noqa: PLW2901 (needs the first light)
        tracker, thumbnails, tracks = make_tracker(camera), [], []
        changed = [change(image, number) for number, image in enumerate(images)]
        for t, image, pending in zip(times, changed, [detector.submit(image) for image in changed], strict=True):
            thumbnails.append(block_means(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)))
            tracks.append(tracker.update(t, roi.to_frame(pending.result())))
        intervals.append(Interval(clip, light, times, thumbnails, tracks, end_s))
    detector.close()
    FOLDER.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps(intervals))
    return intervals


def judge(interval: Interval, shared: Path) -> dict[str, object]:
    """Count error and mark of one interval."""
    case = _case(interval.clip, shared)
    camera, truth = case_camera(case), read_ground_truth(case.truth_path).ground_truth()
    roi = choose_roi(camera, analysis_fps=FPS)
    analyzer, meter, sight, facts = CameraAnalyzer(camera), SightMeter(camera, roi), DetectorSight(), []
    sums = np.zeros(4)
    for t, thumbnail, tracks in zip(interval.times, interval.thumbnails, interval.tracks, strict=True):
        facts += analyzer.observe(t, tracks)
        evidence = meter.measure(t, thumbnail, tracks)
        if evidence is not None:
            sight.add(evidence)
            sums += evidence.step_s * np.array([evidence.tracked, evidence.untracked, evidence.hidden, 1.0])
    facts += analyzer.finish(interval.end_s)
    until_s = min(truth.until_s, interval.end_s)
    true = sum(truth.from_s <= c.t <= until_s and not c.optional for c in truth.crossings)
    found = sum(isinstance(f, Crossing) and truth.from_s <= f.t <= until_s for f in facts)
    return {
        "clip": interval.clip,
        "light": interval.light,
        "true": true,
        "found": found,
        "bad": abs(found - true) > COUNT_ERROR * true,
        "sight": str((sight.close_minute() or Sight.CLEAR).value),
        "tracked_s": round(float(sums[0]), 1),
        "untracked_s": round(float(sums[1]), 1),
        "hidden": round(float(sums[2] / max(sums[3], 1e-9)), 2),
    }


def judge_clip(clip: str, shared: Path, weights: str | None) -> list[dict[str, object]]:
    """Rows of one clip in all lights."""
    return [judge(interval, shared) for interval in perceive(clip, shared, weights)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path, help="the folder of clips/ and truth/clips/")
    parser.add_argument("--clips", default=",".join(CLIPS))
    parser.add_argument("--weights")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    clips = arguments.clips.split(",")
    with ProcessPoolExecutor(arguments.processes) as pool:
        shared, weights = [arguments.shared] * len(clips), [arguments.weights] * len(clips)
        rows = [row for of_clip in pool.map(judge_clip, clips, shared, weights) for row in of_clip]
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    for row in rows:
        wrong = "  <--" if row["bad"] == (row["sight"] == "clear") else ""
        print(" ".join(f"{value!s:>12}" for value in row.values()) + wrong)
    for name, dark in (("dark", True), ("day", False)):
        count = Counter(
            ("bad" if row["bad"] else "good", row["sight"])
            for row in rows
            if dark == (row["light"] in ("night", "dark night", LAMPS) or row["clip"] in NIGHT_CLIPS)
        )
        print(name, dict(sorted(count.items())))


if __name__ == "__main__":
    main()
