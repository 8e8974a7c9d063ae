"""How right the database is about the simulated city, over what its cameras could see.

Times are seconds since second 0 of the simulation. Only whole minutes of the clock are judged, after a warm-up that
the caller leaves out. In them:

- Crossings stand one by one in the database: each is matched with a true one of the same gate and direction
  (`analytics.scoring.matching`), which gives precision, recall and F1. Not asked for is who crosses hidden behind
  others, and what happens in the first `RETURN_S` after an outage, in which a camera is found again.
- Levels are those of the zones' minutes; `unknown` or no row is a wrong one. Asked for are minutes of which
  `ENOUGH_S` could be seen.
- Incidents need the right type, camera, zone, place in the picture and time. Not asked for are those that begin in the
  last `TELL_S`, or beside an outage; to tell one is never wrong while it lasts.
- A minute of which the camera showed nothing (or something else) for `OUTAGE_S` is marked as a gap where the database
  claims to have observed no more than could be seen, and has no figures where that is next to nothing. A frozen or
  turned picture is told from a live one in `NOTICE_S`. In the other minutes, less than `ENOUGH_S` observed is a false
  gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analytics.facts import IncidentType, Level, ZoneInterval
from analytics.flow.zone_intervals import INTERVAL_S, MIN_COVERAGE
from analytics.ground_truth import GroundTruth, GroundTruthCrossing, GroundTruthIncident, GroundTruthInterval
from analytics.scoring.scores import (
    ONSET_S,
    CrossingScore,
    IncidentScore,
    IntervalScore,
    score_crossings,
    score_incidents,
    score_intervals,
)
from simulator.evaluation.database_reader import StoredResults

RECONNECT_S = 20.0
"""Seconds until a camera that was offline for long is analysed again: at most `RestartPolicy.unreachable_s` until the
next attempt, then the time to announce its stream and to send a keyframe. [assumption]"""

TAMPERING_DETECTION_S, REPORT_DELAY_S = 12.0, 45.0
MIN_OUTAGE_S, MIN_OBSERVED_S = 12.0, 45.0
OUTAGE_MARGIN_S = 1.0
"""A crossing so shortly before an outage cannot be told from one that did not happen."""

CLOCK_TOLERANCE_S = 2.0
"""The clock of a stream may be off by the delay of its first frame."""

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCheck:
    """One zone over one minute. found: unknown where the database has nothing."""

    zone: str
    start_s: float
    found: Level
    true: Level
    found_kmh: float | None
    true_kmh: float | None
    vehicles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraScore:
    """outages, unmarked, false_gaps: where those minutes begin."""

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
    """from_s, until_s: whole minutes of the clock."""
    asked = _asked(truth, from_s, until_s)
    alerts = [alert for alert in stored.incidents if from_s <= alert.detected_s < until_s]
    minutes = [from_s + INTERVAL_S * k for k in range(round((until_s - from_s) / INTERVAL_S))]
    outages = [m for m in minutes if _overlap(truth.unseen, m, m + INTERVAL_S) >= MIN_OUTAGE_S]
    return CameraScore(
        site=site,
        crossings=score_crossings(stored.crossings, asked),
        incidents=score_incidents(alerts, asked),
        intervals=score_intervals(stored.intervals, asked),
        levels=tuple(_level_check(interval, stored.intervals) for interval in asked.intervals),
        outages=tuple(outages),
        unmarked=tuple(m for m in outages if not _is_marked(m, stored, truth.unseen)),
        false_gaps=tuple(m for m in minutes if _is_false_gap(m, stored, truth.unseen)),
        analysed_fps=stored.analysed_fps,
    )


def _asked(truth: GroundTruth, from_s: float, until_s: float) -> GroundTruth:
    """What may be asked of it in these minutes."""
    wanted = [i for i in truth.incidents if _is_asked(i, truth.unseen, from_s, until_s)]
    others = [i for i in truth.incidents if i not in wanted]
    blind = [(start, end + RECONNECT_S) for start, end in truth.unseen]
    return replace(
        truth,
        crossings=tuple(replace(c, optional=c.optional or _is_beside(c, truth.unseen)) for c in truth.crossings),
        incidents=tuple(wanted),
        ignored_incidents=(*truth.ignored_incidents, *others),
        intervals=tuple(i for i in truth.intervals if _is_whole(i, blind, from_s, until_s)),
        from_s=from_s,
        until_s=until_s,
    )


def _is_asked(incident: GroundTruthIncident, unseen: Sequence[Span], from_s: float, until_s: float) -> bool:
    late = REPORT_DELAY_S
    if incident.type is IncidentType.CONGESTION and incident.onset_s is not None:
        late = ONSET_S + incident.onset_s[1] - incident.start_s
    start = incident.start_s
    return from_s <= start <= until_s - late and _overlap(unseen, start - REPORT_DELAY_S, start + REPORT_DELAY_S) == 0


def _is_beside(crossing: GroundTruthCrossing, unseen: Sequence[Span]) -> bool:
    return any(start - OUTAGE_MARGIN_S < crossing.t < end + RECONNECT_S for start, end in unseen)


def _is_whole(interval: GroundTruthInterval, blind: Sequence[Span], from_s: float, until_s: float) -> bool:
    start, end = interval.start_s, interval.start_s + INTERVAL_S
    inside = from_s - 1 <= start and end <= until_s + 1
    return inside and _overlap(blind, start, end) <= INTERVAL_S - MIN_OBSERVED_S


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
    end_s = minute_s + INTERVAL_S
    begins = any(minute_s - TAMPERING_DETECTION_S < start < end_s for start, _ in unseen)
    allowed_s = (
        INTERVAL_S - _overlap(unseen, minute_s, end_s) + (TAMPERING_DETECTION_S if begins else 0.0) + CLOCK_TOLERANCE_S
    )
    rows = [i for i in stored.intervals if abs(i.start_s - minute_s) < 1]
    claimed_s = max([_observed_s(minute_s, stored), *(INTERVAL_S * row.coverage for row in rows)])
    nothing = allowed_s < MIN_COVERAGE * INTERVAL_S
    crossed = any(minute_s + TAMPERING_DETECTION_S < c.t < end_s for c in stored.crossings)
    return claimed_s <= allowed_s and not (nothing and (crossed or any(map(_has_figures, rows))))


def _has_figures(row: ZoneInterval) -> bool:
    figures = (row.flow_veh_h, row.speed_kmh, row.density_veh_km_lane, row.occupancy, row.queue_m, row.queue_veh)
    return row.level is not Level.UNKNOWN or any(figure is not None for figure in figures)


def _is_false_gap(minute_s: float, stored: StoredResults, unseen: Sequence[Span]) -> bool:
    blind = [(start, end + RECONNECT_S) for start, end in unseen]
    seen_s = INTERVAL_S - _overlap(blind, minute_s, minute_s + INTERVAL_S)
    return seen_s >= INTERVAL_S - 1 and _observed_s(minute_s, stored) < MIN_OBSERVED_S


def _observed_s(minute_s: float, stored: StoredResults) -> float:
    """No span of the database lies in two minutes."""
    return sum(o.observed_s for o in stored.observed if minute_s - 0.5 <= o.start_s < minute_s + INTERVAL_S - 0.5)


def _overlap(spans: Sequence[Span], start_s: float, end_s: float) -> float:
    """Seconds of [start_s, end_s) that lie in spans, which may touch and overlap each other."""
    covered, reached = 0.0, start_s
    for start, end in sorted(spans):
        if min(end, end_s) > max(start, reached):
            covered += min(end, end_s) - max(start, reached)
            reached = min(end, end_s)
    return covered
