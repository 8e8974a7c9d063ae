"""Assessment of gaps: minutes that were not completely observed, from the stored records of each camera.

All minutes up to the present are assessed once, also those of cameras without any record; minutes of records that
arrive late are assessed again. Several stores may share a database: one of them assesses at a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from analytics.uptime.minute_gap import REPORT_HOLDS_S, WHOLE_S, CameraMinute, Gap, GapCause, StateReport, gaps_of_site
from pipelines.events.condition import known_condition
from pipelines.events.condition_cause import CAUSE_OF, VANISHED
from pipelines.events.schema import CameraStatus
from pipelines.store.camera_service import Minute, ServiceHistory, ServiceState, record_reporting
from pipelines.store.gap_marks import ASSESS_AFTER, MINUTE
from pipelines.store.pool import transaction

MARKS_AT_ONCE = 5_000
"""Most marks in one transaction. [assumption: some seconds of work]"""
MINUTES_AT_ONCE = 20_000
"""Minutes of cameras, about, in one transaction. [assumption: some seconds of work]"""
_ANALYSED = (CameraStatus.ONLINE, CameraStatus.DEGRADED)
"""States in which frames are analysed."""

Connection = psycopg.Connection[Any]

_PROGRESS = """
SELECT assessed_until, date_trunc('minute', now() - %s) FROM gap_progress FOR UPDATE SKIP LOCKED
"""
"""Start of the first minute that was not assessed, and of the first that is not to be assessed yet."""
# Marks of one day, so that the records of the others need not be searched.
_TAKE_MARKS = """
DELETE FROM gap_marks WHERE id IN (
    SELECT id FROM gap_marks WHERE start_at < (SELECT min(start_at) + interval '1 day' FROM gap_marks)
    ORDER BY start_at LIMIT %s
) RETURNING camera_id, start_at
"""
_WANTED = "unnest(%(cameras)s::text[], %(starts)s::timestamptz[]) AS wanted (camera_id, start_at)"
"""Minutes of cameras, as a table."""
_OBSERVED = f"""
SELECT wanted.camera_id, wanted.start_at, sum(observed.observed_s)::float8 FROM {_WANTED}
JOIN observed ON observed.camera_id = wanted.camera_id AND observed.start_at >= wanted.start_at
    AND observed.start_at < wanted.start_at + interval '1 minute'
    AND observed.start_at >= %(first)s AND observed.start_at < %(end)s
GROUP BY 1, 2
"""  # noqa: S608
_REPORTS = f"""
SELECT wanted.camera_id, wanted.start_at, at, status, condition, received_fps, last_frame_at FROM {_WANTED}
JOIN health ON health.camera_id = wanted.camera_id AND at >= wanted.start_at - %(holds)s
    AND at < wanted.start_at + interval '1 minute' AND at >= %(first)s - %(holds)s AND at < %(end)s
ORDER BY at
"""  # noqa: S608
_LOST = f"""
SELECT wanted.camera_id, wanted.start_at, min(reason) FROM {_WANTED}
JOIN gap_reports ON gap_reports.camera_id = wanted.camera_id AND lost = 'counts'
    AND gap_reports.start_at < wanted.start_at + interval '1 minute' AND gap_reports.end_at > wanted.start_at
GROUP BY 1, 2
"""  # noqa: S608
_DELETE = f"""
DELETE FROM gaps USING {_WANTED} WHERE gaps.camera_id = wanted.camera_id AND gaps.start_at = wanted.start_at
"""  # noqa: S608
_INSERT = """
INSERT INTO gaps (camera_id, start_at, coverage, cause, detail)
SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::real[], %s::text[], %s::text[])
"""
"""Stores gaps."""


def assess_next(pool: ConnectionPool, *, after: timedelta = ASSESS_AFTER) -> bool:
    """Assess the next minutes; return whether more are left to assess now. after: as `ASSESS_AFTER`."""
    with transaction(pool) as connection:
        progress = connection.execute(_PROGRESS, [after]).fetchone()
        if progress is None:
            return False  # another store assesses at present
        start, until = progress
        marks = connection.execute(_TAKE_MARKS, [MARKS_AT_ONCE]).fetchall()
        end = max(start, min(until, start + timedelta(hours=1)))
        history = record_reporting(connection, start, end, marks)
        wanted = {(camera, minute) for camera, minute in marks if minute < start}
        wanted |= _site_mates(wanted, history)
        minute = start
        while minute < end and len(wanted) < MINUTES_AT_ONCE:
            wanted |= {(camera, minute) for camera in history.cameras}
            minute += MINUTE
        for of_day in _by_day(wanted):
            _assess(connection, of_day, history)
        connection.execute("UPDATE gap_progress SET assessed_until = %s", [max(start, minute)])
        return bool(marks) or minute < until


def _by_day(wanted: Iterable[Minute]) -> list[list[Minute]]:
    """Return the minutes by the day (UTC) that they are in, so that each query reads the records of one day."""
    days: dict[object, list[Minute]] = defaultdict(list)
    for camera, minute in sorted(wanted):
        days[minute.date()].append((camera, minute))
    return list(days.values())


def _site_mates(wanted: Iterable[Minute], history: ServiceHistory) -> set[Minute]:
    """Return the same minutes of all cameras at the sites of these: a gap depends on whether all of them have one."""
    mates = set()
    for minute in {minute for _, minute in wanted}:
        at_site: dict[str, list[str]] = defaultdict(list)
        services = history.all_at(minute)
        for camera, service in services.items():
            if service.site is not None:
                at_site[service.site].append(camera)
        for camera in (camera for camera, of_minute in wanted if of_minute == minute):
            own = services.get(camera)
            if own is not None and own.site is not None:
                mates |= {(mate, minute) for mate in at_site[own.site]}
    return mates


def _assess(connection: Connection, wanted: Sequence[Minute], history: ServiceHistory) -> None:
    """Replace the gaps of some minutes by those that follow from their records."""
    observed = {(camera, start): seconds for camera, start, seconds in _query(connection, _OBSERVED, wanted)}
    incomplete = [minute for minute in wanted if observed.get(minute, 0.0) < WHOLE_S]
    reports: dict[Minute, list[StateReport]] = defaultdict(list)
    for camera, start, *report in _query(connection, _REPORTS, incomplete):
        reports[camera, start].append(_state_report(start, report))
    lost = {(camera, start): reason for camera, start, reason in _query(connection, _LOST, incomplete)}
    sites: dict[tuple[datetime, str | None, str], dict[str, CameraMinute]] = defaultdict(dict)
    for minute in wanted:
        camera, start = minute
        service = history.at(camera, start)
        reported = minute in observed or any(report.at_s >= 0 for report in reports.get(minute, ()))
        if (service is None or service.state is ServiceState.REMOVED) and not reported:
            continue
        site = None if service is None else service.site
        sites[start, site, camera if site is None else ""][camera] = CameraMinute(
            observed_s=observed.get(minute, 0.0),
            reports=reports.get(minute, ()),
            lost=lost.get(minute),
            maintenance=service is not None and service.state is ServiceState.MAINTENANCE,
        )
    gaps = {(camera, key[0]): gap for key, site in sites.items() for camera, gap in gaps_of_site(site).items()}
    _replace(connection, wanted, gaps)


def _query(connection: Connection, query: str, wanted: Sequence[Minute]) -> list[tuple[Any, ...]]:
    """Return the rows that a query has of some minutes of cameras."""
    if not wanted:
        return []
    cameras, starts = zip(*wanted, strict=True)
    holds, end = timedelta(seconds=REPORT_HOLDS_S), max(starts) + MINUTE
    bounds = {"holds": holds, "first": min(starts), "end": end}
    cursor = connection.execute(query, {"cameras": list(cameras), "starts": list(starts), **bounds})
    return cursor.fetchall() if cursor.description else []


def _state_report(minute: datetime, report: Sequence[Any]) -> StateReport:
    at, status, code, received_fps, last_frame_at = report
    condition, analysed = known_condition(code), status in _ANALYSED
    unknown = None if analysed else GapCause.UNKNOWN
    return StateReport(
        at_s=(at - minute).total_seconds(),
        cause=unknown if condition is None else CAUSE_OF[condition],
        analysed=analysed,
        vanished=condition in VANISHED,
        detail=code or status,
        received_fps=received_fps,
        last_frame_s=None if last_frame_at is None else (last_frame_at - minute).total_seconds(),
    )


def _replace(connection: Connection, wanted: Sequence[Minute], gaps: Mapping[Minute, Gap]) -> None:
    _query(connection, _DELETE, wanted)
    rows = [(*minute, gap.coverage, gap.cause.value, gap.detail) for minute, gap in sorted(gaps.items())]
    if rows:
        connection.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
