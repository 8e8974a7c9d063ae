"""Cameras with rare keyframes or rare frames, over real connections."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag

import pytest
from pydantic import SecretStr

from pipelines.config.settings import CameraConfig, Config
from pipelines.doctor.cameras import check_cameras
from pipelines.doctor.check import CheckState
from pipelines.ingest.decoder import Decoder
from pipelines.ingest.source import Source
from pipelines.live_video.hls_muxer import HlsWriter
from pipelines.live_video.hls_playlist import PLAYLIST, LivePlaylist
from tests.support.odd_rtsp_server import OddRtspServer, odd_camera
from tests.support.rtp_frames import CodedClip, CodedFrame
from tests.support.servers import CLIP_FPS, wait_until, write_clip

pytestmark = pytest.mark.integration

KEYFRAME_S = 12
"""Time between keyframes, s. [test data]"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "road.mp4", seconds=KEYFRAME_S, keyframe_s=KEYFRAME_S)


def streamed(camera: OddRtspServer, folder: Path, *, segments: int) -> tuple[str, int]:
    """The playlist after so many segments, and the number of decoded frames."""
    playlist, frames = LivePlaylist(folder, segments_kept=3), 0
    enough = playlist.next_sequence + segments
    with Source(camera.url(), stop=Flag(), stall_s=10) as source:
        decoder = Decoder(source)
        with HlsWriter(playlist, source, segment_s=1) as writer:
            for packet in source.packets():
                frames += len(decoder.frames(packet))
                writer.put(packet)
                if playlist.next_sequence >= enough:
                    return (folder / PLAYLIST).read_text(), frames
    raise AssertionError("the stream ended")


def test_live_video_starts_at_the_last_keyframe_though_the_next_is_far(clip: Path, tmp_path: Path) -> None:
    with odd_camera(clip) as camera:
        text, frames = streamed(camera, tmp_path / "hls", segments=3)
    lengths = [float(value) for value in re.findall(r"#EXTINF:([\d.]+)", text)]
    assert lengths == pytest.approx([4, 1, 1], abs=0.2)
    assert "#EXT-X-START:TIME-OFFSET=-5.9" in text or "#EXT-X-START:TIME-OFFSET=-6.0" in text
    assert frames >= 5 * CLIP_FPS


def test_a_connection_that_begins_long_before_a_keyframe_is_not_ended(clip: Path, tmp_path: Path) -> None:
    # Without parameter sets each packet before the keyframe is corrupt, and there are more than 250 of them.
    with odd_camera(clip, first_frame=CLIP_FPS, sets_in_sdp=False) as camera:
        text, frames = streamed(camera, tmp_path / "hls", segments=1)
    assert text.count("#EXTINF") == 1
    assert frames >= 3 * CLIP_FPS


def test_one_picture_in_three_seconds_keeps_its_times_in_live_video(clip: Path, tmp_path: Path) -> None:
    with odd_camera(clip, pace=1 / (3 * CLIP_FPS), stamp=lambda number, at: 3.0 * number) as camera:
        text, _ = streamed(camera, tmp_path / "hls", segments=2)
    lengths = [float(value) for value in re.findall(r"#EXTINF:([\d.]+)", text)]
    assert [length % 3 for length in lengths if 0.2 < length % 3 < 2.8] == [], text


def test_doctor_advises_frequent_keyframes(clip: Path) -> None:
    with odd_camera(clip) as camera:
        road = CameraConfig(id="road", name="road", url=SecretStr(camera.url()))
        (found,) = check_cameras(Config(cameras=(road,)), 10)
    assert found.state is CheckState.ADVICE
    assert "keyframe" in found.advice
    assert "no keyframe in" in found.message


def test_a_connection_is_open_without_the_frames_from_which_a_rate_would_be_guessed(clip: Path) -> None:
    opened, paused = Flag(), []

    def frames(coded: CodedClip) -> Iterator[tuple[float, CodedFrame]]:
        yield from ((frame.at, frame) for frame in coded.frames[:12])
        paused.append(opened.wait(20))
        yield from ((frame.at, frame) for frame in coded.frames[12:])

    with odd_camera(clip, frames=frames) as camera, Source(camera.url(), stop=Flag(), stall_s=60):
        opened.set()
        wait_until(lambda: paused, "the camera to go on")
    assert paused == [True]
