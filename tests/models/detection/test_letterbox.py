"""Pictures fitted to networks, and boxes brought back."""

import numpy as np
import pytest

from models.detection.letterbox import letterbox, pad_to_stride


@pytest.mark.parametrize(
    ("picture", "fitted"),
    [((640, 352), (640, 352)), ((640, 360), (640, 384)), ((1, 1), (32, 32)), ((33, 32), (64, 32))],
)
def test_padding_reaches_the_next_stride_and_scales_nothing(picture, fitted):
    image = np.full((picture[1], picture[0], 3), 200, np.uint8)
    padded = pad_to_stride(image, 32)
    assert padded.image.shape == (fitted[1], fitted[0], 3)
    assert (padded.image[: picture[1], : picture[0]] == 200).all()
    assert padded.scale == 1.0


@pytest.mark.parametrize("picture", [(1280, 720), (720, 1280), (100, 50), (640, 640)])
def test_a_box_comes_back_to_where_it_was(picture):
    width, height = picture
    fitted = letterbox(np.zeros((height, width, 3), np.uint8), (640, 640))
    box = np.array([[0.25 * width, 0.25 * height, 0.75 * width, height]], np.float32)
    assert fitted.image.shape == (640, 640, 3)
    assert fitted.to_image(box * fitted.scale) == pytest.approx(box, rel=1e-5)


def test_boxes_are_clipped_to_the_picture():
    fitted = pad_to_stride(np.zeros((50, 100, 3), np.uint8), 32)
    assert fitted.to_image(np.array([[-5, -5, 128, 64]], np.float32)).tolist() == [[0, 0, 100, 50]]
