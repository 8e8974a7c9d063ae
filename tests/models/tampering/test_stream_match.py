"""Streams of one camera that were squeezed, and streams that were cropped."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from models.tampering.stream_match import WHOLE_FRAME, StreamMatch, match_streams


@pytest.fixture(params=["nl_highway", "vn_junction", "us_dusk_side"])
def moments(request: pytest.FixtureRequest, shared_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    """Two grey pictures, two seconds apart."""
    with av.open(str(shared_dir / "clips" / f"{request.param}.mp4")) as clip:
        grey = [picture.to_ndarray(format="gray") for picture, _ in zip(clip.decode(video=0), range(50), strict=False)]
    return grey[0], grey[-1]


def test_a_picture_that_was_squeezed_into_another_aspect_shows_the_whole(
    moments: tuple[np.ndarray, np.ndarray],
) -> None:
    whole, later = moments
    squeezed = cv2.resize(later, (352, 288), interpolation=cv2.INTER_AREA)
    assert match_streams(whole, squeezed) == StreamMatch(WHOLE_FRAME, unrelated=False)


def test_a_picture_whose_sides_were_cut_off_shows_the_middle(moments: tuple[np.ndarray, np.ndarray]) -> None:
    whole, later = moments
    width = later.shape[1]
    share_u, share_v = match_streams(whole, later[:, width // 8 : -width // 8]).share
    assert share_u == pytest.approx(0.75, abs=0.06)
    assert share_v == pytest.approx(1.0, abs=0.06)


def test_dark_noisy_images_are_not_called_unrelated() -> None:
    noise = np.random.default_rng(5).integers(0, 30, (2, 240, 320), np.uint8)
    assert match_streams(noise[0], noise[1]) == StreamMatch(WHOLE_FRAME, unrelated=False)


def test_another_scene_is_unrelated(shared_dir: Path) -> None:
    scenes = []
    for name in ("nl_highway", "vn_junction"):
        with av.open(str(shared_dir / "clips" / f"{name}.mp4")) as clip:
            scenes.append(next(clip.decode(video=0)).to_ndarray(format="gray"))
    assert match_streams(*scenes).unrelated
