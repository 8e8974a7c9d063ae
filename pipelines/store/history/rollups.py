"""Buckets of history, read from roll-ups where these are current, else computed from single rows.

A roll-up is a bucket as `bucket_queries` computes it, stored. It is current while no mark touches it. So an answer is
that of the rows at all times, also for late rows, before the refresh and without any. See docs/adr/0176-rollups.md.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg import Connection

from pipelines.store.history.bucket_edges import DAY_S
from pipelines.store.history.bucket_queries import Bucket, BucketRange, Run, buckets_from_rows

ROLLED_UP_S = (300, 900, 3600, DAY_S)
"""Lengths of the buckets that are rolled up, in seconds; minutes are rows already."""

# Roll-ups of one camera that no mark touches. Marks are joined first: a late day has thousands.
_CURRENT = """
WITH marked AS MATERIALIZED (
    SELECT coalesce(range_agg(tstzrange(from_at, to_at)), '{}') AS times FROM rollup_marks
    WHERE camera_id = %(camera)s AND interval_s IN (0, %(interval)s)
)
SELECT start_at, end_at, found -> 'observed_s', found -> 'gates' -> %(gate)s::text, found -> 'zones' -> %(zone)s::text
FROM rollups CROSS JOIN marked
WHERE camera_id = %(camera)s AND interval_s = %(interval)s AND start_at >= %(first)s AND start_at < %(end)s
    AND NOT times && tstzrange(start_at, end_at)
"""


def buckets_of_gate(connection: Connection[Any], span: BucketRange, gate: str) -> dict[int, Bucket]:
    """Return what is known of a gate over each bucket, by number; nothing where there is no row."""
    return _buckets(connection, span, gate=gate)


def buckets_of_zone(connection: Connection[Any], span: BucketRange, zone: str) -> dict[int, Bucket]:
    """Return what is known of a zone over each bucket, by number; nothing where there is no row."""
    return _buckets(connection, span, zone=zone)


def _buckets(
    connection: Connection[Any], span: BucketRange, *, gate: str | None = None, zone: str | None = None
) -> dict[int, Bucket]:
    found = _current_rollups(connection, span, gate, zone) if span.interval_s in ROLLED_UP_S else {}
    runs = _runs_without(found, span)
    if runs:
        found.update(buckets_from_rows(connection, replace(span, runs=runs), gate=gate, zone=zone))
    return found


def _current_rollups(
    connection: Connection[Any], span: BucketRange, gate: str | None, zone: str | None
) -> dict[int, Bucket]:
    """Return the roll-ups without marks. Those between other edges, of a city that changed its zone, are left out."""
    numbers = {start: number for number, start in enumerate(span.edges[:-1])}
    parameters = {**span.parameters, "interval": span.interval_s, "gate": gate, "zone": zone}
    found: dict[int, Bucket] = {}
    for start, end, observed_s, of_gate, of_zone in connection.execute(_CURRENT, parameters):
        number = numbers.get(start)
        if number is not None and span.edges[number + 1] == end:
            found[number] = {
                "observed_s": observed_s,
                "gates": {gate: of_gate} if gate and of_gate else {},
                "zones": {zone: of_zone} if zone and of_zone else {},
            }
    return found


def _runs_without(found: dict[int, Bucket], span: BucketRange) -> list[Run]:
    """Return the runs of consecutive buckets that are not in `found`."""
    runs: list[Run] = []
    begin: datetime | None = None
    for number, edge in enumerate(span.edges):
        is_missing = number < len(span.edges) - 1 and number not in found
        if is_missing and begin is None:
            begin = edge
        elif not is_missing and begin is not None:
            runs.append((begin, edge))
            begin = None
    return runs
