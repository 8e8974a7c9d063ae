"""Smaller pictures under overload: limits of all cameras over time."""

from collections.abc import Sequence

from pipelines.analysis.picture_limits import MIN_SIDE_PX, SCALES, PictureLimits

SIDES = (60.0, 50.0, 40.0, 30.0, 25.0, 18.0, 14.0, None)
"""Sides of small road users of the cameras, px."""


def scales(limits: PictureLimits) -> list[float]:
    return [limits.scale(camera) for camera in range(len(SIDES))]


def run(limits: PictureLimits, seconds: int, missed: int, since: int = 0, sides: Sequence[float | None] = SIDES) -> int:
    for second in range(since, since + seconds):
        limits.update(float(second), 50, missed, sides)
    return since + seconds


def test_pictures_are_whole_at_first_and_while_few_frames_are_missed() -> None:
    limits = PictureLimits(len(SIDES))
    assert scales(limits) == [1.0] * len(SIDES)
    run(limits, 100, missed=2)
    assert scales(limits) == [1.0] * len(SIDES)


def test_overload_makes_pictures_smaller_where_road_users_stay_largest() -> None:
    limits = PictureLimits(len(SIDES))
    run(limits, 4, missed=20)
    assert scales(limits) == [0.75, 0.75, 0.75, *[1.0] * 5], "45, 37.5 and 30 px, as many as half of 60"


def test_no_picture_becomes_so_small_that_small_road_users_are_lost() -> None:
    limits = PictureLimits(len(SIDES))
    run(limits, 200, missed=20)
    assert scales(limits) == [0.5, 0.5, 0.5, 0.5, 0.5, 0.75, 1.0, 1.0]
    assert all(side * scale >= MIN_SIDE_PX for side, scale in zip(SIDES[:-1], scales(limits), strict=False) if side)


def test_pictures_grow_again_one_by_one_the_smallest_road_users_first() -> None:
    limits = PictureLimits(len(SIDES))
    now = run(limits, 200, missed=20)
    now = run(limits, 60, missed=4, since=now)
    assert limits.scale(5) == 0.75, "neither many nor few frames are missed"
    now = run(limits, 3, missed=0, since=now)
    assert scales(limits).count(0.5) == 4
    assert limits.scale(4) == 0.75
    run(limits, 200, missed=0, since=now)
    assert scales(limits) == [1.0] * len(SIDES)


def test_cameras_whose_road_users_are_not_known_yet_keep_whole_pictures() -> None:
    limits = PictureLimits(3)
    run(limits, 100, missed=50, sides=[None] * 3)
    assert [limits.scale(camera) for camera in range(3)] == [1.0] * 3


def test_calls_more_often_than_once_a_second_change_nothing_more() -> None:
    limits = PictureLimits(len(SIDES))
    for call in range(50):
        limits.update(call / 25, 2, 1, SIDES)
    assert sum(scale < SCALES[0] for scale in scales(limits)) == 1


def test_without_cameras_nothing_happens() -> None:
    limits = PictureLimits(0)
    for second in range(10):
        limits.update(float(second), 0, second % 2, [])
