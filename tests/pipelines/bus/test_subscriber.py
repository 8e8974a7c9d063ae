"""Positions at which a subscriber starts."""

from collections.abc import Iterable

import pytest
from kafka.errors import KafkaTimeoutError
from kafka.structs import OffsetAndMetadata, OffsetAndTimestamp, TopicPartition

from pipelines.bus.kafka import subscriber

PARTITION = TopicPartition("traffic.counts", 0)
HOUR_MS = 3_600_000
NOW_MS = 100 * HOUR_MS


class Broker:
    """A partition with one record every second until now: offset 1000 was written at NOW_MS."""

    first, end = 100, 1001

    def __init__(self, committed: OffsetAndMetadata | None) -> None:
        self._committed = committed
        self.position: int | None = None

    def beginning_offsets(self, partitions: Iterable[TopicPartition], timeout_ms: int) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self.first)

    def end_offsets(self, partitions: Iterable[TopicPartition], timeout_ms: int) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self.end)

    def committed(self, partition: TopicPartition, *, metadata: bool, timeout_ms: int) -> OffsetAndMetadata | None:
        assert metadata
        return self._committed

    def offsets_for_times(self, times_ms: dict[TopicPartition, int]) -> dict[TopicPartition, OffsetAndTimestamp | None]:
        found = {}
        for partition, at_ms in times_ms.items():
            offset = max(self.first, 1000 - (NOW_MS - at_ms) // 1000)
            found[partition] = OffsetAndTimestamp(offset, at_ms, 0) if offset < self.end else None
        return found

    def seek(self, partition: TopicPartition, offset: int) -> None:
        assert partition == PARTITION
        self.position = offset


def commit(offset: int, *, at_s: int) -> OffsetAndMetadata:
    """Return a commit of a record that was written `at_s` seconds before now."""
    return OffsetAndMetadata(offset, str(NOW_MS - 1000 * at_s), -1)


@pytest.mark.parametrize(
    ("committed", "position"),
    [
        (None, 100),
        (commit(1001, at_s=0), 880),
        (commit(501, at_s=500), 380),
        (OffsetAndMetadata(1001, "", -1), 880),
        (OffsetAndMetadata(501, None, -1), 501),
        (commit(150, at_s=850), 100),
        (commit(5000, at_s=-4000), 1001),
        (commit(50, at_s=950), 100),
    ],
    ids=[
        "no commit: first record",
        "two minutes before the commit",
        "two minutes before an old commit, however long ago",
        "commit of 0.1.0: two minutes before now",
        "old commit of 0.1.0: where it is",
        "not before the first record",
        "not behind the end, after a loss",
        "commit before the first record",
    ],
)
def test_a_partition_starts_some_time_before_its_last_commit(
    monkeypatch: pytest.MonkeyPatch, committed: OffsetAndMetadata | None, position: int
) -> None:
    monkeypatch.setattr(subscriber, "time", lambda: NOW_MS / 1000)
    broker = Broker(committed)
    subscriber._rewind(broker, [PARTITION])
    assert broker.position == position


def test_a_broker_that_answers_minus_one_for_no_record_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Broker, "offsets_for_times", lambda _, times_ms: dict.fromkeys(times_ms, OffsetAndTimestamp(0, -1, 0))
    )
    broker = Broker(commit(1001, at_s=0))
    subscriber._rewind(broker, [PARTITION])
    assert broker.position == 1001


def test_a_partition_without_an_answer_is_a_timeout() -> None:
    """kafka-python raises KeyError for a partition of a topic that is deleted meanwhile."""

    class Silent(Broker):
        def beginning_offsets(self, partitions: Iterable[TopicPartition], timeout_ms: int) -> dict[TopicPartition, int]:
            raise KeyError(PARTITION)

    with pytest.raises(KafkaTimeoutError, match=r"traffic\.counts"):
        subscriber._rewind(Silent(None), [PARTITION])  # type: ignore[arg-type]
