"""Results of `count_video` for a camera that is turned in the middle of a recording."""

from pathlib import Path
from threading import Event

import av
import pytest

from analytics.camera import Camera, Gate, Zone
from analytics.facts import Coverage, Crossing, Level, ZoneInterval
from pipelines.recordings.count_video import count_video
from pipelines.recordings.video_reader import VideoReader
from tests.support.bright_detector import BrightDetector
from tests.support.street import SIZE, street

pytestmark = pytest.mark.slow  # clips are encoded and counted

FPS = 5
TURNED_S = (60, 120)
CAMERA = Camera(
    id="road",
    image_size=SIZE,
    gates=(Gate(id="middle", p1=(160, 0), p2=(160, 180)),),
    zones=(Zone(id="road", polygon=((0, 0), (320, 0), (320, 180), (0, 180)), direction=(1, 0)),),
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three minutes of a white vehicle that crosses every eight seconds; the camera is turned in the second minute."""
    path = tmp_path_factory.mktemp("clips") / "turned.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"preset": "ultrafast"}
        for number in range(180 * FPS):
            turned = TURNED_S[0] <= number / FPS < TURNED_S[1]
            picture = street(number, shift=20 if turned else 0)
            left = number % (8 * FPS) * 8
            picture[100:130, left : left + 40] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(stream.encode(None))
    return path


def test_no_facts_cover_the_time_in_which_the_camera_was_turned(recording: Path) -> None:
    seen = []
    with VideoReader(str(recording)) as opened:
        counted = count_video(
            opened, CAMERA, BrightDetector(), stop=Event(), callbacks=[lambda frame, *_: seen.append(frame)]
        )
    (withheld,) = counted.withheld
    assert withheld.from_s == pytest.approx(TURNED_S[0], abs=3)
    assert withheld.to_s == pytest.approx(TURNED_S[1] + 9, abs=4)
    assert withheld.reason.startswith("the view has shifted")
    crossings = [fact.t for fact in counted.facts if isinstance(fact, Crossing)]
    assert len([t for t in crossings if t < TURNED_S[0]]) == 8
    assert not [t for t in crossings if withheld.from_s + 1 < t <= withheld.to_s], "unknown, not zero: see the coverage"
    assert len([t for t in crossings if t > withheld.to_s]) >= 4
    before, turned, after = [fact for fact in counted.facts if isinstance(fact, ZoneInterval)]
    assert before.coverage > 0.95
    assert turned.coverage < 0.1
    assert turned.level is Level.UNKNOWN
    assert 0.6 < after.coverage < 0.95
    observed_s = sum(fact.observed_s for fact in counted.facts if isinstance(fact, Coverage))
    assert observed_s == pytest.approx(180 - (withheld.to_s - withheld.from_s), abs=3)
    assert len(seen) == 180 * FPS, "an annotated video keeps its frames"
    assert counted.frames - counted.analysed_frames == pytest.approx(FPS * (withheld.to_s - withheld.from_s), abs=2)
