"""Sizes of road users that survive a restart."""

import json
from pathlib import Path

import numpy as np
import pytest

from analytics.detections import Tracks
from models.gating.input_scale import MIN_TRACK_FRAMES, MIN_TRACKS, AdaptiveInputScale
from pipelines.analysis.picture_limits import PictureLimits
from pipelines.analysis.size_store import MAX_AGE_S, SAVE_EVERY_S, SizeStore
from pipelines.config.geometry_file import CameraGeometry, GateEntry

SIZE = (640, 360)
"""Width and height of the frames, pixels. [test data]"""


def geometry(gate_to: float = 300.0) -> CameraGeometry:
    return CameraGeometry(name="a", image_size=SIZE, gates=(GateEntry(id="g", p1=(0.0, 180.0), p2=(gate_to, 180.0)),))


def store(folder: Path, of: CameraGeometry | None = None, size: tuple[int, int] = SIZE) -> SizeStore:
    return SizeStore(folder / "sizes" / "a.json", of or geometry(), size)


def test_a_learned_size_is_that_of_the_next_start_and_limits_pictures_at_once(tmp_path: Path) -> None:
    first = AdaptiveInputScale(1.0)
    ids = np.arange(MIN_TRACKS)
    boxes = np.tile(np.array([[0, 0, 40, 40]], np.float32), (MIN_TRACKS, 1))
    confidence = np.ones(len(ids), np.float32)
    tracks = Tracks(boxes, confidence, class_id=0 * ids, track_id=ids, detection_index=ids)
    for n in range(MIN_TRACK_FRAMES):
        assert not first.learned
        first.update(n, tracks)
    assert first.learned
    store(tmp_path).save_if_due(0.0, first.small_side_px)

    second = AdaptiveInputScale(1.0, store(tmp_path).load())
    assert (second.small_side_px, second.learned) == (40.0, False)
    limits = PictureLimits(1)
    while limits.scales == [1.0]:
        limits.update(10, 10, [second.small_side_px])
    assert limits.scales == [0.75]


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert store(tmp_path).load() is None


def test_another_geometry_or_frame_size_drops_it(tmp_path: Path) -> None:
    store(tmp_path).save_if_due(0.0, 40.0)
    assert store(tmp_path, geometry(200.0)).load() is None
    assert store(tmp_path, size=(1280, 720)).load() is None
    assert store(tmp_path).load() == 40.0


def test_it_is_stored_once_an_interval_also_after_the_clock_was_set_back(tmp_path: Path) -> None:
    kept = store(tmp_path)
    for t, side, expected in (
        (0.0, 40.0, 40.0),
        (SAVE_EVERY_S - 1, 20.0, 40.0),
        (SAVE_EVERY_S + 1, 30.0, 30.0),
        (-9000.0, 25.0, 25.0),
        (-8999.0, None, 25.0),
    ):
        kept.save_if_due(t, side)
        assert store(tmp_path).load() == expected


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "null", '{"version": 1, "small_side_px": "wide", "at": 0}', "\x00"]
)
def test_a_damaged_file_is_learned_again(tmp_path: Path, content: str) -> None:
    (tmp_path / "sizes").mkdir()
    (tmp_path / "sizes" / "a.json").write_text(content)
    assert store(tmp_path).load() is None


@pytest.mark.parametrize("change", [{"small_side_px": -1.0}, {"small_side_px": float("nan")}, {"at": 0.0}, {"at": 9e9}])
def test_a_size_that_is_old_or_impossible_is_learned_again(tmp_path: Path, change: dict[str, float]) -> None:
    store(tmp_path).save_if_due(0.0, 40.0)
    path = tmp_path / "sizes" / "a.json"
    stored = json.loads(path.read_text())
    assert stored["at"] > MAX_AGE_S
    path.write_text(json.dumps(stored | change))
    assert store(tmp_path).load() is None


def test_a_disk_error_is_no_error_of_the_analysis(tmp_path: Path) -> None:
    (tmp_path / "sizes").write_text("a file where the folder should be")
    kept = store(tmp_path)
    kept.save_if_due(0.0, 40.0)
    assert kept.load() is None
    assert (tmp_path / "sizes").is_file()
