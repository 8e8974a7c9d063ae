"""Largest number of cameras that this machine can analyse, and the loss of accuracy at that number.

    python -m bench.performance.capacity [--cameras N] [--json FILE]

Doubling and bisection find the largest number of cameras that passes `simpang bench-capacity`, each point in its own
processes. A longer run at that number must pass, too, with counts close to those of an analysis of every frame;
otherwise fewer cameras are tried. Its analysed frames a second are compared with ObjectCounter's. A last run has twice
the cameras: overload must cost no analysed frames. Scenarios with a stopped vehicle or a wrong-way driver are replayed
at the analysis rate of the longer run. --cameras: without the search. --json: by default build/bench/capacity.json.
Exit status 1 where a target is missed. Under `taskset -c 0`, everything has one core.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analytics.facts import IncidentType
from bench.inputs import CLIPS, RESULTS, ROOT, SCENARIOS, WEIGHTS
from bench.performance.bisect import largest
from bench.performance.true_counts import true_counts
from pipelines.capacity.assessment import CapacityResult
from pipelines.capacity.clips import prepare_clips
from pipelines.capacity.count_accuracy import GateCount, compare, count_error
from pipelines.capacity.records import RunRecord
from pipelines.capacity.run import baselines_for
from pipelines.config.geometry_file import read_geometry
from pipelines.recordings.evaluate.case_runner import Case, find_cases, run_scenario, score_case

CACHE = RESULTS / "capacity"
"""Folder of prepared clips, baselines and the files of each point."""
RESULT = RESULTS / "capacity.json"
"""Figures that this benchmark writes."""
START, STEP, MOST = 16, 2, 512  # cameras: first number tried, resolution of the search, its upper limit [assumption]
SEARCH_S, CONFIRM_S = 25.0, 60.0  # length of a point of the search and of the last one, in seconds [assumption]
NEAR_MISS = 0.25
"""Share of failed cameras below which a point is measured again, since a load peak may be the cause [assumption]."""
ALLOWED_COUNT_ERROR = 0.02
"""Largest error of the counts, as a share of the expected crossings [assumption: the project's target]."""
WANTED_LOOKS = 6.3
"""Least analysed frames a second of all cameras, in frames a second of ObjectCounter [assumption: the project's target
for two cores: 36 cameras on a slow machine]."""
OVERLOAD = 2
"""Number of cameras of the run under overload, in multiples of those that the machine holds [assumption]."""
REQUIRED_INCIDENTS = (IncidentType.STOPPED_VEHICLE, IncidentType.WRONG_WAY)
"""Types of incident of which none may be lost [assumption: the project's target]."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    if not CLIPS.is_dir():
        print(f"bench: needs {CLIPS}; nothing was measured", file=sys.stderr)
        return 2
    CACHE.mkdir(parents=True, exist_ok=True)
    tried: list[CapacityResult] = []
    cameras = options.cameras or largest(holds(tried.append), start=START, step=STEP, most=MOST)
    point, record = confirm(cameras, tried.append, fixed=options.cameras is not None)
    overloaded, _ = run_point(OVERLOAD * point.cameras, SEARCH_S)
    tried.append(overloaded)
    result = {
        "capacity_cameras": point.cameras if point.passed else 0,
        "looks_over_objectcounter": point.looks_over_objectcounter,
        "outside_network_ratio": point.outside_network_ratio,
        "analysis_over_network": point.analysis_over_network,
        "busy_before_miss": point.cpu_busy,
        "overload_ratio": overload_ratio(overloaded, tried),
        "processes": point.processes,
        "reduced_share": point.reduced_share,
        "frame_to_event_p95_ms": point.frame_to_event_p95_ms,
        **what_is_lost(point, record),
        "tried": [
            p.model_dump(include={"cameras", "seconds", "passed", "failed", "total_analysed_fps", "cpu_busy"})
            for p in tried
        ],
        "at_capacity": point.model_dump(mode="json"),
    }
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({name: value for name, value in result.items() if name != "at_capacity"}, indent=1))
    met = (
        point.passed
        and (point.looks_over_objectcounter or 0.0) >= WANTED_LOOKS
        and (result["capacity_count_error"] or 0.0) <= ALLOWED_COUNT_ERROR
        and result["capacity_incidents_lost"] == 0
    )
    return 0 if met else 1


def holds(record_point: Callable[[CapacityResult], None]) -> Callable[[int], bool]:
    """Return the predicate of the search: whether a number of cameras passes, in one of two runs."""

    def holds_at(cameras: int) -> bool:
        point, _ = run_point(cameras, SEARCH_S)
        record_point(point)
        if not point.passed and max(point.failed.values()) < NEAR_MISS * cameras:
            point, _ = run_point(cameras, SEARCH_S)
            record_point(point)
        return point.passed

    return holds_at


def confirm(
    cameras: int, record_point: Callable[[CapacityResult], None], *, fixed: bool
) -> tuple[CapacityResult, RunRecord]:
    """Return the longer run at `cameras`, or at the first smaller number that passes and counts well.

    Fewer cameras count no better where no picture was made smaller: such a point is returned, too.
    fixed: only `cameras`.
    """
    while True:
        point, record = run_point(max(cameras, 1), CONFIRM_S, with_reference=True)
        record_point(point)
        if fixed or cameras <= STEP or (point.passed and (counts_well(record) or not point.reduced_share)):
            return point, record
        cameras -= STEP


def overload_ratio(overloaded: CapacityResult, tried: Sequence[CapacityResult]) -> float:
    """Return the analysed frames a second of all cameras under overload, over the most of any run."""
    most = max(point.total_analysed_fps for point in tried)
    return round(overloaded.total_analysed_fps / most, 3) if most else 0.0


def run_point(cameras: int, seconds: float, *, with_reference: bool = False) -> tuple[CapacityResult, RunRecord]:
    """Run `simpang bench-capacity` in a process of its own. Raises RuntimeError where it fails.

    with_reference: measure ObjectCounter before and after.
    """
    figures, record = CACHE / "point.json", CACHE / "record.json"
    command: list[str | Path] = [sys.executable, "-m", "pipelines", "bench-capacity", "--clips", CLIPS]
    command += ["--cameras", str(cameras), "--seconds", str(seconds), "--weights", WEIGHTS, "--cache", CACHE]
    command += ["--json", figures, "--record", record]
    command += [] if with_reference else ["--without-reference"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"no point at {cameras} cameras: {done.stderr.strip().splitlines()[-1]}")
    point = CapacityResult.model_validate_json(figures.read_text())
    outcome = "held" if point.passed else f"not held ({point.failed})"
    print(f"{cameras} cameras, {seconds:g} s: {outcome}, age p95 {point.age_p95_ms} ms", file=sys.stderr)
    return point, RunRecord.model_validate_json(record.read_text())


def counts_of(record: RunRecord) -> list[GateCount]:
    """Return the counts of a run beside those of an analysis of every frame."""
    return compare(record, baselines_for(prepare_clips(CLIPS, CACHE), str(WEIGHTS), CACHE))


def counts_well(record: RunRecord) -> bool:
    """Return whether the counts of a run are within `ALLOWED_COUNT_ERROR`: overload may have made pictures smaller."""
    error = count_error(counts_of(record))
    print(f"count error {'-' if error is None else f'{error:.4f}'}", file=sys.stderr)
    return error is None or error <= ALLOWED_COUNT_ERROR


def what_is_lost(point: CapacityResult, record: RunRecord) -> dict[str, Any]:
    counts = counts_of(record)
    error, true_error = count_error(counts), count_error(true_counts(record, prepare_clips(CLIPS, CACHE)))
    analysed_fps = point.min_analysed_fps_moving or point.analysed_fps
    incidents = {case.name: missed(case, analysed_fps) for case in scenarios()}
    return {
        "capacity_count_error": None if error is None else round(error, 4),
        "capacity_count_error_to_truth": None if true_error is None else round(true_error, 4),
        "capacity_incidents_lost": sum(incidents.values()),
        "analysed_fps": analysed_fps,
        "incidents_lost": incidents,
        "counts_by_clip": by_clip(counts),
    }


def by_clip(counts: list[GateCount]) -> dict[str, dict[str, float | int | None]]:
    table: dict[str, dict[str, float | int | None]] = {}
    for clip in sorted({count.clip for count in counts}):
        of_clip = [count for count in counts if count.clip == clip]
        error = count_error(of_clip)
        table[clip] = {
            "expected": sum(count.expected for count in of_clip),
            "counted": sum(count.counted for count in of_clip),
            "error": None if error is None else round(error, 4),
        }
    return table


def scenarios() -> list[Case]:
    names = tuple(kind.value for kind in REQUIRED_INCIDENTS)
    return [case for case in find_cases(SCENARIOS) if case.name.startswith(names)]


def missed(case: Case, analysed_fps: float) -> int:
    """Return the number of incidents that are lost at an analysis rate, in frames a second."""
    recorded_fps = (read_geometry(case.camera_path).model_extra or {})["fps"] if case.camera_path else 0.0
    evaluation = score_case(case, run_scenario(case, every=max(1, round(recorded_fps / analysed_fps))))
    return sum(incident.type in REQUIRED_INCIDENTS for incident in evaluation.card.incidents.missed)


if __name__ == "__main__":
    sys.exit(main())
