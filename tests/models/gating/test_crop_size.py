"""Size of crops, with networks that find in crops what they find in whole frames, and networks that do not."""

import numpy as np
import pytest

from analytics.detections import Detections
from models.gating.crop_size import LEAST_SIDES_PX, RETRY_S, CropSize
from models.gating.motion_gate import MotionGate
from models.gating.roi import roi_at
from models.packing.crop_collage import Rectangle
from models.tracking.measurement_space import ImagePlane
from models.tracking.tracker import RoadTracker
from tests.models.gating.test_motion_gate import (
    EVERYTHING,
    FRAMES_PER_S,
    HEIGHT,
    WIDTH,
    Boxes,
    Street,
    boxes,
    seen_in,
    select,
)

SMALLEST, LARGER, WHOLE = LEAST_SIDES_PX
CROP: tuple[Rectangle, ...] = ((240, 120, 340, 220),)
INSIDE, AT_THE_EDGE = (270.0, 150.0, 300.0, 190.0), (600.0, 150.0, 630.0, 190.0)


def traffic(look: int) -> Boxes:
    """A vehicle enters every 12 frames; each moves by less than half its length and height in a frame."""
    ages = [age for age in range(look % 12, 36, 12) if age <= look]
    return boxes(*((40.0 + 15 * age, 20.0 + 8 * age) for age in ages), size=(36, 30))


def drive(least_side_px: float, looks: int = 120) -> tuple[CropSize, list[tuple[Rectangle, ...]], list[float]]:
    """Crops and shares of reported vehicles by frame. least_side_px: below it the network finds nothing in a crop."""
    crop_size, street, tracker = CropSize(), Street(), RoadTracker(ImagePlane())
    gate = MotionGate(roi_at((WIDTH, HEIGHT), (0, 0, WIDTH, HEIGHT), 1.0), crop_size)
    crops, shares = [], []
    for look in range(looks):
        t, there = 100.0 + look / FRAMES_PER_S, traffic(look)
        parts = select(gate, t, street.picture(there))
        found = [seen_in(part, there) if is_seen(part, least_side_px) else Detections.empty() for part in parts]
        detections = gate.merge_detections(parts, found)
        gate.update_tracks(t, tracker.update(t, detections))
        crops.append(parts)
        shares.append(len(detections) / len(there))
    return crop_size, crops, shares


def is_seen(part: Rectangle, least_side_px: float) -> bool:
    return (part,) == EVERYTHING or min(part[2] - part[0], part[3] - part[1]) >= least_side_px


def sides(crops: list[tuple[Rectangle, ...]]) -> list[int]:
    """Shorter side of each crop that is no whole frame."""
    return [min(p[2] - p[0], p[3] - p[1]) for parts in crops if parts != EVERYTHING for p in parts]


def test_a_network_that_is_strong_in_crops_gets_the_smallest() -> None:
    crop_size, crops, shares = drive(0)
    assert (crop_size.least_side_px, crop_size.changes) == (SMALLEST, 0)
    assert min(sides(crops)) == SMALLEST
    assert np.mean(shares) >= 0.95


def test_a_network_that_misses_in_small_crops_gets_larger_ones() -> None:
    crop_size, crops, shares = drive(150)
    assert crop_size.least_side_px == LARGER
    assert crop_size.was_weak
    assert crop_size.found_share < 0.6
    assert LARGER is not None
    assert min(sides(crops[80:])) >= LARGER
    assert np.mean(shares[80:]) >= 0.95 > np.mean(shares[:15])


def test_a_network_that_misses_in_all_crops_gets_whole_frames() -> None:
    crop_size, crops, shares = drive(10_000)
    assert crop_size.least_side_px is WHOLE
    assert not sides(crops[90:])
    assert np.mean(shares[90:]) >= 0.95


def observe(
    crop_size: CropSize,
    found: bool,
    *,
    times: int,
    start: float = 0.0,
    confidence: float = 0.8,
    box: tuple[float, float, float, float] = INSIDE,
    crops: tuple[Rectangle, ...] = CROP,
) -> float:
    """Find a vehicle in a whole frame, and in a crop of the next or not; return the time of the last whole frame."""
    t = start
    for number in range(times):
        t = start + number
        seen = {int(t): (confidence, box)}
        crop_size.observe(t, EVERYTHING, seen)
        crop_size.observe(t + 0.2, crops, seen if found else {})
        crop_size.observe(t + 0.4, (), seen if found else {})
    return t


def started() -> CropSize:
    crop_size = CropSize()
    crop_size.restart((WIDTH, HEIGHT))
    return crop_size


def test_five_misses_do_not_suffice_and_six_do() -> None:
    crop_size = started()
    observe(crop_size, found=False, times=5)
    assert crop_size.least_side_px == SMALLEST
    observe(crop_size, found=False, times=1, start=5)
    assert (crop_size.least_side_px, crop_size.found_share) == (LARGER, 0)


def test_a_vehicle_that_a_whole_frame_finds_in_the_crop_of_the_frame_before_was_missed_there() -> None:
    crop_size = started()
    for number in range(6):
        crop_size.observe(number, CROP, {})
        crop_size.observe(number + 0.2, EVERYTHING, {number: (0.8, INSIDE)})
    assert crop_size.least_side_px == LARGER


def test_a_vehicle_that_was_found_in_a_crop_and_in_the_next_whole_frame_is_no_miss() -> None:
    crop_size = started()
    for number in range(30):
        crop_size.observe(number, EVERYTHING, {})
        crop_size.observe(number + 0.2, CROP, {number: (0.8, INSIDE)})
        crop_size.observe(number + 0.4, EVERYTHING, {number: (0.8, INSIDE)})
        if number % 5 == 0:
            crop_size.observe(number + 0.6, CROP, {})
    assert crop_size.changes == 0


@pytest.mark.parametrize(
    "case",
    [
        {"confidence": 0.35},
        {"box": AT_THE_EDGE, "crops": ((550, 120, 640, 220),)},
        {"crops": ((0, 0, 100, 100),)},
        {"crops": ()},
    ],
    ids=["unsure in the whole frame, too", "may have left", "not in a crop", "no crop"],
)
def test_a_miss_with_another_cause_is_no_trial(case: dict) -> None:  # type: ignore[type-arg]
    crop_size = started()
    observe(crop_size, found=False, times=20, **case)
    assert crop_size.changes == 0


def test_one_miss_among_ten_is_usual_and_five_are_not() -> None:
    for misses, expected in ((1, SMALLEST), (5, LARGER)):
        crop_size = started()
        for number in range(24):
            observe(crop_size, found=(number * misses) % 10 >= misses, times=1, start=number)
        assert crop_size.least_side_px == expected


def test_smaller_crops_are_tried_again_and_given_up_sooner_and_for_longer() -> None:
    crop_size = started()
    raised_at = observe(crop_size, found=False, times=6) + 0.2
    observe(crop_size, found=True, times=1, start=raised_at + RETRY_S - 1)
    assert crop_size.least_side_px == LARGER
    tried_at = observe(crop_size, found=True, times=1, start=raised_at + RETRY_S)
    assert (crop_size.least_side_px, crop_size.was_weak) == (SMALLEST, False)
    raised_at = observe(crop_size, found=False, times=4, start=tried_at + 1) + 0.2
    assert crop_size.least_side_px == LARGER
    observe(crop_size, found=True, times=1, start=raised_at + 2 * RETRY_S - 1)
    assert crop_size.least_side_px == LARGER
    observe(crop_size, found=True, times=1, start=raised_at + 2 * RETRY_S)
    assert crop_size.least_side_px == SMALLEST


def test_after_a_long_time_with_small_crops_the_next_try_comes_soon_again() -> None:
    crop_size = started()
    t = observe(crop_size, found=False, times=6)
    for _ in range(2):
        t = observe(crop_size, found=True, times=1, start=t + 3 * RETRY_S)
        assert crop_size.least_side_px == SMALLEST
        t = observe(crop_size, found=False, times=6, start=t + 3 * RETRY_S)
        assert crop_size.least_side_px == LARGER
    observe(crop_size, found=True, times=1, start=t + RETRY_S + 1)
    assert crop_size.least_side_px == SMALLEST


def test_a_clock_that_is_set_back_lets_smaller_crops_be_tried() -> None:
    crop_size = started()
    observe(crop_size, found=False, times=6, start=1000)
    crop_size.observe(10.0, (), {})
    assert crop_size.least_side_px == SMALLEST


def test_another_window_keeps_the_size_and_forgets_the_places() -> None:
    crop_size = started()
    observe(crop_size, found=False, times=6)
    crop_size.observe(6.0, EVERYTHING, {1: (0.8, INSIDE)})
    crop_size.restart((WIDTH // 2, HEIGHT // 2))
    for number in range(8):
        crop_size.observe(7.0 + number, CROP, {})
    assert (crop_size.least_side_px, crop_size.changes) == (LARGER, 1)


def test_a_short_recording_starts_with_larger_crops_and_later_tries_smaller_ones() -> None:
    crop_size = CropSize(larger=True)
    crop_size.restart((WIDTH, HEIGHT))
    crop_size.observe(50.0, (), {})
    assert crop_size.least_side_px == LARGER
    crop_size.observe(50.0 + RETRY_S, (), {})
    assert crop_size.least_side_px == SMALLEST
