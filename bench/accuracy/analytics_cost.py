"""CPU time of tracking and analytics for one frame of a busy scene."""

import statistics
import time
from pathlib import Path

from analytics.camera_analyzer import CameraAnalyzer
from models.tracking.tracker import make_tracker
from pipelines.recordings.detection_replay import read_detections
from pipelines.recordings.evaluate.case_runner import Case, case_camera

BOXES = range(28, 33)
"""Numbers of boxes of the measured frames [assumption: about 30]."""


def ms_per_frame(scenario: Path) -> float | None:
    """Return the mean CPU time of frames with about 30 boxes, in ms, or None where the scenario has none."""
    case = Case(scenario.name, scenario / "detections.jsonl.gz", scenario / "truth.json", scenario / "camera.json")
    camera = case_camera(case)
    tracker, analyzer = make_tracker(camera), CameraAnalyzer(camera)
    spent = []
    for frame in read_detections(case.source):
        started = time.thread_time()
        analyzer.observe(frame.t, tracker.update(frame.t, frame.detections))
        if len(frame.detections) in BOXES:
            spent.append(time.thread_time() - started)
    return 1000 * statistics.fmean(spent) if spent else None
