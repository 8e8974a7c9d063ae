"""Without Java, Tansu stands in for Apache Kafka: reported by a developer's run, a failure of one in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration
REPOSITORY = Path(__file__).resolve().parents[2]
TEST = "tests/integration/test_kafka_bus.py::test_missing_topics_are_created"


def run_without_java(folder: Path, *options: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST, *options],
        cwd=REPOSITORY,
        env={**environment, "PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return run.returncode, run.stdout


def test_the_closing_lines_report_the_stand_in(tmp_path: Path) -> None:
    status, output = run_without_java(tmp_path)
    assert status == 0, output
    assert "Tansu stood in for Apache Kafka in 1 tests: no Java" in output


def test_ci_takes_no_stand_in(tmp_path: Path) -> None:
    status, output = run_without_java(tmp_path, "--fail-on-unexpected-skips")
    assert status == 1
    assert "Tansu may not stand in for Apache Kafka here: no Java" in output
