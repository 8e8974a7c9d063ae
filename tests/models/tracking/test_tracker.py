"""The tracker, with and without a calibrated camera."""

import numpy as np
import pytest

from analytics.camera import Camera, ControlPoint
from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.tracking.tracker import make_tracker
from tests.support.builders import metric_camera

CAR, BIKE, TRUCK = (ROAD_USERS.index(u) for u in (RoadUser.CAR, RoadUser.MOTORCYCLE, RoadUser.TRUCK))
CAMERAS = {"calibrated": metric_camera(), "not calibrated": Camera(id="c", image_size=(1000, 1000))}


@pytest.fixture(params=list(CAMERAS))
def tracker(request):
    return make_tracker(CAMERAS[request.param])


def boxes(*rows, confidence=0.8):
    """Detections from (u, v, class) of ground points; 40 x 40 boxes."""
    uv = np.array([row[:2] for row in rows], dtype=np.float32).reshape(-1, 2)
    xyxy = np.column_stack([uv[:, 0] - 20, uv[:, 1] - 40, uv[:, 0] + 20, uv[:, 1]]).astype(np.float32)
    class_id = np.array([row[2] for row in rows], dtype=np.int64)
    return Detections(xyxy, np.full(len(rows), confidence, np.float32), class_id)


def ids(tracker, frames, *, step_s=0.1):
    """Ids of every frame, in the order of its boxes from left to right."""
    found = []
    for k, frame in enumerate(frames):
        tracks = tracker.update(k * step_s, frame)
        found.append(tracks.track_id[np.argsort(tracks.xyxy[:, 0])].tolist())
    return found


@pytest.mark.parametrize("step_s", [0.1, 0.2, 0.04])
def test_a_steady_drive_is_one_track(tracker, step_s):
    frames = [boxes((100 + 120 * step_s * k, 500, CAR)) for k in range(round(6 / step_s))]
    assert {i for frame in ids(tracker, frames, step_s=step_s) for i in frame} == {1}


def test_two_vehicles_that_meet_keep_their_ids(tracker):
    frames = [boxes((100 + 12 * k, 480, CAR), (800 - 12 * k, 520, CAR)) for k in range(60)]
    first, last = ids(tracker, frames)[0], ids(tracker, frames)[-1]
    assert len(first) == len(last) == 2


def test_a_vehicle_occluded_for_a_second_keeps_its_id(tracker):
    frames = [boxes(*([] if 20 <= k < 30 else [(100 + 12 * k, 500, CAR)])) for k in range(60)]
    assert {i for frame in ids(tracker, frames) for i in frame} == {1}


def test_a_stationary_vehicle_occluded_for_eight_seconds_keeps_its_id(tracker):
    frames = [boxes(*([] if 20 <= k < 100 else [(400, 500, CAR)])) for k in range(120)]
    assert {i for frame in ids(tracker, frames) for i in frame} == {1}


def test_a_flickering_class_starts_no_new_track(tracker):
    frames = [boxes((100 + 12 * k, 500, TRUCK if k % 4 == 0 else CAR)) for k in range(50)]
    assert {i for frame in ids(tracker, frames) for i in frame} == {1}


def test_a_motorcycle_that_appears_where_a_car_left_starts_a_new_track(tracker):
    frames = [boxes((400, 500, CAR)) for _ in range(20)] + [boxes((408, 500, BIKE)) for _ in range(20)]
    assert len({i for frame in ids(tracker, frames) for i in frame}) == 2


def test_a_second_box_on_the_same_vehicle_starts_no_track(tracker):
    frames = [boxes((100 + 12 * k, 500, CAR), *([(103 + 12 * k, 501, CAR)] if k % 2 else [])) for k in range(40)]
    assert {i for frame in ids(tracker, frames) for i in frame} == {1}


def xyxy_boxes(*rows):
    """Detections from (x1, y1, x2, y2, confidence, class)."""
    table = np.array(rows, dtype=np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))


def lorry_frames(shown):
    """A lorry that drives to the right, 12 pixels a frame. shown: which of its boxes are detected in each frame."""
    whole, cab, bed = (100, 450, 180, 520, 0.6, TRUCK), (140, 470, 180, 518, 0.7, CAR), (100, 452, 145, 512, 0.5, TRUCK)
    parts = {"w": whole, "c": cab, "b": bed}
    for k, names in enumerate(shown):
        rows = [parts[name] for name in names]
        yield xyxy_boxes(*((x1 + 12 * k, y1, x2 + 12 * k, y2, *rest) for x1, y1, x2, y2, *rest in rows))


@pytest.mark.parametrize(
    "shown",
    [["w"] * 10 + ["wc"] * 20, ["c"] * 10 + ["wc"] * 20, ["w"] * 10 + ["wc", "w", "c", "w", "wb"] * 4, ["wcb"] * 20],
)
def test_the_cab_of_a_lorry_starts_no_track(tracker, shown):
    assert {i for frame in ids(tracker, lorry_frames(shown)) for i in frame} == {1}


def test_a_car_that_drives_before_a_bus_has_its_own_track(tracker):
    frames = [
        xyxy_boxes((100 + 12 * k, 400, 260 + 12 * k, 520, 0.7, TRUCK), (150 + 12 * k, 450, 230 + 12 * k, 540, 0.7, CAR))
        for k in range(20)
    ]
    assert {i for frame in ids(tracker, frames) for i in frame} == {1, 2}


def test_weak_detections_start_no_track(tracker):
    assert ids(tracker, [boxes((400, 500, CAR), confidence=0.15)] * 5) == [[]] * 5


def test_repeated_or_earlier_times_do_not_raise(tracker):
    for t in (5.0, 5.0, 4.0, 1000.0, 3.0):
        tracker.update(t, boxes((400, 500, CAR)))
    assert tracker.update(3.1, Detections.empty()).track_id.tolist() == []


@pytest.mark.parametrize("step_s", [0.5, 0.8])
def test_at_a_low_rate_a_new_track_lives_until_the_next_frame(tracker, step_s):
    frames = [boxes((100 + 20 * step_s * k, 500, CAR)) for k in range(8)]
    assert {i for frame in ids(tracker, frames, step_s=step_s) for i in frame} == {1}


@pytest.mark.slow
def test_memory_is_bounded_by_the_road_users_in_view(tracker):
    rng = np.random.default_rng(1)
    for k in range(2000):
        u, v = rng.uniform(100, 900, 2)
        tracker.update(k * 0.5, boxes((u, v, CAR)))
    assert len(tracker) < 60
    tracker.update(5000, Detections.empty())
    assert len(tracker) == 0


@pytest.mark.parametrize("step_s", [0.04, 0.16, 0.2])
def test_two_cars_that_approach_an_uncalibrated_camera_keep_their_ids(step_s):
    """On a motorway a car's box grows by a quarter between two frames, and it moves further than its own length."""

    def car(metres_away, lane_m):
        """A camera 7 m above the road and along it, with a focal length of 600 pixels."""
        tall = 600 * 1.5 / metres_away
        bottom, middle = 100 + 600 * 7 / metres_away, 500 + 600 * lane_m / metres_away
        return [middle - 0.6 * tall, bottom - tall, middle + 0.6 * tall, bottom]

    seen = []
    tracker = make_tracker(Camera(id="c", image_size=(1000, 1000)))
    for t in np.arange(0, 2.8, step_s):
        xyxy = np.array([car(100 - 28 * t, 2.0), car(100 - 28 * t, 6.0)], np.float32)
        cars = Detections(xyxy, np.full(2, 0.8, np.float32), np.array([CAR, CAR]))
        seen.append(tuple(tracker.update(float(t), cars).track_id.tolist()))
    assert set(seen[3:]) == {seen[0]}


def test_each_track_names_the_row_of_its_detection():
    """Two equal boxes and one above the horizon, which is no position on the road."""
    camera = Camera(
        id="c",
        image_size=(1000, 1000),
        control_points=tuple(
            ControlPoint(pixel=pixel, ground=ground)
            for pixel, ground in [
                ((168, 456), (-8, 20)),
                ((1035, 469), (8, 20)),
                ((456, 153), (-8, 50)),
                ((838, 155), (8, 50)),
            ]
        ),
    )
    for tracker in (make_tracker(camera), make_tracker(Camera(id="c", image_size=(1000, 1000)))):
        frame = boxes((600, 40, CAR), (400, 400, CAR), (700, 450, CAR), (700, 450, BIKE))
        for t in (0.0, 0.1):
            tracks = tracker.update(t, frame)
            assert len(tracks) >= 3
            assert (tracks.xyxy == frame.xyxy[tracks.detection_index]).all()
            assert (tracks.class_id == frame.class_id[tracks.detection_index]).all()
            assert len(set(tracks.detection_index.tolist())) == len(tracks)


@pytest.mark.parametrize("name", CAMERAS)
def test_boxes_that_are_not_numbers_cost_no_other_track(name):
    tracker = make_tracker(CAMERAS[name])
    good = [300.0, 300.0, 340.0, 340.0]
    for k in range(5):
        boxes = np.array([good, [np.nan] * 4, [10.0, 10.0, np.inf, 50.0], [90.0, 90.0, 80.0, 80.0]], np.float32)
        seen = tracker.update(0.1 * k, Detections(boxes, np.full(4, 0.9, np.float32), np.zeros(4, np.int64)))
        assert seen.detection_index.tolist() == [0]
