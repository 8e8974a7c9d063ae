"""Worker processes: the cameras of a city, shared between child processes that are restarted when they end.

Each process reads, decodes and analyses its cameras, writes their live video, and sends its events to this process. One
that crashes takes its own cameras offline until it runs again, and no others.
"""

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from statistics import fmean
from threading import Event as Flag
from threading import Lock
from typing import Protocol

import structlog

from pipelines.config.settings import CameraConfig, Config
from pipelines.errors import NeedsRemedy, UserError
from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.schema import Event
from pipelines.ingest.frame_buffer import DroppedFrames
from pipelines.live_video.hls_playlist import LivePlaylist
from pipelines.worker.balanced_assignment import assign
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.camera_process import POLL_S, Costs, Ready, Refused, Running, SetCameras, Stop, run_cameras
from pipelines.worker.process_plan import process_count, shared_out, threads_each
from pipelines.worker.supervisor import RestartPolicy, Supervisor

log = structlog.get_logger()

END_WITHIN_S = 6.0
"""Longest time (s) of a process from `Stop` to its end; it is killed then. Its worker ends within 2 s. [assumption]"""

NEW_SHARE = 0.2
"""Share (0..1) of a new measurement in the cost of a camera; they come every `MEASURE_EVERY_S`. [assumption]"""

Put = Callable[[Event], None]
"""Receives an event, in any thread."""


class RunCameras(Protocol):
    """Body of a child process; a function of a module, so that the child can import it."""

    def __call__(self, config: Config, threads: int, parent: Connection) -> None:
        """Analyse the cameras of `config` until the parent sends `Stop` or ends."""
        ...


class WorkerProcesses:
    """The running processes, whose cameras can be changed. Thread-safe, except `set_cameras`, for one thread."""

    def __init__(self, processes: "Sequence[_CameraProcess]") -> None:
        self._processes = {f"process {number}": process for number, process in enumerate(processes, start=1)}

    def set_cameras(self, cameras: Sequence[CameraConfig]) -> None:
        """Analyse these cameras and no others, without waiting for it. Unchanged ones stay where they are."""
        found = {camera.id: camera for camera in cameras if camera.out_of_service is None}
        owners = {camera.id: name for name, process in self._processes.items() for camera in process.cameras}
        measured = self.costs
        usual = fmean(measured.values()) if measured else 1.0
        costs = {camera_id: measured.get(camera_id, usual) for camera_id in found}
        shares = assign(costs, owners, list(self._processes))
        for name, process in self._processes.items():
            process.set_cameras(tuple(camera for camera in found.values() if shares[camera.id] == name))

    @property
    def running(self) -> frozenset[str]:
        """Return the ids of the cameras that a process may still analyse."""
        return frozenset().union(*(process.running for process in self._processes.values()))

    @property
    def costs(self) -> dict[str, float]:
        """Return the measured cost of each camera, in CPU cores, by id; without those that are not measured yet."""
        return {camera_id: cost for process in self._processes.values() for camera_id, cost in process.costs.items()}


@contextmanager
def worker_processes(
    config: Config,
    put: Put,
    *,
    run: RunCameras = run_cameras,
    restart_policy: RestartPolicy | None = None,
    expected: int | None = None,
) -> Iterator[WorkerProcesses]:
    """Run worker processes over the active cameras of a configuration during the block.

    put: receives each event, in a thread for each process. run: body of a process. expected: number of cameras for
    which processes are started, by default that of the active ones.
    The block begins when the first process is ready; the others start then. Raises UserError where the weights, or the
    geometry file of a camera, cannot be used. At the end all cameras are reported offline.
    """
    cameras = config.active_cameras
    for camera in cameras:
        config.geometry_of(camera)
    count = process_count(len(cameras) if expected is None else expected, wanted=config.analysis.processes)
    processes = [
        _CameraProcess(config.model_copy(update={"cameras": share}), threads_each(count), put, run)
        for share in shared_out(cameras, count)
    ]
    first, *others = processes
    with Supervisor(restart_policy, stop_within_s=END_WITHIN_S + 1.0) as supervisor:
        # The first one alone: it may build or compile a network that the others then load.
        supervisor.keep_running("process 1", first.run, first.report_offline)
        first.wait_until_started()
        for number, process in enumerate(others, start=2):
            supervisor.keep_running(f"process {number}", process.run, process.report_offline)
        yield WorkerProcesses(processes)


class _CameraProcess:
    """Child process over the cameras of a configuration; each `run` starts one. threads, put: as for the group."""

    def __init__(self, config: Config, threads: int, put: Put, body: RunCameras) -> None:
        self._config, self._threads, self._put, self._body = config, threads, put, body
        self._started = Flag()  # once it was ready, or has failed
        self._refusal: str | None = None
        self._changing = Lock()
        self._child: Connection | None = None  # while a child runs
        self._running: frozenset[str] = frozenset()
        # Cameras that the child was asked to analyse, until it confirms it. The next request waits for this, because a
        # child that loads its network receives nothing.
        self._asked: tuple[CameraConfig, ...] | None = None
        self._costs: dict[str, float] = {}

    @property
    def cameras(self) -> tuple[CameraConfig, ...]:
        """Return the cameras that the process should analyse."""
        return self._config.cameras

    @property
    def running(self) -> frozenset[str]:
        """Return the ids of the cameras that the child may analyse."""
        with self._changing:
            return self._running.union(camera.id for camera in self._asked or ())

    @property
    def costs(self) -> dict[str, float]:
        """Return the measured costs of its cameras by id, in CPU cores; without those that are not measured yet."""
        return {camera.id: self._costs[camera.id] for camera in self.cameras if camera.id in self._costs}

    def set_cameras(self, cameras: tuple[CameraConfig, ...]) -> None:
        """Analyse these cameras and no others, in the present child and in later ones."""
        with self._changing:
            if cameras == self._config.cameras:
                return
            self._config = self._config.model_copy(update={"cameras": cameras})
            if self._asked is None:
                self._ask()

    def _ask(self) -> None:
        """Ask the child for the present cameras. The lock is held."""
        if self._child is not None:
            self._asked = self._config.cameras
            with suppress(OSError):
                self._child.send(SetCameras(self._asked))

    def wait_until_started(self) -> None:
        """Return once the process is ready, or has crashed and is started again. Raises UserError where it refuses."""
        self._started.wait()
        if self._refusal is not None:
            raise UserError(self._refusal)

    def run(self, stop: Flag) -> None:
        """Run the process until `stop` is set. Raises ConnectionError where it ends by itself."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        with self._changing:
            process = context.Process(target=self._body, args=(self._config, self._threads, theirs), daemon=True)
            process.start()
            self._child, self._asked = ours, self._config.cameras
        theirs.close()
        with ours:
            self._receive(ours, stop)
            with self._changing:
                self._child = None
        process.join(END_WITHIN_S)
        if process.is_alive():
            process.kill()
            process.join()
        with self._changing:
            self._running, self._asked = frozenset(), None
        if not stop.is_set():
            if self._refusal is not None:
                raise NeedsRemedy(self._refusal)
            raise ConnectionError(f"a worker process ended with status {process.exitcode}")
        if process.exitcode:
            self.report_offline()

    def report_offline(self, _error: Exception | None = None) -> None:
        """Report the cameras of a process that ended by itself offline, and delete their live video."""
        self._started.set()
        for camera in self._config.cameras:
            health = CameraHealth(camera.id, self._config.analysis.analysis_fps)
            health.disconnected(CameraCondition(Condition.WORKER_STOPPED))
            self._put(Event.wrap(health.report(DroppedFrames()), datetime.now(UTC)))
            folder, kept = self._config.data_dir / "hls" / camera.id, self._config.stream.segments_kept
            LivePlaylist(folder, segments_kept=kept)  # begins by deleting what the former one wrote

    def _receive(self, child: Connection, stop: Flag) -> None:
        """Pass on the messages of a process until it ends, or until `END_WITHIN_S` after `stop` was set."""
        kill_at = math.inf
        with suppress(EOFError, ConnectionError):
            while time.monotonic() < kill_at:
                if stop.is_set() and kill_at == math.inf:
                    kill_at = time.monotonic() + END_WITHIN_S
                    with self._changing:
                        child.send(Stop())
                if not child.poll(POLL_S):
                    continue
                match child.recv():
                    case bytes() as event:
                        self._pass_on(event)
                    case Running(cameras=cameras):
                        with self._changing:
                            self._running, asked, self._asked = cameras, self._asked, None
                            if asked != self._config.cameras:
                                self._ask()
                    case Costs(cores=cores):
                        self._update_costs(cores)
                    case Ready():
                        self._refusal = None
                        self._started.set()
                    case Refused(reason=reason):
                        self._refusal = reason
                        self._started.set()

    def _update_costs(self, cores: dict[str, float]) -> None:
        for camera_id, cost in cores.items():
            former = self._costs.get(camera_id, cost)
            self._costs[camera_id] = former + NEW_SHARE * (cost - former)

    def _pass_on(self, event: bytes) -> None:
        try:
            self._put(Event.from_json(event))
        except Exception:
            log.exception("an event was not stored; the others are")
