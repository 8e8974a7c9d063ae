"""Reading videos: times, ends, and unreadable sources."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import av
import numpy as np
import pytest
from structlog.testing import capture_logs

from pipelines.errors import UserError
from pipelines.recordings.video_reader import VideoReader
from pipelines.worker.child_process import free_port
from tests.support.odd_pictures import difference, matrix_of, road, write_pictures, write_resolutions
from tests.support.servers import write_clip


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def http_server(folder: Path) -> Iterator[str]:
    """Serve the folder; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)


def write_frames(path: Path, pts: list[int], time_base: Fraction = Fraction(1, 1000)) -> Path:
    """One frame for each presentation time, in units of `time_base`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = time_base
        for number, at in enumerate(pts):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = at, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("pts", "times"),
    [
        ([0, 100, 200], [0.0, 0.1, 0.2]),
        ([5000, 5100, 5300], [0.0, 0.1, 0.3]),  # starts late, and a frame is missing
        ([0, 40, 900], [0.0, 0.04, 0.9]),  # variable rate
    ],
)
def test_times_count_from_the_first_frame(tmp_path, pts, times):
    with VideoReader(str(write_frames(tmp_path / "clip.mkv", pts))) as recording:
        assert [frame.at for frame in recording.frames()] == pytest.approx(times, abs=0.002)


def test_size_rate_and_length_are_known_before_reading(tmp_path):
    with VideoReader(str(write_clip(tmp_path / "clip.mp4", seconds=2))) as recording:
        assert recording.image_size == (320, 240)
        assert recording.frame_s == pytest.approx(1 / 25)
        assert recording.expected_frames == 50
        assert not recording.is_live


def test_every_frame_comes_in_order_even_if_it_repeats(tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", seconds=2, still=True, reordered=True)
    with VideoReader(str(clip)) as recording:
        times = [frame.at for frame in recording.frames()]
    assert len(times) == 50
    assert all(later > earlier for earlier, later in pairwise(times))


def test_a_truncated_file_is_read_to_its_end(tmp_path):
    whole = write_clip(tmp_path / "whole.ts", seconds=4)
    cut = tmp_path / "cut.ts"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with VideoReader(str(cut)) as recording:
        assert 10 < len(list(recording.frames())) < 100


def test_a_source_that_cannot_be_opened_is_one_line_that_names_it(tmp_path):
    (tmp_path / "text.mp4").write_text("no video at all")
    for source in (str(tmp_path / "missing.mp4"), str(tmp_path / "text.mp4"), f"rtsp://127.0.0.1:{free_port()}/x"):
        with pytest.raises(UserError, match="cannot be opened") as refusal:
            VideoReader(source)
        assert str(refusal.value).startswith(source)
        assert "\n" not in str(refusal.value)


def test_an_unknown_codec_is_refused(tmp_path):
    known = write_clip(tmp_path / "known.mp4", seconds=1).read_bytes()
    header = known.index(b"moov")
    (tmp_path / "unknown.mp4").write_bytes(known[:header] + known[header:].replace(b"avc1", b"zzz1"))
    with pytest.raises(UserError, match="this codec cannot be decoded here; have the camera send"):
        VideoReader(str(tmp_path / "unknown.mp4"))


@pytest.mark.parametrize(("name", "options"), [("front.mp4", {"movflags": "faststart"}), ("road.m3u8", {})])
def test_http_and_hls_addresses_are_read_to_their_end(tmp_path, name, options):
    folder = tmp_path / "served"
    folder.mkdir()
    original = write_clip(tmp_path / "road.mp4", seconds=2)
    with av.open(str(original)) as whole, av.open(str(folder / name), "w", options=options) as served:
        stream = served.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(whole.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                served.mux(packet)
    with http_server(folder) as address, VideoReader(f"{address}/{name}") as recording:
        assert sum(1 for _ in recording.frames()) == 50
        assert not recording.is_live


def test_a_password_in_the_address_is_never_shown():
    with pytest.raises(UserError, match=r"rtsp://\*\*\*@127") as refusal:
        VideoReader(f"rtsp://admin:s3cret@127.0.0.1:{free_port()}/x")
    assert "s3cret" not in str(refusal.value)


def test_sound_without_video_is_refused(tmp_path):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(UserError, match="contains no video"):
        VideoReader(str(path))


@pytest.mark.parametrize("wanted_per_s", [5.0, 8.0])
def test_unwanted_frames_are_skipped_and_all_wanted_frames_come(tmp_path, wanted_per_s):
    """The clip has B-frames; no frame is predicted from some of them."""
    clip = write_clip(tmp_path / "reordered.mp4", seconds=4.0, reordered=True)
    with VideoReader(str(clip)) as recording:
        everything = [frame.at for frame in recording.frames()]
        assert recording.frames_without_image == 0
    with VideoReader(str(clip)) as recording:
        some = [frame.at for frame in recording.frames(wanted_per_s)]
        assert len(some) + recording.frames_without_image == len(everything)
    assert 0 < len(some) < 0.9 * len(everything)
    assert set(some) <= set(everything)
    wanted = [next(t for t in everything if t >= n / wanted_per_s - 0.01) for n in range(int(3.9 * wanted_per_s))]
    assert set(wanted) <= set(some)


def test_frames_are_those_that_a_player_displays(tmp_path: Path) -> None:
    coded = [np.rot90(road(number), 2) for number in range(3)]
    path = write_pictures(tmp_path / "turned.mp4", coded, matrix=matrix_of((-1, 0, 0, -1)))
    with VideoReader(str(path)) as video:
        frames = [frame.video_frame for frame in video.frames()]
    assert all(difference(frame, road(number)) < 6 for number, frame in enumerate(frames))
    assert len(frames) == 3


def test_the_size_is_that_of_the_displayed_frame(tmp_path: Path) -> None:
    coded = [np.rot90(road(0), 1)]
    path = write_pictures(tmp_path / "turned.mp4", coded, matrix=matrix_of((0, 1, -1, 0)), cover=road(0, (64, 36)))
    with VideoReader(str(path)) as video:
        assert video.image_size == (320, 180)


def test_a_video_that_players_display_differently_is_refused_in_one_line(tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "odd.mp4", [road(0)], pixel_aspect=Fraction(9, 1))
    with pytest.raises(UserError, match=r"odd.mp4: the video states pixels of 9:1 .*; set the camera to square pixels"):
        VideoReader(str(path))


@pytest.mark.parametrize(("later", "shown"), [((640, 360), (320, 180)), ((320, 240), (320, 240))])
def test_after_a_change_of_resolution_only_frames_of_another_aspect_keep_their_size(
    tmp_path: Path, later: tuple[int, int], shown: tuple[int, int]
) -> None:
    path = write_resolutions(tmp_path / "changing.ts", [(320, 180), later], frames=25)
    with VideoReader(str(path)) as video:
        sizes = [frame.image_size for frame in video.frames()]
    assert (len(sizes), sizes[0], sizes[-1]) == (50, (320, 180), shown)


@pytest.mark.parametrize(
    "name",
    ["a b#1 50%.mp4", "clip%d.mp4", "Jl. Sudirman – é.mp4", "08:30.mp4", "user:pw@host.mp4", "rtsp:x.mp4", "-x.mp4",
     "concat:a|b.mp4", "?q=[1].MP4", "x" * 240 + ".mp4"],
)  # fmt: skip
def test_a_file_is_opened_whatever_its_name(tmp_path, monkeypatch, name):
    write_clip(tmp_path / "clip.mp4", seconds=0.2).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for source in (name, str(tmp_path / name)):
        with VideoReader(source) as video:
            assert len(list(video.frames())) == 5


@pytest.mark.parametrize("name", ["x" * 300 + ".mp4", "nul\0.mp4", ".", "no such file.mp4"])
def test_a_path_that_is_no_file_is_one_line(name):
    with pytest.raises(UserError, match="cannot be opened"):
        VideoReader(name)


@pytest.mark.parametrize("kind", [{"sound": True}, {"cover": road(9, (64, 36))}])
def test_the_last_frames_count_where_another_track_precedes_the_video(tmp_path, kind):
    path = write_pictures(tmp_path / "film.mkv", [road(number) for number in range(12)], **kind)
    with capture_logs() as logged, VideoReader(str(path)) as recording:
        assert len(list(recording.frames())) == 12
        assert recording.frames_without_image == 0
    assert logged == [], "the end of the other track is no damaged packet"
