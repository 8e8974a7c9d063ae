"""Worker processes: the cameras of a city, shared between child processes that are restarted when they end.

Each process reads, decodes and analyses its cameras, writes their live video, and sends its events to this process. One
that crashes takes its own cameras offline until it runs again, and no others.
"""

import math
import multiprocessing
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from threading import Event as Flag
from types import TracebackType
from typing import Protocol, Self

import structlog

from pipelines.config.settings import Config
from pipelines.errors import NeedsRemedy, UserError
from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.schema import Event
from pipelines.ingest.frame_buffer import DroppedFrames
from pipelines.live_video.hls_playlist import LivePlaylist
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.camera_process import POLL_S, Ready, Refused, Stop, run_cameras
from pipelines.worker.process_plan import process_count, shared_out, threads_each
from pipelines.worker.supervisor import RestartPolicy, Supervisor

log = structlog.get_logger()

END_WITHIN_S = 6.0
"""Longest time (s) of a process from `Stop` to its end; it is killed then. Its worker ends within 2 s. [assumption]"""

Put = Callable[[Event], None]
"""Receives an event, in any thread."""


class RunCameras(Protocol):
    """Body of a child process; a function of a module, so that the child can import it."""

    def __call__(self, config: Config, threads: int, parent: Connection) -> None:
        """Analyse the cameras of `config` until the parent sends `Stop` or ends."""
        ...


@dataclass(slots=True, eq=False)
class _Share:
    """Cameras of one process. settled: set once the process is ready, or has failed to start. refusal: of its start."""

    number: int
    config: Config
    settled: Flag = field(default_factory=Flag)
    refusal: str | None = None


class WorkerProcesses:
    """Worker processes over the active cameras of a configuration, while entered.

    put: receives each event, in a thread for each process. run: body of a process.
    Entering returns when the first process is ready; the others start then. Raises UserError where the weights, or the
    geometry file of a camera, cannot be used. Leaving reports all cameras offline.
    """

    def __init__(
        self, config: Config, put: Put, *, run: RunCameras = run_cameras, restart_policy: RestartPolicy | None = None
    ) -> None:
        cameras = config.active_cameras
        for camera in cameras:
            config.geometry_of(camera)
        count = process_count(len(cameras), wanted=config.analysis.processes)
        self._threads = threads_each(count)
        self._shares = [
            _Share(number + 1, config.model_copy(update={"cameras": share}))
            for number, share in enumerate(shared_out(cameras, count))
        ]
        self._put, self._run_cameras = put, run
        self._supervisor = Supervisor(restart_policy, stop_within_s=END_WITHIN_S + 1.0)
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._supervisor)
            first, *others = self._shares
            # The first one alone: it may build or compile a network that the others then load.
            self._start(first)
            first.settled.wait()
            if first.refusal is not None:
                raise UserError(first.refusal)
            for share in others:
                self._start(share)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._exit.close()

    def _start(self, share: _Share) -> None:
        self._supervisor.keep_running(
            f"process {share.number}", partial(self._run, share), partial(self._report_offline, share)
        )

    def _run(self, share: _Share, stop: Flag) -> None:
        """Run one process until `stop` is set. Raises ConnectionError where it ends by itself."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=self._run_cameras,
            args=(share.config, self._threads, theirs),
            name=f"simpang cameras {share.number}",
            daemon=True,
        )
        process.start()
        theirs.close()
        with ours:
            refusal = self._receive(share, ours, stop)
        process.join(END_WITHIN_S)
        if process.is_alive():
            process.kill()
            process.join()
        if stop.is_set():
            if process.exitcode:
                self._report_offline(share)
        elif refusal is None:
            raise ConnectionError(f"a worker process ended with status {process.exitcode}")
        elif share.number > 1 or share.settled.is_set():
            raise NeedsRemedy(refusal)
        else:
            share.refusal = refusal
            share.settled.set()

    def _receive(self, share: _Share, child: Connection, stop: Flag) -> str | None:
        """Pass on the events of a process until it ends, or until `END_WITHIN_S` after `stop` was set.

        Returns the reason of a process that refused to start.
        """
        refusal, kill_at = None, math.inf
        with suppress(EOFError, ConnectionError):
            while time.monotonic() < kill_at:
                if stop.is_set() and kill_at == math.inf:
                    kill_at = time.monotonic() + END_WITHIN_S
                    child.send(Stop())
                if not child.poll(POLL_S):
                    continue
                match child.recv():
                    case bytes() as event:
                        self._pass_on(event)
                    case Ready():
                        share.settled.set()
                    case Refused(reason=reason):
                        refusal = reason
        return refusal

    def _pass_on(self, event: bytes) -> None:
        try:
            self._put(Event.from_json(event))
        except Exception:
            log.exception("an event was not stored; the others are")

    def _report_offline(self, share: _Share, _error: Exception | None = None) -> None:
        """Report the cameras of a process that ended by itself offline, and delete their live video."""
        share.settled.set()
        for camera in share.config.cameras:
            health = CameraHealth(camera.id, share.config.analysis.analysis_fps)
            health.disconnected(CameraCondition(Condition.WORKER_STOPPED))
            self._put(Event.wrap(health.report(DroppedFrames()), datetime.now(UTC)))
            folder, kept = share.config.data_dir / "hls" / camera.id, share.config.stream.segments_kept
            LivePlaylist(folder, segments_kept=kept)  # begins by deleting what the former one wrote
