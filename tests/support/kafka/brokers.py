"""The broker of the tests: Apache Kafka where Java is at hand, else Tansu, which the closing lines of pytest report."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.kafka.apache import ApacheKafka, missing_part
from tests.support.kafka.tansu import TansuBroker

STAND_IN = "kafka_stand_in"
"""Property of a test that ran on Tansu."""


class KafkaBroker(Protocol):
    """A broker that a test may kill and start. `lose` also deletes its records, as a power cut may."""

    @property
    def bootstrap(self) -> str: ...

    def start(self) -> None: ...

    def kill(self) -> None: ...

    def lose(self) -> None: ...


@pytest.fixture(scope="session")
def _apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    kafka = ApacheKafka(tmp_path_factory.mktemp("kafka"))
    try:
        yield kafka
    finally:
        kafka.lose()


@pytest.fixture
def kafka_broker(request: pytest.FixtureRequest) -> Iterator[KafkaBroker]:
    """A broker without topics and groups. The tests of a worker share one, since topics have fixed names."""
    if missing_part():
        _stand_in(request)
        broker = TansuBroker()
        broker.start()
        try:
            yield broker
        finally:
            broker.kill()
    else:
        kafka: ApacheKafka = request.getfixturevalue("_apache_kafka")
        kafka.start()
        yield kafka
        kafka.empty()


@pytest.fixture
def kafka_folder(tmp_path: Path) -> Path:
    """Folder for an Apache Kafka of one test, which is skipped without Java."""
    if missing_part():
        pytest.skip(f"needs Apache Kafka: {missing_part()}")
    return tmp_path / "kafka"


def _stand_in(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--fail-on-unexpected-skips"):
        pytest.fail(f"Tansu may not stand in for Apache Kafka here: {missing_part()}")
    request.node.user_properties.append((STAND_IN, True))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = (report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, ()))
    tests = sum(dict(report.user_properties).get(STAND_IN, False) for report in reports)
    if tests:
        terminalreporter.write_line(f"Tansu stood in for Apache Kafka in {tests} tests: {missing_part()}")
