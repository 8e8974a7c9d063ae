"""Frames as a player displays them, of videos whose coded pictures differ from it."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest

from pipelines.events.condition import Condition
from pipelines.ingest.displayed_frame import DisplayConverter, NotDisplayable
from pipelines.ingest.video_track import shown_track
from tests.support.mjpeg_camera import jpeg, with_exif
from tests.support.odd_pictures import (
    TURNS,
    UNIT,
    difference,
    matrix_of,
    road,
    stretched,
    weave,
    write_parts,
    write_pictures,
)

CLOSE = 6.0
"""Mean difference in grey levels that compression and scaling may make; a wrong picture differs by over 20."""


def displayed(path: Path) -> Iterator[av.VideoFrame]:
    with av.open(str(path)) as container:
        track = shown_track(container)
        assert track is not None
        converter = DisplayConverter(track)
        for frame in container.decode(track):
            yield converter.convert(converter.note(frame))


@pytest.mark.parametrize("signs", TURNS)
def test_a_video_that_is_turned_or_mirrored_by_metadata_is_displayed_upright(
    tmp_path: Path, signs: tuple[int, int, int, int]
) -> None:
    coded = [TURNS[signs](road(number)) for number in range(3)]
    path = write_pictures(tmp_path / "turned.mp4", coded, matrix=matrix_of(signs))
    for number, frame in enumerate(displayed(path)):
        assert difference(frame, road(number)) < CLOSE


@pytest.mark.parametrize(
    ("coded_size", "pixel_aspect", "shown_size"),
    [((176, 144), Fraction(12, 11), (192, 144)), ((352, 240), Fraction(10, 11), (320, 240))],
)
def test_pixels_that_are_not_square_are_displayed_with_the_width_that_they_state(
    tmp_path: Path, coded_size: tuple[int, int], pixel_aspect: Fraction, shown_size: tuple[int, int]
) -> None:
    shown = road(0, shown_size)
    path = write_pictures(tmp_path / "d1.mp4", [stretched(shown, coded_size)], pixel_aspect=pixel_aspect)
    assert difference(next(displayed(path)), shown) < CLOSE


def test_oblong_pixels_are_widened_before_the_frame_is_turned(tmp_path: Path) -> None:
    shown = road(0, (144, 192))
    coded = stretched(TURNS[0, 1, -1, 0](shown), (176, 144))
    path = write_pictures(
        tmp_path / "both.mp4", [coded], pixel_aspect=Fraction(12, 11), matrix=matrix_of((0, 1, -1, 0))
    )
    assert difference(next(displayed(path)), shown) < CLOSE


def test_an_interlaced_frame_is_displayed_as_one_of_its_fields(tmp_path: Path) -> None:
    images = [road(8 * number) for number in range(6)]
    path = write_pictures(tmp_path / "fields.mp4", images, interlaced=True)
    for frame, image, woven in zip(displayed(path), images[::2], weave(images), strict=True):
        assert difference(frame, image) < 2
        assert abs(woven.astype(float) - image).mean() > 2


def test_a_frame_that_needs_no_change_is_returned_as_it_is(tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "plain.mp4", [road(0)])
    with av.open(str(path)) as container:
        converter = DisplayConverter(container.streams.video[0])
        frame = next(container.decode(video=0))
        assert converter.convert(converter.note(frame)) is frame


def test_a_column_that_the_codec_crops_from_the_left_is_not_displayed(tmp_path: Path) -> None:
    whole = road(0, (336, 192))
    path = write_pictures(tmp_path / "cropped.mp4", [whole], options={"x264-params": "crop-rect=10,4,6,8"})
    assert difference(next(displayed(path)), whole[4:184, 10:330]) < CLOSE


@pytest.mark.parametrize(
    ("matrix", "pixel_aspect", "expected"),
    [
        ([46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30], None, Condition.UNSUPPORTED_ROTATION),
        (None, Fraction(9, 1), Condition.UNSUPPORTED_PIXELS),
    ],
)
def test_a_frame_that_players_display_differently_is_refused(
    tmp_path: Path, matrix: list[int] | None, pixel_aspect: Fraction | None, expected: Condition
) -> None:
    path = write_pictures(tmp_path / "odd.mp4", [road(0)], matrix=matrix, pixel_aspect=pixel_aspect)
    with pytest.raises(NotDisplayable) as refused:
        next(displayed(path))
    assert refused.value.condition.code is expected
    assert "; set the camera" in str(refused.value)


def test_a_matrix_without_a_turn_but_with_rounding_or_without_content_changes_nothing(tmp_path: Path) -> None:
    nearly = [UNIT, 200, 0, -200, UNIT, 0, 0, 0, 1 << 30]
    for number, matrix in enumerate((nearly, [0] * 9)):
        path = write_pictures(tmp_path / f"{number}.mp4", [road(0)], matrix=matrix)
        assert difference(next(displayed(path)), road(0)) < CLOSE


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_cover_before_the_video_is_not_the_video(tmp_path: Path, suffix: str) -> None:
    path = write_pictures(tmp_path / f"film.{suffix}", [road(n) for n in range(3)], cover=road(9, (64, 36)))
    assert difference(next(displayed(path)), road(0)) < CLOSE


def test_of_two_video_tracks_the_default_one_is_displayed(tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "two.mp4", [road(n) for n in range(3)], tracks=2)
    assert difference(next(displayed(path)), road(0)) < CLOSE


@pytest.mark.parametrize(("orientation", "signs"), [(1, (1, 0, 0, 1)), (6, (0, 1, -1, 0)), (3, (-1, 0, 0, -1))])
def test_a_jpeg_is_turned_by_its_exif(tmp_path: Path, orientation: int, signs: tuple[int, int, int, int]) -> None:
    path = tmp_path / "exif.jpg"
    path.write_bytes(with_exif(jpeg(TURNS[signs](road(0))), orientation))
    assert difference(next(displayed(path)), road(0)) < CLOSE


@pytest.mark.parametrize(
    ("message", "signs"),
    [("rotate=90", (0, -1, 1, 0)), ("rotate=180", (-1, 0, 0, -1)), ("flip=horizontal", (-1, 0, 0, 1))],
)
def test_a_turn_that_the_codec_states_at_a_keyframe_counts_for_all_frames(
    tmp_path: Path, message: str, signs: tuple[int, int, int, int]
) -> None:
    images = [road(number) for number in range(12)]
    change = f"h264_metadata=display_orientation=insert:{message}"
    path = write_pictures(tmp_path / "turned.ts", [TURNS[signs](image) for image in images], bitstream_filter=change)
    assert all(difference(frame, image) < CLOSE for frame, image in zip(displayed(path), images, strict=True))


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4"])
def test_pixels_that_change_midway_count_from_the_frame_that_states_them(tmp_path: Path, codec: str) -> None:
    images = [road(number) for number in range(12)]
    wide, wider = ([stretched(image, (width, 180)) for image in images] for width in (240, 160))
    path = write_parts(tmp_path / "changing.ts", [wide[:6], wider[6:]], [Fraction(4, 3), Fraction(2)], codec)
    assert all(difference(frame, image) < CLOSE for frame, image in zip(displayed(path), images, strict=True))


def test_a_track_of_a_single_frame_is_not_the_video(tmp_path: Path) -> None:
    images = [road(number) for number in range(3)]
    path = write_pictures(tmp_path / "film.mp4", images, cover=road(9, (1280, 720)), cover_is_marked=False)
    assert difference(next(displayed(path)), images[0]) < CLOSE
