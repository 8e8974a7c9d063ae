"""All parts of Simpang on one machine: worker processes for the cameras; bus, store, alerts and portal in this one.

Each part is a context manager: they start from top to bottom and stop in reverse order.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from threading import Event as Flag
from threading import Thread
from zoneinfo import ZoneInfo

from pipelines.alerts.dispatcher import AlertDispatcher
from pipelines.alerts.rules import AlertRules
from pipelines.analysis.detector_factory import require_weights
from pipelines.bus.bus import Handler, Publisher
from pipelines.bus.dead_letter import DEAD_LETTERS, DeadLetterFile, DeadLetters
from pipelines.bus.kafka.publisher import KafkaPublisher
from pipelines.bus.kafka.security import Security
from pipelines.bus.kafka.subscriber import KafkaSubscriber
from pipelines.bus.memory import MemoryBus
from pipelines.bus.outbox import Outbox
from pipelines.config.settings import Config
from pipelines.store.dead_letter_table import DeadLetterTable
from pipelines.store.gap_assessor import gap_assessor
from pipelines.store.history.refresher import rollup_refresher
from pipelines.store.old_rows import old_rows
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from pipelines.worker.worker_processes import worker_processes
from portal.app import create_app
from portal.server import OnUp, listening_socket, serve, sigterm_as_interrupt

SUBSCRIBER_STOP_S = 5.0
"""Seconds to wait at the end for the thread that reads from Kafka. [assumption]"""


def run_all_in_one(config: Config, on_up: OnUp) -> None:
    """Run all parts until Ctrl-C or SIGTERM.

    The portal answers while cameras are still connecting. Events that cannot be stored before the end stay on disk.
    """
    with ExitStack() as parts:
        parts.enter_context(sigterm_as_interrupt())
        listener = parts.enter_context(listening_socket(config.portal))
        require_weights(config)
        pool = parts.enter_context(open_database(config))
        app = create_app(config, pool)
        within_s = config.incidents.acknowledge_within_s
        parts.enter_context(AlertDispatcher(pool, config.webhooks, config.portal.public_url, within_s))
        parts.enter_context(gap_assessor(pool, config.cameras))
        parts.enter_context(rollup_refresher(pool, ZoneInfo(config.city.timezone)))
        parts.enter_context(old_rows(pool, config.retention))
        dead_letters = DeadLetterTable(pool, DeadLetterFile(config.data_dir / DEAD_LETTERS))
        write = EventWriter(pool, AlertRules(config), config.retention).write
        publisher = parts.enter_context(_bus(config, write, dead_letters))
        outbox = parts.enter_context(Outbox(config.data_dir / "outbox", publisher))
        parts.enter_context(worker_processes(config, outbox.put))
        serve(app, listener, on_up)


@contextmanager
def _bus(config: Config, handler: Handler, dead_letters: DeadLetters) -> Iterator[Publisher]:
    """A publisher whose events reach `handler`: over Kafka if it is configured, else within this process."""
    if config.bus.kafka is None:
        bus = MemoryBus(dead_letters)
        bus.subscribe(handler)
        yield bus
        return
    stop, security = Flag(), Security.of(config.bus)
    subscriber = KafkaSubscriber(config.bus.kafka, config.bus.group, dead_letters, security)
    thread = Thread(target=subscriber.run, args=(handler, stop), name="store", daemon=True)
    thread.start()
    try:
        with closing(KafkaPublisher(config.bus.kafka, security)) as publisher:
            yield publisher
    finally:
        stop.set()
        thread.join(SUBSCRIBER_STOP_S)
