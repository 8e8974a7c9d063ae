"""City of the fault suite: cameras, workers, store, Apache Kafka and PostgreSQL, all real and each able to fail."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from tests.faults.kinds import Kind
from tests.faults.live_camera import LiveCamera, stop_all
from tests.faults.programs import ManagedProgram, connected_ports
from tests.faults.proxy import FaultyProxy, to_port, to_unix_socket
from tests.faults.road import GEOMETRY, road_clip
from tests.faults.schedule import Fault
from tests.faults.small_disk import SmallDisk
from tests.support.kafka.apache import ApacheKafka
from tests.support.servers import PostgresServer, running_postgres, wait_until

WORKERS = ("worker-1", "worker-2")
"""Workers; the cameras are dealt to them in turn. [assumption]"""
PROCESSES = 2
"""Processes of the cameras of each worker. [assumption]"""
FROZEN_S = 8.0
"""Setting `stream.frozen_s` of the city, so that a frozen picture is reported within 10 s. [requirement]"""
SPARE_BYTES = 4 * 2**20
"""Address space (bytes) that is left to a process which runs out of memory. [assumption]"""
START_S = 300.0
"""Longest time (s) for all cameras to count. [assumption: a busy machine]"""


def camera_names(count: int) -> list[str]:
    """Return the names of the cameras."""
    return [f"cam-{number:02}" for number in range(1, count + 1)]


@dataclass(slots=True)
class Worker:
    """Worker with its cameras and its disk."""

    program: ManagedProgram
    cameras: list[LiveCamera]
    disk: SmallDisk

    def cameras_of(self, process: psutil.Process) -> list[str]:
        """Return the cameras of a process: those to which it, or no other process, is connected."""
        others = set().union(*(connected_ports(each) for each in self.program.children() if each != process))
        return [camera.name for camera in self.cameras if camera.port not in others]


class City:
    """Use `running_city`. begin, end: of each fault; `begin` returns the cameras that it hits."""

    def __init__(self, stack: ExitStack, folder: Path, names: list[str]) -> None:
        self.epoch = time.time()
        self._folder = folder
        clips = [road_clip(folder / "road.mp4"), road_clip(folder / "large.mp4", scale=2)]
        clips.append(road_clip(folder / "hevc.mp4", codec="libx265"))
        (folder / "road.json").write_text(json.dumps(GEOMETRY))
        self.cameras = {name: LiveCamera(name, clips, self.epoch - 0.7 * number) for number, name in enumerate(names)}
        stack.callback(stop_all, list(self.cameras.values()))
        self._start_servers(stack)
        self._start_programs(stack)
        self._stopped: list[psutil.Process] = []

    def _start_servers(self, stack: ExitStack) -> None:
        self.postgres: PostgresServer = stack.enter_context(running_postgres())
        self.dsn = self.postgres.new_database()
        socket_path = str(Path(self.postgres._server.pgdata) / ".s.PGSQL.5432")
        self.database = stack.enter_context(FaultyProxy(to_unix_socket(socket_path)))
        self.kafka = ApacheKafka(self._folder / "kafka", listeners={"DIRECT": "PLAINTEXT", "CITY": "PLAINTEXT"})
        self._to_kafka = to_port(lambda: int(self.kafka.address("CITY").rpartition(":")[2]))
        self.bootstrap = stack.enter_context(FaultyProxy(self._to_kafka))
        self.broker = FaultyProxy(self._to_kafka)
        self.broker.__enter__()
        stack.callback(self._end_broker_proxy)
        self.kafka.advertised["CITY"] = f"127.0.0.1:{self.broker.port}"
        stack.callback(self.kafka.kill)
        self.kafka.start()

    def _end_broker_proxy(self) -> None:
        self.broker.cut()  # another one after each change of the broker's address

    def _start_programs(self, stack: ExitStack) -> None:
        self.workers: dict[str, Worker] = {}
        cameras = list(self.cameras.values())
        for number, name in enumerate(WORKERS):
            own = cameras[number :: len(WORKERS)]
            disk = stack.enter_context(SmallDisk(self._folder / name))
            program = ManagedProgram(name, ["tests.faults.cheap_worker", self._config(name, own)], self.log(name))
            stack.callback(program.stop)
            self.workers[name] = Worker(program, own, disk)
        self.store = ManagedProgram(
            "store", ["pipelines", "--log-json", "store", self._config("store", [])], self.log("store")
        )
        stack.callback(self.store.stop)

    def log(self, program: str) -> Path:
        """Return the file of a program's output."""
        return self._folder / f"{program}.log"

    def _config(self, name: str, cameras: list[LiveCamera]) -> str:
        database = self.dsn.partition("?")[0].rpartition("/")[2]
        content = {
            "cameras": [
                {"id": camera.name, "name": camera.name, "url": camera.url, "geometry": str(self._folder / "road.json")}
                for camera in cameras
            ],
            "data_dir": str(self._folder / name),
            "analysis": {"processes": PROCESSES},
            "stream": {"frozen_s": FROZEN_S},
            "bus": {"kafka": f"127.0.0.1:{self.bootstrap.port}"},
            "store": {"dsn": f"postgresql://postgres@127.0.0.1:{self.database.port}/{database}"},
        }
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps(content))
        return str(path)

    def wait_until_counting(self) -> None:
        """Wait until crossings of all cameras are in the database."""

        def counting() -> bool:
            with suppress(psycopg.Error), psycopg.connect(self.dsn) as connection:
                row = connection.execute("SELECT count(DISTINCT camera_id) FROM crossings").fetchone()
                return row is not None and row[0] == len(self.cameras)
            return False

        wait_until(counting, f"all cameras to count; see {self._folder}", within_s=START_S)

    # Faults

    def begin(self, fault: Fault) -> list[str]:
        """Begin a fault; return the cameras that it hits."""
        if fault.target in self.cameras:
            self.cameras[fault.target].begin(fault.kind, fault.draw)
            return [fault.target]
        if fault.target in self.workers:
            return self._begin_in_worker(self.workers[fault.target], fault)
        if fault.kind is Kind.STORE_KILLED:
            self.store.send(signal.SIGKILL)
        elif fault.kind is Kind.DATABASE_KILLED:
            self.postgres.kill()
        elif fault.kind in (Kind.BROKER_KILLED, Kind.BROKER_MOVED):
            self.kafka.kill()
        else:
            for proxy in self._proxies(fault):
                _disturb(proxy, fault.kind)
        return []

    def end(self, fault: Fault) -> None:
        """End a fault."""
        if fault.target in self.cameras:
            self.cameras[fault.target].end(fault.kind)
        elif fault.target in self.workers:
            self._end_in_worker(self.workers[fault.target], fault)
        elif fault.kind is Kind.DATABASE_KILLED:
            self.postgres.start()
        elif fault.kind is Kind.BROKER_KILLED:
            self.kafka.start()
        elif fault.kind is Kind.BROKER_MOVED:
            self._move_broker()
        elif fault.kind is not Kind.STORE_KILLED:
            for proxy in self._proxies(fault):
                proxy.restore()

    def _proxies(self, fault: Fault) -> list[FaultyProxy]:
        return [self.database] if fault.target == "database" else [self.bootstrap, self.broker]

    def _move_broker(self) -> None:
        """Start the broker with another address, so that those which its clients know lead nowhere."""
        self.broker.cut()
        self.broker = FaultyProxy(self._to_kafka)
        self.broker.__enter__()
        self.kafka.advertised["CITY"] = f"127.0.0.1:{self.broker.port}"
        self.kafka.start()

    def _begin_in_worker(self, worker: Worker, fault: Fault) -> list[str]:
        everything = [camera.name for camera in worker.cameras]
        children = worker.program.children()
        match fault.kind:
            case Kind.WORKER_KILLED:
                worker.program.send(signal.SIGKILL)
                return everything
            case Kind.WORKER_RESTARTED:
                worker.program.send(signal.SIGTERM)
                return everything
            case Kind.DISK_FULL:
                worker.disk.fill([*children, psutil.Process(worker.program.pid)])
                return []
        if not children:
            return everything
        child = children[int(fault.draw * len(children))]
        hit = worker.cameras_of(child)
        with suppress(psutil.NoSuchProcess):
            if fault.kind is Kind.CHILD_KILLED:
                child.kill()
            elif fault.kind is Kind.CHILD_STOPPED:
                self._stopped.append(child)
                child.suspend()
            else:
                self._stopped.append(child)
                child.rlimit(psutil.RLIMIT_AS, (child.memory_info().vms + SPARE_BYTES, psutil.RLIM_INFINITY))
        return hit

    def _end_in_worker(self, worker: Worker, fault: Fault) -> None:
        if fault.kind is Kind.DISK_FULL:
            worker.disk.free()
        elif fault.kind in (Kind.CHILD_STOPPED, Kind.OUT_OF_MEMORY):
            ours = [child for child in self._stopped if child in worker.program.children()]
            for child in ours:
                with suppress(psutil.NoSuchProcess):
                    child.rlimit(psutil.RLIMIT_AS, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
                    child.resume()
            self._stopped = [child for child in self._stopped if child not in ours]


def _disturb(proxy: FaultyProxy, kind: Kind) -> None:
    match kind:
        case Kind.BROKER_CUT | Kind.DATABASE_CUT:
            proxy.cut()
        case Kind.BROKER_SLOW | Kind.DATABASE_SLOW:
            proxy.slow.set()
        case Kind.BROKER_DEAF | Kind.DATABASE_DEAF:
            proxy.to_server.clear()
        case Kind.BROKER_MUTE | Kind.DATABASE_MUTE:
            proxy.to_client.clear()


@contextmanager
def running_city(folder: Path, names: list[str]) -> Iterator[City]:
    """Run the city; at the end all its processes are stopped."""
    with ExitStack() as stack:
        city = City(stack, folder, names)
        city.wait_until_counting()
        yield city
