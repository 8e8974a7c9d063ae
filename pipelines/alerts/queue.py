"""Queue of alerts in the table `webhook_deliveries`, shared by all dispatchers of a database."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from psycopg_pool import ConnectionPool

from pipelines.store.pool import transaction

LEASE = timedelta(minutes=1)
"""Time after which an alert of a dead dispatcher can be claimed again. It exceeds the time of one delivery.
[assumption]"""

# All else about an incident waits for its start. The lease is committed before anything is sent, so that no transaction
# stays open while a receiver answers.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT incident_id, phase FROM webhook_deliveries AS d
    WHERE webhook_id = %(webhook)s AND delivered_at IS NULL AND given_up_at IS NULL AND next_attempt_at <= now()
      AND NOT (phase <> 'raised' AND EXISTS (
          SELECT 1 FROM webhook_deliveries AS r
          WHERE r.webhook_id = d.webhook_id AND r.incident_id = d.incident_id AND r.phase = 'raised'
            AND r.delivered_at IS NULL AND r.given_up_at IS NULL))
    ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE webhook_deliveries AS d SET attempts = d.attempts + 1, next_attempt_at = now() + %(lease)s
FROM due WHERE d.webhook_id = %(webhook)s AND d.incident_id = due.incident_id AND d.phase = due.phase
RETURNING d.incident_id, d.phase, d.payload, d.attempts, now() - d.created_at, coalesce((
    SELECT state FROM incident_steps AS step WHERE step.incident_id = d.incident_id ORDER BY n DESC LIMIT 1), 'new')
"""
_SETTLE = """
UPDATE webhook_deliveries
SET delivered_at = CASE WHEN %(outcome)s = 'delivered' THEN now() END,
    given_up_at = CASE WHEN %(outcome)s = 'given up' THEN now() END,
    next_attempt_at = now() + %(delay)s,
    last_error = %(error)s
WHERE webhook_id = %(webhook)s AND incident_id = %(incident)s AND phase = %(phase)s AND delivered_at IS NULL
"""
"""Stores an outcome. A lease that expired meanwhile does not undo a delivery."""


def utc_text(time: str) -> str:
    """Return the SQL of a time as in the JSON of an incident: RFC 3339 in UTC, whatever the zone of the connection."""
    return f"((to_jsonb({time} AT TIME ZONE 'UTC') #>> '{{}}') || 'Z')"


class Outcome(StrEnum):
    """Result of one delivery attempt."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed alert. attempts: including this one. age: time since the alert was queued.

    state: of the handling of the incident at present.
    """

    incident_id: str
    phase: str
    payload: dict[str, Any]
    attempts: int
    age: timedelta
    state: str


class AlertQueue:
    """Claims and settles alerts. Raises DatabaseUnavailable where the database is lost."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def claim(self, webhook_id: str) -> Delivery | None:
        """Return the alert for `webhook_id` that has been due for longest, leased for LEASE, or None."""
        with transaction(self._pool) as connection:
            row = connection.execute(_CLAIM, {"webhook": webhook_id, "lease": LEASE}).fetchone()
        return None if row is None else Delivery(*row)

    def settle(
        self, webhook_id: str, delivery: Delivery, outcome: Outcome, *, delay_s: float = 0.0, error: str | None = None
    ) -> None:
        """Store the outcome of an attempt. delay_s: seconds until the next attempt, after a failure."""
        values = {
            "webhook": webhook_id,
            "incident": delivery.incident_id,
            "phase": delivery.phase,
            "outcome": outcome.value,
            "delay": timedelta(seconds=delay_s),
            "error": error,
        }
        with transaction(self._pool) as connection:
            connection.execute(_SETTLE, values)
