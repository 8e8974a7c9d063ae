"""Results of a camera's pipeline to events and snapshots."""

import json
from pathlib import Path

import cv2
import numpy as np
from av.video.frame import VideoFrame

from analytics.camera_analyzer import CameraAnalyzer
from analytics.detections import Tracks
from analytics.facts import IncidentType
from models.tracking.tracker import make_tracker
from pipelines.analysis.camera_pipeline import PipelineResult
from pipelines.analysis.event_publisher import EventPublisher
from pipelines.config.geometry_file import read_geometry
from pipelines.events.mapping import CameraEvent
from pipelines.events.schema import IncidentPhase, IncidentReport
from pipelines.evidence.snapshots import Snapshots
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.recordings.detection_replay import read_detections

START = 1_795_386_000.0


def raised_incidents(scenario: Path, snapshots: Snapshots | None) -> tuple[list[IncidentReport], tuple[int, int]]:
    """Publish a recording around its stopped vehicle; without `snapshots`, the disk refuses every snapshot."""
    truth = json.loads((scenario / "truth.json").read_text())["incidents"][0]
    geometry = read_geometry(scenario / "camera.json")
    assert geometry.image_size is not None
    camera = geometry.camera("road", geometry.image_size)
    width, height = geometry.image_size
    grey = VideoFrame.from_ndarray(np.full((height, width, 3), 100, np.uint8), format="rgb24")
    events: list[CameraEvent] = []

    def refuse(*_: object) -> str:
        raise OSError("no space left on device")

    save = refuse if snapshots is None else snapshots.save
    publisher, tracker, analyst = (
        EventPublisher(camera, save, events.append),
        make_tracker(camera),
        CameraAnalyzer(camera),
    )
    for recorded in read_detections(scenario / "detections.jsonl.gz"):
        if truth["start_s"] - 60 < recorded.t < truth["start_s"] + 60:
            t = START + recorded.t
            tracks: Tracks = tracker.update(t, recorded.detections)
            publisher.publish(PipelineResult(analyst.observe(t, tracks), tracks, TimedFrame(t, grey)))
    raised = [
        event
        for event in events
        if isinstance(event, IncidentReport)
        and event.type == IncidentType.STOPPED_VEHICLE
        and event.phase == IncidentPhase.RAISED
    ]
    assert raised
    return raised, (width, height)


def test_a_stopped_vehicle_is_marked_in_its_snapshot(tmp_path: Path, shared_dir: Path) -> None:
    scenario = shared_dir / "truth" / "scenarios" / "stopped_vehicle_s1"
    raised, (width, height) = raised_incidents(scenario, Snapshots(tmp_path))
    for report in raised:
        marked = np.asarray(cv2.imread(str(tmp_path / f"{report.snapshot}.jpg")), np.int64)
        assert marked.shape == (height, width, 3)
        reddest_v, reddest_u = np.unravel_index((marked[..., 2] - marked[..., 0]).argmax(), (height, width))
        assert np.hypot(reddest_u - report.pixel[0], reddest_v - report.pixel[1]) < height / 4


def test_an_incident_is_reported_without_a_snapshot_where_the_disk_is_full(shared_dir: Path) -> None:
    raised, _ = raised_incidents(shared_dir / "truth" / "scenarios" / "stopped_vehicle_s1", None)
    assert {report.snapshot for report in raised} == {None}
