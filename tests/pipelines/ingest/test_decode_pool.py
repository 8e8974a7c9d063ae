"""Turns of a small pool over real, encoded video."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import av
import numpy as np
import pytest

from pipelines.ingest.decode_pool import PACKETS_KEPT, DecodePool, DecodeTask
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.ingest.source import Source, VideoPacket
from tests.support.servers import CLIP_FPS, wait_until, write_clip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Three seconds with start codes, as cameras send them, and a keyframe in each."""
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


class Shown:
    def __init__(self) -> None:
        self.frames: list[TimedFrame] = []

    def __call__(self, frame: TimedFrame) -> None:
        self.frames.append(frame)


def decoding_of(source: Source, shown: Callable[[TimedFrame], None], rate: float, pool: DecodePool) -> DecodeTask:
    return pool.open(source, watch=shown, wanted_rate=lambda: rate)


def test_no_more_pictures_are_shown_than_are_wanted_and_none_is_forgotten(clip: Path) -> None:
    pool, shown = DecodePool(1), Shown()
    with (
        running(pool),
        Source(str(clip), stop=Flag()) as source,
        decoding_of(source, shown, 5.0, pool) as decoding,
        pytest.raises(ConnectionError),
    ):
        for packet in source.packets():
            decoding.put(packet)
    assert 10 <= len(shown.frames) <= 17
    assert sum(1 + frame.passed_over for frame in shown.frames) > 2.5 * CLIP_FPS
    assert decoding.stats.arrived == 3 * CLIP_FPS
    assert decoding.stats.shown == len(shown.frames)
    times = [frame.at for frame in shown.frames]
    assert times == sorted(times)


def test_a_camera_that_waited_long_gets_its_newest_picture_decoded_from_the_last_fresh_start(clip: Path) -> None:
    pool, shown = DecodePool(1), Shown()
    with opened(clip) as (source, packets), decoding_of(source, shown, 5.0, pool) as decoding:
        for packet in packets:
            decoding.put(packet)
        decoding.run()
    assert decoding.stats.outdated == 2 * CLIP_FPS
    assert decoding.stats.decoded == CLIP_FPS
    (frame,) = shown.frames
    assert frame.passed_over == 3 * CLIP_FPS - 1
    with av.open(str(clip)) as container:
        *_, last = container.decode(video=0)
    assert np.array_equal(frame.video_frame.to_ndarray(), last.to_ndarray())


def test_where_decoding_falls_behind_it_goes_on_from_a_keyframe(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "road.mp4", seconds=(PACKETS_KEPT + 2 * CLIP_FPS) / CLIP_FPS)  # no start codes
    pool, shown = DecodePool(1), Shown()
    with opened(clip) as (source, packets), decoding_of(source, shown, 5.0, pool) as decoding:
        for packet in packets:
            decoding.put(packet)
        assert decoding.stats.dropped_overload >= PACKETS_KEPT
        decoding.run()
    assert 0 < decoding.stats.decoded <= 2 * CLIP_FPS
    assert len(shown.frames) == 1


def test_pictures_that_no_other_needs_are_left_out_where_the_rest_is_enough(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "reordered.ts", seconds=3, reordered=True)
    left_out = {}
    for rate in (2.0, CLIP_FPS):
        pool = DecodePool(1)
        with opened(clip) as (source, packets), decoding_of(source, Shown(), rate, pool) as decoding:
            for packet in packets:
                decoding.put(packet)
        left_out[rate] = decoding.stats.unneeded
    assert left_out[2.0] > 0
    assert left_out[CLIP_FPS] == 0


def test_a_stream_that_nobody_looks_at_is_not_decoded_and_begins_at_a_keyframe(clip: Path) -> None:
    pool, shown, rate = DecodePool(1), Shown(), [0.0]
    with (
        opened(clip) as (source, packets),
        pool.open(source, watch=shown, wanted_rate=lambda: rate[0]) as decoding,
    ):
        for packet in packets[: CLIP_FPS + 5]:
            decoding.put(packet)
        decoding.run()
        assert decoding.stats.decoded == 0
        rate[0] = 100.0
        for packet in packets[CLIP_FPS + 5 : 2 * CLIP_FPS]:
            decoding.put(packet)
        decoding.run()
        assert decoding.stats.decoded == 0
        decoding.put(packets[2 * CLIP_FPS])
        decoding.run()
    (frame,) = shown.frames
    assert frame.video_frame.key_frame


def test_pictures_that_were_wanted_and_nobody_had_time_for_are_told_from_those_nobody_wanted(clip: Path) -> None:
    pool, shown, rate = DecodePool(1), Shown(), [1e6]
    with (
        opened(clip) as (source, packets),
        pool.open(source, watch=shown, wanted_rate=lambda: rate[0]) as decoding,
    ):
        for packet in packets[:5]:
            decoding.put(packet)
        decoding.run()
        rate[0] = 1e-3
        for packet in packets[5:10]:
            decoding.put(packet)
        decoding.run()
    late, unwanted = shown.frames
    assert (late.passed_over, late.missed) == (4, 4)
    assert unwanted.missed == 0
    assert late.arrived is not None
    assert unwanted.arrived is not None
    assert late.arrived < unwanted.arrived <= time.monotonic()


def test_a_stream_that_is_wanted_more_often_need_not_wait_for_the_turn_it_would_have_had(clip: Path) -> None:
    pool, shown, rate = DecodePool(1), Shown(), [1e-3]
    with (
        opened(clip) as (source, packets),
        pool.open(source, watch=shown, wanted_rate=lambda: rate[0]) as decoding,
        running(pool),
    ):
        for packet in packets[:10]:
            decoding.put(packet)
        wait_until(lambda: shown.frames, "a picture at first")
        known = len(shown.frames)
        rate[0] = 1e6
        decoding.put(packets[10])
        wait_until(lambda: len(shown.frames) > known, "the next picture at once")


def test_cameras_take_turns_though_one_has_far_more_to_decode(clip: Path) -> None:
    pool, busy, quiet = DecodePool(1), Shown(), Shown()
    with (
        opened(clip) as (source, packets),
        opened(clip) as (other, few),
        decoding_of(source, busy, 1000.0, pool) as much,
        decoding_of(other, quiet, 1000.0, pool) as little,
    ):
        for packet in packets[: CLIP_FPS - 1]:
            much.put(packet)
        little.put(few[0])
        with running(pool):
            wait_until(lambda: busy.frames and quiet.frames, "one picture of each camera")
    assert len(busy.frames) == len(quiet.frames) == 1


def test_what_goes_wrong_with_a_picture_is_raised_in_the_thread_that_owns_the_connection(clip: Path) -> None:
    def unwilling(_: TimedFrame) -> None:
        raise ValueError("no such picture")

    pool = DecodePool(1)
    with opened(clip) as (source, packets), decoding_of(source, unwilling, 5.0, pool) as decoding:
        decoding.put(packets[0])
        decoding.run()
        with pytest.raises(ValueError, match="no such picture"):
            decoding.put(packets[1])


def test_after_the_connection_nothing_is_shown_any_more(clip: Path) -> None:
    pool, shown = DecodePool(1), Shown()
    with opened(clip) as (source, packets), decoding_of(source, shown, 5.0, pool) as decoding:
        decoding.put(packets[0])
    with running(pool):
        assert decoding.run() is False
    assert shown.frames == []
