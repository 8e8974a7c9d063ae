"""Apache Kafka with TLS, SASL and access control: events pass, and each wrong setting is one line that names it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
from structlog.testing import capture_logs

from pipelines.addresses import mask
from pipelines.bus.bus import BusUnavailable
from pipelines.bus.kafka.camera_topic import create_camera_topic
from pipelines.bus.kafka.publisher import KafkaPublisher
from pipelines.bus.kafka.security import Security
from pipelines.bus.kafka.subscriber import KafkaSubscriber
from pipelines.bus.outbox import Outbox
from pipelines.config.bus_settings import BusConfig
from pipelines.config.settings import Config
from pipelines.doctor.check import CheckResult, CheckState
from pipelines.doctor.services import check_services
from pipelines.events.schema import TOPICS, Event
from tests.support.events import one_of_each
from tests.support.kafka.certificates import Authority
from tests.support.kafka.secured import MAY_DO_ALL, MAY_NOTHING, MAY_READ, PASSWORD, SecuredKafka
from tests.support.numbered_events import counts
from tests.support.servers import wait_until

pytestmark = pytest.mark.integration
GAPS = TOPICS["gap"]
UNENCRYPTED = {"security_protocol": "SASL_PLAINTEXT", "ca_file": None}


def bus(kafka: SecuredKafka, listener: str = "SASL", **changes: Any) -> BusConfig:
    """Right settings of a listener, with changes. None removes a key."""
    settings: dict[str, Any] = {"security_protocol": {"MUTUAL": "SSL"}.get(listener, "SASL_SSL")}
    settings |= {"ca_file": kafka.authority.certificate}
    if listener != "MUTUAL":
        settings |= {"user": MAY_DO_ALL, "password": PASSWORD}
    settings |= changes
    given = {key: value for key, value in settings.items() if value is not None}
    return BusConfig(kafka=kafka.address(listener), **given)


def publish(settings: BusConfig, event: Event) -> None:
    assert settings.kafka is not None
    with closing(KafkaPublisher(settings.kafka, Security.of(settings))) as publisher:
        publisher.publish([event])


def checked(settings: BusConfig, folder: Path) -> CheckResult:
    (found,) = [each for each in check_services(Config(data_dir=folder, bus=settings), 2.0) if each.subject == "bus"]
    assert PASSWORD not in f"{found}"
    assert "\n" not in f"{found.message}{found.advice}"
    return found


def received(settings: BusConfig, event: Event) -> bool:
    """Whether the store gets an event."""
    assert settings.kafka is not None
    taken: list[Event] = []
    stop = Flag()
    subscriber = KafkaSubscriber(settings.kafka, settings.group, security=Security.of(settings))
    thread = Thread(target=subscriber.run, args=(taken.extend, stop))
    thread.start()
    try:
        wait_until(lambda: event in taken, "the event to arrive")
    finally:
        stop.set()
        thread.join(15)
    return event in taken


@pytest.mark.parametrize(
    ("listener", "changes"),
    [
        ("SASL", {}),
        ("SASL", {"sasl_mechanism": "SCRAM-SHA-256"}),
        ("SASL", {"sasl_mechanism": "PLAIN"}),
        ("UNENCRYPTED", UNENCRYPTED),
    ],
)
def test_events_pass_with_a_user(
    secured_kafka: SecuredKafka, tmp_path, listener: str, changes: Mapping[str, Any]
) -> None:
    settings = bus(secured_kafka, listener, **changes)
    publish(settings, event := counts(1000 + len(f"{listener}{changes}")))
    assert received(settings, event)
    assert checked(settings, tmp_path).state is CheckState.OK


def test_events_pass_with_a_client_certificate(secured_kafka: SecuredKafka, tmp_path: Path) -> None:
    settings = bus(secured_kafka, "MUTUAL", certificate_file=secured_kafka.authority.issue(MAY_DO_ALL))
    publish(settings, event := counts(2001))
    assert received(settings, event)
    assert checked(settings, tmp_path).state is CheckState.OK


def test_the_password_comes_from_a_file_and_is_masked(secured_kafka: SecuredKafka, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    publish(bus(secured_kafka, password=None, password_file=file), counts(2002))
    assert mask.without_credentials(f"a library says {PASSWORD}") == "a library says ***"


@pytest.mark.parametrize(
    ("listener", "changes", "named"),
    [
        ("SASL", {"password": "wrong"}, "bus.password"),
        ("SASL", {"user": "unknown"}, "user unknown"),
        ("SASL", {"password": "wrong", "sasl_mechanism": "PLAIN"}, "bus.password"),
        ("UNENCRYPTED", {**UNENCRYPTED, "sasl_mechanism": "PLAIN"}, "bus.sasl_mechanism"),
        ("SASL", {"ca_file": None}, "its certificate is not accepted"),
        ("SASL", UNENCRYPTED, "expects TLS; set bus.security_protocol to SASL_SSL"),
        ("SASL", {**UNENCRYPTED, "security_protocol": "PLAINTEXT", "user": None, "password": None}, "expects TLS"),
        ("CLIENTS", {}, "does not speak TLS there"),
        ("MUTUAL", {}, "bus.certificate_file"),
        ("MUTUAL", {"security_protocol": "SASL_SSL", "user": "city", "password": PASSWORD}, "bus.certificate_file"),
    ],
)
def test_a_wrong_setting_is_a_problem_that_names_it(
    secured_kafka: SecuredKafka, tmp_path: Path, listener: str, changes: Mapping[str, Any], named: str
) -> None:
    settings = bus(secured_kafka, listener, **changes)
    found = checked(settings, tmp_path)
    assert found.state is CheckState.PROBLEM
    assert named in f"{found.message}; {found.advice}"
    with pytest.raises(BusUnavailable, match=r"^Kafka at 127\.0\.0\.1:\d+: [^\n]+$"):
        publish(settings, counts(1))


def test_a_certificate_of_another_host_is_a_problem(secured_kafka: SecuredKafka, tmp_path: Path) -> None:
    port = secured_kafka.address("SASL").rpartition(":")[2]
    found = checked(bus(secured_kafka).model_copy(update={"kafka": f"127.0.0.2:{port}"}), tmp_path)
    assert found.state is CheckState.PROBLEM
    other = Authority(tmp_path / "other")
    found = checked(bus(secured_kafka, ca_file=other.certificate), tmp_path)
    assert (found.state, "its certificate is not accepted" in found.message) == (CheckState.PROBLEM, True)


@pytest.mark.parametrize("key", ["ca_file", "certificate_file", "password_file"])
@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe no PEM"])
def test_a_file_that_cannot_be_used_is_a_problem(
    secured_kafka: SecuredKafka, tmp_path: Path, key: str, content: bytes | None
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    without = {"password": None} if key == "password_file" else {}
    found = checked(bus(secured_kafka, **without, **{key: file}), tmp_path)
    assert found.state is CheckState.PROBLEM
    assert f"bus.{key}: {file}" in found.message


def test_a_right_that_is_missing_is_named(secured_kafka: SecuredKafka, tmp_path: Path) -> None:
    publish(bus(secured_kafka), counts(2003))  # creates the topics
    reader, stranger = (bus(secured_kafka, user=user) for user in (MAY_READ, MAY_NOTHING))
    found = checked(reader, tmp_path)
    assert found.state is CheckState.ADVICE
    assert "WRITE (traffic." in found.message
    found = checked(stranger, tmp_path)
    assert found.state is CheckState.PROBLEM
    assert "READ (traffic." in found.message
    for settings in (reader, stranger):
        with pytest.raises(BusUnavailable, match=f"user {settings.user} has no right to "):
            publish(settings, counts(1))


def test_a_missing_right_on_the_registry_of_cameras_is_named(secured_kafka: SecuredKafka, tmp_path: Path) -> None:
    group = ResourcePattern(ResourceType.GROUP, "simpang-workers")
    with closing(secured_kafka.admin()) as admin:
        create_camera_topic(admin)
        names = (MAY_DO_ALL, MAY_READ)
        admin.create_acls(
            [ACL(f"User:{name}", "*", ACLOperation.READ, ACLPermissionType.ALLOW, group) for name in names]
        )

    def registry(user: str, worker_group: str | None = "simpang-workers") -> list[CheckResult]:
        settings = bus(secured_kafka, user=user, worker_group=worker_group)
        return [
            each for each in check_services(Config(data_dir=tmp_path, bus=settings), 2.0) if each.subject == "registry"
        ]

    wait_until(lambda: registry(MAY_DO_ALL)[0].state is CheckState.OK, "the rights to be known")
    (reader,) = registry(MAY_READ)
    assert (reader.state, reader.message) == (
        CheckState.ADVICE,
        "traffic.cameras lacks the right WRITE (traffic.cameras)",
    )
    (other,) = registry(MAY_DO_ALL, "another-group")
    assert (other.state, "READ (group another-group)" in other.message) == (CheckState.PROBLEM, True)
    assert registry(MAY_DO_ALL, None) == []
    assert registry(MAY_NOTHING) == [], "the brokers are a problem already"


@contextmanager
def without_topic(kafka: SecuredKafka) -> Iterator[None]:
    with closing(kafka.admin()) as admin:
        admin.delete_topics([GAPS])
        wait_until(lambda: GAPS not in admin.list_topics(), "the topic to be deleted")
    yield


@contextmanager
def without_right(kafka: SecuredKafka) -> Iterator[None]:
    topic = ResourcePattern(ResourceType.TOPIC, GAPS)
    denied = ACL(f"User:{MAY_READ}", "*", ACLOperation.READ, ACLPermissionType.DENY, topic)
    with closing(kafka.admin()) as admin:
        admin.create_acls([denied])
        try:
            yield
        finally:
            admin.delete_acls([denied])


@pytest.mark.parametrize("without", [without_topic, without_right])
def test_a_topic_that_cannot_be_read_yet_stops_no_other_and_is_taken_up(
    secured_kafka: SecuredKafka, without: Callable[[SecuredKafka], AbstractContextManager[None]]
) -> None:
    publish(bus(secured_kafka), counts(2004))
    reader = bus(secured_kafka, user=MAY_READ)
    assert reader.kafka is not None
    taken: list[Event] = []
    stop = Flag()
    subscriber = KafkaSubscriber(reader.kafka, reader.group, security=Security.of(reader))
    thread = Thread(target=subscriber.run, args=(taken.extend, stop))
    with capture_logs() as logged:
        try:
            with without(secured_kafka):
                thread.start()
                wait_until(lambda: counts(2004) in taken, "events of the other topics")
            gap = one_of_each()[-1]
            publish(bus(secured_kafka), gap)  # creates the topic
            wait_until(lambda: gap in taken, "events of this topic")
        finally:
            stop.set()
            thread.join(15)
    assert [line["topic"] for line in logged if line["log_level"] == "warning" and "topic" in line] == [GAPS]


@pytest.mark.parametrize(
    "is_missing", [False, True], ids=["no right to write it", "no topic, and no right to create it"]
)
def test_a_topic_that_cannot_be_written_yet_keeps_no_other_back(
    secured_kafka: SecuredKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_missing: bool
) -> None:
    monkeypatch.setattr("pipelines.bus.lanes.APART_S", 0.2)
    monkeypatch.setattr("pipelines.bus.kafka.publisher.TOPICS_EVERY_S", 0.1)
    settings = bus(secured_kafka)
    assert settings.kafka is not None
    publish(settings, counts(2005))  # creates the topics
    operation = ACLOperation.CREATE if is_missing else ACLOperation.WRITE
    topic = ResourcePattern(ResourceType.TOPIC, GAPS)
    denied = ACL(f"User:{MAY_DO_ALL}", "*", operation, ACLPermissionType.DENY, topic)
    with (
        closing(secured_kafka.admin()) as admin,
        closing(KafkaPublisher(settings.kafka, Security.of(settings))) as publisher,
        capture_logs() as logged,
    ):
        admin.create_acls([denied])
        try:
            if is_missing:
                admin.delete_topics([GAPS])
                wait_until(lambda: GAPS not in admin.list_topics(), "the topic to be deleted")
            with Outbox(tmp_path / "outbox", publisher) as outbox:
                for event in (one_of_each()[-1], counts(2006), counts(2007)):
                    outbox.put(event)
                wait_until(lambda: outbox.waiting == 1, "the events of other topics to be published")
                admin.delete_acls([denied])
                wait_until(lambda: not outbox.waiting, "the event of this topic to be published")
        finally:
            admin.delete_acls([denied])
    warnings = [line for line in logged if line["log_level"] == "warning" and "wait in the outbox" in line["event"]]
    assert [line["topics"] for line in warnings] == [GAPS], "reported once"
