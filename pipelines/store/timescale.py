"""TimescaleDB as the server has it: which tables are hypertables, and whether its licence lets chunks be compressed."""

from datetime import datetime
from typing import Any

import psycopg

from pipelines.store.tables import TIME_SERIES

Connection = psycopg.Connection[Any]

ORDER = {
    "crossings": "at, event_id, n",
    "observed": "start_at, event_id",
    "gate_intervals": "start_at, gate, direction",
    "zone_intervals": "start_at, zone",
    "levels": "at, event_id",
    "health": "at, event_id",
}
"""Table -> order of its rows within the segments of a camera. With the camera these are the primary key, so that a late
row is compared with the segments of its camera and time alone."""

# Licence of TimescaleDB; no row without it.
_LICENCE = """
SELECT current_setting('timescaledb.license', true) FROM pg_extension WHERE extname = 'timescaledb'
"""
# Whether compression is prepared; no row for a plain table.
_ENABLED = """
SELECT compression_enabled FROM timescaledb_information.hypertables
WHERE hypertable_schema = current_schema() AND hypertable_name = %s
"""
# Oldest whole chunks, those that end first.
_CHUNKS = """
SELECT format('%%I.%%I', chunk_schema, chunk_name), range_end, is_compressed FROM timescaledb_information.chunks
WHERE hypertable_schema = current_schema() AND hypertable_name = %(table)s AND range_end <= %(before)s
ORDER BY range_end
"""


def has_hypertables(connection: Connection) -> bool:
    """Return whether the database has TimescaleDB, also the build without the TSL licence."""
    return connection.execute(_LICENCE).fetchone() is not None


def may_compress(connection: Connection) -> bool:
    """Return whether the licence is that of TimescaleDB (TSL), which allows compression; builds named -oss lack it."""
    row = connection.execute(_LICENCE).fetchone()
    return row is not None and row[0] == "timescale"


def compress_next(connection: Connection, table: str, before: datetime) -> bool:
    """Compress the oldest chunk that ends before a time and is not compressed; return whether there was one.

    The first step of a table alone prepares it, since that locks out its readers until the transaction ends.
    """
    row = connection.execute(_ENABLED, [table]).fetchone()
    if row is None:
        return False
    chunks = connection.execute(_CHUNKS, {"table": table, "before": before}).fetchall()
    chunk = next((name for name, _, is_compressed in chunks if not is_compressed), None)
    if chunk is None:
        return False
    if not row[0]:
        connection.execute(
            f"ALTER TABLE {table} SET (timescaledb.compress, timescaledb.compress_segmentby = 'camera_id',"
            f" timescaledb.compress_orderby = '{ORDER[table]}')"
        )
        return True
    connection.execute("SELECT compress_chunk(%s::regclass)", [chunk])
    return True


def drop_next(connection: Connection, table: str, before: datetime) -> bool:
    """Drop the oldest chunk, if it ends before a time; return whether there was one."""
    chunk = connection.execute(_CHUNKS, {"table": table, "before": before}).fetchone()
    if chunk is not None:
        until = chunk[1]
        connection.execute("SELECT drop_chunks(%s::regclass, older_than => %s::timestamptz)", [table, until])
    return chunk is not None


assert ORDER.keys() == TIME_SERIES.keys()
