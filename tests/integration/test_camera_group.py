"""Cameras shared between worker processes by Apache Kafka: joining, dying, coming back, restarts, changes, outages."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.bus.kafka.camera_topic import CameraTopic
from pipelines.worker.camera_group import SESSION_S
from pipelines.worker.progress import IDLE_S
from tests.support.group_workers import GroupWorker, Reported, group_workers, registered
from tests.support.kafka.apache import ApacheKafka
from tests.support.servers import RtspCameras, wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

CAMERAS = tuple(f"cam-{number}" for number in range(6))
PATIENCE_S = 120
"""Longest wait for workers, in seconds, on a busy machine. [assumption]"""
OVERLAP = timedelta(milliseconds=50)
"""Periods of two workers that touch may overlap by the difference of their first and last frame. [assumption]"""

RESTART_S = 2.0
"""Shortest gap between two periods of a camera that was started again, in seconds: a busy machine misses frames, too.

A camera whose worker was restarted is dark for 7.7 to 10.6 s. [measured]
"""


@pytest.fixture
def kafka(kafka_folder: Path) -> Iterator[ApacheKafka]:
    broker = ApacheKafka(kafka_folder, properties={"group.initial.rebalance.delay.ms": "1000"})
    broker.start()
    try:
        yield broker
    finally:
        broker.lose()


def share(*workers: GroupWorker) -> dict[str, set[str]]:
    return {worker.name: worker.cameras() for worker in workers}


def are_shared(cameras: set[str], *workers: GroupWorker) -> bool:
    """Whether each camera has one worker, and each worker has a camera."""
    found = [worker.cameras() for worker in workers]
    return all(found) and sum(map(len, found)) == len(cameras) and set().union(*found) == cameras


def await_shared(cameras: set[str], *workers: GroupWorker) -> None:
    try:
        wait_until(lambda: are_shared(cameras, *workers), "the cameras to be shared", within_s=PATIENCE_S)
    except BaseException:
        for worker in workers:
            print(worker.name, worker.cameras(), worker.log()[-4000:])  # noqa: T201 a failure shows why
        raise


def seconds_until_analysed(reported: Reported, cameras: set[str], since: datetime) -> float:
    """Wait until frames of all these cameras were analysed in periods that began after `since`."""
    after = since + timedelta(seconds=6)  # reports of a period that began before come within 5 s
    wait_until(lambda: reported.analysed_since(after) >= cameras, "analysis elsewhere", within_s=PATIENCE_S)
    return (datetime.now(UTC) - since).total_seconds()


def test_workers_join_die_and_come_back(
    kafka: ApacheKafka, rtsp_cameras: RtspCameras, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    registry = CameraTopic(kafka.bootstrap)
    assert registry.read() == {}
    registry.put(registered(rtsp_cameras.url("road.mp4"), *CAMERAS))
    everything = set(CAMERAS)
    with group_workers(tmp_path, kafka.bootstrap, "a", "b", "c") as (a, b, c):
        a.start()
        b.start()
        await_shared(everything, a, b)
        reported = Reported(kafka.bootstrap)
        with closing(reported):
            seconds_until_analysed(reported, everything, datetime.now(UTC))
            before = share(a, b)

            c.start()
            await_shared(everything, a, b, c)
            joined = share(a, b, c)
            assert joined["a"] <= before["a"] and joined["b"] <= before["b"]  # the new worker takes, nothing else moves
            for camera in joined["c"]:  # the former worker had stopped before the new one counted
                periods = reported.periods(camera)
                for (_, end), (start, _) in pairwise(periods):
                    assert start >= end - OVERLAP

            seconds_until_analysed(reported, joined["c"], datetime.now(UTC))
            c.kill()
            killed_at = datetime.now(UTC)
            await_shared(everything, a, b)
            took_s = seconds_until_analysed(reported, joined["c"], killed_at)
            record_property("killed_worker_replaced_s", took_s)
            after = share(a, b)
            assert after["a"] >= joined["a"] and after["b"] >= joined["b"]
            assert took_s >= SESSION_S - 2

            c.start()
            await_shared(everything, a, b, c)
            back = share(a, b, c)
            assert back["a"] <= after["a"] and back["b"] <= after["b"]


def test_a_restart_and_a_change_leave_all_other_cameras_alone(
    kafka: ApacheKafka, rtsp_cameras: RtspCameras, tmp_path: Path
) -> None:
    registry = CameraTopic(kafka.bootstrap)
    assert registry.read() == {}
    url = rtsp_cameras.url("road.mp4")
    registry.put(registered(url, *CAMERAS))
    everything = set(CAMERAS)
    with group_workers(tmp_path, kafka.bootstrap, "a", "b") as (a, b), closing(Reported(kafka.bootstrap)) as reported:
        a.start("patient")
        b.start("patient")
        await_shared(everything, a, b)
        seconds_until_analysed(reported, everything, datetime.now(UTC))
        before = share(a, b)
        changes = len(b.lines("cameras of this worker"))

        a.terminate()
        stopped_at = datetime.now(UTC)
        a.start("patient")
        seconds_until_analysed(reported, before["a"], stopped_at)
        assert share(a, b) == before
        assert len(b.lines("cameras of this worker")) == changes

        changed, added = min(before["b"]), "cam-new"
        starts = len(b.lines("cameras of this worker"))
        registry.put([*registered(url + "&changed=1", changed), *registered(url, added)])
        wait_until(lambda: len(b.lines("cameras of this worker")) > starts, "the change to arrive")
        await_shared({*everything, added}, a, b)
        registry.remove(added)
        await_shared(everything, a, b)
        for camera in before["b"] - {changed}:
            gaps_s = [(start - end).total_seconds() for (_, end), (start, _) in pairwise(reported.periods(camera))]
            assert max(gaps_s) < RESTART_S, (camera, gaps_s)


def test_a_worker_that_analyses_nothing_is_replaced(
    kafka: ApacheKafka, rtsp_cameras: RtspCameras, tmp_path: Path
) -> None:
    registry = CameraTopic(kafka.bootstrap)
    assert registry.read() == {}
    registry.put(registered(rtsp_cameras.url("road.mp4"), *CAMERAS))
    everything = set(CAMERAS)
    with group_workers(tmp_path, kafka.bootstrap, "a", "b") as (a, b), closing(Reported(kafka.bootstrap)) as reported:
        a.start()
        b.start("stall")
        await_shared(everything, a, b)
        lost = b.cameras()
        wait_until(lambda: b.ended() is not None, "the idle worker to end", within_s=PATIENCE_S)
        assert b.ended() == 1
        (line,) = b.lines("cameras deliver frames and none is analysed; leaving the group")
        assert line["idle_s"] < 2 * IDLE_S
        await_shared(everything, a)
        seconds_until_analysed(reported, lost, datetime.now(UTC))


def test_cameras_go_on_while_the_broker_is_away(kafka: ApacheKafka, rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    registry = CameraTopic(kafka.bootstrap)
    assert registry.read() == {}
    registry.put(registered(rtsp_cameras.url("road.mp4"), *CAMERAS))
    everything = set(CAMERAS)
    with group_workers(tmp_path, kafka.bootstrap, "a", "b") as (a, b):
        a.start()
        b.start()
        await_shared(everything, a, b)
        with closing(Reported(kafka.bootstrap)) as reported:
            seconds_until_analysed(reported, everything, datetime.now(UTC))
        away_at = datetime.now(UTC)
        kafka.kill()
        wait_until(lambda: datetime.now(UTC) - away_at > timedelta(seconds=2 * SESSION_S), "two sessions to pass")
        kafka.start()
        back_at = datetime.now(UTC)
        with closing(Reported(kafka.bootstrap)) as reported:
            seconds_until_analysed(reported, everything, back_at)
            await_shared(everything, a, b)
            registry.remove("cam-0")
            await_shared(everything - {"cam-0"}, a, b)
            for camera in everything - {"cam-0"}:
                periods = [period for period in reported.periods(camera) if away_at < period[0] < back_at]
                assert periods, f"{camera} was not analysed while the broker was away"
                assert all(start <= end + OVERLAP for (_, end), (start, _) in pairwise(periods))


def test_a_second_worker_of_the_same_name_replaces_the_first(
    kafka: ApacheKafka, rtsp_cameras: RtspCameras, tmp_path: Path
) -> None:
    registry = CameraTopic(kafka.bootstrap)
    assert registry.read() == {}
    registry.put(registered(rtsp_cameras.url("road.mp4"), *CAMERAS[:2]))
    (tmp_path / "other").mkdir()
    with (
        group_workers(tmp_path, kafka.bootstrap, "a") as (first,),
        group_workers(tmp_path / "other", kafka.bootstrap, "a") as (second,),
    ):
        first.start()
        await_shared(set(CAMERAS[:2]), first)
        second.start()
        wait_until(lambda: first.ended() is not None, "the first worker to end", within_s=PATIENCE_S)
        assert "bus.worker_name" in first.log()
        await_shared(set(CAMERAS[:2]), second)
