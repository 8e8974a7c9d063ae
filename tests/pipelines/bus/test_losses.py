"""Reports of lost events state camera, kind, number and time of all of them."""

from datetime import datetime, timedelta

from pipelines.bus.losses import loss_reports
from pipelines.events.schema import Event, GapReport, LossReason
from tests.support.events import NOON, counts, one_of_each

HOUR = timedelta(hours=1)


def test_a_loss_is_reported_by_camera_kind_and_run_of_time() -> None:
    apart = [counts(camera_id="b", start=NOON + timedelta(seconds=t)) for t in (600, 0, 10, 20)]
    reports = reported([*one_of_each()[:5], *apart])
    assert {(gap.camera_id, gap.lost, gap.events) for gap in reports} == {
        ("simpang-kda-1", "counts", 1),
        ("simpang-kda-1", "congestion", 1),
        ("simpang-kda-2", "health", 1),
        ("simpang-kda-1", "incident", 2),
        ("b", "counts", 3),
        ("b", "counts", 1),
    }
    spans = [((gap.start_at - NOON).seconds, (gap.end_at - NOON).seconds) for gap in reports if gap.camera_id == "b"]
    assert spans == [(0, 30), (600, 610)]


def test_losses_that_follow_each_other_are_one_report_of_a_day_at_most() -> None:
    hourly = [loss(NOON + n * HOUR, LossReason.OUTBOX_FULL) for n in range(30)]
    other = loss(NOON, LossReason.DISK_FAILED)
    found = [((gap.start_at - NOON) / HOUR, gap.events, gap.reason) for gap in reported([*hourly, other])]
    assert found == [
        (0, 1, LossReason.DISK_FAILED),
        (0, 24, LossReason.OUTBOX_FULL),
        (24, 6, LossReason.OUTBOX_FULL),
    ]


def loss(start: datetime, reason: LossReason) -> Event:
    gap = GapReport(camera_id="a", start_at=start, end_at=start + HOUR, lost="counts", events=1, reason=reason)
    return Event.wrap(gap, NOON)


def reported(events: list[Event]) -> list[GapReport]:
    reports = loss_reports(events, LossReason.OUTBOX_FULL)
    return [report.data for report in reports if isinstance(report.data, GapReport)]
