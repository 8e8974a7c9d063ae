"""Rows of history as the API describes them, read through `pipelines.query`."""

from psycopg import Connection

from pipelines.query import history_rows
from pipelines.store.history.bucket_queries import BucketRange
from portal.history.schemas import HistoryRow


def gate_history(connection: Connection, span: BucketRange, gate: str) -> list[HistoryRow]:
    """Counts and measures of both directions of a gate."""
    return [HistoryRow(**vars(row)) for row in history_rows.gate_history(connection, span, gate)]


def zone_history(connection: Connection, span: BucketRange, zone: str) -> list[HistoryRow]:
    """Measures of a zone over the observed part of each bucket."""
    return [HistoryRow(**vars(row)) for row in history_rows.zone_history(connection, span, zone)]
