"""Smaller pictures under overload: limits of all cameras over time."""

from pipelines.analysis.picture_limits import SCALES, PictureLimits

CAMERAS = 10


def scales(limits: PictureLimits) -> list[float]:
    return [limits.scale(camera) for camera in range(CAMERAS)]


def run(limits: PictureLimits, seconds: int, analysed: int, missed: int, since: int = 0) -> int:
    for second in range(since, since + seconds):
        limits.update(float(second), analysed, missed)
    return since + seconds


def test_pictures_are_whole_at_first_and_while_few_frames_are_missed() -> None:
    limits = PictureLimits(CAMERAS)
    assert scales(limits) == [1.0] * CAMERAS
    run(limits, 100, analysed=50, missed=2)
    assert scales(limits) == [1.0] * CAMERAS and limits.reduced_share == 0


def test_overload_makes_pictures_smaller_one_step_for_all_before_the_next() -> None:
    limits = PictureLimits(CAMERAS)
    now = run(limits, 5, analysed=50, missed=20)
    assert 0 < scales(limits).count(SCALES[1]) < CAMERAS
    assert set(scales(limits)) == {SCALES[0], SCALES[1]}
    run(limits, 100, analysed=50, missed=20, since=now)
    assert scales(limits) == [SCALES[-1]] * CAMERAS and limits.reduced_share == 1


def test_pictures_grow_again_one_by_one_and_only_after_calm() -> None:
    limits = PictureLimits(CAMERAS)
    now = run(limits, 60, analysed=50, missed=20)
    reduced = limits.reduced_share
    now = run(limits, 60, analysed=50, missed=4, since=now)
    assert limits.reduced_share == reduced, "neither many nor few frames are missed"
    now = run(limits, 6, analysed=50, missed=0, since=now)
    assert 0.8 * reduced < limits.reduced_share < reduced
    run(limits, 200, analysed=50, missed=0, since=now)
    assert scales(limits) == [1.0] * CAMERAS


def test_calls_more_often_than_once_a_second_change_nothing_more() -> None:
    limits = PictureLimits(CAMERAS)
    for call in range(50):
        limits.update(call / 25, 2, 1)
    assert scales(limits).count(SCALES[1]) == 1


def test_without_cameras_or_frames_nothing_is_limited() -> None:
    limits = PictureLimits(0)
    run(limits, 10, analysed=0, missed=0)
    assert limits.reduced_share == 0
