import json
from fractions import Fraction
from pathlib import Path

import av
import pytest

from pipelines.capacity.clips import (
    FPS,
    SIZE,
    checked_gates,
    encode_as_camera,
    gates_within,
    prepare_clips,
    scaled_gate,
    window_for,
)
from pipelines.config.geometry_file import GateEntry
from pipelines.errors import UserError
from tests.support.servers import CLIP_FPS, write_clip

pytestmark = pytest.mark.slow  # clips are encoded

WHOLE = (0, 30, 320, 180)
"""All that fits of the clips that are written here, 320x240."""


def gate(p1, p2):
    return GateEntry(id="G1", p1=p1, p2=p2)


def test_a_gate_is_scaled_separately_along_each_side():
    drawn = GateEntry(id="G1", p1=(260, 380), p2=(1080, 1080))

    scaled = scaled_gate(drawn, (1280, 1440), (640, 360))

    assert (scaled.id, scaled.p1, scaled.p2) == ("G1", (130.0, 95.0), (540.0, 270.0))


def test_a_clip_has_the_size_rate_and_keyframes_of_a_street_camera(tmp_path):
    source = write_clip(tmp_path / "road.mp4", seconds=5)

    prepared = encode_as_camera(source, tmp_path / "out.mp4", window=WHOLE, size=SIZE, fps=FPS)

    with av.open(str(prepared)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert (stream.width, stream.height) == SIZE
        assert stream.average_rate == FPS
        assert [number for number, packet in enumerate(packets) if packet.is_keyframe] == [0, 25, 50]
        assert len(packets) == pytest.approx(5 * FPS, abs=1)
        assert all(packet.pts == packet.dts for packet in packets)


@pytest.mark.parametrize("fps", [10, 60])
def test_an_encoded_clip_keeps_its_length_at_any_rate(tmp_path, fps):
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

    prepared = encode_as_camera(replayed, tmp_path / "out.mp4", window=WHOLE, size=SIZE, fps=FPS)

    with av.open(str(prepared)) as container:
        assert container.streams.video[0].frames == pytest.approx(seconds * FPS, abs=1)


def test_checked_gates_beside_the_clip_are_used(tmp_path):
    truth = tmp_path / "truth" / "clips" / "road.json"
    truth.parent.mkdir(parents=True)
    drawn = {"id": "G1", "p1": [0, 720], "p2": [1280, 0]}
    truth.write_text(json.dumps({"width": 1280, "height": 720, "duration_s": 4, "gates": [drawn]}))

    (checked,) = checked_gates(tmp_path / "clips" / "road.mp4", (640, 360))

    assert (checked.id, checked.p1, checked.p2) == ("G1", (0.0, 360.0), (640.0, 0.0))


@pytest.mark.parametrize("size", [(320, 240), (640, 240), (240, 320)])
def test_without_checked_gates_one_crosses_the_middle_of_any_window(tmp_path, size):
    (tmp_path / "clips").mkdir()
    write_clip(tmp_path / "clips" / "road.mp4", seconds=1, size=size)

    (clip,) = prepare_clips(tmp_path / "clips", tmp_path / "cache")

    (gate,) = clip.geometry.gates
    assert (gate.p1, gate.p2) == ((0.0, 180.0), (640.0, 180.0))


def test_a_frame_of_the_same_aspect_is_used_whole():
    assert window_for((1280, 720), [gate((0, 0), (1280, 720))]) == (0, 0, 1280, 720)


@pytest.mark.parametrize("size", [(720, 1280), (800, 600), (450, 360), (2000, 500), (641, 361)])
def test_a_frame_of_another_aspect_is_cropped_and_not_distorted(size):
    left, top, width, height = window_for(size, [gate((10, 10), (20, 20))])

    assert width / height == pytest.approx(SIZE[0] / SIZE[1], rel=0.02)
    assert 0 <= left <= size[0] - width
    assert 0 <= top <= size[1] - height
    assert width >= size[0] - 2 or height >= size[1] - 2


def test_the_window_with_most_gates_is_used_and_other_gates_are_dropped():
    low, high, higher = gate((200, 975), (680, 1279)), gate((60, 600), (330, 760)), gate((150, 660), (150, 400))

    window = window_for((720, 1280), [low, high, higher])

    inside = gates_within(window, [low, high, higher])
    _, top, _, tall = window
    assert [g.p1[1] for g in inside] == [pytest.approx((v - top) * SIZE[1] / tall) for v in (600, 660)]


def test_gates_are_moved_with_the_window(tmp_path):
    source = write_clip(tmp_path / "road.mp4", seconds=2)

    prepared = encode_as_camera(source, tmp_path / "out.mp4", window=(0, 60, 320, 180), size=SIZE, fps=FPS)

    with av.open(str(source)) as whole, av.open(str(prepared)) as cut:
        before = next(whole.decode(video=0)).to_ndarray(format="gray")
        after = next(cut.decode(video=0)).reformat(320, 180, format="gray").to_ndarray()
    assert abs(before[60:].astype(int) - after).mean() < abs(before[:180].astype(int) - after).mean()


def test_clips_are_encoded_once_and_sorted_by_name(tmp_path):
    clips, cache = tmp_path / "clips", tmp_path / "cache"
    clips.mkdir()
    for name in ("b", "a"):
        write_clip(clips / f"{name}.mp4", seconds=2)
    (clips / "notes.txt").write_text("no video")

    first = prepare_clips(clips, cache)
    written_at = [clip.path.stat().st_mtime_ns for clip in first]
    again = prepare_clips(clips, cache)

    assert [clip.name for clip in first] == ["a", "b"]
    assert [clip.frames for clip in first] == [25, 25]
    assert again == first
    assert [clip.path.stat().st_mtime_ns for clip in again] == written_at


def test_a_replaced_clip_is_encoded_again(tmp_path):
    clips, cache = tmp_path / "clips", tmp_path / "cache"
    clips.mkdir()
    write_clip(clips / "a.mp4", seconds=2)
    (short,) = prepare_clips(clips, cache)
    write_clip(clips / "a.mp4", seconds=4)

    (long,) = prepare_clips(clips, cache)

    assert (short.frames, long.frames) == (25, 50)


def test_a_folder_without_video_is_bad_input(tmp_path):
    with pytest.raises(UserError, match=r"no \.mp4 or \.mkv"):
        prepare_clips(tmp_path, tmp_path / "cache")


def test_a_file_that_is_no_video_is_bad_input_and_leaves_nothing_behind(tmp_path):
    clips, cache = tmp_path / "clips", tmp_path / "cache"
    clips.mkdir()
    Path(clips / "broken.mp4").write_bytes(b"not a video" * 100)

    with pytest.raises(UserError, match=r"broken\.mp4: cannot be opened .*, or remove it from the folder"):
        prepare_clips(clips, cache)

    assert not cache.exists()
