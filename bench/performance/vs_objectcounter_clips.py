"""Speed and accuracy of `simpang count` on single streams, at several analysis rates, against two peers.

    python -m bench.performance.vs_objectcounter_clips [--quick]

Same clips, same weights, one gate each, alternating runs, medians. Each speed is printed with its crossing F1 (class
and direction ignored). The peers are ultralytics' ObjectCounter and supervision's LineZone with ByteTrack. The result
is the speed ratio of one analysis rate: the fastest whose F1 is on no clip below ObjectCounter's. It is a geometric
mean over the clips. Writes build/bench/single_stream.json. Exit status 1 where it is under 8.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.inputs import CLIP_TRUTH, CLIPS, RESULTS, ROOT
from bench.performance.vs_objectcounter import f1, prepared_peer, run_ours, run_peer
from models.detection.cpu import available_cores

COMPARED_CLIPS = ("nl_highway", "us_dusk_side")
"""A clip of fast traffic by day and one at dusk [assumption]."""
LINEZONE_SCRIPT = ROOT / "bench" / "peers" / "supervision_linezone.py"
"""Program of the second peer."""
ANALYSIS_FPS = ("5", "8")
"""Values of `simpang count --fps`, in analysed frames a second [assumption]."""
RUNS = 3
"""Runs of each program; the median counts [assumption]."""
QUICK_RUNS = 1
"""Runs of each program with --quick."""
PEER = "ObjectCounter"
"""The peer whose speed is 1 in the ratios."""
REQUIRED_RATIO = 8.0
"""Least speed, in multiples of the peer's [assumption: the project's target]."""
RESULT = RESULTS / "single_stream.json"
"""Figures that this benchmark writes."""

Side = Callable[[Path, dict[str, Any]], dict[str, Any]]
ByClip = dict[str, dict[str, dict[str, float]]]
"""By clip and side: fps, ratio, f1."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run each")
    options = parser.parse_args()
    if not CLIPS.is_dir():
        print(f"bench: needs {CLIPS}; nothing was measured", file=sys.stderr)
        return 2
    peer_python = prepared_peer()
    ours: dict[str, Side] = {
        "every frame": run_ours,
        **{f"{fps} frames/s": partial(run_ours_at, fps) for fps in ANALYSIS_FPS},
    }
    peers: dict[str, Side] = {
        PEER: partial(run_peer, peer_python),
        "LineZone, ByteTrack": partial(run_peer, peer_python, program=LINEZONE_SCRIPT),
    }
    runs = QUICK_RUNS if options.quick else RUNS
    results = {clip: measure(clip, peers | ours, runs) for clip in COMPARED_CLIPS}
    best = best_of(results, list(ours))
    ratio = round(mean_ratio(results, best), 2)
    summary = {
        "way": best,
        "single_stream_ratio": ratio,
        "single_stream_f1": mean_f1(results, best),
        "peer_f1": mean_f1(results, PEER),
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(
        json.dumps({**summary, "cpus": available_cores(), "runs": runs, "clips": results}, indent=1) + "\n"
    )
    print_table(results)
    print(json.dumps(summary, indent=1))
    return 0 if ratio >= REQUIRED_RATIO else 1


def run_ours_at(fps: str, clip: Path, gate: dict[str, Any]) -> dict[str, Any]:
    """Run `simpang count` at an analysis rate."""
    return run_ours(clip, gate, "--analysis-fps", fps)


def measure(clip: str, sides: dict[str, Side], runs: int) -> dict[str, dict[str, float]]:
    """Return the fps, the ratio to the peer and the F1 of each side, from `runs` alternating runs."""
    truth = CLIP_TRUTH / f"{clip}.json"
    gate = json.loads(truth.read_text())["gates"][0]
    done: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    for _ in range(runs):
        for side, run in sides.items():
            done[side].append(run(CLIPS / f"{clip}.mp4", gate))
    fps = {side: statistics.median(run["fps"] for run in of_side) for side, of_side in done.items()}
    return {
        side: {
            "fps": round(fps[side], 1),
            "ratio": round(fps[side] / fps[PEER], 2),
            "f1": f1(of_side[-1]["crossings_at"], truth, gate["id"]),
        }
        for side, of_side in done.items()
    }


def best_of(results: ByClip, ours: list[str]) -> str:
    """Return our fastest side whose F1 is on no clip below the peer's; without such a side, that of the highest F1."""
    as_good = [side for side in ours if all(sides[side]["f1"] >= sides[PEER]["f1"] for sides in results.values())]
    if as_good:
        return max(as_good, key=lambda side: mean_ratio(results, side))
    return max(ours, key=lambda side: mean_f1(results, side))


def mean_ratio(results: ByClip, side: str) -> float:
    return statistics.geometric_mean(sides[side]["ratio"] for sides in results.values())


def mean_f1(results: ByClip, side: str) -> float:
    return round(statistics.fmean(sides[side]["f1"] for sides in results.values()), 4)


def print_table(results: ByClip) -> None:
    table = Table(title=f"frames of the clip a second, times {PEER}, crossing F1")
    for column in ("clip", *next(iter(results.values()))):
        table.add_column(column)
    for clip, sides in results.items():
        table.add_row(clip, *(f"{s['fps']:.0f}  x{s['ratio']:.1f}  {s['f1']:.3f}" for s in sides.values()))
    Console(width=140).print(table)


if __name__ == "__main__":
    sys.exit(main())
