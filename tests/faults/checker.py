"""Comparison of the database with what truly crossed.

Measures, with `SEEN_S` around a crossing in which its camera must have sent whole pictures for it to count as seen:

- marked: a crossing that is not in the database, at a time that no period covers as observed (`observed`), in a minute
  of which a row of `gaps` states that it was not completely observed.
- lost: a crossing was seen, is not in the database, and is not marked.
- unmarked gap: pictures were missing or a program was down, and a crossing is not in the database and not marked, or
  more time counts as observed than the camera sent pictures, or a minute has unobserved time and no row of `gaps`.
- doubled: a row of a crossing that has another row already. invented: a row without any crossing.
- mistimed: a stored crossing that is more than `MAX_ERROR_S` off.
- blink: a crossing that is missing without a mark because of a fault that is shorter than what counts as observed by
  contract: `GAP_S` without a frame, and `FREEZE_S` of one picture, which live streams with little motion show, too.
- overloaded: a crossing that is missing at a time in which the health of its camera states that frames due were not
  analysed: the machine is too slow for the suite, and its measures mean little.
- neighbour's analysed frames lost: unobserved time of cameras without a fault of their own, in frames.
- recovery of a camera: seconds from the end of its fault to the first report of health that states it healthy, with no
  other report after it before the next fault. 0 where it was healthy all the time. Unknown, and left out, where no
  report states it healthy before its next fault.
- stuck: a camera that was not healthy again `STUCK_S` after its fault.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil

from analytics.uptime.minute_gap import MINUTE_S, WHOLE_S
from tests.faults.history_run import Incidence, Record
from tests.faults.kinds import Effect, Kind
from tests.faults.road import TrueCrossing
from tests.faults.rows import Period, Rows, StoredCrossing, StoredHealth

SEEN_S = 3.5
"""Time (s) before and after a crossing in which the camera must send pictures. [assumption: a vehicle drives 3.5 s]"""
MATCH_S = 3.9
"""Largest difference (s) between a crossing and its row. [test data: 8 s from one to the next]"""
MAX_ERROR_S = 1.0
"""Largest error (s) of a stored time. [assumption]"""
GAP_S = 2.0
"""Time (s) between two frames that counts as observed. [`analytics.camera_analyzer.MAX_FRAME_GAP_S`]"""
FREEZE_S = 5.0
"""Time (s) of a repeated picture that counts as observed. [`models.tampering.config`]"""
EDGE_S = 2.0
"""Time (s) around a gap in which a track may be too short to count. [assumption]"""
SLACK_S = 0.6
"""Time (s) by which a period may be shorter without being a gap. [assumption: a few frames]"""
KEYFRAME_S = 1.0
"""Time (s) between keyframes; a camera freezes at one. [`tests.faults.road`]"""
ENOUGH = 0.9
"""Share of the due frames below which a camera is overloaded. [`pipelines.worker.camera_health`]"""
NEAR_S = 8.0
"""Time (s) around a crossing in which a report of overload concerns it. [assumption: reports every 5 s]"""
STUCK_S = 60.0
"""Longest time (s) to recover. [assumption]"""
SETTLED_S = 30.0
"""Time (s) after a fault in which a camera is no undisturbed neighbour. [assumption]"""
FPS = 5.5
"""Analysed frames a second. [`pipelines.config.settings`]"""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong. at: Unix seconds."""

    at: float
    camera: str
    what: str


@dataclass(slots=True)
class Findings:
    """Result of a comparison. recovery_s: by kind of fault, seconds."""

    crossings: int = 0
    stored: int = 0
    marked: int = 0
    blinks: int = 0
    overloaded: int = 0
    lost: list[Finding] = field(default_factory=list)
    doubled: list[Finding] = field(default_factory=list)
    invented: list[Finding] = field(default_factory=list)
    mistimed: list[Finding] = field(default_factory=list)
    unmarked_gaps: list[Finding] = field(default_factory=list)
    stuck: list[Finding] = field(default_factory=list)
    neighbour_frames_lost: float = 0.0
    recovery_s: dict[Kind, list[float]] = field(default_factory=dict)

    @property
    def failures(self) -> list[Finding]:
        """What must not be."""
        return sorted([*self.lost, *self.doubled, *self.unmarked_gaps, *self.stuck])


class Checker:
    """Compares the rows with a record. truth: all crossings from `record.since` to `record.until`."""

    def __init__(self, record: Record, truth: Sequence[TrueCrossing], rows: Rows) -> None:
        self._record, self._truth, self._rows = record, truth, rows
        self._observed = _by_camera(rows.observed)
        self._gaps = {(gap.camera, gap.start) for gap in rows.gaps}
        self._health = _by_camera(rows.health)
        self._faults: dict[str, list[Incidence]] = defaultdict(list)
        for each in record.incidences:
            for camera in each.cameras:
                self._faults[camera].append(each)
        self.findings = Findings(crossings=len(truth))

    def check(self) -> Findings:
        """Return all findings."""
        self._match()
        self._check_dark_time()
        self._check_minutes()
        self._check_neighbours()
        self._measure_recovery()
        return self.findings

    def _match(self) -> None:
        rows: dict[tuple[str, str], list[StoredCrossing]] = defaultdict(list)
        for row in self._rows.crossings:
            rows[row.camera, row.direction].append(row)
        truth: dict[tuple[str, str], list[TrueCrossing]] = defaultdict(list)
        for crossing in self._truth:
            truth[crossing.camera, crossing.direction].append(crossing)
        for key, crossings in truth.items():
            self._match_one(crossings, rows.get(key, []))

    def _match_one(self, crossings: list[TrueCrossing], rows: list[StoredCrossing]) -> None:
        """Match the crossings of one camera in one direction."""
        found = self.findings
        matched: set[float] = set()
        for row in rows:
            nearest = min(crossings, key=lambda crossing: abs(crossing.at - row.at))
            error_s = row.at - nearest.at
            is_whole = self._record.since + MATCH_S <= row.at < self._record.until - MATCH_S
            if abs(error_s) > MATCH_S and not is_whole:
                continue
            if abs(error_s) > MATCH_S:
                found.invented.append(Finding(row.at, row.camera, f"crossing {row.direction} that did not happen"))
            elif nearest.at in matched:
                found.doubled.append(Finding(row.at, row.camera, f"crossing {row.direction} is stored twice"))
            else:
                matched.add(nearest.at)
                if abs(error_s) > MAX_ERROR_S:
                    found.mistimed.append(
                        Finding(row.at, row.camera, f"crossing {row.direction} is {error_s:+.1f} s off")
                    )
        found.stored += len(matched)
        for crossing in crossings:
            if crossing.at not in matched:
                self._judge_missing(crossing)

    def _judge_missing(self, crossing: TrueCrossing) -> None:
        found, at, camera = self.findings, crossing.at, crossing.camera
        if any(self._is_marked(camera, at + shift) for shift in (-EDGE_S, -EDGE_S / 2, 0, EDGE_S / 2, EDGE_S)):
            found.marked += 1
        elif any(abs(h.at - at) < NEAR_S and (h.reached or 1) < ENOUGH for h in self._health.get(camera, ())):
            found.overloaded += 1
        elif faults := self._faults_at(camera, at - SEEN_S, at + SEEN_S):
            if all(each.ended_at - each.began_at < _by_contract_s(each) for each in faults):
                found.blinks += 1
            else:
                kinds = ", ".join(str(each.fault) for each in faults)
                found.unmarked_gaps.append(
                    Finding(at, camera, f"crossing {crossing.direction} missing without a gap; {kinds}")
                )
        else:
            found.lost.append(Finding(at, camera, f"crossing {crossing.direction} lost"))

    def _is_marked(self, camera: str, at: float) -> bool:
        """Return whether a time is stated as not observed: by its period, and by its minute once that is assessed."""
        minute = at // MINUTE_S * MINUTE_S
        is_assessed = minute + MINUTE_S <= self._rows.assessed_until
        return not self._is_observed(camera, at) and (not is_assessed or (camera, minute) in self._gaps)

    def _is_observed(self, camera: str, at: float) -> bool:
        return any(row.start <= at < row.end and row.missing_s < SLACK_S for row in self._observed.get(camera, ()))

    def _faults_at(self, camera: str, since: float, until: float) -> list[Incidence]:
        """Return the faults of a camera whose pictures may have been missing between two times."""
        return [
            each
            for each in self._faults.get(camera, ())
            if each.effect is not Effect.NONE and each.began_at < until and each.ended_at > since
        ]

    def _check_dark_time(self) -> None:
        """Find time that counts as observed though the camera sent nothing."""
        for camera, faults in self._faults.items():
            for row in (*self._observed.get(camera, ()), *(m for m in self._rows.minutes if m.camera == camera)):
                dark_s = sum(_dark_s(each, row) for each in faults if each.effect is Effect.DARK)
                excess_s = row.observed_s - (row.end - row.start - dark_s)
                if dark_s > 0 and excess_s > SLACK_S:
                    what = f"{row.end - row.start:.0f} s count {excess_s:.1f} s too many as observed"
                    self.findings.unmarked_gaps.append(Finding(row.start, camera, what))

    def _check_minutes(self) -> None:
        """Find assessed minutes whose observed time and row of `gaps` contradict each other."""
        first = ceil(self._record.since / MINUTE_S) * MINUTE_S
        for camera, periods in self._observed.items():
            seconds: dict[float, float] = defaultdict(float)
            for period in periods:
                seconds[period.start // MINUTE_S * MINUTE_S] += period.observed_s
            minute = first
            while minute + MINUTE_S <= min(self._rows.assessed_until, self._record.until):
                is_whole = seconds[minute] >= WHOLE_S
                if is_whole is ((camera, minute) in self._gaps):
                    what = f"minute with {seconds[minute]:.1f} s observed has {'a' if is_whole else 'no'} row of gaps"
                    self.findings.unmarked_gaps.append(Finding(minute, camera, what))
                minute += MINUTE_S

    def _check_neighbours(self) -> None:
        lost_s = 0.0
        for camera, rows in self._observed.items():
            for before, row in zip([None, *rows[:-1]], rows, strict=True):
                start = row.start if before is None else before.end
                if (
                    self._record.since <= start
                    and row.end <= self._record.until
                    and self._is_neighbour(camera, start, row.end)
                ):
                    lost_s += row.missing_s + row.start - start
        self.findings.neighbour_frames_lost = lost_s * FPS

    def _is_neighbour(self, camera: str, since: float, until: float) -> bool:
        """Return whether a camera had no fault of its own lately, while others had."""
        return not self._faults_at(camera, since - SETTLED_S, until + EDGE_S)

    def _measure_recovery(self) -> None:
        for each in self._record.incidences:
            if each.effect is Effect.NONE:
                recovered = self._delivery_again(each.ended_at)
                self._note_recovery(each, "all", recovered)
            for camera in each.cameras if each.effect is not Effect.NONE else ():
                later = [other.began_at for other in self._faults[camera] if other.began_at > each.ended_at]
                until = min([*later, self._record.until])
                self._note_recovery(each, camera, self._healthy_again(camera, each, until))

    def _note_recovery(self, each: Incidence, camera: str, recovery_s: float | None) -> None:
        if recovery_s is None:
            return
        if recovery_s > STUCK_S:
            self.findings.stuck.append(
                Finding(each.ended_at, camera, f"not healthy {STUCK_S:.0f} s after {each.fault}")
            )
        self.findings.recovery_s.setdefault(each.fault.kind, []).append(recovery_s)

    def _healthy_again(self, camera: str, each: Incidence, until: float) -> float | None:
        """Return the seconds from the end of a fault until the camera is healthy; None where another one came first."""
        everything = self._health.get(camera, [])
        spans_s = [report.at - before.at for before, report in pairwise([*everything[:1], *everything])]
        both = [(r, s) for r, s in zip(everything, spans_s, strict=True) if each.began_at <= r.at < until]
        reports = [report for report, _ in both]
        bad = [number for number, (report, span_s) in enumerate(both) if not report.is_healthy(span_s)]
        if not bad:
            return 0.0 if reports and reports[-1].at >= each.ended_at else None
        if bad[-1] + 1 == len(reports):
            return until - each.ended_at if until - each.ended_at > STUCK_S else None
        return max(0.0, reports[bad[-1] + 1].at - each.ended_at)

    def _delivery_again(self, ended_at: float) -> float | None:
        """Return the time (s) until events that are newer than the end of a fault are in the database."""
        return next((max(0.0, at - ended_at) for at, newest in self._record.newest if newest >= ended_at), None)


def _by_contract_s(each: Incidence) -> float:
    return FREEZE_S if each.fault.kind is Kind.FROZEN else GAP_S


def _dark_s(each: Incidence, row: Period) -> float:
    """Return how many seconds of a period a fault made dark; none where all of them count as observed by contract."""
    began_at = each.began_at + SLACK_S + KEYFRAME_S * (each.fault.kind is Kind.FROZEN)
    if each.ended_at - began_at < _by_contract_s(each) + SLACK_S:
        return 0.0
    return max(0.0, min(each.ended_at, row.end) - max(began_at, row.start))


def _by_camera(rows: Iterable[Period] | Iterable[StoredHealth]) -> dict:
    found = defaultdict(list)
    for row in sorted(rows):
        found[row.camera].append(row)
    return found
