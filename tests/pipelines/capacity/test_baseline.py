from threading import Event as Flag

import av
import pytest

from analytics.facts import Crossing
from pipelines.capacity.baseline import (
    AFTER_S,
    BEFORE_S,
    Reference,
    as_watched,
    look_at_all,
    play_looped,
    reference_for,
)
from pipelines.capacity.clips import FPS, prepare_clips
from pipelines.recordings.count_video import count_video
from pipelines.recordings.video_reader import VideoReader
from tests.support.bright_detector import BrightDetector
from tests.support.servers import write_clip


@pytest.fixture(params=[2.0, 6.0])
def clip(request, tmp_path):
    """Shorter than what is played before the loop, and about as long."""
    folder = tmp_path / "clips"
    folder.mkdir()
    write_clip(folder / "road.mp4", seconds=request.param)
    (prepared,) = prepare_clips(folder, tmp_path / "cache")
    return prepared


def test_a_looped_clip_is_played_without_a_gap(clip, tmp_path):
    before_s = play_looped(clip.path, tmp_path / "looped.mp4")

    with av.open(str(tmp_path / "looped.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert before_s >= BEFORE_S
    assert len(times) == round(before_s * FPS) + clip.pictures + AFTER_S * FPS
    assert times == pytest.approx([k / float(FPS) for k in range(len(times))], abs=1e-3)


def test_it_holds_what_one_loop_of_many_shows(clip, tmp_path):
    reference = look_at_all(clip, BrightDetector())

    loop_s = clip.pictures / float(FPS)
    assert all(0 <= t < loop_s for t, _ in reference.crossings)
    assert any(reference.moving)
    before_s = play_looped(clip.path, tmp_path / "looped.mp4")
    with VideoReader(str(tmp_path / "looped.mp4")) as recording:
        counted = count_video(recording, as_watched(clip), BrightDetector(), stop=Flag())
    in_the_loop = [f for f in counted.facts if isinstance(f, Crossing) and before_s <= f.t < before_s + loop_s]
    assert len(reference.crossings) == len(in_the_loop)


def test_nothing_of_it_is_left_on_disk_but_what_is_kept(clip, tmp_path):
    before = set(clip.path.parent.iterdir())

    first = reference_for(clip, BrightDetector(), clip.path.parent)
    (kept,) = set(clip.path.parent.iterdir()) - before
    kept.write_text(Reference(crossings=((1.0, "kept"),), moving=(True,)).model_dump_json())

    assert first != reference_for(clip, BrightDetector(), clip.path.parent)


def test_the_first_second_of_movement_may_be_noticed_late():
    reference = Reference(crossings=(), moving=(False, True, True, False))

    assert [reference.moves_at(t) for t in (0.5, 1.5, 2.5, 3.5, 9.0)] == [False, False, True, False, False]
