"""`simpang store`: events from Kafka into the database, and alerts out of it."""

from pathlib import Path

import click

from pipelines.alert_rules import AlertRules
from pipelines.alerts import WebhookSender
from pipelines.config import read_config
from pipelines.database import open_database
from pipelines.errors import BadInput
from pipelines.kafka_bus import KafkaSubscriber
from pipelines.stopping import stop_on_signals
from pipelines.store import Store


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def store(config: Path) -> None:
    """Keep what the workers of the city in CONFIG publish to Kafka, and send incident alerts, until Ctrl-C."""
    settings = read_config(config)
    if settings.bus.kafka is None:
        raise BadInput(f"{config}: bus.kafka is missing; add it, or use simpang run, which needs no Kafka")
    subscriber = KafkaSubscriber(settings.bus.kafka, settings.bus.group)
    with (
        stop_on_signals() as stop,
        open_database(settings) as pool,
        WebhookSender(pool, settings.webhooks, settings.portal.public_url),
    ):
        subscriber.run(Store(pool, AlertRules(settings)).write, stop)
