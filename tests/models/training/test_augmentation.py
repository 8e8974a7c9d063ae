"""Camera faults: the picture keeps its form, boxes stay on their road users, and the same seed gives the same crop."""

import numpy as np
import pytest

from models.training import augmentation
from models.training.augmentation import CameraFaults, made_night, tilted
from models.training.dataset import Labels, labels_from_boxes

EFFECTS = [
    augmentation.infrared,
    augmentation.glare,
    augmentation.rain,
    augmentation.blurred,
    augmentation.noisy,
    augmentation.captioned,
    augmentation.compressed,
]


@pytest.fixture
def street() -> np.ndarray:
    """Daylight: a smooth grey with some texture."""
    rows, columns = np.mgrid[0:96, 0:160]
    grey = 90 + 40 * np.sin(rows / 7) + 30 * np.cos(columns / 5)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)


@pytest.fixture
def labels() -> Labels:
    return labels_from_boxes([[40, 30, 90, 60, 1.0, "car"], [110, 20, 130, 70, 0.1, "motorcycle"]])


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("seed", range(6))
def test_each_effect_keeps_the_form_of_the_crop_and_repeats_by_its_generator(street, effect, seed):
    before = street.copy()
    one, same = (effect(street, np.random.default_rng(seed)) for _ in range(2))
    assert (one.shape, one.dtype) == (street.shape, np.uint8)
    assert np.array_equal(one, same)
    assert np.array_equal(street, before)


@pytest.mark.parametrize("effect", EFFECTS)
def test_each_effect_changes_the_crop(street, effect):
    assert any(not np.array_equal(effect(street, np.random.default_rng(seed)), street) for seed in range(3))


def test_infrared_is_grey(street):
    street[..., 0] += 60
    seen = augmentation.infrared(street, np.random.default_rng(1))
    assert (seen[..., 0] == seen[..., 2]).all()


def test_a_low_bit_rate_leaves_blocks_of_eight_pixels():
    noise = np.random.default_rng(2).integers(90, 160, (64, 64, 3)).astype(np.uint8)
    steps = np.zeros(8)
    for seed in range(40):
        sent = augmentation.compressed(noise, np.random.default_rng(seed)).astype(float)
        across = np.abs(np.diff(sent, axis=1)).mean(axis=(0, 2))
        steps += [across[k::8].mean() for k in range(8)]
    assert steps.argmax() == 7


@pytest.mark.parametrize("degrees", [-7.0, 3.0, 7.0])
def test_a_tilt_moves_boxes_with_their_pixels(degrees):
    image = np.zeros((120, 200, 3), np.uint8)
    rows, columns = np.mgrid[0:120, 0:200]
    image[((columns - 150) / 30) ** 2 + ((rows - 40) / 12) ** 2 <= 1] = 255
    turned, moved = tilted(image, labels_from_boxes([[120, 28, 180, 52, 1.0, "car"]]), degrees)
    seen_rows, seen_columns = np.nonzero(turned[..., 0] > 200)
    drawn = [seen_columns.min(), seen_rows.min(), seen_columns.max() + 1, seen_rows.max() + 1]
    assert moved.xyxy[0] == pytest.approx(drawn, abs=2.5)


def test_a_tilt_drops_boxes_that_leave_the_crop_and_keeps_the_masks():
    labels = labels_from_boxes([[0, 0, 3, 3, 1.0, "car"], [90, 50, 110, 70, 0.1, "bus"]])
    _, moved = tilted(np.zeros((120, 200, 3), np.uint8), labels, 7.0)
    assert (moved.class_id.tolist(), moved.is_labelled.tolist()) == ([2], [False])
    assert moved.labelled_classes.all()


def test_a_made_night_is_darker_and_lamps_glow_on_labelled_vehicles(street, labels):
    nights = [made_night(street, labels, np.random.default_rng(seed)).astype(float).mean(axis=2) for seed in range(20)]
    unlit = labels_from_boxes([])
    dark = [made_night(street, unlit, np.random.default_rng(seed)).astype(float).mean(axis=2) for seed in range(20)]
    assert all(night.mean() < street.mean() for night in dark)
    on_car = np.mean([night[30:60, 40:90].max() for night in nights])
    assert on_car > np.mean([night[30:60, 40:90].max() for night in dark]) + 40
    on_ignored = np.mean([night[20:70, 118:130].max() for night in nights])
    assert on_ignored < on_car - 40


def test_faults_repeat_by_their_generator_and_nights_are_made_of_days_only(street, labels):
    always = CameraFaults(night=1.0, glare=0, rain=0, blur=0, bit_rate=0, infrared=0, captions=0, noise=0, tilt=0)
    by_day, same = (always.apply(street, labels, True, np.random.default_rng(3)) for _ in range(2))
    by_night, _ = always.apply(street, labels, False, np.random.default_rng(3))
    assert np.array_equal(by_day[0], same[0])
    assert by_day[0].mean() < street.mean()
    assert np.array_equal(by_night, street)


def test_faults_come_as_often_as_they_are_set(street, labels):
    some = CameraFaults(night=0, glare=0, rain=0, blur=0.4, bit_rate=0, infrared=0, captions=0, noise=0, tilt=0)
    rng = np.random.default_rng(5)
    changed = sum(not np.array_equal(some.apply(street, labels, True, rng)[0], street) for _ in range(200))
    assert 50 <= changed <= 110
