from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

import av
import pytest

from analytics.facts import Crossing
from pipelines.capacity import baseline
from pipelines.capacity.baseline import (
    AFTER_S,
    BEFORE_S,
    Baseline,
    baseline_for,
    clip_camera,
    compute_baseline,
    write_looped,
)
from pipelines.capacity.clips import FPS, SIZE, prepare_clips
from pipelines.config.geometry_file import CameraGeometry, GateEntry
from pipelines.recordings.count_video import count_video
from pipelines.recordings.video_reader import VideoReader
from tests.support.bright_detector import BrightDetector
from tests.support.servers import write_clip

pytestmark = pytest.mark.slow  # an RTSP server plays encoded clips


@pytest.fixture(params=[2.0, 6.0])
def clip(request, tmp_path):
    """A clip shorter than `BEFORE_S`, and one about as long."""
    folder = tmp_path / "clips"
    folder.mkdir()
    write_clip(folder / "road.mp4", seconds=request.param)
    (prepared,) = prepare_clips(folder, tmp_path / "cache")
    return prepared


def test_a_looped_clip_has_no_gap(clip, tmp_path):
    before_s = write_looped(clip.path, tmp_path / "looped.mp4")

    with av.open(str(tmp_path / "looped.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert before_s >= BEFORE_S
    assert len(times) == round(before_s * FPS) + clip.frames + AFTER_S * FPS
    assert times == pytest.approx([k / float(FPS) for k in range(len(times))], abs=1e-3)


def test_the_baseline_contains_the_crossings_of_one_loop(clip, tmp_path):
    computed = compute_baseline(clip, BrightDetector())

    loop_s = clip.frames / float(FPS)
    assert all(0 <= t < loop_s for t, _ in computed.crossings)
    assert any(computed.moving)
    before_s = write_looped(clip.path, tmp_path / "looped.mp4")
    with VideoReader(str(tmp_path / "looped.mp4")) as recording:
        counted = count_video(recording, clip_camera(clip), BrightDetector(), stop=Flag())
    in_the_loop = [f for f in counted.facts if isinstance(f, Crossing) and before_s <= f.t < before_s + loop_s]
    assert len(computed.crossings) == len(in_the_loop)


STORED = Baseline(crossings=((1.0, "stored"),), moving=(True,))


def store_in_place_of_the_baseline(clip, folder: Path, **options) -> None:
    """Compute the baseline, and replace the only file that it leaves in the folder."""
    before = set(folder.iterdir())
    baseline_for(clip, BrightDetector(), folder, **options)
    (stored,) = set(folder.iterdir()) - before
    stored.write_text(STORED.model_dump_json())


def test_a_stored_baseline_is_used_and_no_other_file_is_left(clip, tmp_path):
    store_in_place_of_the_baseline(clip, clip.path.parent)

    assert baseline_for(clip, BrightDetector(), clip.path.parent) == STORED


def test_a_refresh_replaces_the_stored_baseline(clip):
    store_in_place_of_the_baseline(clip, clip.path.parent)

    refreshed = baseline_for(clip, BrightDetector(), clip.path.parent, refresh=True)

    assert refreshed != STORED
    assert baseline_for(clip, BrightDetector(), clip.path.parent) == refreshed


def test_a_baseline_is_stored_for_its_version_weights_and_gates(clip, tmp_path, monkeypatch):
    weights, others = tmp_path / "a.bin", tmp_path / "b.bin"
    weights.write_bytes(b"weights")
    others.write_bytes(b"other weights")
    store_in_place_of_the_baseline(clip, clip.path.parent, weights=weights)

    assert baseline_for(clip, BrightDetector(), clip.path.parent, weights=weights) == STORED
    assert baseline_for(clip, BrightDetector(), clip.path.parent, weights=others) != STORED
    moved = replace(clip, geometry=CameraGeometry(image_size=SIZE, gates=(GateEntry(id="g", p1=(1, 1), p2=(2, 2)),)))
    assert baseline_for(moved, BrightDetector(), clip.path.parent, weights=weights) != STORED
    monkeypatch.setattr(baseline, "BASELINE_VERSION", baseline.BASELINE_VERSION + 1)
    assert baseline_for(clip, BrightDetector(), clip.path.parent, weights=weights) != STORED


def test_the_first_second_of_movement_does_not_count_as_moving():
    slow_start = Baseline(crossings=(), moving=(False, True, True, False))

    assert [slow_start.moves_at(t) for t in (0.5, 1.5, 2.5, 3.5, 9.0)] == [False, False, True, False, False]
