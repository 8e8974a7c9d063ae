"""From frames to tracks, with all of the view or only what moved."""

import numpy as np
import pytest
from av.video.frame import VideoFrame

from analytics.camera import Camera
from models.gating.roi import view_at
from pipelines.analysis.perception import CameraPerception
from tests.support.bright_detector import BrightDetector

SIZE = (640, 352)
CAMERA = Camera(id="road", image_size=SIZE)
VIEW = view_at(SIZE, (0, 0, *SIZE), 1.0)


def frame(number: int, left: int) -> VideoFrame:
    road = np.random.default_rng(number).integers(40, 60, (352, 640, 1)).repeat(3, axis=2).astype(np.uint8)
    panels = np.random.default_rng(1).integers(185, 256, (4, 6, 1)).astype(np.uint8)
    road[160:200, left : left + 60] = panels.repeat(10, axis=0).repeat(10, axis=1)
    return VideoFrame.from_ndarray(road, format="rgb24").reformat(format="yuv420p")


@pytest.mark.parametrize("gating", [False, True])
def test_a_vehicle_has_one_track_from_its_way_to_its_stop_and_on(gating: bool) -> None:
    sight, detector = CameraPerception(CAMERA, VIEW, gating=gating), BrightDetector()
    tracks, pixels = set(), []
    for look in range(40):
        left = 30 + 12 * min(look, 15) + 12 * max(0, look - 25)
        glance = sight.look(look / 5, frame(look, left))
        found = None if glance.image is None else detector.submit(glance.image).result()
        pixels.append(0 if glance.image is None else glance.image.shape[0] * glance.image.shape[1])
        seen = sight.conclude(glance, found)
        if look >= 3:
            assert len(seen) == 1
            tracks.add(int(seen.track_id[0]))
            assert seen.xyxy[0] == pytest.approx([left, 160, left + 60, 200], abs=6)
    assert len(tracks) == 1
    assert np.mean(pixels) / (SIZE[0] * SIZE[1]) == pytest.approx(1.0) if not gating else np.mean(pixels) < 80_000
    assert not gating or 0 in pixels[18:25], "while it stands"


def test_without_gating_several_looks_may_be_under_way() -> None:
    sight, detector = CameraPerception(CAMERA, VIEW, gating=False), BrightDetector()
    glances = [sight.look(look / 5, frame(look, 30 + 12 * look)) for look in range(5)]
    for glance in glances:
        assert glance.image is not None
        seen = sight.conclude(glance, detector.submit(glance.image).result())
    assert seen.xyxy[0] == pytest.approx([78, 160, 138, 200], abs=3)
