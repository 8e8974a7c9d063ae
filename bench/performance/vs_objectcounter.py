"""Speed of `simpang count` against ultralytics' ObjectCounter: same clip, same weights, alternating runs, medians.

    python -m bench.performance.vs_objectcounter

Writes build/bench/first.json. Exit status 1 where we are less than 2.5 times as fast.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from analytics.scoring.matching import match_in_time
from bench.inputs import CLIP_TRUTH, CLIPS, RESULTS, ROOT, WEIGHTS
from models.detection.cpu import available_cores
from pipelines.capacity.reference_speed import SCRIPT

CLIP = CLIPS / "nl_highway.mp4"
"""The clip that both programs count."""
TRUTH = CLIP_TRUTH / "nl_highway.json"
"""Its ground truth, with the gate that both programs use."""
PEER_ENVIRONMENT = RESULTS / "peer"
"""Virtual environment of the peers."""
PEER_REQUIREMENTS = ROOT / "bench" / "peers" / "requirements.txt"
"""Packages of that environment."""
RESULT = RESULTS / "first.json"
"""Figures that this benchmark writes."""
UV = Path(sys.executable).with_name("uv")
"""The installer of this environment."""
RUNS = 3
"""Runs of each program; the median counts [assumption]."""
REQUIRED_RATIO = 2.5
"""Least speed, in multiples of ObjectCounter's [assumption: the project's target]."""
TOLERANCE_S = 1.5
"""Largest difference in time of a crossing and its ground truth, in seconds [source: docs/results.md]."""


def main() -> int:
    if not CLIP.exists():
        print(f"bench: needs {CLIP} and the weights beside it; nothing was measured", file=sys.stderr)
        return 2
    gate = json.loads(TRUTH.read_text())["gates"][0]
    peer_python = prepared_peer()
    ours, peers = [], []
    for run in range(1, RUNS + 1):
        ours.append(run_ours(CLIP, gate))
        peers.append(run_peer(peer_python, CLIP, gate))
        print(f"run {run}: simpang {ours[-1]['fps']:.1f} frames/s, ObjectCounter {peers[-1]['fps']:.1f} frames/s")
    if any(run["analysed_share"] < 1 for run in ours):
        raise RuntimeError("not every frame was analysed: the figures do not compare")
    ours_fps, peer_fps = (statistics.median(run["fps"] for run in runs) for runs in (ours, peers))
    result = {
        "clip": CLIP.name,
        "cpus": available_cores(),
        "runs": RUNS,
        "objectcounter_ratio": round(ours_fps / peer_fps, 3),
        "ours_fps": round(ours_fps, 2),
        "peer_fps": round(peer_fps, 2),
        "ours_f1": f1(ours[-1]["crossings_at"], TRUTH, gate["id"]),
        "peer_f1": f1(peers[-1]["crossings_at"], TRUTH, gate["id"]),
        "ours_fps_runs": [round(run["fps"], 2) for run in ours],
        "peer_fps_runs": [round(run["fps"], 2) for run in peers],
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0 if result["objectcounter_ratio"] >= REQUIRED_RATIO else 1


def prepared_peer() -> Path:
    """Return the peers' interpreter; create the environment again when its requirements have changed."""
    python = PEER_ENVIRONMENT / "bin" / "python"
    installed = PEER_ENVIRONMENT / "installed.txt"
    wanted = PEER_REQUIREMENTS.read_text()
    if installed.exists() and installed.read_text() == wanted:
        return python
    print("preparing the peer's environment (once, some minutes)")
    make: list[str | Path] = [UV, "venv", "--quiet", "--clear", "--python", sys.executable, PEER_ENVIRONMENT]
    fill: list[str | Path] = [UV, "pip", "install", "--quiet", "--python", python, "-r", PEER_REQUIREMENTS]
    for command in (make, fill):
        subprocess.run(command, check=True, cwd=ROOT)  # pyproject.toml there replaces OpenCV by its headless build
    installed.write_text(wanted)
    return python


def run_ours(clip: Path, gate: dict[str, Any], *options: str) -> dict[str, Any]:
    """Run `simpang count` on a clip in a process of its own, and return its speed and crossings.

    fps: frames of the clip a second, analysed or not; loading the model is excluded, as for the peer.
    analysed_share: 0..1. crossings_at: seconds.
    """
    line = ",".join(str(number) for point in (gate["p1"], gate["p2"]) for number in point)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "pipelines",
            "count",
            clip,
            "--gate",
            f"{gate['id']}:{line}",
            *options,
        ]
        subprocess.run([*command, "--weights", WEIGHTS, "--json", out], check=True, cwd=ROOT, capture_output=True)
        report = json.loads(out.read_text())
    return {
        "fps": report["frames"] / report["wall_s"],
        "analysed_share": report["analysed_frames"] / report["frames"],
        "crossings_at": [crossing["t"] for crossing in report["crossings"]],
    }


def run_peer(python: Path, clip: Path, gate: dict[str, Any], program: Path = SCRIPT) -> dict[str, Any]:
    """Run a peer on a clip in the peers' environment, and return its fps and crossings_at (seconds)."""
    line = ",".join(str(round(number)) for point in (gate["p1"], gate["p2"]) for number in point)
    command: list[str | Path] = [python, program, clip, WEIGHTS, line]
    done = subprocess.run(command, check=True, cwd=PEER_ENVIRONMENT, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def f1(found: list[float], truth: Path, gate_id: str) -> float:
    """F1 of the crossings of one gate. Direction and class are ignored, since the peers report neither."""
    true = [c["t"] for c in json.loads(truth.read_text())["crossings"] if c["gate"] == gate_id]
    hits = len(match_in_time(found, true, TOLERANCE_S))
    return round(2 * hits / (len(found) + len(true)), 4)


if __name__ == "__main__":
    sys.exit(main())
