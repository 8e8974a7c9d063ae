"""`simpang store`: events from Kafka into the database, and alerts out of it."""

from pathlib import Path

import click

from pipelines.alerts.dispatcher import WebhookSender
from pipelines.alerts.rules import AlertRules
from pipelines.bus.kafka.kafka_bus import KafkaSubscriber
from pipelines.config.settings import read_config
from pipelines.errors import UserError
from pipelines.store.database import open_database
from pipelines.store.writer import EventWriter
from pipelines.worker.signals import stop_on_signals


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def store(config: Path) -> None:
    """Keep what the workers of the city in CONFIG publish to Kafka, and send incident alerts, until Ctrl-C."""
    settings = read_config(config)
    if settings.bus.kafka is None:
        raise UserError(f"{config}: bus.kafka is missing; add it, or use simpang run, which needs no Kafka")
    subscriber = KafkaSubscriber(settings.bus.kafka, settings.bus.group)
    with (
        stop_on_signals() as stop,
        open_database(settings) as pool,
        WebhookSender(pool, settings.webhooks, settings.portal.public_url),
    ):
        subscriber.run(EventWriter(pool, AlertRules(settings)).write, stop)
