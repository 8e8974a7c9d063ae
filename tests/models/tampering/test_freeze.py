"""Distinction of a frozen image from a quiet road."""

from pathlib import Path

import av
import numpy as np
import pytest

from models.tampering.freeze import FreezeDetector
from pipelines.analysis.frame_convert import luma_thumbnail
from tests.support.servers import write_clip

QUIET_ROAD = np.full((45, 80), 90, np.uint8)


def shown(frozen: FreezeDetector, pictures: list[tuple[float, np.ndarray]]) -> FreezeDetector:
    for t, picture in pictures:
        frozen.update(t, picture)
    return frozen


def test_a_picture_is_frozen_once_it_has_not_changed_for_long_enough() -> None:
    frozen = shown(FreezeDetector(30), [(t, QUIET_ROAD) for t in range(5)])
    assert not frozen.is_suspected
    shown(frozen, [(t, QUIET_ROAD) for t in range(5, 30)])
    assert frozen.is_suspected
    assert not frozen.is_frozen
    assert shown(frozen, [(30, QUIET_ROAD)]).is_frozen


def test_pictures_that_never_changed_since_the_start_may_have_been_frozen_before_it() -> None:
    changed = QUIET_ROAD + np.uint8(20)
    since_start = FreezeDetector(30)
    assert shown(since_start, [(0.0, QUIET_ROAD)]).repeated_within_s is None
    assert shown(since_start, [(0.2, QUIET_ROAD)]).repeated_within_s == 2
    sharpened = QUIET_ROAD.copy()
    sharpened[3, 40:44] += 12
    assert shown(since_start, [(0.4, sharpened), (0.6, sharpened)]).repeated_within_s == 2, "an encoder at work"
    assert shown(since_start, [(4.8, sharpened)]).repeated_within_s == 2, "no time of it counts as observed"
    assert shown(since_start, [(5.0, changed)]).repeated_within_s is None
    assert shown(since_start, [(5.2, changed)]).repeated_within_s == 5, "a live road that stands still for a moment"


def test_re_encoding_does_not_thaw_a_frozen_picture() -> None:
    pictures = [(float(t), QUIET_ROAD + np.uint8(t % 3)) for t in range(31)]
    assert shown(FreezeDetector(30), pictures).is_frozen


def test_frames_in_step_with_keyframes_of_growing_sharpness_stay_frozen() -> None:
    def picture(number: int) -> np.ndarray:
        """Two frames a second, a keyframe every two seconds, each of which is coarse in another place."""
        sharpened = QUIET_ROAD.copy()
        if number % 4 == 0:
            sharpened[number, 40:44] += 4
        return sharpened

    frozen = shown(FreezeDetector(30), [(k / 2, picture(k)) for k in range(30)])
    assert frozen.unchanged_s > 10


def test_one_changed_spot_is_a_live_picture() -> None:
    changed = QUIET_ROAD.copy()
    changed[20, 40] += 10
    frozen = shown(FreezeDetector(30), [(t, QUIET_ROAD) for t in range(31)])
    frozen.update(31, changed)
    assert not frozen.is_suspected
    assert frozen.unchanged_s == 0


def test_a_picture_that_repeats_an_older_one_in_the_pixel_that_changed_most_is_compared_in_full() -> None:
    between, changed = QUIET_ROAD.copy(), QUIET_ROAD.copy()
    between[20, 40] += 20
    changed[5, 7] += 10
    assert shown(FreezeDetector(30), [(0, QUIET_ROAD), (1, between), (2, changed)]).unchanged_s == 0
    assert shown(FreezeDetector(30), [(0, QUIET_ROAD), (1, between), (2, QUIET_ROAD)]).unchanged_s == 1


def test_repeated_frames_of_a_live_stream_mean_nothing() -> None:
    noise = np.random.default_rng(3)
    frozen = FreezeDetector(30)
    for t in range(0, 100, 2):
        picture = noise.integers(60, 90, (45, 80), dtype=np.uint8)
        shown(frozen, [(t, picture), (t + 1, picture)])
        assert not frozen.is_suspected


def test_a_change_of_picture_size_is_a_change() -> None:
    frozen = shown(FreezeDetector(30), [(t, QUIET_ROAD) for t in range(31)])
    frozen.update(31, np.full((90, 160), 90, np.uint8))
    assert not frozen.is_frozen


@pytest.mark.parametrize(("still", "expected"), [(True, True), (False, False)])
@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
def test_decoded_video_of_a_frozen_and_of_a_live_camera(
    tmp_path: Path, codec: str, still: bool, expected: bool
) -> None:
    """With a keyframe every second, of which each is followed by sharper pictures."""
    frozen = FreezeDetector(3)
    with av.open(str(write_clip(tmp_path / "clip.mkv", codec=codec, still=still, seconds=6))) as clip:
        for number, picture in enumerate(clip.decode(video=0)):
            if number % 3 == 0:
                frozen.update(picture.time, luma_thumbnail(picture))
    assert frozen.is_frozen == expected


def test_a_thumbnail_is_a_small_copy_whatever_the_format() -> None:
    for pixel_format in ("yuv420p", "rgb24"):
        picture = av.VideoFrame.from_ndarray(np.full((720, 1280, 3), 128, np.uint8), format="rgb24")
        thumbnail = luma_thumbnail(picture.reformat(format=pixel_format))
        assert thumbnail.shape == pytest.approx((45, 80), abs=2)
        assert thumbnail.base is None
        assert np.ptp(thumbnail) <= 4


def test_a_frozen_image_that_is_coded_again_stays_frozen() -> None:
    """Sampling may hit an image that it missed before."""
    noise = np.random.default_rng(3)
    frozen = FreezeDetector(30)
    for frame in range(5 * 60):
        rarely = noise.integers(0, 9, QUIET_ROAD.shape, dtype=np.uint8) if frame % 13 == 0 else np.uint8(0)
        frozen.update(frame / 5, QUIET_ROAD + rarely)
    assert frozen.is_frozen
