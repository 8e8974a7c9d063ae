"""SQL of outages: cameras without any picture in the newest assessed minute, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import Connection

from analytics.uptime.minute_gap import GapCause

CAUSES = (GapCause.CAMERA, GapCause.LINK, GapCause.SITE_POWER, GapCause.WORKER)
"""Causes of gaps that are alarms: those that end with a repair. [definition]"""
BACK = timedelta(days=1)
"""How far back the start of an outage is searched. [assumption: a longer one is known, and was an alarm before]"""

STALE_AFTER = timedelta(minutes=15)
"""Age of the newest assessment from which none is present: no store runs. [assumption: some times its usual lag]"""

# Minutes without a break have the same `run`. The first of them was observed up to the start of the outage.
_OUTAGES = """
WITH newest AS (SELECT assessed_until - interval '1 minute' AS at FROM gap_progress
    WHERE assessed_until > now() - %(stale)s),
minutes AS (
    SELECT camera_id, start_at, coverage, cause, newest.at,
        start_at + row_number() OVER (PARTITION BY camera_id ORDER BY start_at DESC) * interval '1 minute' AS run
    FROM gaps, newest
    WHERE camera_id = ANY(%(cameras)s) AND cause = ANY(%(causes)s) AND start_at > newest.at - %(back)s
)
SELECT camera_id, min(start_at) + (array_agg(coverage ORDER BY start_at))[1] * interval '1 minute',
    (array_agg(cause ORDER BY start_at DESC))[1], min(start_at) - interval '1 minute' <= at - %(back)s
FROM minutes GROUP BY camera_id, run, at
HAVING max(start_at) = at AND (array_agg(coverage ORDER BY start_at DESC))[1] = 0
ORDER BY camera_id
"""


@dataclass(frozen=True, slots=True)
class Outage:
    """A camera without pictures. lasting: whether it began before the time that was searched."""

    camera_id: str
    start_at: datetime
    cause: GapCause
    lasting: bool


def present_outages(connection: Connection, cameras: Sequence[str]) -> list[Outage]:
    """Outages of these cameras that last."""
    values = {"cameras": list(cameras), "causes": [cause.value for cause in CAUSES], "back": BACK, "stale": STALE_AFTER}
    rows = connection.execute(_OUTAGES, values).fetchall()
    return [Outage(camera_id, start_at, GapCause(cause), lasting) for camera_id, start_at, cause, lasting in rows]
