"""SQL of uptime: unobserved seconds of each camera by day and cause, and the times in service."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection

from analytics.uptime.minute_gap import GapCause
from analytics.uptime.uptime import Span
from pipelines.store.camera_service import ServiceHistory, ServiceState

GapSums = Mapping[tuple[str, datetime], Mapping[GapCause, float]]
"""Unobserved seconds by cause, of each camera and start of a day."""

# The constants `first` and `end` are limits by which the index is used.
_SUMS = """
SELECT camera_id, width_bucket(start_at, %(edges)s::timestamptz[]) - 1 AS day, cause, 60 * sum(1 - coverage::float8)
FROM gaps WHERE start_at >= %(first)s AND start_at < %(end)s
GROUP BY camera_id, day, cause
"""


@dataclass(frozen=True, slots=True)
class InService:
    """Times in which cameras were in service, by camera. assessed_until: gaps are known of all minutes before it."""

    assessed_until: datetime
    spans: Mapping[str, Sequence[Span]]


def cameras_in_service(connection: Connection) -> InService:
    """Return when each camera was to be analysed or under maintenance, as far as gaps are assessed."""
    (assessed_until,) = connection.execute("SELECT assessed_until FROM gap_progress").fetchall()[0]
    history = ServiceHistory.read(connection)
    spans = {
        camera: [
            (start.timestamp(), min(end or assessed_until, assessed_until).timestamp())
            for start, end, service in history.spans(camera)
            if service.state is not ServiceState.REMOVED
        ]
        for camera in history.cameras
    }
    return InService(assessed_until, spans)


def gap_sums(connection: Connection, edges: Sequence[datetime], assessed_until: datetime) -> GapSums:
    """Return the unobserved seconds of the days between the edges, as far as service is known: see `InService`."""
    parameters = {"edges": list(edges), "first": edges[0], "end": min(edges[-1], assessed_until)}
    found: dict[tuple[str, datetime], dict[GapCause, float]] = defaultdict(dict)
    for camera, day, cause, seconds in connection.execute(_SUMS, parameters):
        found[camera, edges[day]][GapCause(cause)] = seconds
    return found
