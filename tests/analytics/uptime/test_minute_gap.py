"""Cause of the gap of a camera's minute, by its records."""

from dataclasses import replace

import pytest

from analytics.uptime.minute_gap import CameraMinute, Gap, GapCause, StateReport, gaps_of_site

OK = [StateReport(at_s=float(t), received_fps=25.0) for t in range(-5, 60, 5)]
"""Reports of a minute without trouble."""


def offline(at_s: float, last_frame_s: float | None, cause: GapCause = GapCause.LINK) -> StateReport:
    return StateReport(
        at_s=at_s, cause=cause, analysed=False, vanished=True, detail="unreachable", last_frame_s=last_frame_s
    )


def only(minute: CameraMinute) -> Gap | None:
    return gaps_of_site({"a": minute}).get("a")


def test_a_complete_minute_has_no_gap_whatever_its_reports_state() -> None:
    assert only(CameraMinute(observed_s=60.0)) is None
    assert only(CameraMinute(observed_s=59.95, reports=[offline(3, 0)])) is None


@pytest.mark.parametrize(
    ("minute", "cause", "detail"),
    [
        # No record at all, and a worker that was killed: silence.
        (CameraMinute(), GapCause.WORKER, "no_report"),
        (CameraMinute(observed_s=10, reports=OK[:4]), GapCause.WORKER, "no_report"),
        # Killed, and started again before the last report of the first run ended: it reports that it connects.
        (
            CameraMinute(
                observed_s=50,
                reports=[
                    *OK[:5],
                    StateReport(at_s=21, cause=GapCause.WORKER, analysed=False, detail="connecting"),
                    *OK[6:],
                ],
            ),
            GapCause.WORKER,
            "connecting",
        ),
        # The longest state without analysis explains the gap, not the overload beside it.
        (
            CameraMinute(
                observed_s=50,
                reports=[
                    *(replace(ok, cause=GapCause.OVERLOAD, detail="behind") for ok in OK[:10]),
                    StateReport(at_s=45, cause=GapCause.VIEW, analysed=False, detail="covered"),
                    *OK[11:],
                ],
            ),
            GapCause.VIEW,
            "covered",
        ),
        (
            CameraMinute(observed_s=30, reports=[replace(ok, cause=GapCause.OVERLOAD, detail="behind") for ok in OK]),
            GapCause.OVERLOAD,
            "behind",
        ),
        (
            CameraMinute(reports=[offline(t, -600) for t in range(-5, 60, 5)]),
            GapCause.LINK,
            "unreachable",
        ),
        # Frames stopped for some seconds, and no state changed.
        (
            CameraMinute(observed_s=56, reports=[*OK[:5], replace(OK[5], received_fps=5.0), *OK[6:]]),
            GapCause.LINK,
            "stalled",
        ),
        (CameraMinute(observed_s=50, reports=OK), GapCause.UNKNOWN, ""),
        (CameraMinute(observed_s=50, reports=OK, lost="outbox_full"), GapCause.WORKER, "outbox_full"),
        (CameraMinute(maintenance=True), GapCause.MAINTENANCE, "maintenance"),
    ],
)
def test_a_gap_has_the_cause_that_its_records_state(minute: CameraMinute, cause: GapCause, detail: str) -> None:
    gap = only(minute)
    assert gap == Gap(round(minute.observed_s / 60, 4), cause, detail)


def causes(**cameras: CameraMinute) -> dict[str, GapCause]:
    return {camera: gap.cause for camera, gap in gaps_of_site(cameras).items()}


def gone(last_frame_s: float | None, cause: GapCause = GapCause.LINK) -> CameraMinute:
    return CameraMinute(reports=[offline(t, last_frame_s, cause) for t in range(-5, 60, 5)])


def test_cameras_of_a_site_that_vanish_together_are_one_outage_of_the_site() -> None:
    power = GapCause.SITE_POWER
    assert causes(a=gone(-3600), b=gone(-3590, GapCause.CAMERA)) == {"a": power, "b": power}
    assert causes(a=gone(None), b=gone(None)) == {"a": power, "b": power}  # the worker restarted meanwhile
    assert causes(a=gone(-9), b=gone(-9), c=CameraMinute(maintenance=True))["a"] is power


def test_cameras_that_vanish_one_by_one_are_not_an_outage_of_the_site() -> None:
    link = GapCause.LINK
    assert causes(a=gone(-3600), b=gone(-3500)) == {"a": link, "b": link}
    assert causes(a=gone(-9), b=CameraMinute(observed_s=60)) == {"a": link}
    assert causes(a=gone(-9), b=CameraMinute()) == {"a": link, "b": GapCause.WORKER}
    assert causes(a=gone(None), b=gone(-9)) == {"a": link, "b": link}
    assert causes(a=gone(-9)) == {"a": link}
    frozen = CameraMinute(reports=[StateReport(at_s=t, cause=GapCause.CAMERA, analysed=False) for t in range(0, 60, 5)])
    assert causes(a=frozen, b=frozen) == {"a": GapCause.CAMERA, "b": GapCause.CAMERA}
