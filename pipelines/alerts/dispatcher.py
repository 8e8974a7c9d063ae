"""Dispatch of queued alerts to their receivers, with retries."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import structlog
from psycopg_pool import ConnectionPool

from pipelines.alerts.channels.webhook import WebhookChannel
from pipelines.alerts.escalation import escalation
from pipelines.alerts.queue import AlertQueue, Delivery, Outcome
from pipelines.config.settings import WebhookConfig
from pipelines.retry import Backoff
from pipelines.store.polling_thread import PollingThread

log = structlog.get_logger()

POLL_EVERY_S = 1.0
"""Seconds between two queries of an empty queue. [assumption]"""
DELIVERY_BACKOFF = Backoff(first_s=1.0, longest_s=300.0)
"""Delays between attempts to deliver an alert, in seconds. [assumption]"""
QUEUE_BACKOFF = Backoff(first_s=1.0, longest_s=5.0)
"""Delays between attempts to reach the database, in seconds. [assumption]"""


class AlertDispatcher:
    """A context manager with one thread for each webhook, so that a slow receiver delays no other.

    Several dispatchers may share a database. public_url: prefix of links; without it alerts have none.
    acknowledge_within_s: seconds after which an incident without a step is escalated; None for never.
    Raises UserError for an address that is no HTTP URL.
    """

    def __init__(
        self,
        pool: ConnectionPool,
        webhooks: Sequence[WebhookConfig],
        public_url: str | None,
        acknowledge_within_s: float | None = None,
    ) -> None:
        self._queue = AlertQueue(pool)
        self._public_url = public_url.rstrip("/") if public_url else None
        self._channels = [WebhookChannel(webhook) for webhook in webhooks]
        self._threads = [self._thread_of(channel) for channel in self._channels]
        if webhooks and acknowledge_within_s is not None:
            self._threads.append(escalation(pool, [webhook.id for webhook in webhooks], acknowledge_within_s))
        self._exit = ExitStack()

    def _thread_of(self, channel: WebhookChannel) -> PollingThread:
        return PollingThread(
            f"webhook-{channel.id}",
            lambda _stop: self._deliver_next(channel),
            every_s=POLL_EVERY_S,
            backoff=QUEUE_BACKOFF,
            failure="alerts cannot be processed; retrying",
        )

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for channel in self._channels:
                stack.enter_context(channel)
            for thread in self._threads:
                stack.enter_context(thread)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for thread in self._threads:
            thread.request_stop()
        self._exit.close()

    def _deliver_next(self, channel: WebhookChannel) -> bool:
        """Try the alert that has been due for longest. Returns False where none is due."""
        delivery = self._queue.claim(channel.id)
        if delivery is None:
            return False
        body = json.dumps(self._with_links(delivery), ensure_ascii=False, sort_keys=True).encode()
        failure = channel.send(body, idempotency_key=f"{delivery.incident_id}-{delivery.phase}")
        fields = {"webhook": channel.id, "incident": delivery.incident_id, "phase": delivery.phase}
        if failure is None:
            self._queue.settle(channel.id, delivery, Outcome.DELIVERED)
            log.info("alert delivered", **fields, attempts=delivery.attempts)
        elif delivery.age >= failure.give_up_after:
            self._queue.settle(channel.id, delivery, Outcome.GIVEN_UP, error=failure.reason)
            log.error("alert given up", **fields, attempts=delivery.attempts, reason=failure.reason)
        else:
            if delivery.attempts == 1:
                log.warning("alert not delivered; retrying", **fields, reason=failure.reason)
            delay_s = max(DELIVERY_BACKOFF.delay_s(delivery.attempts), failure.delay_s)
            self._queue.settle(channel.id, delivery, Outcome.FAILED, delay_s=delay_s, error=failure.reason)
        return True

    def _with_links(self, delivery: Delivery) -> dict[str, Any]:
        content = {key: value for key, value in delivery.payload.items() if key != "snapshot"}
        name = quote(delivery.incident_id, safe="")
        page = f"{self._public_url}/kejadian/{name}" if self._public_url else None
        image = f"{self._public_url}/api/incidents/{name}/snapshot.jpg" if self._public_url else None
        links = {"incident": page, "snapshot": image if delivery.payload["snapshot"] else None}
        return {**content, "state": delivery.state, "links": links}
