"""`simpang count` against ultralytics' ObjectCounter: same clip, same weights, runs in turn, medians.

    python -m bench.performance.vs_objectcounter

Writes build/bench/first.json. Exit status 1 where we are less than 2.5 times as fast.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from analytics.scoring.matching import match_in_time

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
CLIP = SHARED / "clips" / "nl_highway.mp4"
TRUTH = SHARED / "truth" / "clips" / "nl_highway.json"
WEIGHTS = SHARED / "weights" / "yolo11n_int8_openvino_model"
PEER_ENVIRONMENT = ROOT / "build" / "bench" / "peer"
PEER_REQUIREMENTS = ROOT / "bench" / "peers" / "requirements.txt"
RESULT = ROOT / "build" / "bench" / "first.json"
UV = Path(sys.executable).with_name("uv")
RUNS = 3
REQUIRED_RATIO = 2.5
TOLERANCE_S = 1.5


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
    if any(run["looked_at"] < 1 for run in ours):
        raise RuntimeError("not every frame was analysed: the figures do not compare")
    ours_fps, peer_fps = (statistics.median(run["fps"] for run in runs) for runs in (ours, peers))
    result = {
        "clip": CLIP.name,
        "cpus": os.cpu_count(),
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
    """The peer's interpreter; its environment is made anew when its requirements change."""
    python = PEER_ENVIRONMENT / "bin" / "python"
    installed = PEER_ENVIRONMENT / "installed.txt"
    wanted = PEER_REQUIREMENTS.read_text()
    if installed.exists() and installed.read_text() == wanted:
        return python
    print("preparing the peer's environment (once, some minutes)")
    make = [UV, "venv", "--quiet", "--clear", "--python", sys.executable, PEER_ENVIRONMENT]
    fill = [UV, "pip", "install", "--quiet", "--python", python, "-r", PEER_REQUIREMENTS]
    for command in (make, fill):
        subprocess.run(command, check=True, cwd=ROOT)  # where pyproject.toml keeps OpenCV with windows out
    installed.write_text(wanted)
    return python


def run_ours(clip: Path, gate: dict[str, Any], *options: str) -> dict[str, Any]:
    """`simpang count` as a user calls it. Frames a second exclude loading the model, as they do for the peer.

    fps: of the clip's frames, whether they were looked at or not.
    """
    line = ",".join(str(number) for point in (gate["p1"], gate["p2"]) for number in point)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command = [sys.executable, "-m", "pipelines", "count", clip, "--gate", f"{gate['id']}:{line}", *options]
        subprocess.run([*command, "--weights", WEIGHTS, "--json", out], check=True, cwd=ROOT, capture_output=True)
        report = json.loads(out.read_text())
    return {
        "fps": report["frames"] / report["wall_s"],
        "looked_at": report["analysed_frames"] / report["frames"],
        "crossings_at": [crossing["t"] for crossing in report["crossings"]],
    }


def run_peer(python: Path, clip: Path, gate: dict[str, Any], program: str = "objectcounter.py") -> dict[str, Any]:
    line = ",".join(str(round(number)) for point in (gate["p1"], gate["p2"]) for number in point)
    command = [python, ROOT / "bench" / "peers" / program, clip, WEIGHTS, line]
    done = subprocess.run(command, check=True, cwd=PEER_ENVIRONMENT, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def f1(found: list[float], truth: Path, gate_id: str) -> float:
    """Crossings of one gate against the truth, direction and class ignored: the peer reports neither as we do."""
    true = [c["t"] for c in json.loads(truth.read_text())["crossings"] if c["gate"] == gate_id]
    hits = len(match_in_time(found, true, TOLERANCE_S))
    return round(2 * hits / (len(found) + len(true)), 4)


if __name__ == "__main__":
    sys.exit(main())
