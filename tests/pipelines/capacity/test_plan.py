from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.capacity.clips import FPS, PreparedClip
from pipelines.capacity.plan import PlannedCamera, PlaybackPlan
from pipelines.config.geometry_file import CameraGeometry

EPOCH = 1_700_000_000.0
CLIPS = [
    PreparedClip(name, Path(f"/clips/{name}.mp4"), frames, CameraGeometry()) for name, frames in (("a", 50), ("b", 38))
]


def camera(frames=50, starts_at=EPOCH):
    return PlannedCamera("camera-000", "a", "/clips/a.mp4", frames, starts_at)


def test_cameras_show_the_clips_in_turn():
    plan = PlaybackPlan.of(CLIPS, 5, EPOCH)

    assert [c.clip for c in plan.cameras] == ["a", "b", "a", "b", "a"]
    assert len({c.id for c in plan.cameras}) == 5


def test_cameras_with_the_same_clip_are_at_positions_far_apart():
    plan = PlaybackPlan.of(CLIPS[:1], 5, EPOCH)

    shown = sorted(c.position_s(EPOCH) for c in plan.cameras)
    apart = [b - a for a, b in pairwise([*shown, shown[0] + plan.cameras[0].loop_s])]

    assert min(apart) > 0.5 * plan.cameras[0].loop_s / 5


@pytest.mark.parametrize("count", [2, 7, 36])
def test_no_two_cameras_send_at_the_same_time(count):
    plan = PlaybackPlan.of(CLIPS, count, EPOCH)

    within_period = sorted(c.due_at(c.next_frame(EPOCH)) - EPOCH for c in plan.cameras)

    assert min(b - a for a, b in pairwise(within_period)) > 0.5 / float(FPS) / count


def test_the_next_frame_is_the_first_that_is_due_later():
    shown = camera()

    number = shown.next_frame(EPOCH + 0.1)

    assert number == 2
    assert shown.due_at(number) == pytest.approx(EPOCH + 0.16)


def test_a_position_repeats_with_every_loop():
    shown = camera()

    assert shown.loop_s == 4.0
    assert shown.position_s(EPOCH + 1.5) == pytest.approx(1.5)
    assert shown.position_s(EPOCH + 4 * 7 + 1.5) == pytest.approx(1.5)


def test_a_plan_survives_json():
    plan = PlaybackPlan.of(CLIPS, 3, EPOCH)

    assert PlaybackPlan.from_json(plan.to_json()) == plan
