"""Connections of one camera: one, or two where viewers and analysis have a stream each."""

from collections.abc import Callable
from functools import partial
from threading import Event as Flag

from pipelines.config.settings import StreamConfig
from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.connection import OnClock, OnConnected, OpenSink, run_connection
from pipelines.ingest.decode_pool import DecodePool
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.ingest.keyframe_check import KeyframeCheck
from pipelines.ingest.keyframe_interval import KeyframeMonitor
from pipelines.ingest.open_stream import RtspTransport
from pipelines.ingest.picture_cadence import PictureCadence
from pipelines.ingest.source import SourceLost
from pipelines.ingest.stream_failover import StreamFailover
from pipelines.ingest.stream_times import ClockVerdict
from pipelines.live_video.hls_muxer import open_live_video, playability
from pipelines.live_video.hls_playlist import LivePlaylist
from pipelines.live_video.preview_writer import PreviewWriter
from pipelines.live_video.storage_report import StorageReport
from pipelines.worker.camera_parts import CameraParts
from pipelines.worker.supervisor import Supervisor, message_of


class CameraStreams:
    """Keeps the streams of one camera connected: live video and previews to its folder, frames to its analysis slot."""

    def __init__(self, parts: CameraParts, stream: StreamConfig, decoding: DecodePool) -> None:
        self._parts = parts
        self._stream = stream
        storage = StorageReport(parts.config.id, parts.health.set_preview_storage)
        self._preview = PreviewWriter(parts.playlist, storage, parts.config.public_picture)
        write_live = partial(
            open_live_video, parts.playlist, segment_s=stream.segment_s, on_stored=parts.health.set_live_storage
        )
        self._for_viewers: tuple[OpenSink, ...] = (
            write_live,
            lambda source: KeyframeMonitor(parts.health.set_keyframes, codec=source.codec),
            *(() if parts.recorded is None else (parts.recorded.ring.open,)),
        )
        self._decode = partial(decoding.open, on_frame=self._on_frame, requested_fps=parts.slot.frames.requested_fps)

    def start(self, supervisor: Supervisor) -> None:
        """Start a thread for each stream."""
        if self._parts.config.analysis_url is None:
            self._start_one(supervisor)
        else:
            self._start_two(supervisor, self._parts.config.analysis_url.get_secret_value())

    def _start_one(self, supervisor: Supervisor) -> None:
        camera, health = self._parts.config, self._parts.health
        url = camera.url.get_secret_value()
        decode = partial(self._decode, on_no_picture=health.disconnected)
        connection = self._connection(
            url, (decode, *self._for_viewers), lambda codec: health.connected(playability(codec)), health.set_clock
        )
        on_failure = _clearing(self._parts.playlist, health.disconnected)
        supervisor.keep_running(f"camera {camera.id}", connection, on_failure)

    def _start_two(self, supervisor: Supervisor, sub_url: str) -> None:
        camera, slot = self._parts.config, self._parts.slot
        failover = StreamFailover(camera.id, self._parts.health, self._on_frame, slot.frames.requested_fps)
        decode_sub = partial(self._decode, on_frame=failover.on_sub_frame, on_no_picture=failover.sub_failed)
        decode_main = partial(
            self._decode,
            on_frame=failover.on_main_frame,
            requested_fps=failover.main_requested_fps,
            on_no_picture=failover.main_failed,
        )
        url = camera.url.get_secret_value()
        main_sinks: tuple[OpenSink, ...] = (decode_main, *self._for_viewers, KeyframeCheck)
        main = self._connection(url, main_sinks, lambda _: failover.main_connected())
        sub = self._connection(sub_url, (decode_sub,), lambda _: failover.sub_connected(), self._parts.health.set_clock)
        supervisor.keep_running(f"live {camera.id}", main, _clearing(self._parts.playlist, failover.main_failed))
        supervisor.keep_running(f"analysis {camera.id}", sub, lambda error: failover.sub_failed(condition_of(error)))

    def _on_frame(self, frame: TimedFrame) -> None:
        self._parts.health.received(frame.image_size, 1 + frame.passed_over)
        self._parts.slot.frames.put(frame)
        self._preview.put(frame.video_frame, frame.at)

    def _connection(
        self,
        url: str,
        sinks: tuple[OpenSink, ...],
        on_connected: OnConnected,
        on_clock: OnClock = lambda verdict: None,
    ) -> Callable[[Flag], None]:
        return partial(
            run_connection,
            url,
            sinks=sinks,
            stall_s=self._stream.stall_s,
            hardware=self._stream.hardware_decoder,
            transport=RtspTransport(),
            clock=ClockVerdict(),
            cadence=PictureCadence(self._stream.stall_s),
            on_clock=on_clock,
            on_connected=on_connected,
        )


def condition_of(error: Exception) -> CameraCondition:
    """Return the condition of a camera after an error of its connection.

    >>> str(condition_of(OSError("disk full")).code)
    'internal_error'
    """
    if isinstance(error, SourceLost):
        return error.condition
    return CameraCondition.of(Condition.INTERNAL_ERROR, error=message_of(error))


BRIEF_INTERRUPTIONS = (Condition.STREAM_LOST, Condition.STREAM_ENDED)
"""Conditions after which a new connection may continue the live video. After any other, pictures were missing for
`stall_s`, or will be missing. [assumption]"""


def _clearing(playlist: LivePlaylist, report: Callable[[CameraCondition], None]) -> Callable[[Exception], None]:
    """Return a handler of failures that reports their condition, and clears a playlist that is no longer live.

    A brief interruption clears the playlist only where no new segment was added since the last failure.
    """
    listed = playlist.next_sequence

    def on_failure(error: Exception) -> None:
        nonlocal listed
        condition = condition_of(error)
        report(condition)
        is_stale = playlist.next_sequence == listed or condition.code not in BRIEF_INTERRUPTIONS
        listed = playlist.next_sequence
        if is_stale:
            playlist.clear()

    return on_failure
