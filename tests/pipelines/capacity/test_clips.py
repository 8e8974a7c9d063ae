import json
from fractions import Fraction
from pathlib import Path

import av
import pytest

from pipelines.camera_file import GateEntry
from pipelines.capacity.clips import FPS, SIZE, as_camera, gates_for, prepare_clips, scaled_gate
from pipelines.errors import BadInput
from tests.servers import CLIP_FPS, write_clip


def test_a_gate_is_scaled_along_each_side_by_itself():
    drawn = GateEntry(id="G1", p1=(260, 380), p2=(1080, 1080))

    scaled = scaled_gate(drawn, (1280, 1440), (640, 360))

    assert (scaled.id, scaled.p1, scaled.p2) == ("G1", (130.0, 95.0), (540.0, 270.0))


def test_a_clip_has_the_size_rate_and_keyframes_of_a_street_camera(tmp_path):
    source = write_clip(tmp_path / "road.mp4", seconds=5)

    prepared = as_camera(source, tmp_path / "out.mp4", size=SIZE, fps=FPS)

    with av.open(str(prepared)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert (stream.width, stream.height) == SIZE
        assert stream.average_rate == FPS
        assert [number for number, packet in enumerate(packets) if packet.is_keyframe] == [0, 25, 50]
        assert len(packets) == pytest.approx(5 * FPS, abs=1)
        assert all(packet.pts == packet.dts for packet in packets)


@pytest.mark.parametrize("fps", [10, 60])
def test_a_clip_lasts_as_long_as_before_whatever_its_rate_was(tmp_path, fps):
    source = write_clip(tmp_path / "road.mp4", seconds=4)
    replayed = tmp_path / "replayed.mp4"
    with av.open(str(source)) as read, av.open(str(replayed), "w") as written:
        copy = written.add_stream_from_template(read.streams.video[0])
        for number, packet in enumerate(packet for packet in read.demux(video=0) if packet.size):
            packet.stream, packet.time_base = copy, Fraction(1, fps)
            packet.pts = packet.dts = number
            packet.duration = 1
            written.mux(packet)
    seconds = 4 * CLIP_FPS / fps

    prepared = as_camera(replayed, tmp_path / "out.mp4", size=SIZE, fps=FPS)

    with av.open(str(prepared)) as container:
        assert container.streams.video[0].frames == pytest.approx(seconds * FPS, abs=1)


def test_checked_gates_beside_the_clips_are_used_scaled(tmp_path):
    clip = tmp_path / "clips" / "road.mp4"
    truth = tmp_path / "truth" / "clips" / "road.json"
    truth.parent.mkdir(parents=True)
    gate = {"id": "G1", "p1": [0, 720], "p2": [1280, 0]}
    truth.write_text(json.dumps({"width": 1280, "height": 720, "duration_s": 4, "gates": [gate]}))

    geometry = gates_for(clip)

    assert geometry.image_size == SIZE
    assert [(g.id, g.p1, g.p2) for g in geometry.gates] == [("G1", (0.0, 360.0), (640.0, 0.0))]


def test_without_checked_gates_one_lies_across_the_middle(tmp_path):
    (gate,) = gates_for(tmp_path / "clips" / "road.mp4").gates

    assert (gate.p1, gate.p2) == ((0.0, 180.0), (640.0, 180.0))


def test_clips_are_encoded_once_and_told_by_name(tmp_path):
    clips, cache = tmp_path / "clips", tmp_path / "cache"
    clips.mkdir()
    for name in ("b", "a"):
        write_clip(clips / f"{name}.mp4", seconds=2)
    (clips / "notes.txt").write_text("no video")

    first = prepare_clips(clips, cache)
    written_at = [clip.path.stat().st_mtime_ns for clip in first]
    again = prepare_clips(clips, cache)

    assert [clip.name for clip in first] == ["a", "b"]
    assert [clip.pictures for clip in first] == [25, 25]
    assert again == first
    assert [clip.path.stat().st_mtime_ns for clip in again] == written_at


def test_a_clip_that_was_replaced_is_encoded_anew(tmp_path):
    clips, cache = tmp_path / "clips", tmp_path / "cache"
    clips.mkdir()
    write_clip(clips / "a.mp4", seconds=2)
    (short,) = prepare_clips(clips, cache)
    write_clip(clips / "a.mp4", seconds=4)

    (long,) = prepare_clips(clips, cache)

    assert (short.pictures, long.pictures) == (25, 50)


def test_a_folder_without_video_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match=r"no \.mp4 or \.mkv"):
        prepare_clips(tmp_path, tmp_path / "cache")


def test_a_file_that_is_no_video_is_bad_input_and_leaves_nothing_behind(tmp_path):
    clips, cache = tmp_path / "clips", tmp_path / "cache"
    clips.mkdir()
    Path(clips / "broken.mp4").write_bytes(b"not a video" * 100)

    with pytest.raises(BadInput, match=r"broken\.mp4: cannot be read as video"):
        prepare_clips(clips, cache)

    assert list(cache.iterdir()) == []
