"""Room in a full outbox: the least important of the oldest events are dropped, with a report of their loss.

A segment is replaced as a whole, at once, by what stays of it and the reports of what it loses. So after a crash at any
byte each event is there, or reported as lost. Where the disk has no space for that, nothing changes.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from math import inf

import structlog
from pydantic import ValidationError

from pipelines.bus.dead_letter import DeadLetters
from pipelines.bus.lanes import Lanes
from pipelines.bus.losses import loss_reports
from pipelines.bus.record_format import ATTEMPTED, WAITING, DamagedRecordError
from pipelines.bus.spool import DROPPED, Entry, Segment, Spool
from pipelines.events.schema import Event, LossReason

log = structlog.get_logger()

_STEPS = (("health",), ("health", "congestion"), ("health", "congestion", "counts", "incident"))
"""Kinds that are dropped, one step after the other, each from the oldest segment on. Reports of losses stay: a day
without the bus has some hundred, however many events are lost."""

Record = tuple[Entry, bytes]
"""An event in the outbox, and its JSON."""


class Room:
    """Makes the segments of an outbox smaller."""

    def __init__(self, spool: Spool, lanes: Lanes, dead_letters: DeadLetters) -> None:
        self._spool = spool
        self._lanes = lanes
        self._dead_letters = dead_letters

    def make(self, wanted_bytes: int, in_flight: Iterable[Entry]) -> None:
        """Make the segments as small as wanted. Raises OSError where the disk has no space for smaller ones.

        in_flight: events that are passed to the bus at present, which stay.
        """
        self._spool.delete_acknowledged(inf)
        spared = frozenset(map(id, in_flight))
        lost: Counter[str] = Counter()
        try:
            self._join_reports(spared)
            for kinds in _STEPS:
                for segment in list(self._spool.segments):
                    if self._spool.size <= wanted_bytes:
                        return
                    lost += self._drop(segment, kinds, spared)
        finally:
            self._lanes.remove_dropped()
            if lost:
                log.error("outbox is full: oldest events lost", **lost)

    def set_damage_aside(self, segment: Segment) -> None:
        """Leave out of a segment what is damaged. Raises OSError, and nothing is changed."""
        self._replace([segment], self._records(segment))

    def _join_reports(self, spared: frozenset[int]) -> None:
        """Move the reports of losses into one segment, so that a long outage leaves few files.

        After a crash between its steps a report is there twice. The store ignores the second, or it states the same.
        """
        segments = [s for s in self._spool.segments[:-1] if all(entry.kind == "gap" for entry in s.entries)]
        if len(segments) > 1:
            records = [record for segment in segments for record in self._records(segment)]
            joined = [entry for entry, _ in records if entry.state == WAITING and id(entry) not in spared]
            self._replace(segments, records, joined)

    def _drop(self, segment: Segment, kinds: Sequence[str], spared: frozenset[int]) -> Counter[str]:
        """Replace events of some kinds by reports of their loss; return their number by kind."""
        dropped = [entry for entry in segment.entries if entry.kind in kinds and id(entry) not in spared]
        if not dropped:
            return Counter()
        records = self._records(segment)
        lost = Counter(entry.kind for entry in dropped if entry.state in (WAITING, ATTEMPTED))
        self._replace([segment], records, dropped)
        return lost

    def _records(self, segment: Segment) -> list[Record]:
        """Return the events of a segment. Damaged ones are set aside."""
        records = []
        for entry in segment.entries:
            if entry.state == DROPPED:
                continue
            try:
                records.append((entry, segment.read(entry)))
            except DamagedRecordError as damage:
                entry.state = DROPPED
                self._dead_letters.add(b"", source="outbox file", error=damage)
        return records

    def _replace(self, segments: Sequence[Segment], records: Sequence[Record], dropped: Iterable[Entry] = ()) -> None:
        """Let the first of the segments contain these records, with reports of the dropped; delete the others.

        Raises OSError, and nothing is changed.
        """
        gone = set(map(id, dropped))
        lost = [record for record in records if id(record[0]) in gone and not record[0].acknowledged]
        reports = [(report, report.body or b"") for report in losses(lost, LossReason.OUTBOX_FULL)]
        stay = [*(record for record in records if id(record[0]) not in gone), *reports]
        if stay:
            segments[0].replace(stay)
        for segment in segments[1:] if stay else segments:
            self._spool.delete(segment)
        for entry, _ in records:
            if id(entry) in gone:
                entry.state = DROPPED
        for report, _ in reports:
            self._lanes.add(report)


def entry_of(event: Event) -> Entry:
    """Return the entry of a new event, with its body in memory."""
    body = event.to_json()
    return Entry(event.data.kind, body, len(body), WAITING)


def losses(records: Iterable[Record], reason: LossReason) -> list[Entry]:
    """Return the entries that report the loss of records. Reports among these are joined with them."""
    events = []
    for _, body in records:
        with suppress(ValidationError):
            events.append(Event.from_json(body))
    return [entry_of(report) for report in loss_reports(events, reason)]
