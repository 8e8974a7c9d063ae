"""`simpang worker`: analyse cameras and publish their events to Kafka."""

from contextlib import closing
from pathlib import Path

import click

from pipelines.bus.kafka.publisher import KafkaPublisher
from pipelines.bus.kafka.security import Security
from pipelines.bus.outbox import Outbox
from pipelines.config.config_file import read_config
from pipelines.errors import UserError
from pipelines.worker.signals import stop_on_signals
from pipelines.worker.worker_processes import worker_processes


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def worker(config: Path) -> None:
    """Stream and analyse the cameras of the city in CONFIG, and publish events to Kafka, until Ctrl-C.

    Events wait on disk in data_dir while Kafka is not available.
    """
    settings = read_config(config)
    if settings.bus.kafka is None:
        raise UserError(f"{config}: bus.kafka is missing; add it, or use simpang run, which needs no Kafka")
    with (
        stop_on_signals() as stop,
        closing(KafkaPublisher(settings.bus.kafka, Security.of(settings.bus))) as publisher,
        Outbox(settings.data_dir / "outbox", publisher) as outbox,
        worker_processes(settings, outbox.put),
    ):
        stop.wait()
