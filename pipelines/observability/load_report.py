"""Load of the machine over all cameras: one log line a minute, a warning while it is overloaded."""

import structlog

from pipelines.events.condition_text import OVERLOAD_REMEDY
from pipelines.events.schema import Health
from pipelines.worker.camera_health import OVERLOADED_BELOW

REDUCED_REMEDY = "pictures of some cameras are made smaller, and small vehicles may be missed: " + OVERLOAD_REMEDY
"""Remedy where pictures are smaller, but frames are analysed in time."""

REPORT_EVERY_S = 60.0
"""Period (s) of one log line. [assumption]"""

log = structlog.get_logger()


class LoadReporter:
    """Collects the health reports of all cameras, and logs a line each minute. Not thread-safe."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._reports: list[Health] = []

    def add(self, report: Health) -> None:
        """Add a report; log the minute that it ends."""
        at = report.at.timestamp()
        if self._since is None:
            self._since = at
        elif not 0 <= at - self._since < REPORT_EVERY_S:
            self._log()
            self._since, self._reports = at, []
        self._reports.append(report)

    def _log(self) -> None:
        """Log the sums over all cameras of each camera's means over the minute."""
        per_camera: dict[str, list[Health]] = {}
        for report in self._reports:
            per_camera.setdefault(report.camera_id, []).append(report)
        drops = [report.drops for report in self._reports if report.drops is not None]
        reached = [report.reached for report in self._reports if report.reached is not None]
        ages = [report.age_p95_s for report in self._reports if report.age_p95_s is not None]
        waits = [report.frame_to_event_p95_ms for report in self._reports if report.frame_to_event_p95_ms is not None]
        reduced = {r.camera_id for r in self._reports if r.picture_scale is not None and r.picture_scale < 1}
        share = sum(reached) / len(reached) if reached else 1.0
        figures = {
            "cameras": len(per_camera),
            "analysed_fps": _sum_of_means(per_camera, "analysed_fps"),
            "held_fps": _sum_of_means(per_camera, "held_fps"),
            "wanted_fps": _sum_of_means(per_camera, "wanted_fps"),
            "reached": round(share, 3),
            "missed": round(1 - share, 3),
            "cameras_with_smaller_pictures": len(reduced),
            "worst_age_p95_s": max(ages, default=None),
            "worst_frame_to_event_p95_ms": max(waits, default=None),
            "superseded": sum(drop.superseded for drop in drops),
            "no_capacity": sum(drop.no_capacity for drop in drops),
            "withheld": sum(drop.withheld for drop in drops),
            "failed": sum(drop.failed for drop in drops),
        }
        if share < OVERLOADED_BELOW:
            log.warning("this machine is overloaded", do=OVERLOAD_REMEDY, **figures)
        elif reduced:
            log.warning("this machine makes pictures smaller", do=REDUCED_REMEDY, **figures)
        else:
            log.info("load", **figures)


def _sum_of_means(per_camera: dict[str, list[Health]], field: str) -> float:
    means = []
    for reports in per_camera.values():
        values = [value for report in reports if (value := getattr(report, field)) is not None]
        means.append(sum(values) / len(values) if values else 0.0)
    return round(sum(means), 1)
