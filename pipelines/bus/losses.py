"""Reports of events that are dropped: `gap` events, one for each camera, kind and run of time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pipelines.events.schema import (
    LONGEST_LOSS,
    Congestion,
    CountsReport,
    Event,
    GapReport,
    Health,
    IncidentReport,
    LossReason,
)

ADJACENT = timedelta(minutes=2)
"""Longest time between losses of one report. [levels are repeated once a minute]"""


def loss_reports(events: Iterable[Event], reason: LossReason) -> list[Event]:
    """Return the events that report the loss of others. Reports among these are joined with them."""
    gaps = [event.data if isinstance(event.data, GapReport) else _gap(event.data, reason) for event in events]
    joined: list[GapReport] = []
    for gap in sorted(gaps, key=lambda gap: (*_kind(gap), gap.start_at)):
        last = joined[-1] if joined else gap
        end = max(last.end_at, gap.end_at)
        follows = gap.start_at <= last.end_at + ADJACENT and end <= last.start_at + LONGEST_LOSS
        if joined and _kind(last) == _kind(gap) and follows:
            joined[-1] = last.model_copy(update={"end_at": end, "events": last.events + gap.events})
        else:
            joined.append(gap)
    return [Event.wrap(gap, datetime.now(UTC)) for gap in joined]


def _gap(data: CountsReport | Congestion | IncidentReport | Health, reason: LossReason) -> GapReport:
    match data:
        case CountsReport():
            start, end = data.start_at, data.end_at
        case IncidentReport():
            start, end = data.start_at, data.end_at or data.detected_at
        case _:
            start = end = data.at
    return GapReport(camera_id=data.camera_id, start_at=start, end_at=end, lost=data.kind, events=1, reason=reason)


def _kind(gap: GapReport) -> tuple[str, str, str]:
    return gap.camera_id, gap.lost, gap.reason
