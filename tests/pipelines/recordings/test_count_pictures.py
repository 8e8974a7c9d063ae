"""Results of `count_video` where the coded pictures are not those that a player shows."""

from fractions import Fraction
from pathlib import Path
from threading import Event

import av
import numpy as np
import pytest

from analytics.camera import Camera, Gate
from analytics.facts import Crossing, Direction
from pipelines.recordings.annotate import AnnotatedVideo
from pipelines.recordings.count_video import CountResult, count_video
from pipelines.recordings.video_reader import VideoReader
from tests.support.bright_detector import BrightDetector
from tests.support.odd_pictures import TURNS, matrix_of, road, stretched, write_pictures, write_resolutions

pytestmark = pytest.mark.slow  # clips are encoded and counted

SHOWN = (320, 180)
"""Width and height (px) that a player shows. [test data]"""
FRAMES = 55
"""Frames in which the vehicle crosses the middle once. [test data]"""
TURNED = (0, 1, -1, 0)
"""Display matrix of a video that players turn by 90 degrees clockwise. [test data]"""


def counted(path: Path, video: Path | None = None) -> CountResult:
    camera = Camera(id="road", image_size=SHOWN, gates=(Gate(id="middle", p1=(160, 0), p2=(160, 180)),))
    with VideoReader(str(path)) as recording:
        assert recording.image_size == SHOWN
        if video is None:
            return count_video(recording, camera, BrightDetector(), stop=Event())
        with AnnotatedVideo(video, camera, recording.frame_s) as annotated:
            return count_video(recording, camera, BrightDetector(), stop=Event(), callbacks=[annotated.write])


def crossings(result: CountResult) -> list[Direction]:
    return [fact.direction for fact in result.facts if isinstance(fact, Crossing)]


def test_each_kind_of_picture_counts_as_the_plain_one(tmp_path: Path) -> None:
    shown = [road(number, SHOWN) for number in range(FRAMES)]
    fields = [road(number // 2, SHOWN) for number in range(2 * FRAMES)]
    paths = [
        write_pictures(tmp_path / "plain.mp4", shown),
        write_pictures(tmp_path / "90.mp4", [TURNS[TURNED](image) for image in shown], matrix=matrix_of(TURNED)),
        write_pictures(tmp_path / "oblong.mp4", [stretched(i, (240, 180)) for i in shown], pixel_aspect=Fraction(4, 3)),
        write_pictures(tmp_path / "fields.mp4", fields, interlaced=True),
        write_pictures(tmp_path / "cover.mp4", shown, cover=np.full((36, 64, 3), 250, np.uint8)),
    ]
    counts = [crossings(counted(path)) for path in paths]
    assert len(counts[0]) == 1
    assert counts == [counts[0]] * len(paths)


def test_after_a_change_of_resolution_the_count_goes_on(tmp_path: Path) -> None:
    path = write_resolutions(tmp_path / "changing.ts", [SHOWN, (480, 270)], frames=FRAMES)
    assert len(crossings(counted(path))) == 2


def test_after_a_change_of_aspect_frames_are_withheld_and_listed(tmp_path: Path) -> None:
    path = write_resolutions(tmp_path / "changing.ts", [SHOWN, (320, 240), SHOWN], frames=FRAMES)
    result = counted(path, tmp_path / "out.mp4")
    assert len(crossings(result)) == 2
    (span,) = result.withheld
    assert (span.from_s, span.to_s) == pytest.approx((FRAMES / 25, (2 * FRAMES - 1) / 25), abs=0.05)
    assert span.reason.startswith("the frames changed from 320x180 to 320x240, another aspect; count that part")
    with av.open(str(tmp_path / "out.mp4")) as video:
        assert len(list(video.decode(video=0))) == 3 * FRAMES
