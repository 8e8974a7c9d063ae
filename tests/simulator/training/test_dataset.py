"""Training set: reproducible frames with boxes inside the image; the examination set has other seeds."""

import gzip
import json
from pathlib import Path

import pytest

from analytics.facts import IncidentType
from models.training.dataset import read_labelled_frames
from simulator.training.dataset import (
    RenderedSegment,
    examination_segments,
    labels_file,
    render,
    training_segments,
    video_file,
)
from simulator.world.scenario import Light

SEGMENT = RenderedSegment(
    site="simpang-kuda",
    seed=7,
    light=Light.NIGHT,
    demand=1.4,
    incident=IncidentType.STOPPED_VEHICLE,
    frames=3,
    every_s=1.0,
    enriched=True,
)


@pytest.mark.usefixtures("sumo")
def test_rendering_a_segment_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        render(SEGMENT, tmp_path / folder)
    one, two = tmp_path / "one", tmp_path / "two"
    assert labels_file(one, SEGMENT.name).read_bytes() == labels_file(two, SEGMENT.name).read_bytes()
    assert video_file(one, SEGMENT.name).read_bytes() == video_file(two, SEGMENT.name).read_bytes()
    with gzip.open(labels_file(one, SEGMENT.name), "rt") as file:
        boxes = [box for line in file for box in json.loads(line)["boxes"]]
    assert boxes
    assert all(0 <= x1 < x2 <= 640 and 0 <= y1 < y2 <= 360 and 0 <= share <= 1 for x1, y1, x2, y2, share, _ in boxes)
    assert len(read_labelled_frames(one)) == SEGMENT.frames


def test_examination_and_training_set_have_no_seed_in_common() -> None:
    training = training_segments(2026, rounds=3, frames=28)
    examination = examination_segments(2026, frames=12)
    assert not {s.seed for s in training} & {s.seed for s in examination}
    for segments in (training, examination):
        assert {s.light for s in segments} == set(Light)
        assert len({s.site for s in segments}) == 12
        assert len({s.seed for s in segments}) == len(segments)
