"""Flow of a camera over the last hours, beside the usual flow of the same weekday and hour."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from psycopg import Connection
from psycopg_pool import ConnectionPool

from pipelines.config.settings import Config
from pipelines.store.history.bucket_edges import bucket_edges
from pipelines.store.history.bucket_queries import BucketRange
from pipelines.store.pool import transaction
from portal.cameras.catalogue import CatalogueEntry
from portal.history.rows import gate_history
from portal.history.schemas import HistoryRow, Trend, TrendHour

HOURS = 12
"""Hours of a trend, with the present one. [assumption: half a day shows the last peak]"""
WEEKS_BACK = 6
"""Past weeks whose same hour is compared. [assumption: fewer follow one odd week, more follow the season]"""
LEAST_WEEKS = 2
"""Fewest of these weeks with an observation; below it there is no usual flow. [assumption]"""
LEAST_COVERAGE = 1 / 6
"""Observed share of an hour from which its flow counts: ten minutes. [assumption]"""
HOUR_S = 3600
"""Seconds of an hour, the length of the buckets that are compared."""

# The gate with the most crossings within a period; no row without any.
_BUSIEST_GATE = """
SELECT gate FROM crossings WHERE camera_id = %s AND at >= %s AND at < %s AND gate = ANY(%s)
GROUP BY gate ORDER BY count(*) DESC, gate LIMIT 1
"""


class TrendReader:
    """Reads the present trend of a camera from the database."""

    def __init__(self, pool: ConnectionPool, config: Config) -> None:
        self._pool = pool
        self._zone = ZoneInfo(config.city.timezone)
        self._retention = config.retention

    def read(self, entry: CatalogueEntry) -> Trend:
        """Return the trend of a camera until now. Raises DatabaseUnavailable."""
        now = datetime.now(UTC)
        kept_from = self._retention.kept_from("crossings", now)
        with transaction(self._pool) as connection:
            return camera_trend(connection, entry.id, entry.gates, now, self._zone, crossings_from=kept_from)


def camera_trend(
    connection: Connection,
    camera_id: str,
    gates: Sequence[str],
    now: datetime,
    zone: ZoneInfo,
    *,
    crossings_from: datetime | None = None,
) -> Trend:
    """Flow of both directions of the busiest gate of the last day. Without such a gate there are no hours.

    zone: of the city, whose weekdays and hours are compared. crossings_from: time before which they may be deleted.
    """
    busiest = connection.execute(_BUSIEST_GATE, [camera_id, now - timedelta(days=1), now, list(gates)]).fetchone()
    if busiest is None:
        return Trend(camera_id=camera_id, gate=None, hours=[])

    def week(weeks: int) -> dict[datetime, HistoryRow]:
        """Rows of the same hours some weeks ago, by the time on the clock of the city today."""
        edges = _hours_before(now.astimezone(zone), weeks, zone)
        span = BucketRange(camera_id=camera_id, edges=edges, interval_s=HOUR_S, crossings_from=crossings_from)
        rows = gate_history(connection, span, busiest[0])
        return {row.start_at.astimezone(zone).replace(tzinfo=None) + timedelta(weeks=weeks): row for row in rows}

    present, *past = (week(weeks) for weeks in range(WEEKS_BACK + 1))
    hours = []
    for hour, row in present.items():
        usual = [flow for rows in past if hour in rows and (flow := _flow(rows[hour])) is not None]
        hours.append(
            TrendHour(
                start_at=row.start_at,
                end_at=row.end_at,
                flow_veh_h=_flow(row),
                usual_veh_h=round(median(usual), 1) if len(usual) >= LEAST_WEEKS else None,
                weeks=len(usual),
            )
        )
    return Trend(camera_id=camera_id, gate=busiest[0], hours=hours)


def _hours_before(local: datetime, weeks: int, zone: ZoneInfo) -> list[datetime]:
    """Edges of the last hours, some weeks ago."""
    # A time with a zone minus days keeps the clock of the city, also where that was set in between.
    last = local.replace(minute=0, second=0, microsecond=0) - timedelta(weeks=weeks)
    return bucket_edges(last - timedelta(hours=HOURS - 1), last + timedelta(hours=1), HOUR_S, zone)


def _flow(row: HistoryRow) -> float | None:
    return row.flow_veh_h if row.coverage >= LEAST_COVERAGE else None
