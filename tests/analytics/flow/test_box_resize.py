"""Boxes that move as a whole, and boxes of which one edge moves."""

import pytest

from analytics.flow.box_resize import moved_as_a_whole

CAR = (100.0, 100.0, 160.0, 150.0)
BUS = (100.0, 40.0, 160.0, 150.0)


@pytest.mark.parametrize(
    ("name", "before", "after", "moved"),
    [
        ("drives down", CAR, (100, 120, 160, 170), True),
        ("comes nearer and grows", CAR, (94, 108, 166, 168), True),
        ("comes nearer, its roof as high as the camera", BUS, (92, 40, 168, 180), True),
        ("its wheels are hidden", CAR, (100, 100, 160, 125), False),
        ("its wheels appear", CAR, (100, 100, 160, 175), False),
        ("the lower border cuts it", (100, 300, 160, 350), (100, 325, 160, 359), True),
        ("the upper border cuts it", (100, 0, 160, 20), (100, 0, 160, 50), True),
    ],
)
def test_movement_down_or_up_the_picture(name, before, after, moved):
    down = 1 if after[3] > before[3] else -1
    assert moved_as_a_whole([before], [after], (0, down), image_size=(640, 360)) is moved, name


def test_one_wrong_box_of_several_decides_nothing():
    hidden = [(100.0, 100, 160, 120), *[(100.0, 121, 160, 171)] * 4]
    assert moved_as_a_whole([CAR] * 5, hidden, (0, 1))
