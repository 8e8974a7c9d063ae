"""`simpang worker`: analyse cameras and publish their events to Kafka."""

import re
import socket
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Event as Flag

import click
import structlog

from models.detection.cpu import available_cores
from pipelines.bus.kafka.cluster import KafkaCluster
from pipelines.bus.kafka.publisher import KafkaPublisher
from pipelines.bus.kafka.security import Security
from pipelines.bus.outbox import Outbox
from pipelines.config.config_file import read_config
from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.events.schema import Event, Health
from pipelines.worker.camera_group import CameraGroup
from pipelines.worker.camera_process import run_cameras
from pipelines.worker.group_cameras import GroupCameras
from pipelines.worker.process_plan import CAMERAS_EACH
from pipelines.worker.progress import IDLE_S, Progress
from pipelines.worker.signals import stop_on_signals
from pipelines.worker.supervisor import Supervisor
from pipelines.worker.worker_processes import Put, RunCameras, worker_processes

log = structlog.get_logger()

STOP_WITHIN_S = 3.0
"""Longest wait (s) for cameras at the end of a worker, whose processes are killed 6 s later. [assumption]"""

CHECK_S = 0.5
"""Interval (s) at which a worker of a group checks its progress and membership. [assumption]"""


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def worker(config: Path) -> None:
    """Stream and analyse the cameras of the city in CONFIG, and publish events to Kafka, until Ctrl-C.

    With bus.worker_group, workers share the cameras of the registry (simpang cameras) instead. Events wait on disk in
    data_dir while Kafka is not available.
    """
    settings = read_config(config)
    if settings.bus.kafka is None:
        raise UserError(f"{config}: bus.kafka is missing; add it, or use simpang run, which needs no Kafka")
    run_worker(settings, settings.bus.kafka)


def run_worker(config: Config, bootstrap: str, *, run: RunCameras = run_cameras) -> None:
    """Run a worker until a signal. run: body of its processes. Raises UserError."""
    security = Security.of(config.bus)
    with (
        stop_on_signals() as stop,
        closing(KafkaPublisher(bootstrap, security)) as publisher,
        Outbox(config.data_dir / "outbox", publisher) as outbox,
    ):
        if config.bus.worker_group is None:
            with worker_processes(config, outbox.put, run=run):
                stop.wait()
            return
        cluster = KafkaCluster(bootstrap, security)
        if not _take_part(config, cluster, outbox.put, run, stop):
            sys.exit(1)


def _take_part(config: Config, cluster: KafkaCluster, put: Put, run: RunCameras, stop: Flag) -> bool:
    """Analyse the cameras of the group until a signal; return False where this worker analyses nothing.

    The worker joins while its processes start, so that a restart keeps its cameras, and heartbeats go on while they
    stop. Raises UserError where this worker cannot be a member.
    """
    assert config.bus.worker_group is not None
    cameras = GroupCameras(config.secrets, config.data_dir / "geometry")
    group = CameraGroup(cluster, config.bus.worker_group, config.bus.worker_name or _machine_name(), cameras)
    refusals: list[UserError] = []
    progress = Progress()

    def member(ending: Flag) -> None:
        try:
            group.run(ending)
        except UserError as error:
            refusals.append(error)

    def observe(event: Event) -> None:
        if isinstance(event.data, Health):
            progress.observe(event.data)
        put(event)

    own = config.model_copy(update={"cameras": ()})
    with Supervisor() as threads:
        threads.keep_running("group", member)
        with worker_processes(own, observe, run=run, expected=CAMERAS_EACH * available_cores()) as processes:
            threads.keep_running("cameras", partial(cameras.run, processes))
            while not stop.wait(CHECK_S) and not refusals and progress.idle_s() < IDLE_S:
                pass
            is_idle = not stop.is_set() and not refusals
            if is_idle:
                idle_s = round(progress.idle_s(), 1)
                log.error("cameras deliver frames and none is analysed; leaving the group", idle_s=idle_s)
                threads.stop()
                group.leave()
            else:
                cameras.stop(STOP_WITHIN_S)
    if refusals:
        raise refusals[0]
    return not is_idle


def _machine_name() -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname()) or "worker"
