"""Accuracy of our measures, side by side with peers on the same clips and detections.

    python -m bench.accuracy.accuracy_report [--without-peers] [CASE ...]

Writes build/bench/truth.json: for each case the figures of `simpang evaluate`, ours and those of each peer. Prints the
targets. Exit status 1 where one is missed.
"""

import json
import shutil
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.accuracy.accuracy_targets import Results, TargetResult, as_json, targets
from bench.accuracy.analytics_cost import ms_per_frame
from bench.inputs import RESULTS, SCENARIOS, SHARED, WEIGHTS
from bench.peers import linezone as peer_linezone
from bench.peers.opentrafficcam import run as opentrafficcam
from bench.peers.plain_detections import write_detections
from pipelines.analysis.detector_factory import open_detector
from pipelines.recordings.count_report import Run
from pipelines.recordings.detection_replay import read_detections
from pipelines.recordings.evaluate.case_runner import (
    Case,
    CaseResult,
    Evaluation,
    case_camera,
    find_cases,
    run_clip,
    run_scenario,
    score_case,
)
from pipelines.recordings.evaluate.figures import CaseFigures
from pipelines.recordings.evaluate.ground_truth_io import facts_of_report, read_ground_truth

BUSY_SCENARIO = SCENARIOS / "motorcycle_swarm_s1"
"""Scenario with frames of about 30 boxes, for the cost of a frame."""
RESULT = RESULTS / "truth.json"
"""Figures that this benchmark writes."""
# Style of the printed tables.
PLAIN: dict[str, Any] = {"title_justify": "left", "box": box.SIMPLE_HEAD}

Peer = Callable[[Case, Path, Path], list[dict[str, Any]]]
"""Crossings of a case, from its detections, with an empty folder to work in."""

console = Console() if sys.stdout.isatty() else Console(width=120)


def main() -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    if not SHARED.is_dir():
        print(f"bench: needs {SHARED}; nothing was measured", file=sys.stderr)
        return 2
    chosen = [case for case in find_cases(SHARED / "truth") if not options.cases or case.name in options.cases]
    results = measure(chosen, {} if options.without_peers else peers())
    reached = targets(results)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    cases = {
        name: {program: figures.model_dump(mode="json", by_alias=True) for program, figures in programs.items()}
        for name, programs in by_case(results).items()
    }
    RESULT.write_text(json.dumps({"targets": as_json(reached), "cases": cases}, indent=1) + "\n")
    console.print(case_table(results), target_table(reached))
    return 1 if any(target.met is False for target in reached) else 0


def peers() -> dict[str, Peer]:
    found: dict[str, Peer] = {"LineZone": run_linezone}
    python = opentrafficcam.prepare()
    if python is not None:
        found["OpenTrafficCam"] = lambda case, detections, work: run_opentrafficcam(python, case, detections, work)
    return found


def measure(cases: Sequence[Case], peers_here: dict[str, Peer]) -> Results:
    scenarios, clips = [c for c in cases if not c.is_clip], [c for c in cases if c.is_clip]
    at_10, at_5 = ([evaluate(c, run_scenario(c, every=n)) for c in scenarios] for n in (1, 2))
    ours_on_clips = []
    if clips:
        with closing(open_detector(str(WEIGHTS))) as detector:
            ours_on_clips = [evaluate(c, run_clip(c, detector)) for c in clips]
    theirs: dict[str, list[Evaluation]] = {name: [] for name in peers_here}
    for case in cases:
        with same_detections(case) as (detections, folder):
            for name, peer in peers_here.items():
                work = folder / name
                work.mkdir()
                found = peer(case, detections, work)
                theirs[name].append(evaluate(case, peer_result(case, found)))
    cost = ms_per_frame(BUSY_SCENARIO) if scenarios else None
    return Results(at_10, at_5, ours_on_clips, theirs, cost)


def evaluate(case: Case, result: CaseResult) -> Evaluation:
    """Score a result, and print its progress line."""
    print(f"{case.name}: {len(result.facts.crossings)} crossings", file=sys.stderr)
    return score_case(case, result)


@contextmanager
def same_detections(case: Case) -> Iterator[tuple[Path, Path]]:
    """Yield the detections that all peers get, and a working folder: those of the scenario or of a plain loop."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        detections = folder / "detections.jsonl.gz"
        if case.is_clip:
            write_detections(case.source, WEIGHTS, detections)
        else:
            shutil.copy(case.source, detections)
        yield detections, folder


def run_linezone(case: Case, detections: Path, _: Path) -> list[dict[str, Any]]:
    return peer_linezone.crossings(read_detections(detections), case_camera(case))


def run_opentrafficcam(python: Path, case: Case, detections: Path, work: Path) -> list[dict[str, Any]]:
    camera = case_camera(case)
    gates = [{"id": gate.id, "p1": gate.p1, "p2": gate.p2} for gate in camera.gates]
    if not gates:
        return []
    return opentrafficcam.crossings(python, detections, {"image_size": camera.image_size, "gates": gates}, work)


def peer_result(case: Case, crossings: list[dict[str, Any]]) -> CaseResult:
    """Result of a peer, from crossings in the format of `simpang count`. Peers report nothing else."""
    duration_s = read_ground_truth(case.truth_path).duration_s
    run = Run(source=str(case.source), duration_s=duration_s, frames=0, analysed_frames=0, wall_s=0.0)
    report = {"crossings": crossings, "movements": [], "intervals": [], "incidents": []}
    return CaseResult(run, facts_of_report(report))


def by_case(results: Results) -> dict[str, dict[str, CaseFigures]]:
    table: dict[str, dict[str, CaseFigures]] = {}
    ours = {"simpang": [*results.scenarios, *results.clips], "simpang, 5 frames/s": results.at_5_fps}
    for program, evaluations in {**ours, **results.peers}.items():
        for evaluation in evaluations:
            table.setdefault(evaluation.case.name, {})[program] = evaluation.figures()
    return table


def case_table(results: Results) -> Table:
    programs = ["simpang", "simpang, 5 frames/s", *results.peers]
    table = Table("case", *programs, title="crossing F1, class ignored / with class", **PLAIN)
    for name, figures in by_case(results).items():
        cells = [f"{f.f1:.3f} / {f.f1_with_class:.3f}" if (f := figures.get(p)) else "-" for p in programs]
        table.add_row(name, *cells)
    return table


def target_table(reached: Sequence[TargetResult]) -> Table:
    table = Table("measure", "target", "reached", "", title="targets", **PLAIN)
    words = {True: "[green]met", False: "[red]missed", None: "not measured"}
    for target in reached:
        table.add_row(target.measure, target.bound, target.reached, words[target.met])
    return table


if __name__ == "__main__":
    sys.exit(main())
