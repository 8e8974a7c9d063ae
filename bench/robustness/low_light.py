"""Accuracy of counting under synthetic night, rain and glare, at several limits of confidence.

`python -m bench.robustness.low_light ../shared` runs the detector on each clip once for each light. The detections are
counted with several limits of confidence: of a box that is used, and of a box that starts a track. `lifted` brightens a
dark image before detection (gamma 0.6 and local contrast, CLAHE).
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from analytics.camera import Camera
from analytics.camera_analyzer import CameraAnalyzer
from analytics.detections import Detections
from analytics.facts import Crossing
from analytics.ground_truth import GroundTruth
from analytics.scoring.scores import score_crossings
from models.detection.detector import Detector, RgbImage
from models.gating.roi import choose_roi
from models.tracking import tracker
from pipelines.analysis.detector_factory import open_detector
from pipelines.analysis.frame_convert import FrameConverter
from pipelines.recordings.evaluate.case_runner import Case, case_camera
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth
from pipelines.recordings.video_reader import VideoReader

CLIPS = ("us_dusk_side", "us_rain_turn", "de_cars_cyclist", "de_cars_truck", "br_signal")
"""Clips by day, at dusk and in rain, with cars, cyclists and trucks [assumption]."""
LOWEST = 0.05
"""Confidence from which the detector reports a box; below every limit of `LIMITS` [assumption]."""
LIMITS = ((0.25, 0.4), (0.15, 0.4), (0.15, 0.25), (0.1, 0.15))
"""Confidences from which a box is used, and from which it starts a track; the defaults first [assumption]."""

Change = Callable[[RgbImage, int], RgbImage]
"""Change of an image; the number of the frame seeds its noise."""


def _lit(image: RgbImage, light: NDArray[np.float32] | float, offset: float, noise: float, number: int) -> RgbImage:
    grain = np.random.default_rng(number).normal(0, noise, image.shape).astype(np.float32)
    return np.asarray((image * light + offset + grain).clip(0, 255), np.uint8)


def night(image: RgbImage, number: int) -> RgbImage:
    """Reduce the light to 0.1 to 0.4, brightest near the mast, and add sensor noise; headlights are not added."""
    height, width, _ = image.shape
    v, u = np.mgrid[:height, :width].astype(np.float32)
    lamp = np.exp(-(np.hypot(u / width - 0.5, v / height - 0.8) ** 2) / 0.25)
    return _lit(image, (0.1 + 0.3 * lamp)[..., None], 4, 6, number)


def rain(image: RgbImage, number: int) -> RgbImage:
    """Reduce the contrast, and add streaks and three drops on the lens."""
    rainy = _lit(image, 0.65, 55, 3, number)
    rng = np.random.default_rng(number)
    long = max(6, rainy.shape[0] // 30)
    for u, v in rng.integers(0, (rainy.shape[1], rainy.shape[0]), (rainy.shape[1] // 4, 2)).tolist():
        cv2.line(rainy, (u, v), (u + long // 6, v + long), (200, 200, 200), 1)
    for u, v in np.random.default_rng(3).integers(0, (rainy.shape[1], rainy.shape[0]), (3, 2)).tolist():
        radius = rainy.shape[0] // 14
        drop = rainy[max(0, v - radius) : v + radius, max(0, u - radius) : u + radius]
        if drop.size:
            drop[:] = cv2.GaussianBlur(drop, (0, 0), radius / 4)
    return rainy


def glare(image: RgbImage, number: int) -> RgbImage:  # noqa: ARG001 (a `Change` without noise)
    """Add the glare of a low sun in the upper right, over half of the image."""
    height, width, _ = image.shape
    v, u = np.mgrid[:height, :width].astype(np.float32)
    veil = 210 * np.exp(-np.hypot(u / width - 0.75, v / height - 0.15) / 0.3)
    return np.asarray((image * 0.8 + veil[..., None]).clip(0, 255), np.uint8)


def lifted(image: RgbImage) -> RgbImage:
    """Brighten an image: gamma 0.6, then local contrast (CLAHE)."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    brighter = (255 * (lab[..., 0] / 255.0) ** 0.6).astype(np.uint8)
    lab[..., 0] = cv2.createCLAHE(2.0, (8, 8)).apply(brighter)
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


# Lights in the order of the table [assumption: none was fitted to real night or rain].
LIGHTS: dict[str, Change] = {
    "as it is": lambda image, _: image,
    "night": night,
    "night, lifted": lambda image, number: lifted(night(image, number)),
    "rain": rain,
    "glare": glare,
}


@dataclass(frozen=True, slots=True)
class ClipDetections:
    """Detections of one clip in one light, frame by frame. times, end: seconds."""

    times: Sequence[float]
    boxes: Sequence[Detections]
    end: float


def detect_clip(clip: Path, camera: Camera, detector: Detector, change: Change) -> ClipDetections:
    """Detect in a changed clip. The change follows the resize, so that every input size has the same noise."""
    view = choose_roi(camera)
    converter, times, pending = FrameConverter(view), [], []
    with VideoReader(str(clip)) as video:
        for number, frame in enumerate(video.frames()):
            times.append(frame.at)
            pending.append(detector.submit(change(converter.to_rgb(frame.video_frame), number)))
        frame_s = video.frame_s
    return ClipDetections(times, [view.to_frame(future.result()) for future in pending], times[-1] + frame_s)


def crossings(
    detected: ClipDetections, camera: Camera, min_confidence: float, birth_confidence: float
) -> list[Crossing]:
    """Return the crossings from boxes of at least `min_confidence`; tracks start from `birth_confidence`."""
    usual, tracker.BIRTH_CONFIDENCE = tracker.BIRTH_CONFIDENCE, birth_confidence
    try:
        tracks, analyzer, facts = tracker.make_tracker(camera), CameraAnalyzer(camera), []
        for t, boxes in zip(detected.times, detected.boxes, strict=True):
            used = boxes.confidence >= min_confidence
            kept = Detections(boxes.xyxy[used], boxes.confidence[used], boxes.class_id[used])
            facts += analyzer.observe(t, tracks.update(t, kept))
        facts += analyzer.finish(detected.end)
    finally:
        tracker.BIRTH_CONFIDENCE = usual
    return [fact for fact in facts if isinstance(fact, Crossing)]


def figures(found: Sequence[Crossing], truth: GroundTruth) -> dict[str, float]:
    score = score_crossings(found, truth)
    return {"f1": round(score.f1, 3), "f1_with_class": round(score.f1_with_class, 3), "found": len(found)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path, help="the folder of clips/ and truth/clips/")
    parser.add_argument("--clips", default=",".join(CLIPS))
    parser.add_argument("--weights")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows: list[dict[str, object]] = []
    for name in arguments.clips.split(","):
        clip, truth_path = arguments.shared / "clips" / f"{name}.mp4", arguments.shared / "truth/clips" / f"{name}.json"
        camera, truth = case_camera(Case(name, clip, truth_path)), read_ground_truth(truth_path).ground_truth()
        size = choose_roi(camera).window[2:]
        detector = open_detector(arguments.weights, device="cpu", confidence=LOWEST, image_size=size)
        for light, change in LIGHTS.items():
            detected = detect_clip(clip, camera, detector, change)
            for min_confidence, birth_confidence in LIMITS:
                scored = figures(crossings(detected, camera, min_confidence, birth_confidence), truth)
                limits = {"min_confidence": min_confidence, "birth_confidence": birth_confidence}
                rows.append({"clip": name, "light": light, **limits, **scored, "true": len(truth.crossings)})
        detector.close()
        if arguments.json:
            arguments.json.write_text(json.dumps(rows, indent=1))
    console = Console(width=120)
    table = Table("clip", "true", "light", *(f"F1 {used:g}/{birth:g}" for used, birth in LIMITS))
    for name in arguments.clips.split(","):
        for light in LIGHTS:
            of_both = [row for row in rows if (row["clip"], row["light"]) == (name, light)]
            table.add_row(name, str(of_both[0]["true"]), light, *(f"{row['f1']} ({row['found']})" for row in of_both))
    console.print(table)


if __name__ == "__main__":
    main()
