"""Facts that the analyzer of a camera returns for simulated drives."""

from collections.abc import Sequence

from analytics.camera import Camera
from analytics.camera_analyzer import CameraAnalyzer
from analytics.facts import Fact
from tests.support.builders import Drive, film


def analyse(
    camera: Camera, drives: Sequence[Drive], *, until: float, fps: float = 5.0, start: float = 0.0
) -> list[Fact]:
    """Return all facts of the drives from `start` to `until`, in seconds."""
    analyzer = CameraAnalyzer(camera)
    facts: list[Fact] = []
    for t, frame in film(drives, until=until, fps=fps, start=start):
        facts += analyzer.observe(t, frame)
    return [*facts, *analyzer.finish(until)]
