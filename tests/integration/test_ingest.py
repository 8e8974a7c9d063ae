"""Sources and live video over connections to real servers."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import av
import pytest

from pipelines.errors import NeedsRemedy
from pipelines.ingest.decoder import Decoder
from pipelines.ingest.source import Source, SourceLost, UnsupportedStream
from pipelines.live_video.hls_muxer import HlsWriter
from pipelines.live_video.hls_playlist import NUMBERS, PLAYLIST, LivePlaylist
from tests.support.odd_pictures import write_resolutions
from tests.support.servers import RtspCameras, wait_until, write_clip
from tests.support.stream_times import decoded_times

pytestmark = pytest.mark.integration


def steps(times: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


def stream_to_hls(url: str, playlist: LivePlaylist, *, segments: int) -> None:
    """Stream until that many segments, each of about a second, were added to the playlist."""
    enough = playlist.next_sequence + segments
    with Source(url, stop=Flag()) as source, HlsWriter(playlist, source, segment_s=1) as writer:
        for packet in source.packets():
            writer.put(packet)
            if playlist.next_sequence >= enough:
                break


def segments_of(folder: Path) -> list[str]:
    return re.findall(r"^\d+\.m4s$", (folder / PLAYLIST).read_text(), re.MULTILINE)


def play(folder: Path) -> list[float]:
    """Timestamps (s) of all frames of the newest run, decoded from the files that the playlist names."""
    newest = (folder / PLAYLIST).read_text().split("#EXT-X-DISCONTINUITY\n")[-1]
    names = re.findall(r'^(?:#EXT-X-MAP:URI=")?([\w-]+\.(?:mp4|m4s))', newest, re.MULTILINE)
    video = b"".join((folder / name).read_bytes() for name in names)
    with av.open(BytesIO(video)) as container:
        return [frame.time for frame in container.decode(video=0)]


@contextmanager
def http_server(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_frames_of_a_looped_camera_stay_in_order(rtsp_cameras: RtspCameras) -> None:
    times = decoded_times(rtsp_cameras.url("road.mp4"), frames=130)
    assert min(steps(times)) > 0
    assert max(steps(times)) < 0.5


def test_frames_come_in_display_order_where_timestamps_give_the_order_of_decoding(
    rtsp_cameras: RtspCameras,
) -> None:
    write_clip(rtsp_cameras.folder / "reordered.mp4", reordered=True)
    times = decoded_times(rtsp_cameras.url("reordered.mp4"), frames=130)
    assert min(steps(times)) > 0


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_live_video_is_the_cameras_own_video_in_segments(rtsp_cameras: RtspCameras, tmp_path: Path, codec: str) -> None:
    write_clip(rtsp_cameras.folder / "camera.mp4", codec=codec, seconds=3)
    folder = tmp_path / "hls"
    stream_to_hls(rtsp_cameras.url("camera.mp4"), LivePlaylist(folder, segments_kept=3), segments=7)
    playlist = (folder / PLAYLIST).read_text()
    assert "#EXT-X-INDEPENDENT-SEGMENTS" in playlist
    assert playlist.count("#EXT-X-PROGRAM-DATE-TIME:") == playlist.count("#EXTINF:") >= 3
    assert "#EXT-X-ENDLIST" not in playlist
    lengths = [float(text) for text in re.findall(r"#EXTINF:([\d.]+)", playlist)[:-1]]
    assert all(0.9 < length < 2.1 for length in lengths)
    times = play(folder)
    assert len(times) > 40
    assert min(steps(times)) > 0


def test_reordered_frames_stay_in_order_in_live_video(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    write_clip(rtsp_cameras.folder / "reordered.mp4", reordered=True, seconds=30)
    folder = tmp_path / "hls"
    stream_to_hls(rtsp_cameras.url("reordered.mp4"), LivePlaylist(folder, segments_kept=5), segments=5)
    times = play(folder)
    assert len(times) > 40
    assert min(steps(times)) > 0


def test_a_camera_that_reconnects_continues_the_same_playlist(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    folder = tmp_path / "hls"
    playlist = LivePlaylist(folder, segments_kept=8)
    write_clip(rtsp_cameras.folder / "other.mp4", size=(640, 480))
    stream_to_hls(rtsp_cameras.url("road.mp4"), playlist, segments=3)
    stream_to_hls(rtsp_cameras.url("other.mp4"), playlist, segments=3)
    before, after = (folder / PLAYLIST).read_text().split("#EXT-X-DISCONTINUITY\n")
    assert before.count("#EXT-X-MAP") == after.count("#EXT-X-MAP") == 1
    numbers = [int(name.removesuffix(".m4s")) for name in segments_of(folder)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(play(folder)) > 20
    playlist.clear()
    assert [path.name for path in folder.iterdir()] == [NUMBERS]


def test_a_camera_that_announces_no_frame_size_has_live_video(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "road.ts", seconds=2)
    with Source(str(clip), stop=Flag()) as source:
        packet = next(source.packets())
        assert packet.is_keyframe
        # A connection that begins between two keyframes may announce no size.
        source.stream.codec_context.width = source.stream.codec_context.height = 0
        assert source.coded_picture(packet).size == (320, 240)


def test_one_connection_serves_viewers_and_analysis(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    with (
        Source(rtsp_cameras.url("road.mp4"), stop=Flag()) as source,
        HlsWriter(LivePlaylist(tmp_path / "hls", segments_kept=3), source, segment_s=1) as writer,
    ):
        decoder, frames = Decoder(source), 0
        for packet in source.packets():
            frames += len(decoder.frames(packet))
            writer.put(packet)
            if (tmp_path / "hls" / PLAYLIST).exists():
                break
        assert frames >= 25
        assert rtsp_cameras.connections() == 1


def test_a_file_is_read_in_real_time(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "road.mp4", seconds=2)
    began = time.monotonic()
    with pytest.raises(SourceLost, match="ended"):
        decoded_times(str(clip), frames=1000)
    assert time.monotonic() - began > 1.5


def test_http_and_hls_are_sources_too(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    folder = tmp_path / "hls"
    stream_to_hls(rtsp_cameras.url("road.mp4"), LivePlaylist(folder, segments_kept=3), segments=3)
    write_clip(rtsp_cameras.folder / "road.mkv")
    with http_server(folder) as hls, http_server(rtsp_cameras.folder) as http:
        assert len(decoded_times(f"{http}/road.mkv", frames=10)) >= 10
        assert len(decoded_times(f"{hls}/{PLAYLIST}", frames=10)) >= 10


def test_a_camera_that_stops_sending_is_lost_within_the_time_limit(rtsp_cameras: RtspCameras) -> None:
    with Source(rtsp_cameras.url("road.mp4"), stop=Flag(), stall_s=1) as source:
        packets = source.packets()
        for _ in range(10):
            next(packets)
        rtsp_cameras.pause()
        with pytest.raises(SourceLost, match="sends nothing"):
            for _ in packets:
                pass


@pytest.mark.timeout(60)
def test_a_server_that_never_answers_is_lost_within_the_time_limit(silent_server: int) -> None:
    with pytest.raises(SourceLost, match="sends nothing"):
        decoded_times(f"rtsp://admin:s3cret@127.0.0.1:{silent_server}/live", frames=1, stall_s=1)


def test_a_server_that_is_killed_is_a_lost_source(rtsp_cameras: RtspCameras) -> None:
    with Source(rtsp_cameras.url("road.mp4"), stop=Flag()) as source:
        packets = source.packets()
        next(packets)
        rtsp_cameras.kill()
        with pytest.raises(SourceLost):
            for _ in packets:
                pass


def test_a_stop_ends_the_packets_without_an_error(rtsp_cameras: RtspCameras) -> None:
    stop = Flag()
    with Source(rtsp_cameras.url("road.mp4"), stop=stop) as source:
        packets = source.packets()
        next(packets)
        stop.set()
        assert list(packets) == []


def refused_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://admin:s3cret@127.0.0.1:{refused}/live?password=s3cret", "connection refused; check address and port"),
        ("rtsp://admin:s3cret@127.0.0.1:{rtsp}/nowhere.mp4", "404"),
        ("rtsp://admin:s3cret@no-such-host.invalid/live", "check the name in the camera's url"),
        ("{folder}/missing.mp4", "no such file"),
        ("{folder}/text.mp4", "sends no video that can be read"),
    ],
)
def test_the_error_of_a_source_is_one_line_without_the_password(
    rtsp_cameras: RtspCameras, url: str, expected: str
) -> None:
    (rtsp_cameras.folder / "text.mp4").write_text("this is no video")
    address = url.format(refused=refused_port(), rtsp=rtsp_cameras.port, folder=rtsp_cameras.folder)
    with pytest.raises(SourceLost) as lost:
        decoded_times(address, frames=1)
    message = str(lost.value)
    assert expected in message
    assert "s3cret" not in message
    assert "\n" not in message
    shown = address.split("?")[0].replace("admin:s3cret@", "***@").replace("nowhere.mp4", "***")
    assert message.startswith(shown)


def test_only_failures_that_no_retry_ends_need_a_remedy(rtsp_cameras: RtspCameras, silent_server: int) -> None:
    for url in (
        f"rtsp://127.0.0.1:{refused_port()}/live",
        f"rtsp://127.0.0.1:{silent_server}/live",
        rtsp_cameras.url("nowhere.mp4"),
    ):
        with pytest.raises(SourceLost) as lost:
            decoded_times(url, frames=1, stall_s=1)
        assert not isinstance(lost.value, NeedsRemedy)
    with pytest.raises(NeedsRemedy):
        decoded_times("rtsp://127.0.0.1:99999/live", frames=1)


def test_a_codec_that_browsers_cannot_play_is_refused_by_name(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "camera.mkv", codec="mjpeg", seconds=1)
    with Source(str(clip), stop=Flag()) as source, pytest.raises(UnsupportedStream, match=r"mjpeg.*H\.264"):
        HlsWriter(LivePlaylist(tmp_path / "hls", segments_kept=3), source, segment_s=1)


def test_old_segments_are_deleted(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    folder, stop = tmp_path / "hls", Flag()

    def run() -> None:
        with (
            Source(rtsp_cameras.url("road.mp4"), stop=stop) as source,
            HlsWriter(LivePlaylist(folder, segments_kept=3), source, segment_s=0.5) as writer,
        ):
            for packet in source.packets():
                writer.put(packet)

    thread = Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: list(folder.glob("*.m4s")), "the first segment")
        first = min(folder.glob("*.m4s"))
        wait_until(lambda: not first.exists(), "the first segment to be deleted")
        assert first.name not in (folder / PLAYLIST).read_text()
    finally:
        stop.set()
        thread.join(10)


def test_after_a_change_of_resolution_live_video_begins_a_new_run(tmp_path: Path) -> None:
    clip = write_resolutions(tmp_path / "changing.ts", [(320, 180), (640, 360)], frames=75)
    playlist = LivePlaylist(tmp_path / "hls", segments_kept=9)
    with (
        pytest.raises(SourceLost, match="ended"),
        Source(str(clip), stop=Flag()) as source,
        HlsWriter(playlist, source, segment_s=1) as writer,
    ):
        for packet in source.packets():
            writer.put(packet)
    sizes = []
    for run in (tmp_path / "hls" / PLAYLIST).read_text().split("#EXT-X-DISCONTINUITY\n"):
        names = re.findall(r'^(?:#EXT-X-MAP:URI=")?([\w-]+\.(?:mp4|m4s))', run, re.MULTILINE)
        with av.open(BytesIO(b"".join((tmp_path / "hls" / name).read_bytes() for name in names))) as film:
            track = film.streams.video[0]
            sizes.append((track.width, track.height, {(frame.width, frame.height) for frame in film.decode(track)}))
    assert sizes == [(320, 180, {(320, 180)}), (640, 360, {(640, 360)})]
