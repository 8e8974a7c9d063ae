"""A camera is live while it shows pictures, over real connections to odd cameras."""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr

from pipelines.events.condition import Condition
from pipelines.events.schema import CameraStatus
from pipelines.ingest.source import Source, SourceLost
from pipelines.live_video.hls_playlist import PLAYLIST, STILL
from pipelines.recordings.video_reader import VideoReader
from tests.integration.test_ingest_worker import camera, config, running
from tests.support.mjpeg_camera import mjpeg_camera, road_jpegs
from tests.support.odd_rtsp_server import G711, ONVIF_METADATA, VIDEO_TYPE, OddRtspServer, odd_camera
from tests.support.rtp_frames import PPS_H264, SPS_H264, CodedClip, CodedFrame, read_clip
from tests.support.servers import wait_until, write_clip

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("brief_periods", "views_judged_soon")]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "road.mp4")


def only_parameter_sets(frame: CodedFrame) -> list[bytes]:
    return (
        [b"\x67" + bytes([66, 0, 30])]
        if not frame.is_keyframe
        else [u for u in frame.units if u[0] & 31 in (SPS_H264, PPS_H264)]
    )


def undecodable(frame: CodedFrame) -> list[bytes]:
    return [unit[:1] + b"\xff" * (len(unit) - 1) for unit in frame.units]


def cut(frame: CodedFrame) -> list[bytes]:
    """Units that end after their first bytes, from which FFmpeg makes a frame all the same."""
    return [unit[:40] for unit in frame.units]


@pytest.mark.parametrize(
    ("beside", "change"),
    [
        ((), None),
        ((G711,), None),
        ((ONVIF_METADATA,), None),
        ((G711,), only_parameter_sets),
        ((), undecodable),
        ((), cut),
    ],
    ids=["reports alone", "sound", "metadata", "parameter sets", "noise", "parts of frames"],
)
def test_a_camera_without_pictures_is_offline_until_they_return(
    clip: Path, tmp_path: Path, beside: tuple[Any, ...], change: Callable[[CodedFrame], list[bytes]] | None
) -> None:
    failed = Flag()

    def units(number: int, frame: CodedFrame) -> list[bytes]:
        return change(frame) if change is not None and failed.is_set() else frame.units

    with odd_camera(clip, beside=beside, reports=True, units=units) as server:
        fails = server.video_stops if change is None else failed
        with running(config(tmp_path, camera("road", server.url()))) as received:
            playlist = tmp_path / "data/hls/road" / PLAYLIST
            wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online")
            wait_until(playlist.exists, "live video")
            fails.set()
            wait_until(received.is_("road", CameraStatus.OFFLINE), "the camera to be offline")
            assert received.health("road").condition in (Condition.NO_FRAMES, Condition.SILENT)
            wait_until(lambda: not playlist.exists(), "old video not to be listed as live", within_s=10)
            wait_until(lambda: server.plays > 1, "a new connection")
            fails.clear()
            wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online again")
            wait_until(playlist.exists, "live video again")


def changed_while(failed: Flag, other: CodedClip | None) -> Callable[[CodedClip], Iterator[tuple[float, CodedFrame]]]:
    """Frames of a camera whose first connection, while `failed` is set, shows another clip, or nothing more."""
    connections = count()

    def frames(clip: CodedClip) -> Iterator[tuple[float, CodedFrame]]:
        is_first = next(connections) == 0
        for number in count():
            rounds, index = divmod(number, len(clip.frames))
            has_failed = is_first and failed.is_set()
            if has_failed and other is None:
                return
            frame = clip.frames[index]
            at = frame.at + rounds * clip.span_s
            yield at, other.frames[number % len(other.frames)] if has_failed and other is not None else frame

    return frames


@pytest.mark.parametrize("codec", [None, "libx265"], ids=["half open", "another codec"])
def test_a_connection_that_shows_no_more_pictures_is_left_by_the_pace_of_its_camera(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str | None
) -> None:
    monkeypatch.setattr("pipelines.ingest.picture_cadence.LEARNED_S", 2.0)
    other = None if codec is None else read_clip(write_clip(tmp_path / "other.mp4", codec=codec))
    failed = Flag()
    with (
        odd_camera(clip, frames=changed_while(failed, other)) as server,
        running(config(tmp_path, camera("road", server.url()), stall_s=60)) as received,
    ):
        wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online")
        time.sleep(4)  # for its pace
        server.clip = other or server.clip
        failed.set()
        wait_until(received.is_("road", CameraStatus.OFFLINE), "the camera to be offline", within_s=30)
        wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online again", within_s=20)
        assert server.plays == 2


def test_live_video_ends_with_packets_of_another_payload_type(clip: Path, tmp_path: Path) -> None:
    failed = Flag()
    with (
        odd_camera(clip, video_type=lambda: 97 if failed.is_set() else VIDEO_TYPE) as server,
        running(config(tmp_path, camera("road", server.url()))) as received,
    ):
        playlist = tmp_path / "data/hls/road" / PLAYLIST
        wait_until(playlist.exists, "live video")
        failed.set()
        wait_until(lambda: not playlist.exists(), "old video not to be listed as live")
        assert received.health("road").reconnects == 0  # at once, and not with the next connection
        wait_until(received.is_("road", CameraStatus.OFFLINE), "the camera to be offline")
        assert received.health("road").condition in (Condition.NO_FRAMES, Condition.SILENT)


class HalvedWhile(Sequence[bytes]):
    """JPEG files of which the first half is sent while `failed` is set."""

    def __init__(self, failed: Flag, frames: Sequence[bytes]) -> None:
        self._failed, self._frames = failed, frames

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, number: Any) -> Any:
        data = self._frames[number]
        return data[: len(data) // 2] if self._failed.is_set() else data


def test_half_pictures_of_motion_jpeg_are_no_pictures(tmp_path: Path) -> None:
    failed, still = Flag(), tmp_path / "data/hls/road" / STILL
    with (
        mjpeg_camera(HalvedWhile(failed, road_jpegs()), fps=10) as url,
        running(config(tmp_path, camera("road", url))) as received,
    ):
        wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online")
        wait_until(still.exists, "a still picture")
        failed.set()
        wait_until(received.is_("road", CameraStatus.OFFLINE), "the camera to be offline")
        wait_until(lambda: not still.exists(), "the old picture not to be served")
        failed.clear()
        wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online again")
        wait_until(still.exists, "a still picture again")


def test_damaged_video_for_viewers_is_not_listed_while_the_sub_stream_is_analysed(clip: Path, tmp_path: Path) -> None:
    failed, playlist = Flag(), tmp_path / "data/hls/road" / PLAYLIST

    def units(number: int, frame: CodedFrame) -> list[bytes]:
        return cut(frame) if failed.is_set() else frame.units

    with odd_camera(clip, units=units) as main, odd_camera(clip) as sub:
        both = camera("road", main.url(), analysis_url=SecretStr(sub.url()))
        with running(config(tmp_path, both)) as received:
            wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online")
            wait_until(playlist.exists, "live video")
            failed.set()
            wait_until(lambda: not playlist.exists(), "damaged video not to be listed")
            assert received.status("road") is not CameraStatus.OFFLINE
            failed.clear()
            wait_until(playlist.exists, "live video again")


def test_a_camera_that_never_shows_a_picture_is_offline_and_the_connection_waits_for_a_keyframe(
    clip: Path, tmp_path: Path
) -> None:
    shown = Flag()

    def units(number: int, frame: CodedFrame) -> list[bytes]:
        return frame.units if shown.is_set() else undecodable(frame)

    with odd_camera(clip, units=units) as server, running(config(tmp_path, camera("road", server.url()))) as received:
        wait_until(received.is_("road", CameraStatus.OFFLINE), "the camera to be offline")
        assert received.health("road").condition is Condition.NO_FRAMES
        plays = server.plays
        shown.set()
        wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online with its first keyframe")
        assert server.plays == plays


@contextmanager
def reading(server: OddRtspServer, stop: Flag) -> Iterator[Thread]:
    def read() -> None:
        with Source(server.url(), stop=stop, stall_s=60) as source:
            for _ in source.packets():
                arrived.set()

    arrived = Flag()
    thread = Thread(target=read)
    thread.start()
    assert arrived.wait(30)
    yield thread
    stop.set()
    thread.join(30)


def test_a_stop_is_noticed_while_sound_goes_on_without_pictures(clip: Path) -> None:
    stop = Flag()
    with odd_camera(clip, beside=(G711,)) as server, reading(server, stop) as thread:
        server.video_stops.set()
        time.sleep(0.5)
        stop.set()
        thread.join(10)  # stall_s is 60
        assert not thread.is_alive()


@contextmanager
def http_server(body: Callable[[], Iterator[bytes]]) -> Iterator[str]:
    """An HTTP server that sends one body without an end to each client."""

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            Thread(target=answer, args=(client,), daemon=True).start()

    def answer(client: socket.socket) -> None:
        with client:
            try:
                client.recv(4096)
                client.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n")
                for part in body():
                    client.sendall(part)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/live"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def trickle(data: bytes, at_once: int) -> Callable[[], Iterator[bytes]]:
    def body() -> Iterator[bytes]:
        yield data[:at_once]
        for start in range(at_once, len(data), 10):
            yield data[start : start + 10]
            time.sleep(0.2)

    return body


@pytest.mark.parametrize("whole_share", [0.0, 0.9], ids=["from the start", "in the middle"])
def test_an_http_stream_that_trickles_is_lost_within_the_time_limit(tmp_path: Path, whole_share: float) -> None:
    data = write_clip(tmp_path / "road.ts", seconds=2).read_bytes()
    began = time.monotonic()
    with (
        http_server(trickle(data, int(whole_share * len(data)))) as url,
        pytest.raises(SourceLost, match=r"sends nothing|no frame"),
        Source(url, stop=Flag(), stall_s=2) as source,
    ):
        for _ in source.packets():
            pass
    assert time.monotonic() - began < 20


def test_a_count_of_a_live_stream_ends_where_its_sound_goes_on_without_pictures(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.recordings.video_reader.READ_TIMEOUT_S", 2.0)
    with odd_camera(clip, beside=(G711,)) as server, VideoReader(server.url()) as recording:
        for number, _ in enumerate(recording.frames()):
            if number == 20:
                server.video_stops.set()
        assert number >= 20
