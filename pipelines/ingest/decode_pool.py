"""Decoding of all cameras by a few threads, no more often than the analysis requests frames.

The thread that reads a camera puts each packet into the camera's `DecodeTask`, without decoding it. When a frame is
due, the task is scheduled: a thread of the pool decodes all waiting packets and delivers the newest frame. Tasks run in
the order in which they became due, so a camera waits for every other camera at most once. The rules by which packets
are dropped are in `pipelines.ingest.packet_queue`.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from enum import Enum, auto
from queue import Empty, SimpleQueue
from threading import Condition
from threading import Event as Flag
from types import TracebackType
from typing import Self

import structlog

from models.detection.cpu import available_cores
from pipelines.events.condition import CameraCondition
from pipelines.events.condition import Condition as CameraState
from pipelines.ingest.clock import StreamClock
from pipelines.ingest.decoder import Decoder
from pipelines.ingest.displayed_frame import DecodedFrame
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.ingest.nal import FrameRole, classify_access_unit
from pipelines.ingest.packet_queue import DecodeStats, PacketQueue, QueuedPacket
from pipelines.ingest.picture_watch import PictureWatch
from pipelines.ingest.source import Source, SourceLost, VideoPacket

log = structlog.get_logger()

MAX_CLOSE_S = 1.0
"""Longest wait (s) of a closed connection for its frame in decoding. [assumption]"""

DAMAGED_WITHIN_S = 2.0
"""Time (s) within which a whole frame must follow a damaged one, or the road was not observed in between.
[`analytics.camera_analyzer.MAX_FRAME_GAP_S`, as if the damaged ones had not come]"""

DUE_PICTURES = 2.0
"""Least wait for a picture, in times between two that are requested: none is decoded in between. [assumption]"""

POLL_S = 0.5
"""Interval (s) at which an idle thread of the pool checks for a stop. [assumption]"""

OnFrame = Callable[[TimedFrame], None]
"""Receives each delivered frame, in a thread of the pool."""

OnNoPicture = Callable[[CameraCondition], None]
"""Receives the condition of a stream whose packets yield no picture yet."""

RequestedRate = Callable[[], float]
"""Returns the frames a second that are requested at present; 0 for none."""


class TaskState(Enum):
    """State of a decode task. RUNNING_DUE: running, and due again. CLOSING: closed while running."""

    IDLE = auto()
    SCHEDULED = auto()
    RUNNING = auto()
    RUNNING_DUE = auto()
    CLOSING = auto()
    CLOSED = auto()


class TaskEvent(Enum):
    """Event that changes the state of a decode task.

    DUE: a frame is due. START, FINISH: a thread of the pool begins or ends a run. CLOSE: the connection ends.
    """

    DUE = auto()
    START = auto()
    FINISH = auto()
    CLOSE = auto()


TRANSITIONS: dict[tuple[TaskState, TaskEvent], TaskState] = {
    (TaskState.IDLE, TaskEvent.DUE): TaskState.SCHEDULED,
    (TaskState.IDLE, TaskEvent.CLOSE): TaskState.CLOSED,
    (TaskState.SCHEDULED, TaskEvent.DUE): TaskState.SCHEDULED,
    (TaskState.SCHEDULED, TaskEvent.START): TaskState.RUNNING,
    (TaskState.SCHEDULED, TaskEvent.CLOSE): TaskState.CLOSED,
    (TaskState.RUNNING, TaskEvent.DUE): TaskState.RUNNING_DUE,
    (TaskState.RUNNING, TaskEvent.FINISH): TaskState.IDLE,
    (TaskState.RUNNING, TaskEvent.CLOSE): TaskState.CLOSING,
    (TaskState.RUNNING_DUE, TaskEvent.DUE): TaskState.RUNNING_DUE,
    (TaskState.RUNNING_DUE, TaskEvent.FINISH): TaskState.SCHEDULED,
    (TaskState.RUNNING_DUE, TaskEvent.CLOSE): TaskState.CLOSING,
    (TaskState.CLOSING, TaskEvent.DUE): TaskState.CLOSING,
    (TaskState.CLOSING, TaskEvent.FINISH): TaskState.CLOSED,
    (TaskState.CLOSED, TaskEvent.DUE): TaskState.CLOSED,
    (TaskState.CLOSED, TaskEvent.START): TaskState.CLOSED,
}
"""State and event -> next state. Every other pair is a bug of this module. A task is in the pool's queue once while it
is SCHEDULED, and in no other state but CLOSED; so at most one thread runs it."""


class TaskStateError(RuntimeError):
    """An event that the state of the task does not allow."""


def next_state(state: TaskState, event: TaskEvent) -> TaskState:
    """Return the state after the event. Raises TaskStateError."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise TaskStateError(f"{event.name} in state {state.name}") from None


class DecodePool:
    """Threads that decode the cameras of a worker; the owner calls `run` in `threads` threads.

    threads: by default one per CPU core that this process may use.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or available_cores()
        self._scheduled: SimpleQueue[DecodeTask] = SimpleQueue()

    def run(self, stop: Flag) -> None:
        """Run scheduled tasks until `stop` is set."""
        while not stop.is_set():
            try:
                task = self._scheduled.get(timeout=POLL_S)
            except Empty:
                continue
            if task.run():
                self.schedule(task)

    def schedule(self, task: "DecodeTask") -> None:
        """Add the task behind all others that are due."""
        self._scheduled.put(task)

    def open(
        self,
        source: Source,
        *,
        on_frame: OnFrame,
        requested_fps: RequestedRate,
        on_no_picture: OnNoPicture = lambda condition: None,
    ) -> "DecodeTask":
        """Return the task that decodes an open source."""
        return DecodeTask(self, source, on_frame, requested_fps, on_no_picture)


class DecodeTask:
    """Decoding of one connection. Use as a context manager, inside that of its source.

    One lock guards state, queue, statistics and failure. Decoder and clock belong to the thread that runs the task.
    """

    def __init__(
        self,
        pool: DecodePool,
        source: Source,
        on_frame: OnFrame,
        requested_fps: RequestedRate,
        on_no_picture: OnNoPicture,
    ) -> None:
        self._pool = pool
        self._source = source
        self._on_frame = on_frame
        self._requested_fps = requested_fps
        self._on_no_picture = on_no_picture
        self._decoder, self._clock = Decoder(source), StreamClock()
        self._changed = Condition()
        self._state = TaskState.IDLE
        self._queue = PacketQueue(decode_ordered=source.decode_ordered)
        self._watch = PictureWatch(source.stall_s)
        self._missed = 0
        self._failure: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._changed:
            self._state = next_state(self._state, TaskEvent.CLOSE)
            self._changed.wait_for(lambda: self._state is TaskState.CLOSED, MAX_CLOSE_S)
        log.debug("decoding ended", camera=self._source.address, **asdict(self.stats))

    @property
    def stats(self) -> DecodeStats:
        """Numbers of frames so far."""
        return self._queue.stats

    def put(self, packet: VideoPacket) -> None:
        """Add the next packet of the source, which must not change from now on.

        Raises the error of an earlier packet: SourceLost, or any error of `on_frame`. Raises SourceLost where packets
        yield no picture.
        """
        requested_fps = self._requested_fps()
        queued = QueuedPacket(self._role_of(packet), packet, time.monotonic())
        with self._changed:
            if self._failure is not None:
                raise self._failure
            is_due = self._queue.put(queued, requested_fps)
            late = self._late(queued.arrived, requested_fps)
            must_schedule = is_due and self._make_due()
        if late is not None:
            self._on_no_picture(late)
        if must_schedule:
            self._pool.schedule(self)

    def _late(self, now: float, requested_fps: float) -> CameraCondition | None:
        """Return the condition to report where no picture came for too long. The lock is held. Raises SourceLost."""
        self._watch.packet(now, requested=requested_fps > 0, needs_keyframe=self._queue.needs_keyframe)
        # A picture that is not due, and packets that wait for a thread of the pool, are no fault of the camera.
        limit_s = max(self._source.cadence.limit_s, DUE_PICTURES / requested_fps if requested_fps > 0 else 0.0)
        waited_s = self._watch.waited_s(now, limit_s) if self._state is TaskState.IDLE else None
        if waited_s is None:
            return None
        condition = CameraCondition.of(CameraState.NO_FRAMES, address=self._source.address, waited_s=waited_s)
        if self._watch.is_hopeless(waited_s):
            raise SourceLost(condition)
        is_reported, self._watch.is_late = self._watch.is_late or self.stats.delivered > 0, True
        return None if is_reported else condition

    def _make_due(self) -> bool:
        """Note that packets are due; return whether the task must be scheduled. The lock is held."""
        before, self._state = self._state, next_state(self._state, TaskEvent.DUE)
        self._missed += self._state is before
        return before is TaskState.IDLE

    def _role_of(self, packet: VideoPacket) -> FrameRole:
        if not self._source.has_start_codes:
            return FrameRole.NEEDED
        return classify_access_unit(self._source.codec, bytes(packet))

    def run(self) -> bool:
        """Decode the waiting packets and deliver the newest frame; return whether the task is scheduled again."""
        with self._changed:
            self._state = next_state(self._state, TaskEvent.START)
            if self._state is TaskState.CLOSED:
                return False
            packets = self._queue.pop_all()
        failure: Exception | None = None
        try:
            self._deliver_newest(packets)
        except Exception as error:  # raised again in the thread that owns the connection
            failure = error
        with self._changed:
            self._failure = self._failure or failure
            self._state = next_state(self._state, TaskEvent.FINISH)
            self._changed.notify_all()
            return self._state is TaskState.SCHEDULED

    def _deliver_newest(self, packets: list[QueuedPacket]) -> None:
        decoded = 0
        newest: tuple[float, DecodedFrame, float] | None = None
        is_whole = False
        for queued in packets:
            for seconds, frame in self._decoder.frames(queued.packet):
                is_whole |= not frame.picture.is_corrupt
                if is_whole or self._watch.has_shown:
                    newest = seconds, frame, queued.arrived
                decoded += 1
        if newest is None:
            return
        with self._changed:
            self._watch.picture(is_whole=is_whole)
            self.stats.decoded += decoded
            passed_over = self._queue.pop_passed_over()
            missed, self._missed = min(self._missed, passed_over), 0
        seconds, frame, arrived = newest
        doubt_s = DAMAGED_WITHIN_S if frame.picture.is_corrupt else None
        shown = self._decoder.displayed(frame)
        self._on_frame(TimedFrame(self._clock.wall(seconds), shown, passed_over, missed, arrived, doubt_s))
