"""Crops for training: boxes go with their pixels, and the same seed gives the same crops."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.training.dataset import CROP_SIZES, CropSampler, LabelledImage, crop_image, labels_from_boxes, mirrored

MARK = [40.0, 30.0, 60.0, 50.0, 1.0, "car"]


@pytest.fixture
def marked() -> LabelledImage:
    """Dark, with a bright road user."""
    image = np.full((120, 160, 3), 20, np.uint8)
    image[30:50, 40:60] = 250
    return LabelledImage(image, labels_from_boxes([MARK]))


def test_hidden_and_tiny_road_users_are_unlabelled() -> None:
    labels = labels_from_boxes(
        [MARK, [0, 0, 50, 50, 0.2, "bus"], [0, 0, 4, 20, 1.0, "person"], [0, 0, 20, 8, 1.0, "car"]]
    )
    assert labels.is_labelled.tolist() == [True, False, False, False]


@pytest.mark.parametrize("window", [(20.0, 10.0, 100.0, 90.0), (-40.0, -40.0, 200.0, 200.0), (45.0, 20.0, 85.0, 60.0)])
def test_the_box_lies_where_the_road_user_is_in_the_crop(
    marked: LabelledImage, window: tuple[float, float, float, float]
) -> None:
    image, labels = crop_image(marked, window, (160, 160))
    rows, columns = np.nonzero(image[..., 0] > 180)
    drawn = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert labels.xyxy[0] == pytest.approx(drawn, abs=2.5)
    flipped, moved = mirrored(image, labels)
    columns = np.nonzero(flipped[..., 0] > 180)[1]
    assert moved.xyxy[0, [0, 2]] == pytest.approx([columns.min(), columns.max() + 1], abs=2.5)


def test_unscaled_crops_show_road_users_as_large_as_the_camera_did(marked: LabelledImage) -> None:
    whole = {float(scaled): _widths(CropSampler([marked], 8, 1, rescaled_share=scaled)) for scaled in (0.0, 1.0)}
    assert whole[0.0] == pytest.approx(20.0)
    assert np.ptp(whole[1.0]) > 2.0


def _widths(crops: CropSampler) -> NDArray[np.float32]:
    """Of those that are whole."""
    xyxy = np.concatenate([labels.xyxy for _ in CROP_SIZES for labels in crops.next().labels])
    width, height = (xyxy[:, 2:] - xyxy[:, :2]).T
    return np.asarray(width[np.isclose(width, height)])


def test_mostly_cropped_road_users_are_unlabelled(marked: LabelledImage) -> None:
    _, half = crop_image(marked, (52.0, 0.0, 132.0, 80.0), (160, 160))
    _, gone = crop_image(marked, (70.0, 0.0, 150.0, 80.0), (160, 160))
    assert half.is_labelled.tolist() == [False]
    assert len(gone.xyxy) == 0


def test_crops_repeat_by_seed_and_hold_their_boxes(marked: LabelledImage) -> None:
    one, same, other = (CropSampler([marked] * 3, 2, seed, rescaled_share=0.5) for seed in (5, 5, 6))
    differ = False
    for size in CROP_SIZES:
        batch, again, else_ = one.next(), same.next(), other.next()
        assert batch.images.shape == (2, size[1], size[0], 3)
        assert np.array_equal(batch.images, again.images)
        differ |= not np.array_equal(batch.images, else_.images)
        for labels in batch.labels:
            assert (labels.xyxy[:, :2] >= 0).all()
            assert (labels.xyxy[:, 2:] <= size).all()
    assert differ
