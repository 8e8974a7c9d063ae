"""The worker: cameras in, events out. It owns every thread in between."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from threading import Event as Flag
from types import TracebackType
from typing import Self

from models.detection.detector import Detector
from pipelines.analysis.camera_pipeline import CameraPipeline
from pipelines.analysis.event_publisher import EventPublisher
from pipelines.analysis.loop import AnalysisLoop, CameraSlot
from pipelines.analysis.rate_control import AnalysisRates
from pipelines.analysis.view_gate import ViewGate
from pipelines.analysis.view_store import ViewStore, has_geometry
from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.settings import CameraConfig, Config
from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.schema import CameraStatus, Congestion, CountsReport, Event, Health, IncidentReport
from pipelines.evidence.snapshots import Snapshots
from pipelines.ingest.connection import OnConnected, OpenSink, run_connection
from pipelines.ingest.decode_pool import DecodePool
from pipelines.ingest.frame_buffer import LatestFrameSlot, TimedFrame
from pipelines.ingest.source import SourceLost
from pipelines.ingest.stream_failover import StreamFailover
from pipelines.live_video.hls_muxer import HlsWriter, playability
from pipelines.live_video.hls_playlist import LivePlaylist
from pipelines.observability.load_report import LoadReporter
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.supervisor import RestartPolicy, Supervisor, message_of

HEARTBEAT_S = 5.0
STATUS_CHECK_S = 0.25


class Worker:
    """A context manager: inside, every camera of the configuration is streamed, analysed and reported.

    put: takes every event at once and keeps it safe; called from several threads. Leaving ends all threads within
    two seconds; the detector stays the caller's. make_health: is given a camera's id and the looks/s asked for.
    Raises UserError where a camera's geometry file cannot be used.
    """

    def __init__(
        self,
        config: Config,
        detector: Detector,
        put: Callable[[Event], None],
        *,
        restart_policy: RestartPolicy | None = None,
        make_health: Callable[[str, float], CameraHealth] = CameraHealth,
    ) -> None:
        self._config = config
        self._put = put
        self._snapshots = Snapshots(config.data_dir / "snapshots")
        self._wake = Flag()
        self._healths = {c.id: make_health(c.id, config.analysis.analysis_fps) for c in config.active_cameras}
        rates = AnalysisRates(config.analysis.analysis_fps, config.analysis.max_analysis_fps)
        self._slots = [self._watch(camera, config.geometry_of(camera)) for camera in config.active_cameras]
        self._playlists = {
            camera.id: LivePlaylist(config.data_dir / "hls" / camera.id, segments_kept=config.stream.segments_kept)
            for camera in config.active_cameras
        }
        self._analysis_loop = AnalysisLoop(detector, self._slots, self._wake, rates)
        self._decoding = DecodePool()
        self._supervisor = Supervisor(restart_policy)
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._publish_offline)
            supervisor = stack.enter_context(self._supervisor)
            supervisor.keep_running("analysis", self._analysis_loop.run)
            supervisor.keep_running("health", self._report_health)
            for number in range(self._decoding.threads):
                supervisor.keep_running(f"decoding {number + 1}", self._decoding.run)
            for camera, slot in zip(self._config.active_cameras, self._slots, strict=True):
                self._start_feeds(camera, slot)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._exit.close()

    def _watch(self, camera: CameraConfig, geometry: CameraGeometry) -> CameraSlot:
        def make_pipeline(image_size: tuple[int, int]) -> CameraPipeline:
            scaled = camera.camera(geometry, image_size)
            return CameraPipeline(scaled, on_result=EventPublisher(scaled, self._snapshots.save, self._send).publish)

        def make_view_gate() -> ViewGate:
            store = ViewStore(self._config.data_dir / "views" / f"{camera.id}.npz", geometry)
            return ViewGate(self._config.stream.frozen_s, store, has_geometry=has_geometry(geometry))

        return CameraSlot(
            camera_id=camera.id,
            frames=LatestFrameSlot(self._wake.set),
            observer=self._healths[camera.id],
            make_pipeline=make_pipeline,
            make_view_gate=make_view_gate,
        )

    def _start_feeds(self, camera: CameraConfig, slot: CameraSlot) -> None:
        """Start one connection, or two where live video and analysis have a stream each."""
        playlist, health = self._playlists[camera.id], self._healths[camera.id]

        def on_frame(frame: TimedFrame) -> None:
            health.received(frame.image_size, 1 + frame.passed_over)
            slot.frames.put(frame)

        write_hls = partial(HlsWriter, playlist, segment_s=self._config.stream.segment_s)
        decode = partial(self._decoding.open, on_frame=on_frame, requested_fps=slot.frames.requested_fps)
        url = camera.url.get_secret_value()
        if camera.analysis_url is None:
            feed = self._feed(url, (decode, write_hls), lambda codec: health.connected(playability(codec)))
            self._supervisor.keep_running(f"camera {camera.id}", feed, _clearing(playlist, health.disconnected))
            return
        streams = StreamFailover(camera.id, health, on_frame, slot.frames.requested_fps)
        decode_sub = partial(decode, on_frame=streams.on_sub_frame)
        decode_main = partial(decode, on_frame=streams.on_main_frame, requested_fps=streams.main_requested_fps)
        main_feed = self._feed(url, (decode_main, write_hls), lambda _: streams.main_connected())
        sub_url = camera.analysis_url.get_secret_value()
        sub_feed = self._feed(sub_url, (decode_sub,), lambda _: streams.sub_connected())
        self._supervisor.keep_running(f"live {camera.id}", main_feed, _clearing(playlist, streams.main_failed))
        self._supervisor.keep_running(f"analysis {camera.id}", sub_feed, _reporting(streams.sub_failed))

    def _feed(self, url: str, sinks: tuple[OpenSink, ...], on_connected: OnConnected) -> Callable[[Flag], None]:
        stream = self._config.stream
        return partial(
            run_connection,
            url,
            sinks=sinks,
            stall_s=stream.stall_s,
            hardware=stream.hardware_decoder,
            on_connected=on_connected,
        )

    def _report_health(self, stop: Flag) -> None:
        reported: dict[str, tuple[CameraStatus, float]] = {}
        load = LoadReporter()
        while not stop.is_set():
            now = time.monotonic()
            for slot in self._slots:
                last = reported.get(slot.camera_id)
                health = self._healths[slot.camera_id]
                status = health.status()
                if last is None or last[0] != status or now - last[1] >= HEARTBEAT_S:
                    report = health.report(slot.frames.pop_dropped())
                    reported[slot.camera_id] = report.status, now
                    self._send(report)
                    load.add(report)
            stop.wait(STATUS_CHECK_S)

    def _send(self, data: CountsReport | Congestion | IncidentReport | Health) -> None:
        self._put(Event.wrap(data, datetime.now(UTC)))

    def _publish_offline(self) -> None:
        """From now on there is no data from these cameras, and no live video that is not live."""
        for slot in self._slots:
            health = self._healths[slot.camera_id]
            health.disconnected(CameraCondition(Condition.WORKER_STOPPED))
            self._send(health.report(slot.frames.pop_dropped()))
            self._playlists[slot.camera_id].clear()


def _clearing(playlist: LivePlaylist, report: Callable[[CameraCondition], None]) -> Callable[[Exception], None]:
    """Return a handler of failures that reports their condition, and clears a playlist without new segments.

    A failure without a new segment since the last failure means that the camera has no live video.
    """
    listed = playlist.next_sequence

    def on_failure(error: Exception) -> None:
        nonlocal listed
        if playlist.next_sequence == listed:
            playlist.clear()
        listed = playlist.next_sequence
        report(_condition_of(error))

    return on_failure


def _reporting(report: Callable[[CameraCondition], None]) -> Callable[[Exception], None]:
    """Return a handler of failures that reports their condition."""
    return lambda error: report(_condition_of(error))


def _condition_of(error: Exception) -> CameraCondition:
    if isinstance(error, SourceLost):
        return error.condition
    return CameraCondition.of(Condition.INTERNAL_ERROR, error=message_of(error))
