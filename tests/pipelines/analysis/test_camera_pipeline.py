"""One camera from detections to events, with a picture of each incident."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame

from analytics.camera import Camera, Gate, Zone
from analytics.detections import Detections
from analytics.facts import ROAD_USERS, IncidentType, RoadUser
from models.gating.roi import choose_view
from models.packing.crop_collage import mosaic_of
from pipelines.analysis.camera_pipeline import CameraPipeline, PendingFrame
from pipelines.analysis.perception import DetectionRequest
from pipelines.config.geometry_file import read_geometry
from pipelines.events.mapping import CameraEvent
from pipelines.events.schema import Counts, IncidentPhase, IncidentReport
from pipelines.evidence.snapshots import Snapshots
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.recordings.detection_replay import read_recording

SIZE = (640, 360)
START = 1_795_386_000.0
CAR = ROAD_USERS.index(RoadUser.CAR)
PICTURE = VideoFrame.from_ndarray(np.full((360, 640, 3), 100, np.uint8), format="rgb24").reformat(format="yuv420p")
ROAD = Camera(
    id="road",
    image_size=SIZE,
    gates=(Gate(id="middle", p1=(320, 100), p2=(320, 360)),),
    zones=(Zone(id="east", polygon=((0, 100), (640, 100), (640, 360), (0, 360)), direction=(1, 0)),),
)


def boxes(*lower_middles: tuple[float, float]) -> Detections:
    xyxy = np.array([[u - 30, v - 40, u + 30, v] for u, v in lower_middles], np.float32).reshape(-1, 4)
    count = len(lower_middles)
    return Detections(xyxy, np.full(count, 0.9, np.float32), np.full(count, CAR, np.int64))


def as_seen(in_frame: Detections, camera: Camera = ROAD) -> Detections:
    """What the detector would report in the part of the picture that it is given."""
    view = choose_view(camera)
    scale = np.array(view.scaled_size * 2) / np.array(view.frame_size * 2)
    xyxy = in_frame.xyxy * scale - np.array(view.window[:2] * 2)
    return Detections(xyxy.astype(np.float32), in_frame.confidence, in_frame.class_id)


def looked(at: float, camera: Camera = ROAD, picture: VideoFrame = PICTURE) -> PendingFrame:
    """At everything there is to see."""
    _, _, width, height = choose_view(camera).window
    return PendingFrame(
        TimedFrame(at, picture),
        DetectionRequest(at, np.zeros((height, width, 3), np.uint8), mosaic_of([(0, 0, width, height)])),
    )


@pytest.fixture
def events() -> list[CameraEvent]:
    return []


@pytest.fixture
def analysis(events: list[CameraEvent], tmp_path: Path) -> CameraPipeline:
    return CameraPipeline(ROAD, Snapshots(tmp_path), events.append)


def test_crossings_come_with_the_period_in_which_they_were_seen(
    analysis: CameraPipeline, events: list[CameraEvent]
) -> None:
    for look in range(60):
        t = START + look / 5
        analysis.conclude(looked(t), as_seen(boxes((60 + look * 9.0, 250.0))))
    analysis.finish(START + 12)
    counts = [event for event in events if isinstance(event, Counts)]
    (crossing,) = [crossing for report in counts for crossing in report.crossings]
    assert crossing.at.timestamp() == pytest.approx(START + (320 - 60) / 45, abs=0.2)
    assert sum(report.observed_s for report in counts) == pytest.approx(11.8, abs=0.3)


def test_time_without_frames_is_reported_as_unobserved(analysis: CameraPipeline, events: list[CameraEvent]) -> None:
    for look in range(50):
        analysis.conclude(looked(START + look / 5), as_seen(boxes()))
    analysis.advance(START + 60)
    unobserved = [event for event in events if isinstance(event, Counts) and event.observed_s == 0]
    assert len(unobserved) >= 4


def test_a_stopped_vehicle_is_reported_with_its_picture(
    events: list[CameraEvent], tmp_path: Path, shared_dir: Path
) -> None:
    scenario = shared_dir / "truth" / "scenarios" / "stopped_vehicle_s1"
    truth = json.loads((scenario / "truth.json").read_text())["incidents"][0]
    geometry = read_geometry(scenario / "camera.json")
    assert geometry.image_size is not None
    width, height = geometry.image_size
    camera = geometry.camera("road", geometry.image_size)
    analysis = CameraPipeline(camera, Snapshots(tmp_path), events.append)
    grey = VideoFrame.from_ndarray(np.full((height, width, 3), 100, np.uint8), format="rgb24")
    for frame in read_recording(scenario / "detections.jsonl.gz"):
        if truth["start_s"] - 60 < frame.t < truth["start_s"] + 60:
            analysis.conclude(looked(START + frame.t, camera, grey), as_seen(frame.detections, camera))
    raised = [
        event
        for event in events
        if isinstance(event, IncidentReport)
        and event.type == IncidentType.STOPPED_VEHICLE
        and event.phase == IncidentPhase.RAISED
    ]
    assert raised
    for report in raised:
        marked = np.asarray(cv2.imread(str(tmp_path / f"{report.snapshot}.jpg")), np.int64)
        assert marked.shape == (height, width, 3)
        reddest_v, reddest_u = np.unravel_index((marked[..., 2] - marked[..., 0]).argmax(), (height, width))
        assert np.hypot(reddest_u - report.pixel[0], reddest_v - report.pixel[1]) < height / 4
