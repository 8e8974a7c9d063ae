"""Smaller pictures under overload: limits of all cameras over time."""

from collections.abc import Sequence

from pipelines.analysis.picture_limits import MIN_SIDE_PX, PictureLimits

SIDES = (60.0, 50.0, 40.0, 30.0, 25.0, 18.0, 14.0, None)
"""Sides of small road users of the cameras, px."""


def run(limits: PictureLimits, seconds: int, missed: int, sides: Sequence[float | None] = SIDES) -> None:
    for _ in range(seconds):
        limits.update(50, missed, sides)


def test_pictures_are_whole_at_first_and_while_few_frames_are_missed() -> None:
    limits = PictureLimits(len(SIDES))
    assert limits.scales == [1.0] * len(SIDES)
    run(limits, 100, missed=2)
    assert limits.scales == [1.0] * len(SIDES)


def test_overload_makes_pictures_smaller_where_road_users_stay_largest() -> None:
    limits = PictureLimits(len(SIDES))
    run(limits, 7, missed=50)
    assert limits.scales == [0.75, 0.75, 0.75, *[1.0] * 5], "45, 37.5 and 30 px, as many as half of 60"


def test_no_picture_becomes_smaller_where_whole_ones_count_better() -> None:
    limits = PictureLimits(len(SIDES))
    run(limits, 200, missed=20)
    assert limits.scales == [1.0] * len(SIDES), "5 frames/s are wanted, 3.6 analysed"


def test_a_burst_makes_no_picture_smaller() -> None:
    limits = PictureLimits(len(SIDES))
    for _ in range(20):
        run(limits, 2, missed=30)
        run(limits, 8, missed=1)
    assert limits.scales == [1.0] * len(SIDES)


def test_no_picture_becomes_so_small_that_small_road_users_are_lost() -> None:
    limits = PictureLimits(len(SIDES))
    run(limits, 200, missed=50)
    assert limits.scales == [0.5, 0.5, 0.5, 0.5, 0.5, 0.75, 1.0, 1.0]
    assert all(side * scale >= MIN_SIDE_PX for side, scale in zip(SIDES, limits.scales, strict=True) if side)


def test_pictures_grow_again_one_by_one_the_smallest_road_users_first() -> None:
    limits = PictureLimits(len(SIDES))
    run(limits, 200, missed=50)
    run(limits, 60, missed=15)
    assert limits.scales[5] == 0.75, "neither many nor few frames are missed"
    while limits.scales.count(0.5) == 5:
        run(limits, 1, missed=0)
    assert limits.scales[4:6] == [0.75, 0.75], "12.5 px before 13.5"
    run(limits, 200, missed=0)
    assert limits.scales == [1.0] * len(SIDES)


def test_cameras_whose_road_users_are_not_known_yet_keep_whole_pictures() -> None:
    limits = PictureLimits(3)
    run(limits, 100, missed=50, sides=[None] * 3)
    assert limits.scales == [1.0] * 3


def test_without_cameras_or_frames_nothing_happens() -> None:
    for frames in (0, 1):
        limits = PictureLimits(0)
        for _ in range(10):
            limits.update(0, frames, [])
        assert limits.scales == []
