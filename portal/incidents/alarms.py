"""Alarms: incidents to be handled and outages of cameras, grouped by what has one cause."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import inf

from analytics.facts import IncidentType
from analytics.incidents.grouping import Alarm, Grouping, Occurrence, join_floods, join_outages, join_repeated
from analytics.uptime.minute_gap import GapCause
from portal.cameras.catalogue import CatalogueEntry
from portal.incidents.outages import Outage
from portal.incidents.queries import IncidentRow
from portal.incidents.schemas import AlarmMember, GroupedAlarm


def incident_alarms(rows: Iterable[IncidentRow], entries: Mapping[str, CatalogueEntry]) -> list[GroupedAlarm]:
    """Alarms of incidents, oldest first. Repetitions at one site and floods are one."""
    by_id = {row.incident_id: row for row in rows}
    alarms = join_floods(join_repeated(_occurrence(row, entries[row.camera_id]) for row in by_id.values()))
    return [_incident_alarm(alarm, [by_id[member.id] for member in alarm.members], entries) for alarm in alarms]


def outage_alarms(outages: Iterable[Outage], entries: Mapping[str, CatalogueEntry]) -> list[GroupedAlarm]:
    """Alarms of cameras without pictures, oldest first. Those that began together are one, those of days another."""
    by_camera = {outage.camera_id: outage for outage in outages}
    lasting = [outage for outage in by_camera.values() if outage.lasting]
    alarms = join_outages(
        Occurrence(
            id=outage.camera_id,
            kind=outage.cause,
            place=outage.camera_id,
            start_s=outage.start_at.timestamp(),
        )
        for outage in by_camera.values()
        if not outage.lasting
    )
    begun = [(alarm.grouping, [by_camera[member.id] for member in alarm.members]) for alarm in alarms]
    groups = [(Grouping.LASTING, lasting), *begun] if lasting else begun
    return [_outage_alarm(grouping, members, entries) for grouping, members in groups]


def place_of(entry: CatalogueEntry) -> str:
    """Key of the site of a camera, or of the camera that has none. Names of sites may occur twice."""
    return f"site {entry.site.id}" if entry.site else f"camera {entry.id}"


def _occurrence(row: IncidentRow, entry: CatalogueEntry) -> Occurrence:
    return Occurrence(
        id=row.incident_id,
        kind=row.type,
        place=place_of(entry),
        start_s=row.detected_at.timestamp(),
        end_s=inf if row.end_at is None else row.end_at.timestamp(),
    )


def _incident_alarm(alarm: Alarm, rows: Sequence[IncidentRow], entries: Mapping[str, CatalogueEntry]) -> GroupedAlarm:
    return GroupedAlarm(
        grouping=alarm.grouping,
        started_at=datetime.fromtimestamp(alarm.start_s, UTC),
        type=IncidentType(_commonest(row.type for row in rows)),
        cause=None,
        sites=_sites(rows, entries),
        members=[
            AlarmMember(
                camera_id=row.camera_id,
                camera_name=entries[row.camera_id].camera.name,
                incident_id=row.incident_id,
                started_at=row.detected_at,
            )
            for row in rows
        ],
    )


def _outage_alarm(grouping: Grouping, outages: Sequence[Outage], entries: Mapping[str, CatalogueEntry]) -> GroupedAlarm:
    return GroupedAlarm(
        grouping=grouping,
        started_at=min(outage.start_at for outage in outages),
        type=None,
        cause=GapCause(_commonest(outage.cause for outage in outages)),
        sites=_sites(outages, entries),
        members=[
            AlarmMember(
                camera_id=outage.camera_id,
                camera_name=entries[outage.camera_id].camera.name,
                incident_id=None,
                started_at=outage.start_at,
            )
            for outage in outages
        ],
    )


def _commonest(kinds: Iterable[str]) -> str:
    """The kind that occurs most; of several, the first."""
    return Counter(kinds).most_common(1)[0][0]


def _sites(members: Sequence[IncidentRow] | Sequence[Outage], entries: Mapping[str, CatalogueEntry]) -> list[str]:
    """Names of the sites, each once; of a camera without a site its own name."""
    names = (entries[member.camera_id] for member in members)
    return list(dict.fromkeys(entry.site.name if entry.site else entry.camera.name for entry in names))
