"""The registry of cameras on a real broker, by its command: every change, bad input, and no secret anywhere."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from kafka import KafkaConsumer
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.structs import TopicPartition

from pipelines.bus.kafka.camera_topic import PARTITIONS, CameraTopic
from pipelines.bus.kafka.cluster import KafkaCluster
from pipelines.commands.camera_registry import cameras as command
from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.events.registered_camera import CAMERA_SCHEMA, CAMERA_TOPIC
from tests.support.kafka.brokers import KafkaBroker

pytestmark = pytest.mark.integration

GEOMETRY = '{"image_size": [640, 360], "gates": [{"id": "G1", "p1": [0, 100], "p2": [640, 100]}], "note": "by hand"}'


class Registry:
    """The command with a configuration file."""

    def __init__(self, folder: Path, bootstrap: str, **content: object) -> None:
        self.path = folder / "city.yaml"
        self.path.write_text(yaml.safe_dump({"bus": {"kafka": bootstrap}, **content}))
        self.topic = CameraTopic(bootstrap)

    def created(self) -> "Registry":
        """Create the topic, so that no command logs it."""
        assert self.topic.read() == {}
        return self

    def __call__(self, *arguments: str) -> str:
        """Return the output of a command that succeeds."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.exception
        return result.output

    def refused(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert isinstance(result.exception, UserError), (result.output, result.exception)
        assert "\n" not in str(result.exception)
        return str(result.exception)

    def run(self, *arguments: str):
        name, *others = arguments
        return CliRunner().invoke(command, [name, str(self.path), *others])


@pytest.fixture
def registry(kafka_broker: KafkaBroker, tmp_path: Path) -> Registry:
    return Registry(tmp_path, kafka_broker.bootstrap, secrets={"dishub": "admin:s3cret-word"}).created()


def test_a_camera_is_added_listed_changed_and_removed(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "north.json").write_text(GEOMETRY)
    url = "rtsp://${dishub}@10.0.0.7/1"
    options = ("--name", "Utara", "--url", url, "--position", "1.1,104", "--geometry", str(tmp_path / "north.json"))
    assert registry("list") == ""
    registry("add", "north", *options)
    registry("add", "south", "--name", "Selatan", "--url", "http://10.0.0.8/still.jpg", "--out-of-service", "Rusak")
    assert registry("list").splitlines() == [
        f"north\tUtara\t{url}\tin service",
        "south\tSelatan\thttp://10.0.0.8/still.jpg\tout of service",
    ]
    registry("change", "north", "--name", "Simpang Utara")
    registry("change", "south", "--without", "out_of_service")
    north, south = registry.topic.read().values()
    assert (north.name, north.url, south.out_of_service) == ("Simpang Utara", url, None)
    assert north.geometry is not None and [gate.id for gate in north.geometry.gates] == ["G1"]
    secrets = Config(secrets={"dishub": "admin:s3cret-word"}).secrets
    camera = north.config(secrets, tmp_path / "geometry")
    assert camera.url.get_secret_value() == "rtsp://admin:s3cret-word@10.0.0.7/1"
    assert Config().geometry_of(camera) == north.geometry
    registry("remove", "north")
    assert list(registry.topic.read()) == ["south"]


def test_a_secret_of_the_configuration_in_the_form_of_a_name_is_not_listed(
    kafka_broker: KafkaBroker, tmp_path: Path
) -> None:
    registry = Registry(tmp_path, kafka_broker.bootstrap, secrets={"key": "panbil-utara"}).created()
    registry("add", "north", "--name", "Utara", "--url", "http://10.0.0.8/panbil-utara/${key}")
    assert registry("list") == "north\tUtara\thttp://10.0.0.8/***/${key}\tin service\n"


def test_the_topic_is_compacted_keyed_by_camera_and_contains_no_secret(registry: Registry) -> None:
    registry("add", "north", "--name", "Utara", "--url", "rtsp://${dishub}@10.0.0.7/1")
    registry("remove", "north")
    cluster = KafkaCluster(str(yaml.safe_load(registry.path.read_text())["bus"]["kafka"]))
    with cluster.connected() as admin:
        described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, CAMERA_TOPIC)])
        assert "compact" in str(described)
        (topic,) = admin.describe_topics([CAMERA_TOPIC])
        assert len(topic["partitions"]) == PARTITIONS
    with KafkaConsumer(**cluster.client, enable_auto_commit=False, consumer_timeout_ms=3000) as consumer:
        consumer.assign([TopicPartition(CAMERA_TOPIC, number) for number in range(PARTITIONS)])
        consumer.seek_to_beginning()
        records = list(consumer)
    assert [record.key for record in records] == [b"north", b"north"]
    assert records[1].value is None and b"s3cret" not in records[0].value
    assert dict(records[0].headers)["ce_dataschema"] == CAMERA_SCHEMA.encode()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "north"), "--name"),
        (("add", "north", "--name", "N"), "--url"),
        (("add", "North", "--name", "N", "--url", "rtsp://10.0.0.7/1"), "camera North: id"),
        (("add", "north", "--name", "N", "--url", "rtsp://admin:pass-word@10.0.0.7/1"), r"\$\{name\}"),
        (("add", "north", "--name", "N", "--url", "http://10.0.0.7/1?token=abcdefgh"), r"\$\{name\}"),
        (("add", "north", "--name", "N", "--url", "rtsp://admin:pass/word@10.0.0.7/1"), r"\$\{name\}"),
        (("add", "north", "--name", "N", "--url", "admin:pass-word@10.0.0.7/1"), r"rtsp://\$\{name\}@host"),
        (("add", "north", "--name", "N", "--url", "rtsp://${other}@10.0.0.7/1"), "SIMPANG_SECRETS__OTHER"),
        (("add", "north", "--name", "N", "--url", "rtsp://h/1", "--analysis-url", "rtsp://h/1"), "sub-stream"),
        (("add", "north", "--name", "N", "--url", "rtsp://h/1", "--position", "here"), "two numbers"),
        (("add", "north", "--name", "N", "--url", "rtsp://h/1", "--visibility", "all"), "visibility"),
        (("add", "north", "--name", "N", "--url", "rtsp://h/1", "--geometry", "missing.json"), "missing.json"),
        (("change", "north", "--name", "N"), "not registered"),
        (("remove", "north"), "not registered"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    registry: Registry, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(registry.refused(*arguments))
    assert registry.topic.read() == {}


def test_a_change_without_content_a_second_add_and_a_contradiction_are_refused(registry: Registry) -> None:
    registry("add", "north", "--name", "Utara", "--url", "rtsp://10.0.0.7/1")
    assert "change" in registry.refused("add", "north", "--name", "N", "--url", "rtsp://10.0.0.8/1")
    assert "nothing to change" in registry.refused("change", "north")
    assert "both" in registry.refused("change", "north", "--site", "a", "--without", "site")


def test_the_cameras_of_a_configuration_are_imported_once(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    (tmp_path / "north.json").write_text(GEOMETRY)
    found = [
        {"id": "north", "name": "Utara", "url": "rtsp://${dishub}@10.0.0.7/1", "geometry": "north.json", "site": "s"},
        {"id": "south", "name": "Selatan", "url": "rtsp://10.0.0.8/1", "position": [1.1, 104]},
    ]
    sites, secrets = [{"id": "s", "name": "Simpang"}], {"dishub": "admin:s3cret-word"}
    registry = Registry(tmp_path, kafka_broker.bootstrap, cameras=found, sites=sites, secrets=secrets).created()
    assert registry("import") == "imported 2 cameras, 0 were the same\n"
    assert registry("import") == "imported 0 cameras, 2 were the same\n"
    found[1]["url"] = "rtsp://admin:pass-word@10.0.0.8/1"
    open_one = Registry(tmp_path, kafka_broker.bootstrap, cameras=found, sites=sites, secrets=secrets)
    message = open_one.refused("import")
    assert "south" in message and "pass-word" not in message


def test_without_brokers_the_command_is_one_line(tmp_path: Path) -> None:
    assert "bus.kafka" in Registry(tmp_path, "127.0.0.1:1").refused("list")
