"""States of a decode task, and a pool of one thread with encoded video."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import av
import numpy as np
import pytest

from pipelines.ingest.decode_pool import (
    DAMAGED_WITHIN_S,
    DecodePool,
    DecodeTask,
    TaskEvent,
    TaskState,
    TaskStateError,
    next_state,
)
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.ingest.packet_queue import MAX_PACKETS
from pipelines.ingest.source import Source, VideoPacket
from tests.support.servers import CLIP_FPS, wait_until, write_clip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Clip of three seconds with start codes, as cameras send them, and a keyframe each second."""
    return write_clip(tmp_path / "road.ts", seconds=3)


@contextmanager
def opened(clip: Path) -> Iterator[tuple[Source, list[VideoPacket]]]:
    with Source(str(clip), stop=Flag()) as source:
        with av.open(str(clip)) as container:
            packets = [packet for packet in container.demux(video=0) if packet.size]
        yield source, packets


@contextmanager
def running(pool: DecodePool) -> Iterator[None]:
    stop = Flag()
    threads = [Thread(target=pool.run, args=(stop,)) for _ in range(pool.threads)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


class Delivered:
    def __init__(self) -> None:
        self.frames: list[TimedFrame] = []

    def __call__(self, frame: TimedFrame) -> None:
        self.frames.append(frame)


def decode_task(source: Source, on_frame: Callable[[TimedFrame], None], fps: float, pool: DecodePool) -> DecodeTask:
    return pool.open(source, on_frame=on_frame, requested_fps=lambda: fps)


DUE, START, FINISH, CLOSE = TaskEvent.DUE, TaskEvent.START, TaskEvent.FINISH, TaskEvent.CLOSE


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], TaskState.IDLE),
        ([DUE], TaskState.SCHEDULED),
        ([DUE, DUE], TaskState.SCHEDULED),
        ([DUE, START], TaskState.RUNNING),
        ([DUE, START, FINISH], TaskState.IDLE),
        ([DUE, START, DUE, DUE], TaskState.RUNNING_DUE),
        ([DUE, START, DUE, FINISH], TaskState.SCHEDULED),
        ([DUE, START, DUE, FINISH, START, FINISH], TaskState.IDLE),
        ([CLOSE], TaskState.CLOSED),
        ([DUE, CLOSE, START], TaskState.CLOSED),
        ([DUE, START, CLOSE], TaskState.CLOSING),
        ([DUE, START, CLOSE, DUE, FINISH], TaskState.CLOSED),
        ([DUE, START, DUE, CLOSE, FINISH], TaskState.CLOSED),
        ([CLOSE, DUE], TaskState.CLOSED),
    ],
    ids=lambda value: "-".join(event.name for event in value) or "none" if isinstance(value, list) else value.name,
)
def test_the_state_of_a_task_follows_its_events(events: list[TaskEvent], state: TaskState) -> None:
    reached = TaskState.IDLE
    for event in events:
        reached = next_state(reached, event)
    assert reached is state


REFUSED = {
    (TaskState.IDLE, START),
    (TaskState.IDLE, FINISH),
    (TaskState.SCHEDULED, FINISH),
    (TaskState.RUNNING, START),
    (TaskState.RUNNING_DUE, START),
    (TaskState.CLOSING, START),
    (TaskState.CLOSING, CLOSE),
    (TaskState.CLOSED, FINISH),
    (TaskState.CLOSED, CLOSE),
}


@pytest.mark.parametrize(("state", "event"), sorted(product(TaskState, TaskEvent), key=str))
def test_exactly_the_impossible_pairs_of_state_and_event_are_errors(state: TaskState, event: TaskEvent) -> None:
    if (state, event) in REFUSED:
        with pytest.raises(TaskStateError, match=f"{event.name} in state {state.name}"):
            next_state(state, event)
    else:
        assert isinstance(next_state(state, event), TaskState)


@pytest.mark.slow
def test_frames_are_delivered_at_the_requested_rate_and_all_are_counted(clip: Path) -> None:
    pool, delivered = DecodePool(1), Delivered()
    with (
        running(pool),
        Source(str(clip), stop=Flag()) as source,
        decode_task(source, delivered, 5.0, pool) as task,
        pytest.raises(ConnectionError),
    ):
        for packet in source.packets():
            task.put(packet)
    assert 10 <= len(delivered.frames) <= 17
    assert sum(1 + frame.passed_over for frame in delivered.frames) > 2.5 * CLIP_FPS
    assert task.stats.arrived == 3 * CLIP_FPS
    assert task.stats.delivered == len(delivered.frames)
    times = [frame.at for frame in delivered.frames]
    assert times == sorted(times)


def test_a_camera_that_waited_gets_its_newest_frame_decoded_from_the_last_random_access_point(clip: Path) -> None:
    pool, delivered = DecodePool(1), Delivered()
    with opened(clip) as (source, packets), decode_task(source, delivered, 5.0, pool) as task:
        for packet in packets:
            task.put(packet)
        task.run()
    assert task.stats.dropped_outdated == 2 * CLIP_FPS
    assert task.stats.decoded == CLIP_FPS
    (frame,) = delivered.frames
    assert frame.passed_over == 3 * CLIP_FPS - 1
    with av.open(str(clip)) as container:
        *_, last = container.decode(video=0)
    assert np.array_equal(frame.video_frame.to_ndarray(), last.to_ndarray())


def test_a_frame_of_a_part_of_its_data_is_doubtful(clip: Path) -> None:
    pool, delivered = DecodePool(1), Delivered()
    with opened(clip) as (source, packets), decode_task(source, delivered, 1e6, pool) as task:
        for packet in (packets[0], _cut(packets[1])):
            task.put(packet)
            task.run()
    whole, damaged = delivered.frames
    assert (whole.doubt_s, damaged.doubt_s) == (None, DAMAGED_WITHIN_S)


def _cut(whole: VideoPacket) -> VideoPacket:
    data = bytes(whole)
    packet = av.Packet(data[: len(data) // 2])
    packet.stream, packet.time_base = whole.stream, whole.time_base
    packet.pts = packet.dts = whole.dts
    return packet


def test_decoding_that_falls_behind_resumes_at_a_keyframe(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "road.mp4", seconds=(MAX_PACKETS + 2 * CLIP_FPS) / CLIP_FPS)  # no start codes
    pool, delivered = DecodePool(1), Delivered()
    with opened(clip) as (source, packets), decode_task(source, delivered, 5.0, pool) as task:
        for packet in packets:
            task.put(packet)
        assert task.stats.dropped_overload >= MAX_PACKETS
        task.run()
    assert 0 < task.stats.decoded <= 2 * CLIP_FPS
    assert len(delivered.frames) == 1


def test_a_stream_that_is_requested_again_begins_with_a_keyframe(clip: Path) -> None:
    pool, delivered, fps = DecodePool(1), Delivered(), [0.0]
    with opened(clip) as (source, packets), pool.open(source, on_frame=delivered, requested_fps=lambda: fps[0]) as task:
        for packet in packets[: CLIP_FPS + 5]:
            task.put(packet)
        fps[0] = 100.0
        for packet in packets[CLIP_FPS + 5 : 2 * CLIP_FPS + 1]:
            task.put(packet)
        task.run()
    assert task.stats.decoded == 1
    (frame,) = delivered.frames
    assert frame.video_frame.key_frame


def test_frames_that_were_due_and_not_decoded_count_as_missed(clip: Path) -> None:
    pool, delivered, fps = DecodePool(1), Delivered(), [1e6]
    with opened(clip) as (source, packets), pool.open(source, on_frame=delivered, requested_fps=lambda: fps[0]) as task:
        for packet in packets[:5]:
            task.put(packet)
        task.run()
        fps[0] = 1e-3
        for packet in packets[5:9]:
            task.put(packet)
        fps[0] = 1e6
        task.put(packets[9])
        task.run()
    late, unrequested = delivered.frames
    assert (late.passed_over, late.missed) == (4, 4)
    assert (unrequested.passed_over, unrequested.missed) == (4, 0)
    assert late.arrived is not None
    assert unrequested.arrived is not None
    assert late.arrived < unrequested.arrived <= time.monotonic()


def test_a_raised_request_does_not_wait_until_the_frame_that_was_due_at_the_old_rate(clip: Path) -> None:
    pool, delivered, fps = DecodePool(1), Delivered(), [1e-3]
    with (
        opened(clip) as (source, packets),
        pool.open(source, on_frame=delivered, requested_fps=lambda: fps[0]) as task,
        running(pool),
    ):
        for packet in packets[:10]:
            task.put(packet)
        wait_until(lambda: delivered.frames, "the first frame")
        known = len(delivered.frames)
        fps[0] = 1e6
        task.put(packets[10])
        wait_until(lambda: len(delivered.frames) > known, "the next frame at once")


def test_a_picture_that_is_not_due_yet_is_not_missed(clip: Path) -> None:
    pool, delivered = DecodePool(1), Delivered()
    with opened(clip) as (source, packets), running(pool), decode_task(source, delivered, 0.5, pool) as task:
        source.cadence.limit_s = 0.01
        task.put(packets[0])
        wait_until(lambda: delivered.frames, "the first picture")
        for packet in packets[1:20]:
            time.sleep(0.02)
            task.put(packet)
        assert task.stats.arrived == 20


def test_a_camera_with_much_to_decode_does_not_delay_another(clip: Path) -> None:
    pool, busy, calm = DecodePool(1), Delivered(), Delivered()
    with (
        opened(clip) as (source, packets),
        opened(clip) as (other, few),
        decode_task(source, busy, 1000.0, pool) as much,
        decode_task(other, calm, 1000.0, pool) as little,
    ):
        for packet in packets[: CLIP_FPS - 1]:
            much.put(packet)
        little.put(few[0])
        with running(pool):
            wait_until(lambda: busy.frames and calm.frames, "one frame of each camera")
    assert len(busy.frames) == len(calm.frames) == 1


def test_an_error_with_a_frame_is_raised_in_the_thread_that_owns_the_connection(clip: Path) -> None:
    def fail(_: TimedFrame) -> None:
        raise ValueError("no such frame")

    pool = DecodePool(1)
    with opened(clip) as (source, packets), decode_task(source, fail, 5.0, pool) as task:
        task.put(packets[0])
        task.run()
        with pytest.raises(ValueError, match="no such frame"):
            task.put(packets[1])


def test_a_closed_task_delivers_nothing(clip: Path) -> None:
    pool, delivered = DecodePool(1), Delivered()
    with opened(clip) as (source, packets), decode_task(source, delivered, 5.0, pool) as task:
        task.put(packets[0])
    with running(pool):
        assert task.run() is False
    assert delivered.frames == []


def test_closing_waits_for_the_frame_in_decoding(clip: Path) -> None:
    entered, leave, order = Flag(), Flag(), []

    def slow(_: TimedFrame) -> None:
        entered.set()
        leave.wait(0.3)
        order.append("delivered")

    pool = DecodePool(1)
    with running(pool), opened(clip) as (source, packets):
        with decode_task(source, slow, 5.0, pool) as task:
            task.put(packets[0])
            assert entered.wait(5)
        order.append("closed")
    assert order == ["delivered", "closed"]
