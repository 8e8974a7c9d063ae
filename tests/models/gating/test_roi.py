"""Region of interest and its scale."""

import numpy as np
import pytest

from analytics.camera import Camera, Gate, Zone
from analytics.detections import Detections
from models.gating.roi import APPROACH, APPROACH_AT_LOW_FPS, PIXEL_BUDGET, STRIDE, choose_roi, roi_at

FAR_CORNER = Zone(id="far", polygon=((900, 100), (1200, 100), (1200, 250), (900, 250)))


def seen(box: tuple[float, float, float, float]) -> Detections:
    return Detections(np.array([box], np.float32), np.ones(1, np.float32), np.zeros(1, np.int64))


SIZES = [(1280, 720), (640, 360), (720, 1280), (1920, 1080), (450, 360), (3840, 2160), (704, 576), (20, 20)]


@pytest.mark.parametrize("size", SIZES)
def test_with_nothing_drawn_the_whole_picture_is_seen_in_its_own_shape(size):
    view = choose_roi(Camera(id="c", image_size=size))
    left, top, width, height = view.window
    assert view.scaled_size[0] / view.scaled_size[1] == pytest.approx(size[0] / size[1], rel=0.07)
    assert all(side % STRIDE == 0 for side in (width, height))
    for start, span, whole in ((left, width, view.scaled_size[0]), (top, height, view.scaled_size[1])):
        assert 0 <= start <= whole - span - start + 1 <= STRIDE // 4 + 1


def test_half_of_a_common_camera_s_picture_is_exactly_half():
    for size in ((1280, 720), (2560, 1440)):
        assert choose_roi(Camera(id="c", image_size=size)).scaled_size == (size[0] // 2, size[1] // 2)


@pytest.mark.parametrize(("analysis_fps", "approach"), [(25.0, APPROACH), (5.0, APPROACH_AT_LOW_FPS)])
@pytest.mark.parametrize("size", SIZES[:-1])
def test_gates_alone_are_seen_with_what_comes_to_them(size, analysis_fps, approach):
    height = size[1]
    rows = 0.45 * height, 0.55 * height
    gate = Gate(id="g", p1=(10, rows[0]), p2=(90, rows[1]))
    whole = choose_roi(Camera(id="c", image_size=size))
    view = choose_roi(Camera(id="c", image_size=size, gates=(gate,)), analysis_fps=analysis_fps)
    assert view.scaled_size == whole.scaled_size
    assert (view.window[0], view.window[2]) == (whole.window[0], whole.window[2])
    per_v = view.scaled_size[1] / height
    top, bottom = view.window[1] / per_v, (view.window[1] + view.window[3]) / per_v
    assert top <= max(0, rows[0] - approach * height) + 0.03 * height
    assert bottom >= min(height, rows[1] + approach * height) - 0.03 * height
    assert analysis_fps < 10 or bottom - top < 0.95 * height


@pytest.mark.parametrize(
    ("size", "scale"),
    [
        ((1280, 720), 0.5),  # what is affordable
        ((640, 360), 1.0),
        ((1920, 1080), 0.5),  # more than is affordable, or motorcycles are lost
        ((320, 240), 1.5),  # enlarging further shows nothing new
    ],
)
def test_the_scale_is_what_is_affordable_within_reason(size, scale):
    view = choose_roi(Camera(id="c", image_size=size))
    assert view.scaled_size[0] / size[0] == pytest.approx(scale, rel=0.07)


def test_a_small_road_region_is_seen_larger():
    whole = choose_roi(Camera(id="c", image_size=(1280, 720)))
    region = choose_roi(Camera(id="c", image_size=(1280, 720), zones=(FAR_CORNER,)))
    left, top, width, height = region.window
    assert region.scaled_size[0] > 1.5 * whole.scaled_size[0]
    assert width * height == pytest.approx(PIXEL_BUDGET, rel=0.25)
    scale = region.scaled_size[0] / 1280
    assert left <= 900 * scale
    assert top <= 100 * scale
    assert left + width >= 1200 * scale
    assert top + height >= 250 * scale


def test_gates_outside_the_zones_are_seen_too():
    gate = Gate(id="g", p1=(20, 700), p2=(100, 700))
    view = choose_roi(Camera(id="c", image_size=(1280, 720), zones=(FAR_CORNER,), gates=(gate,)))
    left, top, _, height = view.window
    assert left <= 20 * view.scaled_size[0] / 1280
    assert top + height >= 700 * view.scaled_size[1] / 720


def test_boxes_come_back_to_full_frame_pixels():
    view = roi_at((1280, 720), (640, 360, 1280, 720), 0.5)
    left, top, width, height = view.window
    corner = view.to_frame(seen((0, 0, width, height))).xyxy[0]
    assert corner == pytest.approx(
        [
            left * 1280 / view.scaled_size[0],
            top * 720 / view.scaled_size[1],
            (left + width) * 1280 / view.scaled_size[0],
            (top + height) * 720 / view.scaled_size[1],
        ]
    )
    assert corner[2:] == pytest.approx([1280, 720])


def test_an_empty_view_stays_empty():
    assert len(roi_at((1280, 720), (0, 0, 1280, 720), 0.5).to_frame(Detections.empty())) == 0
