"""Frames of recordings: some seconds apart, few of each."""

from itertools import pairwise

import av
import numpy as np
import pytest

from models.pictures.picture_set import UnusablePictures
from models.training.recorded_frames import MAX_FRAMES, find_recordings, read_frames


def record(path, seconds, fps=2):
    """Recording whose brightness grows with time."""
    with av.open(str(path), "w") as video:
        stream = video.add_stream("mpeg4", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        for k in range(round(seconds * fps)):
            level = np.full((32, 64, 3), min(255, 10 + 3 * k), np.uint8)
            video.mux(stream.encode(av.VideoFrame.from_ndarray(level, format="rgb24")))
        video.mux(stream.encode())
    return path


def test_frames_are_some_tenths_of_a_second_apart(tmp_path):
    frames = list(read_frames(record(tmp_path / "a.mp4", 2, fps=10)))
    assert [frame.shape for frame in frames] == [(32, 64, 3)] * 5
    levels = [float(frame.mean()) for frame in frames]
    assert all(later - earlier == pytest.approx(12, abs=3) for earlier, later in pairwise(levels))


def test_a_long_recording_gives_few_frames_of_all_its_parts(tmp_path):
    frames = list(read_frames(record(tmp_path / "a.mp4", 40)))
    assert MAX_FRAMES - 20 <= len(frames) <= MAX_FRAMES
    assert float(frames[-1].mean()) > 240


def test_recordings_are_found_in_folders_and_by_name(tmp_path):
    (tmp_path / "b.mp4").touch()
    (tmp_path / "a.MKV").touch()
    (tmp_path / "notes.txt").touch()
    assert [p.name for p in find_recordings([tmp_path, tmp_path / "b.mp4"])] == ["a.MKV", "b.mp4", "b.mp4"]


def test_what_is_no_recording_is_one_line(tmp_path):
    with pytest.raises(UnusablePictures, match="no recording"):
        find_recordings([tmp_path])
    (tmp_path / "a.mp4").write_text("no video")
    with pytest.raises(UnusablePictures, match="cannot be read as a video"):
        list(read_frames(tmp_path / "a.mp4"))
