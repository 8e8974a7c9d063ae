"""Apache Kafka (KRaft) for tests: nodes that are each a broker and a controller, from the jars of `make setup`."""

import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

import pytest

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from pipelines.worker.child_process import accepts_connections, free_port, last_line
from tests.support.servers import wait_until

JARS = Path(__file__).resolve().parent / "lib"
CLUSTER_ID = "SimpangTestsKafkaQAAAA"
"""Id that every node of a cluster is formatted with: 22 characters of base64. [Apache Kafka, `StorageTool`]"""
JAVA = ("-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
"""Options that start a small broker quickly. [assumption]"""
START_S = 120
"""Longest wait for a node to answer, in seconds, on a busy machine. [assumption]"""
DELETE_S = 30
"""Longest wait until deleted topics are no longer listed, in seconds, on a busy machine. [assumption]"""
PRODUCTION_LIKE = {
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
}


def missing_part() -> str:
    """Return what Apache Kafka lacks on this machine, or an empty text."""
    if shutil.which("java") is None:
        return "no Java"
    return "" if (JARS / ".ready").exists() else "no jars, which `make setup` fetches where Java 17 and Maven are"


class ApacheKafka:
    """Apache Kafka with its data in `folder`; it survives kills, unless `lose` deletes the data.

    listeners: name -> protocol; brokers and administrators use the first. properties: of every node. users: name ->
    password, for SCRAM-SHA-256 and SCRAM-SHA-512. advertised: listener -> address that a single node states to its
    clients from its next start on, where it is not the address on which the node listens.
    """

    def __init__(
        self,
        folder: Path,
        *,
        nodes: int = 1,
        listeners: Mapping[str, str] = MappingProxyType({"CLIENTS": "PLAINTEXT"}),
        properties: Mapping[str, str] | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder
        self._ports = {number: {name: free_port() for name in listeners} for number in range(1, nodes + 1)}
        self._voters = {number: free_port() for number in self._ports}
        self._listeners = dict(listeners)
        self._properties = dict(properties or {})
        self._users = dict(users or {})
        self.advertised: dict[str, str] = {}
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def bootstrap(self) -> str:
        return self.address(next(iter(self._listeners)))

    def address(self, listener: str) -> str:
        """Addresses of all nodes, for the clients of a listener."""
        return ",".join(f"127.0.0.1:{ports[listener]}" for ports in self._ports.values())

    def start(self) -> None:
        """Start the nodes that do not run, and wait until the cluster answers."""
        for number in self._ports.keys() - self._processes.keys():
            self._start(number)
        wait_until(self._answers, "Apache Kafka to answer", within_s=START_S)

    def kill(self, *numbers: int) -> None:
        """End these nodes, or all, at once."""
        for number in numbers or tuple(self._processes):
            process = self._processes.pop(number)
            process.kill()
            process.wait(30)

    def lose(self) -> None:
        """End all nodes and delete their data, as a power cut of a disk without sync may."""
        self.kill()
        for number in self._ports:
            shutil.rmtree(self._data(number), ignore_errors=True)

    def admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(bootstrap_servers=self.bootstrap.split(","))

    def empty(self) -> None:
        """Delete all topics and consumer groups; delete all data where that fails."""
        try:
            with closing(self.admin()) as admin:
                emptied = _delete_topics(admin)
                if groups := [group["group_id"] for group in admin.list_groups()]:
                    admin.delete_groups(groups)
        except KafkaError:
            emptied = False
        if not emptied:
            self.lose()

    def _answers(self) -> bool:
        for number, process in self._processes.items():
            if process.poll() is not None:
                pytest.fail(f"node {number} of Apache Kafka ended: {last_line(self._log(number))}")
        if not all(accepts_connections(port) for number in self._processes for port in self._ports[number].values()):
            return False
        try:
            with closing(self.admin()) as admin:
                return len(admin.describe_cluster()["brokers"]) == len(self._processes)
        except KafkaError:
            return False

    def _start(self, number: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._settings(number).write_text("\n".join(f"{key}={value}" for key, value in self._node(number).items()))
        if not self._data(number).exists():
            self._format(number)
        with self._log(number).open("ab") as log:
            self._processes[number] = subprocess.Popen(
                [*_java("kafka.Kafka"), str(self._settings(number))], stdout=log, stderr=log
            )

    def _format(self, number: int) -> None:
        scram = [
            f"--add-scram={mechanism}=[name={name},password={password}]"
            for name, password in self._users.items()
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        ]
        command = [*_java("kafka.tools.StorageTool"), "format", "-t", CLUSTER_ID, "-c", str(self._settings(number))]
        subprocess.run([*command, *scram], check=True, capture_output=True, timeout=START_S)

    def _node(self, number: int) -> dict[str, str]:
        replicas = str(len(self._ports))
        majority = str(len(self._ports) // 2 + 1)
        open_at = ",".join(f"{name}://127.0.0.1:{port}" for name, port in self._ports[number].items())
        stated = {name: f"127.0.0.1:{port}" for name, port in self._ports[number].items()} | self.advertised
        return {
            "process.roles": "broker,controller",
            "node.id": str(number),
            "controller.quorum.voters": ",".join(f"{n}@127.0.0.1:{port}" for n, port in self._voters.items()),
            "listeners": f"{open_at},CONTROLLER://127.0.0.1:{self._voters[number]}",
            "advertised.listeners": ",".join(f"{name}://{address}" for name, address in stated.items()),
            "listener.security.protocol.map": ",".join(
                f"{name}:{protocol}" for name, protocol in {**self._listeners, "CONTROLLER": "PLAINTEXT"}.items()
            ),
            "inter.broker.listener.name": next(iter(self._listeners)),
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self._data(number)),
            "default.replication.factor": replicas,
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.replication.factor": replicas,
            "min.insync.replicas": majority,
            "transaction.state.log.min.isr": majority,
            **PRODUCTION_LIKE,
            **self._properties,
        }

    def _settings(self, number: int) -> Path:
        return self._folder / f"node-{number}.properties"

    def _data(self, number: int) -> Path:
        return self._folder / f"node-{number}"

    def _log(self, number: int) -> Path:
        return self._folder / f"node-{number}.log"


def _delete_topics(admin: KafkaAdminClient) -> bool:
    """Delete all topics; False where some are still listed after `DELETE_S`.

    Nodes list a deleted topic until they have heard of it, and a request to create one, which its client gave up,
    may be carried out after the first deletion. Deletions are therefore repeated.
    """
    deadline = time.monotonic() + DELETE_S
    while topics := _topics(admin):
        if time.monotonic() > deadline:
            return False
        admin.delete_topics(topics, raise_errors=False)
        time.sleep(0.2)
    return True


def _topics(admin: KafkaAdminClient) -> list[str]:
    return [topic for topic in admin.list_topics() if not topic.startswith("__")]


def _java(program: str) -> list[str]:
    return ["java", *JAVA, "-cp", f"{JARS}/*", program]
