"""Escalation: a second alert for an incident on which no step was taken within the configured time, once."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from psycopg_pool import ConnectionPool

from pipelines.alerts.queue import utc_text
from pipelines.retry import Backoff
from pipelines.store.polling_thread import PollingThread
from pipelines.store.pool import transaction

log = structlog.get_logger()

POLL_EVERY_S = 5.0
"""Seconds between two searches for incidents to escalate. [assumption: small against a time in minutes]"""
BACKOFF = Backoff(first_s=1.0, longest_s=10.0)
"""Delays between attempts to reach the database, in seconds. [assumption]"""
FORGET_AFTER = timedelta(hours=1)
"""Time for which a missed alert is still escalated while its incident lasts. [assumption: later it is no news]"""
MISSED_AFTER = timedelta(minutes=5)
"""Time after which an alert that was due is taken as missed: no store ran, or escalation was off. [assumption]"""

# By the primary key of the queue each alert is escalated once, also by several stores. A note is no answer to an alert.
# Of missed alerts those of incidents that are over are left out: they would all come at once when a store starts.
_ESCALATE = f"""
INSERT INTO webhook_deliveries (webhook_id, incident_id, phase, payload)
SELECT webhook_id, incident_id, 'escalated', payload || jsonb_build_object(
    'phase', 'escalated', 'at', {utc_text("now()")}, 'end_at', {utc_text("incidents.end_at")})
FROM webhook_deliveries AS raised JOIN incidents USING (incident_id)
WHERE phase = 'raised' AND webhook_id = ANY(%(webhooks)s)
  AND created_at <= now() - %(within)s AND created_at > now() - %(within)s - %(forget)s
  AND (end_at IS NULL OR created_at > now() - %(within)s - %(missed)s)
  AND NOT EXISTS (
      SELECT FROM incident_steps AS taken WHERE taken.incident_id = raised.incident_id AND taken.state <> 'new')
ON CONFLICT DO NOTHING
RETURNING incident_id
"""  # noqa: S608


def escalate(pool: ConnectionPool, webhook_ids: Sequence[str], within: timedelta) -> int:
    """Queue the alerts to escalate; return how many. within: time from the alert in which a step is expected."""
    values = {"webhooks": list(webhook_ids), "within": within, "forget": FORGET_AFTER, "missed": MISSED_AFTER}
    with transaction(pool) as connection:
        escalated = connection.execute(_ESCALATE, values).fetchall()
    for incident_id in sorted({found for (found,) in escalated}):
        log.warning("no step on an incident; escalated", incident=incident_id, within_s=within.total_seconds())
    return len(escalated)


def escalation(pool: ConnectionPool, webhook_ids: Sequence[str], within_s: float) -> PollingThread:
    """Return the thread that escalates, a context manager."""
    within = timedelta(seconds=within_s)

    def escalate_all(_stop: object) -> bool:
        escalate(pool, webhook_ids, within)
        return False

    return PollingThread(
        "escalation",
        escalate_all,
        every_s=POLL_EVERY_S,
        backoff=BACKOFF,
        failure="incidents cannot be escalated; retrying",
    )
