"""Waiting times of the watch over pictures."""

import pytest

from pipelines.ingest.picture_watch import FIRST_PICTURE_S, PictureWatch

STALL_S = 10.0


def watch_after(*, picture: bool, needs_keyframe: bool = False) -> PictureWatch:
    """A watch of 10 s whose packets have arrived since 100 s without a picture."""
    watch = PictureWatch(STALL_S)
    if picture:
        watch.packet(90.0, requested=True, needs_keyframe=False)
        watch.picture()
    watch.packet(100.0, requested=True, needs_keyframe=needs_keyframe)
    return watch


@pytest.mark.parametrize(
    ("watch", "now", "waited_s", "hopeless"),
    [
        (watch_after(picture=True), 109.0, None, None),
        (watch_after(picture=True), 111.0, 11.0, True),
        (watch_after(picture=False), 111.0, 11.0, False),
        (watch_after(picture=True, needs_keyframe=True), 111.0, 11.0, False),
        (watch_after(picture=False), 101.0 + FIRST_PICTURE_S, FIRST_PICTURE_S + 1.0, True),
    ],
)
def test_the_first_picture_may_take_longer(
    watch: PictureWatch, now: float, waited_s: float | None, hopeless: bool | None
) -> None:
    assert watch.waited_s(now, STALL_S) == waited_s
    if waited_s is not None:
        assert watch.is_hopeless(waited_s) is hopeless


def test_a_limit_of_the_present_pace_is_the_wait_for_any_picture() -> None:
    watch = PictureWatch(STALL_S)
    watch.packet(0.0, requested=True, needs_keyframe=False)
    assert watch.waited_s(2.9, 3.0) is None
    assert watch.waited_s(3.5, 3.0) == 3.5


def test_pictures_that_are_not_requested_are_not_missed() -> None:
    watch = watch_after(picture=True)
    watch.packet(105.0, requested=False, needs_keyframe=False)
    assert watch.waited_s(1000.0, STALL_S) is None


def test_a_pause_before_the_next_packet_is_no_wait() -> None:
    watch = PictureWatch(STALL_S)
    watch.packet(0.0, requested=True, needs_keyframe=False)
    watch.picture()
    watch.packet(50.0, requested=True, needs_keyframe=False)
    assert watch.waited_s(50.0, STALL_S) is None


def test_damaged_pictures_are_none_before_a_whole_one_and_end_a_connection_later() -> None:
    watch = PictureWatch(STALL_S)
    watch.packet(0.0, requested=True, needs_keyframe=False)
    watch.picture()
    assert watch.has_shown
    for second in range(1, 35):
        watch.packet(float(second), requested=True, needs_keyframe=False)
        if second <= 31:
            assert watch.waited_s(float(second), STALL_S) is None
            watch.picture(is_whole=False)
    assert watch.waited_s(34.0, STALL_S) == 33.0
    assert watch.is_hopeless(33.0)
    watch.picture()
    assert watch.waited_s(34.0, STALL_S) is None


def test_a_connection_with_damaged_pictures_alone_has_shown_nothing() -> None:
    watch = PictureWatch(STALL_S)
    watch.packet(0.0, requested=True, needs_keyframe=False)
    watch.picture(is_whole=False)
    assert not watch.has_shown
