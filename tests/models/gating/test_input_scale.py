"""Input scale learned from the size of road users."""

import numpy as np
import pytest

from analytics.detections import Tracks
from models.gating.input_scale import MIN_TRACK_FRAMES, MIN_TRACKS, RELEARN_INTERVAL_S, AdaptiveInputScale, scale_roi
from models.gating.roi import roi_at


def tracks(side: float, who: range) -> Tracks:
    n = len(who)
    boxes = np.tile(np.array([10, 10, 10 + side, 10 + side], np.float32), (n, 1))
    return Tracks(
        boxes, np.full(n, 0.9, np.float32), np.zeros(n, np.int64), np.array(who, np.int64), np.arange(n, dtype=np.int64)
    )


def learned_from(*seen: Tracks, detector_pixels: float = 1.0) -> AdaptiveInputScale:
    scale = AdaptiveInputScale(detector_pixels)
    for frame in range(MIN_TRACK_FRAMES):
        for road_users in seen:
            scale.update(frame / 5, road_users)
    return scale


@pytest.mark.parametrize(("side", "expected"), [(60, 0.5), (40, 0.75), (30, 1.0), (12, 1.0)])
def test_the_smallest_scale_is_taken_that_leaves_enough_pixels(side, expected):
    assert learned_from(tracks(side, range(MIN_TRACKS))).scale_at(1.0) == expected


def test_what_counts_is_what_the_detector_sees():
    assert learned_from(tracks(60, range(MIN_TRACKS)), detector_pixels=0.5).scale_at(1.0) == 1.0


def test_few_road_users_prove_nothing_however_long_they_stand():
    scale = AdaptiveInputScale(1.0)
    for frame in range(1000):
        scale.update(frame / 5, tracks(80, range(MIN_TRACKS - 1)))
        assert scale.scale_at(frame / 5) == 1.0


def test_small_road_users_among_large_ones_decide():
    """One in six is a motorcycle."""
    large, small = tracks(90, range(10)), tracks(20, range(100, 102))
    assert learned_from(large, small).scale_at(1.0) == 1.0


def test_after_the_interval_the_scale_is_full_and_learned_again():
    scale = learned_from(tracks(60, range(MIN_TRACKS)))
    assert scale.scale_at(RELEARN_INTERVAL_S - 1) == 0.5
    assert scale.scale_at(RELEARN_INTERVAL_S + 1) == 1.0
    for frame in range(MIN_TRACK_FRAMES):
        scale.update(RELEARN_INTERVAL_S + 2 + frame, tracks(15, range(500, 500 + MIN_TRACKS)))
    assert scale.scale_at(RELEARN_INTERVAL_S + 10) == 1.0


def test_nothing_is_learned_below_full_scale():
    scale = learned_from(tracks(40, range(MIN_TRACKS)))
    for frame in range(MIN_TRACK_FRAMES):
        scale.update(2.0 + frame, tracks(90, range(500, 500 + MIN_TRACKS)))
    assert scale.scale_at(8.0) == 0.75


def test_a_clock_that_was_set_back_is_no_reason_to_stay_small():
    assert learned_from(tracks(60, range(MIN_TRACKS))).scale_at(-1000.0) == 1.0


@pytest.mark.parametrize("scale", [1.0, 0.75, 0.5])
def test_a_scaled_view_shows_the_same_part_of_the_frame(scale):
    full = roi_at((1280, 720), (100.0, 200.0, 900.0, 600.0), 0.5)
    small = scale_roi(full, scale)
    middles = []
    for view in (full, small):
        left, top, width, height = view.window
        per_u, per_v = view.frame_size[0] / view.scaled_size[0], view.frame_size[1] / view.scaled_size[1]
        middles.append(((left + width / 2) * per_u, (top + height / 2) * per_v))
    assert middles[0] == pytest.approx(middles[1], abs=40)
    assert small.window[2] * small.window[3] <= full.window[2] * full.window[3] * (scale + 0.1)
