"""Results of a camera's pipeline to events and snapshots."""

import json
from pathlib import Path

import cv2
import numpy as np
from av.video.frame import VideoFrame

from analytics.camera import Camera
from analytics.camera_analyzer import CameraAnalyzer
from analytics.detections import Tracks
from analytics.facts import Incident, IncidentType, Level, LevelChange
from models.tracking.tracker import make_tracker
from pipelines.analysis.camera_pipeline import PipelineResult
from pipelines.analysis.event_publisher import EventPublisher
from pipelines.config.geometry_file import read_geometry
from pipelines.events.mapping import CameraEvent
from pipelines.events.schema import Congestion, IncidentPhase, IncidentReport
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


def test_an_event_that_cannot_be_sent_does_not_hold_up_the_next() -> None:
    sent: list[str] = []
    dropped: list[str] = []

    def emit(event: CameraEvent) -> None:
        if isinstance(event, Congestion) and event.zone == "bad":
            raise ValueError("no text\nof the zone")
        sent.append(event.kind)

    publisher = EventPublisher(Camera(id="c", image_size=(640, 360)), lambda *_: "", emit, dropped.append)
    levels = [LevelChange(t=START, zone=zone, level=Level.FREE, previous=Level.FREE) for zone in ("bad", "good")]
    publisher.publish(PipelineResult(levels))
    assert sent == ["congestion"]
    assert dropped == ["congestion event: no text of the zone"]


def test_a_snapshot_that_fails_for_any_reason_costs_no_incident() -> None:
    events: list[CameraEvent] = []

    def fail(*_: object) -> str:
        raise ValueError("the encoder refuses the picture")

    incident = Incident(
        number=1,
        type=IncidentType.STOPPED_VEHICLE,
        zone=None,
        start_s=START,
        detected_s=START,
        end_s=None,
        pixel=(10.0, 20.0),
        ground=None,
        confidence=0.7,
        reason="",
    )
    grey = VideoFrame.from_ndarray(np.full((36, 64, 3), 100, np.uint8), format="rgb24")
    publisher = EventPublisher(Camera(id="c", image_size=(640, 360)), fail, events.append)
    publisher.publish(PipelineResult([incident], frame=TimedFrame(START, grey)))
    assert [event.snapshot for event in events] == [None]
