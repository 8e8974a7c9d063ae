"""Gap of each camera in one minute: the part that was not observed, with its cause.

A gap follows from the records of its own minute alone, so that a record that arrives a day late changes the right
minutes, and no other.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from statistics import median

MINUTE_S = 60.0
"""Length of a minute in seconds."""
WHOLE_S = 59.9
"""Observed seconds from which a minute is complete; sums of periods are rounded. [assumption]"""
REPORT_HOLDS_S = 12.0
"""Seconds for which a report of a camera's state holds. Reports are at most 5 s apart. [assumption: one may be lost]"""
TOGETHER_S = 30.0
"""Longest time in seconds between the last frames of cameras that vanished together. [assumption: streams stall up to
10 s later than others, and a supply fails within seconds]"""
STALLED_BELOW = 0.8
"""Share of the minute's usual rate of frames below which frames are missing in a report's period. [assumption]"""


class GapCause(StrEnum):
    """Cause of a gap.

    site_power: all cameras of a site vanished together, so that its power or its only link failed. worker: no program
    analysed the camera, or what it measured was lost. maintenance: out of service by configuration.
    """

    CAMERA = "camera"
    LINK = "link"
    SITE_POWER = "site_power"
    WORKER = "worker"
    MAINTENANCE = "maintenance"
    VIEW = "view"
    OVERLOAD = "overload"
    UNKNOWN = "unknown"


_OF_STREAM = (GapCause.CAMERA, GapCause.LINK)
"""Causes that a failure of the whole site may have."""
NO_REPORT = "no_report"
"""Detail of a gap without any report of the camera."""
STALLED = "stalled"
"""Detail of a gap in which frames stopped, and no report states more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateReport:
    """State of a camera at `at_s` seconds from the start of the minute; below 0: before it.

    cause: None while nothing keeps it from being observed. analysed: whether its frames are analysed all the same.
    vanished: whether its stream is gone, as without power. detail: code of the state. received_fps: frames/s since the
    report before. last_frame_s: time of the newest frame, seconds from the start of the minute; None for no frame since
    the worker started.
    """

    at_s: float
    cause: GapCause | None = None
    analysed: bool = True
    vanished: bool = False
    detail: str = ""
    received_fps: float | None = None
    last_frame_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraMinute:
    """Records of a camera in one minute. reports: oldest first, with those of `REPORT_HOLDS_S` before the minute.

    lost: why counts of this minute were lost, where that was reported.
    """

    observed_s: float = 0.0
    reports: Sequence[StateReport] = ()
    lost: str | None = None
    maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Unobserved part of a minute. coverage: observed share, 0..1. detail: code of the state that explains it."""

    coverage: float
    cause: GapCause
    detail: str


def gaps_of_site(cameras: Mapping[str, CameraMinute]) -> dict[str, Gap]:
    """Return the gaps of one minute, by camera. cameras: all that are in service at one site, or one without a site.

    >>> gaps_of_site({"a": CameraMinute(observed_s=60), "b": CameraMinute(observed_s=45)})
    {'b': Gap(coverage=0.75, cause=<GapCause.WORKER: 'worker'>, detail='no_report')}
    """
    gaps = {camera: gap for camera, minute in cameras.items() if (gap := _gap(minute)) is not None}
    if _vanished_together(cameras, gaps):
        for camera, gap in gaps.items():
            if gap.cause in _OF_STREAM:
                gaps[camera] = replace(gap, cause=GapCause.SITE_POWER)
    return gaps


def _gap(minute: CameraMinute) -> Gap | None:
    if minute.observed_s >= WHOLE_S:
        return None
    coverage = round(max(0.0, minute.observed_s) / MINUTE_S, 4)
    if minute.maintenance:
        return Gap(coverage, GapCause.MAINTENANCE, GapCause.MAINTENANCE)
    if minute.lost is not None:
        return Gap(coverage, GapCause.WORKER, minute.lost)
    return Gap(coverage, *_explanation(minute.reports))


def _explanation(reports: Sequence[StateReport]) -> tuple[GapCause, str]:
    """Return the cause and its detail: what lasted longest of that without analysis, else of that with it."""
    lasted: dict[tuple[bool, GapCause, str], float] = defaultdict(float)
    for report, seconds in _durations(reports):
        if report.cause is not None and seconds > 0:
            lasted[report.analysed, report.cause, report.detail] += seconds
    for analysed in (False, True):
        of_kind = {key: seconds for key, seconds in lasted.items() if key[0] is analysed}
        if of_kind:
            causes: dict[GapCause, float] = defaultdict(float)
            for (_, cause, _detail), seconds in of_kind.items():
                causes[cause] += seconds
            longest = max(causes, key=causes.__getitem__)
            return longest, max((key for key in of_kind if key[1] is longest), key=of_kind.__getitem__)[2]
    return (GapCause.LINK, STALLED) if _stalled(reports) else (GapCause.UNKNOWN, "")


def _durations(reports: Sequence[StateReport]) -> list[tuple[StateReport, float]]:
    """Return the seconds within the minute for which each report holds, and those without a report."""
    silence = StateReport(at_s=0.0, cause=GapCause.WORKER, analysed=False, detail=NO_REPORT)
    ends = (StateReport(at_s=-REPORT_HOLDS_S), *reports, StateReport(at_s=MINUTE_S))
    found = []
    for report, following in pairwise(ends):
        held_until = min(report.at_s + REPORT_HOLDS_S, following.at_s)
        found.append((report, min(held_until, MINUTE_S) - max(report.at_s, 0.0)))
        found.append((silence, min(following.at_s, MINUTE_S) - max(held_until, 0.0)))
    return found


def _stalled(reports: Sequence[StateReport]) -> bool:
    rates = [report.received_fps for report in reports if report.received_fps is not None]
    return bool(rates) and min(rates) < STALLED_BELOW * median(rates)


def _vanished_together(cameras: Mapping[str, CameraMinute], gaps: Mapping[str, Gap]) -> bool:
    """Whether no camera of a site sends frames, and all sent their last at about the same time."""
    awaited = [camera for camera, minute in cameras.items() if not minute.maintenance]
    if len(awaited) < 2 or any(camera not in gaps or gaps[camera].cause not in _OF_STREAM for camera in awaited):
        return False
    gone = [next((report for report in cameras[camera].reports if report.vanished), None) for camera in awaited]
    last = {None if report is None else report.last_frame_s for report in gone}
    known = [seconds for seconds in last if seconds is not None]
    return None not in gone and (not known or (None not in last and max(known) - min(known) <= TOGETHER_S))
