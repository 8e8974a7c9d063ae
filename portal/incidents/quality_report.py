"""Report on the quality of incidents over a period, by site and type."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf

from analytics.facts import IncidentType
from analytics.incidents.grouping import Occurrence, join_repeated
from analytics.incidents.quality import alarm_quality, most_within, suggested_threshold
from portal.cameras.catalogue import CatalogueEntry
from portal.incidents.alarms import place_of
from portal.incidents.judged import JudgedRow
from portal.incidents.schemas import QualityReport, QualityRow, TypeThreshold

TEN_MINUTES = timedelta(minutes=10)
"""Period in which alarms are counted. [source: EEMUA 191, at most one on average for each operator]"""
DAY = timedelta(days=1)
"""A day. [definition]"""


def quality_report(
    rows: Sequence[JudgedRow],
    entries: Mapping[str, CatalogueEntry],
    since: Mapping[str, datetime],
    period: tuple[datetime, datetime],
    operators: int,
) -> QualityReport:
    """The report of the incidents in `period`. since: time from which each camera is known."""
    from_at, to_at = period
    by_place: dict[tuple[str, str], list[JudgedRow]] = defaultdict(list)
    by_type: dict[str, list[JudgedRow]] = defaultdict(list)
    for row in rows:
        by_place[place_of(entries[row.camera_id]), row.type].append(row)
        by_type[row.type].append(row)
    begun = _first_known(entries, since)
    # A flood counts in full: its alarms stand in the list one by one.
    starts = [alarm.start_s for alarm in join_repeated(_occurrences(rows, entries))]
    return QualityReport(
        from_at=from_at,
        to_at=to_at,
        operators=operators,
        alarms=len(starts),
        alarms_per_ten_minutes=len(starts) / ((to_at - from_at) / TEN_MINUTES),
        busiest_ten_minutes=most_within(starts, TEN_MINUTES.total_seconds()),
        rows=sorted(
            (
                _row(_site_name(entries[found[0].camera_id]), kind, found, _days(begun.get(place), period))
                for (place, kind), found in by_place.items()
            ),
            key=lambda row: (row.site, row.type),
        ),
        thresholds=[_threshold(kind, found) for kind, found in sorted(by_type.items())],
    )


def _site_name(entry: CatalogueEntry) -> str:
    return entry.site.name if entry.site else entry.camera.name


def _first_known(entries: Mapping[str, CatalogueEntry], since: Mapping[str, datetime]) -> dict[str, datetime]:
    """Time from which a camera of each place is known."""
    found: dict[str, datetime] = {}
    for camera, at in since.items():
        place = place_of(entries[camera])
        found[place] = min(at, found.get(place, at))
    return found


def _days(begun: datetime | None, period: tuple[datetime, datetime]) -> float:
    """Days of the period from the time on from which the site is known; at least one, so that one alarm is no flood."""
    from_at, to_at = period
    return max(1.0, (to_at - max(from_at, begun or from_at)) / DAY)


def _occurrences(rows: Iterable[JudgedRow], entries: Mapping[str, CatalogueEntry]) -> Iterable[Occurrence]:
    for row in rows:
        end_s = inf if row.end_at is None else row.end_at.timestamp()
        place = place_of(entries[row.camera_id])
        yield Occurrence(
            id=row.incident_id, kind=row.type, place=place, start_s=row.detected_at.timestamp(), end_s=end_s
        )


def _row(site: str, kind: str, found: Sequence[JudgedRow], days: float) -> QualityRow:
    quality = alarm_quality(row.judged for row in found)
    return QualityRow(
        site=site,
        type=IncidentType(kind),
        raised=quality.raised,
        confirmed=quality.confirmed,
        rejected=quality.rejected,
        precision=quality.precision,
        false_per_day=quality.rejected / days,
        delay_s=quality.delay_s,
        acknowledge_s=quality.acknowledge_s,
    )


def _threshold(kind: str, found: Sequence[JudgedRow]) -> TypeThreshold:
    judged = [row.judged for row in found]
    suggested = suggested_threshold(judged)
    return TypeThreshold(
        type=IncidentType(kind),
        verdicts=sum(incident.confirmed is not None for incident in judged),
        confidence=suggested.confidence if suggested else None,
        precision=suggested.precision if suggested else None,
        kept=suggested.kept if suggested else None,
    )
