"""Delivering the alerts that wait in the database.

A receiver may see an alert twice, because an answer can be lost on its way; it tells by the `Idempotency-Key`, which
is the incident's id and phase. It checks `X-Simpang-Signature: t=SECONDS,v1=HEX`: HEX is HMAC-SHA256, under the shared
secret, of SECONDS, a full stop and the body as it came; SECONDS far from its own clock means an old message that
someone else sends again.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from threading import Event as Flag
from threading import Thread
from time import time
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
import structlog
from psycopg_pool import ConnectionPool

from pipelines.config.settings import WebhookConfig
from pipelines.errors import UserError
from pipelines.store.pool import transaction

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
TIMEOUT = httpx.Timeout(5.0, connect=3.0)
LEASE = timedelta(minutes=1)
"""An alert taken by a sender that died is free for another after this."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
GIVE_UP_AFTER = timedelta(days=1)
GIVE_UP_REFUSED_AFTER = timedelta(hours=1)
"""A refusal (4xx) may be a receiver in the middle of an update, but hardly for longer."""
_TRY_LATER = {408, 425, 429}
_GONE = 410
STOP_S = 2.0

# The end of an incident waits for its beginning. The lease is taken and committed before anything is sent, so that no
# transaction stays open while a receiver takes its time.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT incident_id, phase FROM webhook_deliveries AS d
    WHERE webhook_id = %(webhook)s AND delivered_at IS NULL AND given_up_at IS NULL AND next_attempt_at <= now()
      AND NOT (phase = 'ended' AND EXISTS (
          SELECT 1 FROM webhook_deliveries AS r
          WHERE r.webhook_id = d.webhook_id AND r.incident_id = d.incident_id AND r.phase = 'raised'
            AND r.delivered_at IS NULL AND r.given_up_at IS NULL))
    ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE webhook_deliveries AS d SET attempts = d.attempts + 1, next_attempt_at = now() + %(lease)s
FROM due WHERE d.webhook_id = %(webhook)s AND d.incident_id = due.incident_id AND d.phase = due.phase
RETURNING d.incident_id, d.phase, d.payload, d.attempts, now() - d.created_at
"""
_SETTLE = """
UPDATE webhook_deliveries
SET delivered_at = CASE WHEN %(outcome)s = 'delivered' THEN now() END,
    given_up_at = CASE WHEN %(outcome)s = 'given up' THEN now() END,
    next_attempt_at = now() + %(pause)s,
    last_error = %(error)s
WHERE webhook_id = %(webhook)s AND incident_id = %(incident)s AND phase = %(phase)s AND delivered_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class _Delivery:
    incident_id: str
    phase: str
    payload: dict[str, Any]
    attempts: int
    age: timedelta


@dataclass(frozen=True, slots=True)
class _Failure:
    """give_up_after: an alert older than this is not tried again. pause_s: as asked by the receiver."""

    reason: str
    give_up_after: timedelta = GIVE_UP_AFTER
    pause_s: float = 0.0


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of `X-Simpang-Signature` for `body`, sent `at` Unix seconds.

    >>> signature("rahasia", 1795384800, b"{}")
    't=1795384800,v1=fd35ba3cac51eba7245615471e82646970b313b65a898e6b5c0770c861c5e8f0'
    """
    code = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={code}"


class WebhookSender:
    """A context manager with one thread a webhook, so that a slow receiver holds up nobody else.

    Several senders may share a database. public_url: how links begin; without it alerts carry none.
    Raises UserError for an address that is no HTTP URL.
    """

    def __init__(self, pool: ConnectionPool, webhooks: Sequence[WebhookConfig], public_url: str | None) -> None:
        for webhook in webhooks:
            _require_http(webhook)
        self._pool = pool
        self._public_url = public_url.rstrip("/") if public_url else None
        self._stop = Flag()
        self._threads = [
            Thread(target=self._run, args=(webhook,), name=f"webhook-{webhook.id}", daemon=True) for webhook in webhooks
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        until = time() + STOP_S
        for thread in self._threads:
            thread.join(max(until - time(), 0))

    def _run(self, webhook: WebhookConfig) -> None:
        failing = False
        headers = {"User-Agent": f"simpang/{version('simpang')}", "Content-Type": "application/json"}
        with httpx.Client(timeout=TIMEOUT, headers=headers) as client:
            while not self._stop.is_set():
                try:
                    busy = self._deliver_next(webhook, client)
                    failing = False
                except Exception as error:  # alerts wait in the database; their sender must outlive its absence
                    if not failing and not self._stop.is_set():
                        log.warning("alerts cannot be read; trying on", webhook=webhook.id, error=error)
                    busy, failing = False, True
                if not busy:
                    self._stop.wait(LOOK_EVERY_S)

    def _deliver_next(self, webhook: WebhookConfig, client: httpx.Client) -> bool:
        """Try the alert that is due longest; False where none is due."""
        with transaction(self._pool) as connection:
            row = connection.execute(_CLAIM, {"webhook": webhook.id, "lease": LEASE}).fetchone()
        if row is None:
            return False
        delivery = _Delivery(*row)
        failure = self._post(webhook, client, delivery)
        outcome, pause_s = "delivered", 0.0
        told = {"webhook": webhook.id, "incident": delivery.incident_id, "phase": delivery.phase}
        if failure is None:
            log.info("alert delivered", **told, attempts=delivery.attempts)
        elif delivery.age >= failure.give_up_after:
            outcome = "given up"
            log.error("alert given up", **told, attempts=delivery.attempts, reason=failure.reason)
        else:
            outcome = "failed"
            pause_s = max(_backoff_s(delivery.attempts), failure.pause_s)
            if delivery.attempts == 1:
                log.warning("alert not delivered; trying on", **told, reason=failure.reason)
        with transaction(self._pool) as connection:
            reason = failure.reason if failure else None
            settled = {"outcome": outcome, "pause": timedelta(seconds=pause_s), "error": reason}
            connection.execute(_SETTLE, {**told, **settled})
        return True

    def _post(self, webhook: WebhookConfig, client: httpx.Client, delivery: _Delivery) -> _Failure | None:
        body = json.dumps(self._with_links(delivery), ensure_ascii=False, sort_keys=True).encode()
        headers = {
            "X-Simpang-Signature": signature(webhook.secret.get_secret_value(), int(time()), body),
            "Idempotency-Key": f"{delivery.incident_id}-{delivery.phase}",
        }
        try:
            response = client.post(webhook.url.get_secret_value(), content=body, headers=headers)
        except httpx.HTTPError as error:
            return _Failure(f"{type(error).__name__}: {error}")
        return _judge(response)

    def _with_links(self, delivery: _Delivery) -> dict[str, Any]:
        told = {key: value for key, value in delivery.payload.items() if key != "snapshot"}
        name = quote(delivery.incident_id, safe="")
        page = f"{self._public_url}/kejadian/{name}" if self._public_url else None
        picture = f"{self._public_url}/api/incidents/{name}/snapshot.jpg" if self._public_url else None
        return {**told, "links": {"incident": page, "snapshot": picture if delivery.payload["snapshot"] else None}}


def _judge(response: httpx.Response) -> _Failure | None:
    status = response.status_code
    reason = f"HTTP {status}"
    if response.is_success:
        return None
    if status == _GONE:
        return _Failure(reason, timedelta(0))
    asked = response.headers.get("Retry-After", "")
    pause_s = min(float(asked), LONGEST_PAUSE_S) if asked.isdecimal() else 0.0
    if response.is_client_error and status not in _TRY_LATER:
        return _Failure(reason, GIVE_UP_REFUSED_AFTER, pause_s)
    return _Failure(reason, GIVE_UP_AFTER, pause_s)


def _backoff_s(attempts: int) -> float:
    return float(min(FIRST_PAUSE_S * 2 ** min(attempts - 1, 16), LONGEST_PAUSE_S))


def _require_http(webhook: WebhookConfig) -> None:
    try:
        url = httpx.URL(webhook.url.get_secret_value())
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise UserError(f"webhooks: the url of {webhook.id} is no address; write http://host/path or https://host/path")
