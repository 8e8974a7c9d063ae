"""The Kafka bus against a real broker, which comes, goes and forgets."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest
from jsonschema import Draft202012Validator
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from pipelines.bus.bus import BusUnavailable, Handler
from pipelines.bus.dead_letter import DeadLetters, deliver, describe
from pipelines.bus.kafka import subscriber
from pipelines.bus.kafka.cloud_events import headers_of
from pipelines.bus.kafka.publisher import KafkaPublisher
from pipelines.bus.kafka.subscriber import KafkaSubscriber
from pipelines.errors import UserError
from pipelines.events.event_contracts import data_schema, headers_schema
from pipelines.events.schema import TOPICS, Event
from tests.support.events import DeadLetterList
from tests.support.kafka.brokers import KafkaBroker
from tests.support.numbered_events import counts, health, level
from tests.support.servers import wait_until

pytestmark = pytest.mark.integration

RECORDED = Path(__file__).parents[1] / "pipelines" / "events" / "recorded" / "version_1_0.jsonl"


@contextmanager
def subscribed(
    bootstrap: str, handler: Handler, *, group: str = "test", dead_letters: DeadLetters | None = None
) -> Iterator[None]:
    stop = Flag()
    thread = Thread(target=KafkaSubscriber(bootstrap, group, dead_letters).run, args=(handler, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def lose_counts(broker: KafkaBroker) -> None:
    """Replace the topic `traffic.counts` by an empty one, as a broker without its last records has it."""
    topic = "traffic.counts"
    with closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        admin.delete_topics([topic])
        wait_until(lambda: topic not in admin.list_topics(), "the broker to forget the topic")
        admin.create_topics([NewTopic(topic, num_partitions=6, replication_factor=-1)])
        admin.wait_for_topics([topic])


def of_camera(event: Event, camera_id: str) -> Event:
    return Event.wrap(event.data.model_copy(update={"camera_id": camera_id}), event.time)


class Taken(list[Event]):
    """A handler that collects events, and fails while `refusing` is set."""

    refusing = False

    def __call__(self, events: Sequence[Event]) -> None:
        if self.refusing:
            raise ConnectionError("the database is away")
        self.extend(events)

    @property
    def ids(self) -> set[str]:
        return {event.id for event in self}


def test_events_arrive_whole_and_in_order(kafka_broker: KafkaBroker) -> None:
    events, taken = [event for n in range(40) for event in (counts(n), level(n), health(n))], Taken()
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher, subscribed(kafka_broker.bootstrap, taken):
        publisher.publish(events)
        wait_until(lambda: len(taken) == len(events), "all events to arrive")
    assert sorted(taken, key=lambda event: event.id) == sorted(events, key=lambda event: event.id)
    for topic in TOPICS.values():
        assert [e.id for e in taken if e.topic == topic] == [e.id for e in events if e.topic == topic]


def test_any_cloudevents_consumer_can_read_the_messages(kafka_broker: KafkaBroker) -> None:
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
        publisher.publish([event := counts(1)])
    with closing(
        KafkaConsumer("traffic.counts", bootstrap_servers=kafka_broker.bootstrap, auto_offset_reset="earliest")
    ) as consumer:
        record = next(consumer)
    assert record.key == b"cam"
    headers = {name: value.decode() for name, value in record.headers}
    Draft202012Validator(headers_schema("counts")).validate(headers)
    assert {name: headers[name] for name in ("ce_id", "ce_source", "ce_type", "ce_subject")} == {
        "ce_id": event.id,
        "ce_source": "/cameras/cam",
        "ce_type": "id.simpang.traffic.counts.v1",
        "ce_subject": "cam",
    }
    assert datetime.fromisoformat(headers["ce_time"]) == event.time
    data = json.loads(record.value)
    Draft202012Validator(data_schema("counts")).validate(data)
    assert data == json.loads(event.to_json())["data"]


def test_records_of_earlier_versions_are_read_with_and_without_a_content_type(kafka_broker: KafkaBroker) -> None:
    """Up to version 1.0 a record was the whole event."""
    lines, taken = RECORDED.read_bytes().splitlines(), Taken()
    structured = [("content-type", b"application/cloudevents+json; charset=utf-8")]
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
        publisher.publish([new := counts(1)])
    with closing(KafkaProducer(bootstrap_servers=kafka_broker.bootstrap)) as older:
        for k, line in enumerate(lines):
            topic = TOPICS[json.loads(line)["data"]["kind"]]
            older.send(topic, line, key=b"cam", headers=structured if k % 2 else []).get(timeout=10)
    with subscribed(kafka_broker.bootstrap, taken):
        wait_until(lambda: len(taken) == len(lines) + 1, "all events to arrive")
    assert taken.ids == {new.id, *(json.loads(line)["id"] for line in lines)}


def test_an_event_of_an_unknown_major_version_is_set_aside_with_its_reason(kafka_broker: KafkaBroker) -> None:
    taken, dead_letters, known = Taken(), DeadLetterList(), counts(1)
    headers = [(name, value.replace(b"counts.v1", b"counts.v2")) for name, value in headers_of(known)]
    with closing(KafkaProducer(bootstrap_servers=kafka_broker.bootstrap)) as newer:
        with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
            publisher.publish([known])
        newer.send("traffic.counts", b'{"gates_of_2": []}', key=b"cam", headers=headers).get(timeout=10)
    with subscribed(kafka_broker.bootstrap, taken, dead_letters=dead_letters):
        wait_until(lambda: taken and dead_letters.errors, "the event and the dead letter")
    assert "type: version 2 of counts events is unknown, 1 is known; update this Simpang" in describe(
        dead_letters.errors[0]
    )
    body = json.loads(dead_letters.bodies[0])
    assert (body["id"], body["data"]) == (known.id, {"gates_of_2": []})


def test_missing_topics_are_created(kafka_broker: KafkaBroker) -> None:
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
        publisher.publish([counts(1)])
    with closing(KafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap)) as admin:

        def described() -> dict[str, int]:
            return {t["name"]: len(t["partitions"]) for t in admin.describe_topics() if not t["is_internal"]}

        # Nodes list a topic a moment after it was created.
        wait_until(lambda: len(described()) >= len(set(TOPICS.values())), "the topics")
        assert described() == dict.fromkeys(TOPICS.values(), 6)


def test_a_batch_that_the_handler_refused_is_delivered_again(kafka_broker: KafkaBroker) -> None:
    events, taken = [counts(n) for n in range(5)], Taken()
    taken.refusing = True
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher, subscribed(kafka_broker.bootstrap, taken):
        publisher.publish(events)
        taken.refusing = False
        wait_until(lambda: len(taken) == 5, "all events to be taken")
    assert list(taken) == events


def test_a_new_subscriber_starts_some_time_before_the_last_commit(
    kafka_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rewind counts from the last committed record. Tansu returns no metadata of commits: it counts from now."""
    old, recent, first, second = [counts(n) for n in range(5)], [counts(n) for n in range(5, 7)], Taken(), Taken()
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
        publisher.publish(old)
        time.sleep(2)
        between_s = time.time()
        publisher.publish(recent)
        with subscribed(kafka_broker.bootstrap, first):
            wait_until(lambda: len(first) == 7, "the first events")
        publisher.publish([after := counts(11)])
        monkeypatch.setattr(subscriber, "REWIND_S", 1.0)
        monkeypatch.setattr(subscriber, "time", lambda: between_s)
        with subscribed(kafka_broker.bootstrap, second):
            wait_until(lambda: after.id in second.ids, "the last event")
    assert list(first) == [*old, *recent]
    assert list(second) == [*recent, after]


def test_records_that_replaced_lost_ones_are_processed(kafka_broker: KafkaBroker) -> None:
    """A broker that lost power continues at an offset before the last commit, with other records."""
    taken, lost, sent_again = Taken(), [counts(n) for n in range(8)], [counts(n) for n in range(20, 23)]
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
        publisher.publish(lost)
    with subscribed(kafka_broker.bootstrap, taken):
        wait_until(lambda: len(taken) == 8, "the events before the power cut")
    lose_counts(kafka_broker)
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
        publisher.publish(sent_again)
    with subscribed(kafka_broker.bootstrap, taken):
        wait_until(lambda: len(taken) == 11, "the events after it")
    assert list(taken)[8:] == sent_again


def test_stores_of_one_group_share_the_cameras(kafka_broker: KafkaBroker) -> None:
    first, second = Taken(), Taken()
    events = [of_camera(counts(n), f"cam-{n % 24}") for n in range(96)]
    with (
        closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher,
        subscribed(kafka_broker.bootstrap, first),
    ):
        publisher.publish(events[:48])
        wait_until(lambda: len(first.ids) == 48, "the first to have all")
        with subscribed(kafka_broker.bootstrap, second):
            wait_until(lambda: second, "the second to have a share, from some time before")
            publisher.publish(events[48:])
            wait_until(lambda: len(first.ids | second.ids) == 96, "both to have all")
            late = {event.id for event in events[48:]}
            assert first.ids & late and second.ids & late
        publisher.publish(last := [of_camera(counts(100 + n), f"cam-{n}") for n in range(24)])
        wait_until(lambda: first.ids >= {event.id for event in last}, "the first to have all partitions again")


def test_a_record_that_is_no_event_is_set_aside_and_blocks_nothing(kafka_broker: KafkaBroker) -> None:
    taken, dead_letters = Taken(), DeadLetterList()
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
        publisher.publish([before := counts(1)])
        with closing(KafkaProducer(bootstrap_servers=kafka_broker.bootstrap)) as stranger:
            for message in (b"not json", b'{"specversion": "1.0"}', b"\xff\xfe"):
                stranger.send("traffic.counts", message, key=b"cam").get(timeout=10)
        publisher.publish([after := counts(2)])
        with subscribed(kafka_broker.bootstrap, taken, dead_letters=dead_letters):
            wait_until(lambda: len(taken) == 2 and len(dead_letters.bodies) == 3, "both events and all other records")
    assert list(taken) == [before, after]
    assert dead_letters.bodies == [b"not json", b'{"specversion": "1.0"}', b"\xff\xfe"]


def test_an_event_too_large_for_the_broker_blocks_nothing(kafka_broker: KafkaBroker) -> None:
    taken, dead_letters = Taken(), DeadLetterList()
    large = health(1)
    large = large.model_copy(update={"data": large.data.model_copy(update={"reason": "x" * 2_000_000})})
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher, subscribed(kafka_broker.bootstrap, taken):
        deliver(publisher.publish, [large, after := counts(1)], dead_letters, source="test")
        wait_until(lambda: taken, "the event after it")
    assert list(taken) == [after]
    assert dead_letters.bodies == [large.to_json()]


def test_an_unavailable_broker_is_named_and_retried(kafka_broker: KafkaBroker) -> None:
    kafka_broker.kill()
    taken = Taken()
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher, subscribed(kafka_broker.bootstrap, taken):
        with pytest.raises(BusUnavailable, match=f"^Kafka at {kafka_broker.bootstrap}: Connection refused$"):
            publisher.publish([counts(1)])
        kafka_broker.start()
        publisher.publish([event := counts(2)])
        wait_until(lambda: event.id in taken.ids, "the event to arrive")


def test_a_broker_that_forgot_its_producers_is_reported_once(kafka_broker: KafkaBroker) -> None:
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
        publisher.publish([counts(n) for n in range(5)])
        kafka_broker.lose()
        kafka_broker.start()
        with pytest.raises(BusUnavailable):
            publisher.publish([counts(6)])
        publisher.publish([counts(7)])


def test_a_broker_that_lost_acknowledged_events_is_detected(kafka_broker: KafkaBroker) -> None:
    with closing(KafkaPublisher(kafka_broker.bootstrap)) as publisher:
        for n in range(5):
            publisher.publish([counts(n)])
        lose_counts(kafka_broker)
        with pytest.raises(BusUnavailable, match="lost events that it had acknowledged"):
            publisher.publish([counts(6)])
        publisher.publish([counts(7)])


def test_a_malformed_address_is_a_user_error() -> None:
    for bootstrap in ("", "kafka:", ":9092", "kafka:port", "a:9092,,b:9092"):
        with pytest.raises(UserError, match=r"bus\.kafka"):
            KafkaPublisher(bootstrap)
