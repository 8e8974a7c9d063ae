"""The arithmetic of live video; the files are tested over a real connection in tests/integration/test_ingest.py."""

from fractions import Fraction

import pytest

from pipelines.live_video.hls_muxer import TimestampUnwrapper

MS = Fraction(1, 1000)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([500, 540, 580], [0, 40, 80]),
        ([500, 540, 1500], [0, 40, 1000]),  # a pause stays a pause
        ([500, 540, 0, 40], [0, 40, 80, 120]),  # the clip begins again
        ([500, 540, 90_000, 90_040], [0, 40, 80, 120]),  # the camera set its clock
        ([500, 540, 540, 580], [0, 40, 80, 120]),  # a timestamp twice
        ([-80, -40, 0], [0, 40, 80]),
    ],
)
def test_times_go_on_whatever_the_camera_does(given: list[int], expected: list[int]) -> None:
    timeline = TimestampUnwrapper(MS)
    assert [timeline.unwrap(dts) for dts in given] == expected
