"""One stream at a time: `simpang count` looking at every frame and at a few a second, against ObjectCounter.

    python -m bench.speed

Same clips, same weights, one gate each, runs in turn, medians; beside each speed the crossing F1 that it comes with
(class and direction ignored). Writes build/bench/speed.json.
"""

import json
import os
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.first import ROOT, SHARED, f1, prepared_peer, run_ours, run_peer

CLIPS = ("nl_highway", "us_freeway", "vn_junction", "us_dusk_side")
LOOKS = ("5", "8")
RUNS = 3
RESULT = ROOT / "build" / "bench" / "speed.json"

Side = Callable[[Path, dict[str, Any]], dict[str, Any]]


def main() -> int:
    if not (SHARED / "clips").is_dir():
        print(f"bench: needs {SHARED / 'clips'}; nothing was measured", file=sys.stderr)
        return 2
    peer_python = prepared_peer()
    sides: dict[str, Side] = {
        "ObjectCounter": lambda clip, gate: run_peer(peer_python, clip, gate),
        "every frame": run_ours,
        **{f"{looks} looks/s": lambda clip, gate, n=looks: run_ours(clip, gate, "--looks", n) for looks in LOOKS},
    }
    results = {clip: measure(clip, sides) for clip in CLIPS}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps({"cpus": os.cpu_count(), "runs": RUNS, "clips": results}, indent=1) + "\n")
    show(results)
    return 0


def measure(clip: str, sides: dict[str, Side]) -> dict[str, dict[str, float]]:
    """fps, ratio to the peer and F1 of each side."""
    truth = SHARED / "truth" / "clips" / f"{clip}.json"
    gate = json.loads(truth.read_text())["gates"][0]
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    for _ in range(RUNS):
        for side, run in sides.items():
            runs[side].append(run(SHARED / "clips" / f"{clip}.mp4", gate))
    fps = {side: statistics.median(run["fps"] for run in done) for side, done in runs.items()}
    return {
        side: {
            "fps": round(fps[side], 1),
            "ratio": round(fps[side] / fps["ObjectCounter"], 2),
            "f1": f1(done[-1]["crossings_at"], truth, gate["id"]),
        }
        for side, done in runs.items()
    }


def show(results: dict[str, dict[str, dict[str, float]]]) -> None:
    table = Table(title="frames of the clip a second, times ObjectCounter, crossing F1")
    for column in ("clip", *next(iter(results.values()))):
        table.add_column(column)
    for clip, sides in results.items():
        table.add_row(clip, *(f"{s['fps']:.0f}  x{s['ratio']:.1f}  {s['f1']:.3f}" for s in sides.values()))
    Console(width=120).print(table)


if __name__ == "__main__":
    sys.exit(main())
