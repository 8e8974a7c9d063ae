"""Workers of a group for tests: processes with a cheap detector, and what their logs and their events report."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import yaml
from kafka import KafkaConsumer

from pipelines.events.registered_camera import RegisteredCamera
from pipelines.events.schema import TOPICS

PROGRAM = """
import sys
from pathlib import Path
from pipelines.commands.run_worker import run_worker
from pipelines.config.config_file import read_config
from pipelines.logging import configure_logging
from pipelines.worker import camera_group
from tests.support.bright_cameras import run_bright_cameras, run_stalling_cameras
if __name__ == "__main__":
    configure_logging(json=True)
    config = read_config(Path(sys.argv[1]))
    if "patient" in sys.argv:
        camera_group.SESSION_S = 60.0
    run_worker(config, config.bus.kafka, run=run_stalling_cameras if "stall" in sys.argv else run_bright_cameras)
"""
"""`simpang worker` with a detector of bright rectangles."""

GROUP = "test-workers"
"""Consumer group of the workers. [test data]"""


class GroupWorker:
    """A worker of the group, in a folder of its own. It may be started again under its name."""

    def __init__(self, folder: Path, name: str, bootstrap: str) -> None:
        self.name = name
        self._folder = folder / name
        self._folder.mkdir()
        self._log = self._folder / "log.jsonl"
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0
        content = {
            "bus": {"kafka": bootstrap, "worker_group": GROUP, "worker_name": name},
            "analysis": {"analysis_fps": 2, "max_analysis_fps": 2, "processes": 1},
            "stream": {"stall_s": 20},
        }
        (self._folder / "city.yaml").write_text(yaml.safe_dump(content))
        (self._folder / "worker.py").write_text(PROGRAM)

    def start(self, *arguments: str) -> None:
        """Start the process. `stall`: its detector answers nothing. `patient`: a session lasts a minute."""
        command = [sys.executable, str(self._folder / "worker.py"), str(self._folder / "city.yaml"), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        with self._log.open("ab") as log:
            self._started_at = log.tell()
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def kill(self) -> None:
        """End the process and its children at once."""
        assert self._process is not None
        for child in psutil.Process(self._process.pid).children(recursive=True):
            child.kill()
        self._process.kill()
        self._process.wait(30)

    def terminate(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(60)

    def cpu_s(self) -> float:
        """Return the CPU time (s) that its processes of cameras have used."""
        assert self._process is not None
        times = [child.cpu_times() for child in psutil.Process(self._process.pid).children(recursive=True)]
        return sum(each.user + each.system for each in times)

    def ended(self) -> int | None:
        """Return the exit status, None while the process runs."""
        return None if self._process is None else self._process.poll()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def lines(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of the log with this text, since the last start."""
        found = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in found if line["event"] == event]

    def log(self) -> str:
        """Return the log since the last start."""
        return self._log.read_bytes()[self._started_at :].decode(errors="replace") if self._log.exists() else ""

    def cameras(self) -> set[str]:
        """Return the ids of the cameras that it has at present, by its log."""
        assigned = self.lines("cameras of this worker")
        return set(assigned[-1]["cameras"]) if assigned else set()


@contextmanager
def group_workers(folder: Path, bootstrap: str, *names: str) -> Iterator[list[GroupWorker]]:
    workers = [GroupWorker(folder, name, bootstrap) for name in names]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()


def registered(url: str, *names: str) -> list[RegisteredCamera]:
    return [RegisteredCamera(id=name, name=name, url=url) for name in names]


class Reported:
    """Events on the topics of a broker, read at each call of `poll`."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = KafkaConsumer(
            TOPICS["health"],
            TOPICS["counts"],
            bootstrap_servers=bootstrap.split(","),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            metadata_max_age_ms=1000,
        )
        self.health: list[dict[str, Any]] = []
        self.counts: list[dict[str, Any]] = []

    def poll(self) -> None:
        for partition, records in self._consumer.poll(timeout_ms=200).items():
            found = self.health if partition.topic == TOPICS["health"] else self.counts
            found += [json.loads(record.value) for record in records]

    def analysed_since(self, at: datetime) -> set[str]:
        """Return the cameras of which frames were analysed in a period that ended after `at`."""
        self.poll()
        return {
            report["camera_id"]
            for report in self.health
            if report["analysed_fps"] > 0 and datetime.fromisoformat(report["at"]) > at
        }

    def periods(self, camera_id: str) -> list[tuple[datetime, datetime]]:
        """Return the periods of the counts of a camera, in their order."""
        self.poll()
        return sorted(
            (datetime.fromisoformat(each["start_at"]), datetime.fromisoformat(each["end_at"]))
            for each in self.counts
            if each["camera_id"] == camera_id
        )

    def close(self) -> None:
        self._consumer.close()
