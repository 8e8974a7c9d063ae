"""Offers of frames: few, only with an unsure finding, and only where the whole region was detected."""

import numpy as np
import pytest
from av.video.frame import VideoFrame

from analytics.camera import Camera, Zone
from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.analysis.camera_pipeline import CameraPipeline
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.learning.offers import FrameOffers, OfferedFrame

GREY = VideoFrame.from_ndarray(np.full((360, 640, 3), 100, np.uint8), format="rgb24").reformat(format="yuv420p")


def offered(
    confidence: float, *, seconds: float = 10.0, every_s: float = 4.0, room: bool = True, zones: tuple[Zone, ...] = ()
) -> list[OfferedFrame]:
    """Return what is offered of a still street at 5 frames a second, with one car of this confidence."""
    taken: list[OfferedFrame] = []

    def offer(frame: OfferedFrame) -> bool:
        taken.append(frame)
        return room

    offers = FrameOffers("kuda", every_s, offer)
    pipeline = CameraPipeline(Camera(id="kuda", image_size=(640, 360), zones=zones), on_result=offers.observe)
    car = np.array([[40, 30, 90, 60]], np.float32)
    found = Detections(car, np.array([confidence], np.float32), np.array([ROAD_USERS.index(RoadUser.CAR)]))
    for number in range(round(5 * seconds)):
        request = pipeline.plan(TimedFrame(100 + number / 5, GREY))
        pipeline.complete(request, None if request.image is None else found)
    pipeline.advance(100 + seconds)
    return taken


def test_a_sure_detection_is_offered_never():
    assert offered(0.9) == []


def test_an_unsure_detection_is_offered_once_in_a_while():
    taken = offered(0.3, seconds=10, every_s=4)
    times = [frame.frame.at for frame in taken]
    assert times[0] == 100
    assert len(times) == 3
    assert np.diff(times).min() >= 4
    assert taken[0].found.weak_detections == 1
    assert taken[0].camera == "kuda"


def test_where_there_is_no_room_the_next_frame_is_offered():
    assert len(offered(0.3, room=False)) > len(offered(0.3))


def test_the_boxes_are_those_of_the_region_that_is_detected():
    zone = Zone(id="z", polygon=((320, 100), (600, 100), (600, 300), (320, 300)))
    frame = offered(0.3, zones=(zone,))[0]
    left, top, right, bottom = frame.region
    assert 0 < left < 320
    assert 0 <= top < 100
    assert 600 < right <= 640
    assert 300 < bottom <= 360
    (box,) = frame.detections.xyxy.tolist()
    assert 0 <= box[0] < box[2] <= right - left
    assert 0 <= box[1] < box[3] <= bottom - top
    whole = offered(0.3)[0]
    assert whole.region[0] <= 1 and whole.region[2] >= 639
    assert whole.detections.xyxy[0] == pytest.approx([40, 30, 90, 60], abs=20)
