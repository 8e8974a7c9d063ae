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
from pipelines.analysis.camera_pipeline import CameraAnalysis
from pipelines.analysis.loop import Looker, Watched
from pipelines.analysis.rate_control import Pace, Room
from pipelines.analysis.view_gate import CameraView
from pipelines.analysis.view_store import ViewMemory, is_drawn_on
from pipelines.config.geometry_file import Geometry
from pipelines.config.settings import CameraConfig, Config
from pipelines.events.schema import CameraStatus, Congestion, Counts, Event, Health, IncidentReport
from pipelines.evidence.snapshots import Snapshots
from pipelines.ingest.connection import Decode, feed
from pipelines.ingest.decode_pool import DecodePool
from pipelines.ingest.frame_buffer import NewestFrame, TimedFrame
from pipelines.ingest.stream_failover import SubStream
from pipelines.live_video.hls_playlist import LivePlaylist
from pipelines.observability.load_report import LoadLog
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.supervisor import BackOff, Supervisor

HEARTBEAT_S = 5.0
STATUS_CHECK_S = 0.25


class Worker:
    """A context manager: inside, every camera of the configuration is streamed, analysed and reported.

    put: takes every event at once and keeps it safe; called from several threads. Leaving ends all threads within
    two seconds; the detector stays the caller's. make_health: is given a camera's id and the looks/s asked for.
    Raises BadInput where a camera's geometry file cannot be used.
    """

    def __init__(
        self,
        config: Config,
        detector: Detector,
        put: Callable[[Event], None],
        *,
        back_off: BackOff | None = None,
        make_health: Callable[[str, float], CameraHealth] = CameraHealth,
    ) -> None:
        self._config = config
        self._put = put
        self._make_health = make_health
        self._snapshots = Snapshots(config.data_dir / "snapshots")
        self._wake = Flag()
        self._room = Room(config.analysis.looks_per_s)
        self._watched = [self._watch(camera, config.geometry_of(camera)) for camera in config.watched]
        self._playlists = {
            camera.id: LivePlaylist(config.data_dir / "hls" / camera.id, segments_kept=config.stream.segments_kept)
            for camera in config.watched
        }
        self._looker = Looker(detector, self._watched, self._wake, self._room)
        self._decoding = DecodePool()
        self._supervisor = Supervisor(back_off)
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._say_goodbye)
            supervisor = stack.enter_context(self._supervisor)
            supervisor.keep_running("analysis", self._looker.run)
            supervisor.keep_running("health", self._report_health)
            for number in range(self._decoding.threads):
                supervisor.keep_running(f"decoding {number + 1}", self._decoding.run)
            for camera, watched in zip(self._config.watched, self._watched, strict=True):
                self._start_feeds(camera, watched)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._exit.close()

    def _watch(self, camera: CameraConfig, geometry: Geometry) -> Watched:
        def make_analysis(image_size: tuple[int, int]) -> CameraAnalysis:
            return CameraAnalysis(camera.camera(geometry, image_size), self._snapshots, self._send)

        analysis = self._config.analysis
        memory = ViewMemory(self._config.data_dir / "views" / f"{camera.id}.npz", geometry)
        return Watched(
            camera_id=camera.id,
            frames=NewestFrame(self._wake.set),
            health=self._make_health(camera.id, analysis.looks_per_s),
            make_analysis=make_analysis,
            pace=Pace(analysis.looks_per_s, analysis.most_looks_per_s, self._room),
            view=CameraView(self._config.stream.frozen_s, memory, drawn_on=is_drawn_on(geometry)),
        )

    def _start_feeds(self, camera: CameraConfig, watched: Watched) -> None:
        """One connection, or two where viewers and analysis have a stream each."""
        playlist, health = self._playlists[camera.id], watched.health

        def watch(frame: TimedFrame) -> None:
            health.received(frame.image_size, 1 + frame.passed_over)
            watched.frames.put(frame)

        decode = partial(self._decoding.decoding, watch=watch, wanted_rate=watched.wanted_rate)
        url = camera.url.get_secret_value()
        if camera.analysis_url is None:
            both = self._feed(url, playlist, decode, health.connected)
            self._supervisor.keep_running(f"camera {camera.id}", both, _clearing(playlist, health.lost))
            return
        sub = SubStream(camera.id, health, watch, watched.wanted_rate)
        decode_sub = partial(decode, watch=sub.watch_sub)
        decode_main = partial(decode, watch=sub.watch_main, wanted_rate=sub.main_rate)
        main_feed = self._feed(url, playlist, decode_main, sub.main_connected)
        sub_feed = self._feed(camera.analysis_url.get_secret_value(), None, decode_sub, sub.sub_connected)
        self._supervisor.keep_running(f"live {camera.id}", main_feed, _clearing(playlist, sub.main_failed))
        self._supervisor.keep_running(f"analysis {camera.id}", sub_feed, sub.sub_failed)

    def _feed(
        self, url: str, playlist: LivePlaylist | None, decode: Decode, connected: Callable[[str], None]
    ) -> Callable[[Flag], None]:
        return partial(feed, url, self._config.stream, playlist=playlist, decode=decode, connected=connected)

    def _report_health(self, stop: Flag) -> None:
        reported: dict[str, tuple[CameraStatus, float]] = {}
        load = LoadLog()
        while not stop.is_set():
            now = time.monotonic()
            for watched in self._watched:
                last = reported.get(watched.camera_id)
                status = watched.health.status()
                if last is None or last[0] != status or now - last[1] >= HEARTBEAT_S:
                    report = watched.health.report(watched.frames.take_dropped())
                    reported[watched.camera_id] = report.status, now
                    self._send(report)
                    load.add(report)
            stop.wait(STATUS_CHECK_S)

    def _send(self, data: Counts | Congestion | IncidentReport | Health) -> None:
        self._put(Event.wrap(data, datetime.now(UTC)))

    def _say_goodbye(self) -> None:
        """From now on there is no data from these cameras, and no live video that is not live."""
        for watched in self._watched:
            watched.health.lost("the worker was stopped")
            self._send(watched.health.report(watched.frames.take_dropped()))
            self._playlists[watched.camera_id].clear()


def _clearing(playlist: LivePlaylist, tell: Callable[[str], None]) -> Callable[[str], None]:
    """A failure without a new segment since the last one: the camera is really gone, and must not look live."""
    listed = playlist.next_sequence

    def on_failure(reason: str) -> None:
        nonlocal listed
        if playlist.next_sequence == listed:
            playlist.clear()
        listed = playlist.next_sequence
        tell(reason)

    return on_failure
