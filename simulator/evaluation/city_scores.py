"""Scores of the database contents of one simulated camera against its ground truth.

Times are seconds from second 0 of the simulation. Only whole minutes of the clock are scored, after a warm-up that the
caller excludes.

- Crossings are matched one to one with true crossings of the same gate and direction (`analytics.scoring.matching`),
  which gives precision, recall and F1. Optional are occluded crossings, and those in the first `RECONNECT_S` after an
  outage.
- Levels are compared per zone and minute. `unknown`, or no row, is wrong. A minute is scored where `MIN_OBSERVED_S` of
  it were visible.
- Incidents must have the right type, camera, zone, position and time. Incidents that begin in the last
  `REPORT_DELAY_S`, or near an outage, need not be reported; a report while they last is no false alarm.
- An outage minute has at least `MIN_OUTAGE_S` without correct frames. It is marked where the database claims no more
  observed time than was visible, and no values where almost nothing was visible. Frozen and turned frames may be
  counted as observed for `TAMPERING_DETECTION_S`.
- A minute without an outage is a false gap where less than `MIN_OBSERVED_S` was observed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analytics.facts import IncidentType, Level, ZoneInterval
from analytics.ground_truth import GroundTruth, GroundTruthCrossing, GroundTruthIncident, GroundTruthInterval
from analytics.scoring.scores import (
    MAX_ONSET_DELAY_S,
    CrossingScore,
    IncidentScore,
    IntervalScore,
    score_crossings,
    score_incidents,
    score_intervals,
)
from simulator.evaluation.database_reader import StoredResults

RECONNECT_S = 20.0
"""Seconds until a camera that was offline for long is analysed again: at most `RestartPolicy.longest_s` until the next
attempt, then the time to announce its stream and to send a keyframe. [assumption]"""

TAMPERING_DETECTION_S, REPORT_DELAY_S = 12.0, 45.0
"""Seconds allowed to detect a frozen or turned camera, and to report an incident [assumption]."""

MIN_OUTAGE_S, MIN_OBSERVED_S = 12.0, 45.0
"""Seconds without correct frames that make a minute an outage, and visible seconds that make it scored [assumption]."""

OUTAGE_MARGIN_S = 1.0
"""A crossing within this time before an outage is optional, seconds [assumption]."""

CLOCK_TOLERANCE_S = 2.0
"""Largest error of a stream's clock, seconds: the delay of its first frame [assumption]."""

MINUTE_S = 60.0
"""Length of an interval, seconds."""

MIN_COVERAGE = 0.1
"""Visible share of a minute below which the database must have no values, 0..1 [source: the rule of Simpang]."""

Span = tuple[float, float]
"""Start and end, seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCheck:
    """True and stored level of one zone over one minute. found: UNKNOWN where the database has no row."""

    zone: str
    start_s: float
    found: Level
    true: Level
    found_kmh: float | None
    true_kmh: float | None
    vehicles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraScore:
    """Scores of one camera. outages, unmarked, false_gaps: start of each such minute, seconds."""

    site: str
    crossings: CrossingScore
    incidents: IncidentScore
    intervals: IntervalScore
    levels: tuple[LevelCheck, ...]
    outages: tuple[float, ...]
    unmarked: tuple[float, ...]
    false_gaps: tuple[float, ...]
    analysed_fps: float | None


def score_camera(site: str, stored: StoredResults, truth: GroundTruth, from_s: float, until_s: float) -> CameraScore:
    """Scores from `from_s` to `until_s`, which are whole minutes of the clock."""
    scored = _scored_truth(truth, from_s, until_s)
    alerts = [alert for alert in stored.incidents if from_s <= alert.detected_s < until_s]
    minutes = [from_s + MINUTE_S * k for k in range(round((until_s - from_s) / MINUTE_S))]
    outages = [m for m in minutes if _overlap(truth.unseen, m, m + MINUTE_S) >= MIN_OUTAGE_S]
    return CameraScore(
        site=site,
        crossings=score_crossings(stored.crossings, scored),
        incidents=score_incidents(alerts, scored),
        intervals=score_intervals(stored.intervals, scored),
        levels=tuple(_level_check(interval, stored.intervals) for interval in scored.intervals),
        outages=tuple(outages),
        unmarked=tuple(m for m in outages if not _is_marked(m, stored, truth.unseen)),
        false_gaps=tuple(m for m in minutes if _is_false_gap(m, stored, truth.unseen)),
        analysed_fps=stored.analysed_fps,
    )


def _scored_truth(truth: GroundTruth, from_s: float, until_s: float) -> GroundTruth:
    """Ground truth of these minutes, with what need not be detected marked as optional or ignored."""
    expected = [i for i in truth.incidents if _is_expected(i, truth.unseen, from_s, until_s)]
    others = [i for i in truth.incidents if i not in expected]
    blind = [(start, end + RECONNECT_S) for start, end in truth.unseen]
    return replace(
        truth,
        crossings=tuple(replace(c, optional=c.optional or _is_near_outage(c, truth.unseen)) for c in truth.crossings),
        incidents=tuple(expected),
        ignored_incidents=(*truth.ignored_incidents, *others),
        intervals=tuple(i for i in truth.intervals if _is_scored(i, blind, from_s, until_s)),
        from_s=from_s,
        until_s=until_s,
    )


def _is_expected(incident: GroundTruthIncident, unseen: Sequence[Span], from_s: float, until_s: float) -> bool:
    late = REPORT_DELAY_S
    if incident.type is IncidentType.CONGESTION and incident.onset_s is not None:
        late = MAX_ONSET_DELAY_S + incident.onset_s[1] - incident.start_s
    start = incident.start_s
    return from_s <= start <= until_s - late and _overlap(unseen, start - REPORT_DELAY_S, start + REPORT_DELAY_S) == 0


def _is_near_outage(crossing: GroundTruthCrossing, unseen: Sequence[Span]) -> bool:
    return any(start - OUTAGE_MARGIN_S < crossing.t < end + RECONNECT_S for start, end in unseen)


def _is_scored(interval: GroundTruthInterval, blind: Sequence[Span], from_s: float, until_s: float) -> bool:
    start, end = interval.start_s, interval.start_s + MINUTE_S
    inside = from_s - 1 <= start and end <= until_s + 1
    return inside and _overlap(blind, start, end) <= MINUTE_S - MIN_OBSERVED_S


def _level_check(true: GroundTruthInterval, found: Sequence[ZoneInterval]) -> LevelCheck:
    row = next((i for i in found if i.zone == true.zone and abs(i.start_s - true.start_s) < 1), None)
    return LevelCheck(
        zone=true.zone,
        start_s=true.start_s,
        found=Level.UNKNOWN if row is None else row.level,
        true=Level.UNKNOWN if true.level is None else true.level,
        found_kmh=None if row is None else row.speed_kmh,
        true_kmh=true.speed_kmh,
        vehicles=true.vehicles,
    )


def _is_marked(minute_s: float, stored: StoredResults, unseen: Sequence[Span]) -> bool:
    end_s = minute_s + MINUTE_S
    begins = any(minute_s - TAMPERING_DETECTION_S < start < end_s for start, _ in unseen)
    allowed_s = (
        MINUTE_S - _overlap(unseen, minute_s, end_s) + (TAMPERING_DETECTION_S if begins else 0.0) + CLOCK_TOLERANCE_S
    )
    rows = [i for i in stored.intervals if abs(i.start_s - minute_s) < 1]
    claimed_s = max([_observed_s(minute_s, stored), *(MINUTE_S * row.coverage for row in rows)])
    nothing = allowed_s < MIN_COVERAGE * MINUTE_S
    crossed = any(minute_s + TAMPERING_DETECTION_S < c.t < end_s for c in stored.crossings)
    return claimed_s <= allowed_s and not (nothing and (crossed or any(map(_has_figures, rows))))


def _has_figures(row: ZoneInterval) -> bool:
    figures = (row.flow_veh_h, row.speed_kmh, row.density_veh_km_lane, row.occupancy, row.queue_m, row.queue_veh)
    return row.level is not Level.UNKNOWN or any(figure is not None for figure in figures)


def _is_false_gap(minute_s: float, stored: StoredResults, unseen: Sequence[Span]) -> bool:
    blind = [(start, end + RECONNECT_S) for start, end in unseen]
    seen_s = MINUTE_S - _overlap(blind, minute_s, minute_s + MINUTE_S)
    return seen_s >= MINUTE_S - 1 and _observed_s(minute_s, stored) < MIN_OBSERVED_S


def _observed_s(minute_s: float, stored: StoredResults) -> float:
    """Seconds that the database claims to have observed; no span in it extends over two minutes."""
    return sum(o.observed_s for o in stored.observed if minute_s - 0.5 <= o.start_s < minute_s + MINUTE_S - 0.5)


def _overlap(spans: Sequence[Span], start_s: float, end_s: float) -> float:
    """Seconds of [start_s, end_s) inside the spans, which may overlap each other."""
    covered, reached = 0.0, start_s
    for start, end in sorted(spans):
        if min(end, end_s) > max(start, reached):
            covered += min(end, end_s) - max(start, reached)
            reached = min(end, end_s)
    return covered
