"""What each further camera costs the live worker: CPU time by kind of thread, and memory, over real RTSP connections.

    python -m bench.performance.scaling [--quick] [--without-detector]

The same four clips at every number of cameras, 5 looks a second at each. With the detector, CPU a camera is compared
only where 32 cameras are looked at about as often as four are; where the machine is saturated before that, and with
--without-detector, nothing is inferred: the figures are those of reading, cutting, decoding, converting and gating.
Writes build/bench/growth.json. Exit status 1 where a camera among the most costs more than 1.1 times the CPU of one
among four, or more than 40 MB.
"""

import argparse
import json
import sys
from typing import Any

from bench.performance.capacity import CACHE, CLIPS
from bench.performance.vs_objectcounter import ROOT, WEIGHTS
from pipelines.capacity.clips import PreparedClip, prepare_clips
from pipelines.capacity.records import Record
from pipelines.capacity.run import measure
from pipelines.commands.bench_capacity import LEARNS_WITHIN_S

RESULT = ROOT / "build" / "bench" / "growth.json"
SOURCES = ("nl_highway", "us_freeway", "vn_junction", "us_dusk_side")
CAMERAS = (1, 2, 4, 8, 16, 32)
QUICK = (1, 4, 8)
COMPARED_WITH = 4
MEASURED_S = 15.0
STARTED_WITHIN_S = 8.0
LOOKS_PER_S = 5.0
"""The same for all: with fewer cameras a worker would look more often."""
NOT_SATURATED = 0.9
"""Looks/s a camera at the most cameras, as a share of those at `COMPARED_WITH`."""
ALLOWED_GROWTH = 1.1
ALLOWED_MB = 40.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to 8 cameras")
    parser.add_argument("--without-detector", action="store_true")
    options = parser.parse_args()
    if not CLIPS.is_dir():
        print(f"bench: needs {CLIPS}; nothing was measured", file=sys.stderr)
        return 2
    CACHE.mkdir(parents=True, exist_ok=True)
    clips = [clip for clip in prepare_clips(CLIPS, CACHE) if clip.name in SOURCES]
    steps = QUICK if options.quick else CAMERAS
    runs = [run(clips, cameras, inference=not options.without_detector) for cameras in steps]
    saturated = not options.without_detector and is_saturated(runs)
    compared = [run(clips, n, inference=False) for n in (COMPARED_WITH, steps[-1])] if saturated else runs
    growth = cpu_growth(compared)
    memory = (runs[-1]["resident_mb"] - runs[0]["resident_mb"]) / (runs[-1]["cameras"] - runs[0]["cameras"])
    result = {
        "cpu_growth": round(growth, 3),
        "with_detector": not (options.without_detector or saturated),
        "memory_mb_per_camera": round(memory, 1),
        "runs": runs,
        "without_detector": compared if saturated else [],
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0 if growth <= ALLOWED_GROWTH and memory <= ALLOWED_MB else 1


def run(clips: list[PreparedClip], cameras: int, *, inference: bool) -> dict[str, Any]:
    settle_s = LEARNS_WITHIN_S if inference else STARTED_WITHIN_S
    record = measure(
        clips, cameras, MEASURED_S, str(WEIGHTS), settle_s=settle_s, inference=inference, looks_per_s=LOOKS_PER_S
    )
    found = figures(record)
    told = f"{found['cpu_ms_per_camera_s']} ms CPU a second and camera, {found['looks_per_s']} looks/s"
    print(f"{cameras} cameras: {told}, {found['resident_mb']} MB", file=sys.stderr)
    return found


def figures(record: Record) -> dict[str, Any]:
    """CPU in milliseconds a second and camera."""
    cameras, seconds = len(record.cameras), record.ended - record.began
    looks = [look for camera in record.cameras for look in camera.looks]

    def ms(cpu_s: float) -> float:
        return round(1000 * cpu_s / seconds / cameras, 2)

    return {
        "cameras": cameras,
        "cpu_ms_per_camera_s": ms(sum(record.cpu_s.values())),
        "by_task_ms": {task: ms(cpu_s) for task, cpu_s in record.cpu_s.items() if cpu_s > 0},
        "servers_cpu_ms_per_camera_s": ms(record.servers_cpu_s),
        "resident_mb": record.resident_mb,
        "received_fps": round(sum(camera.received for camera in record.cameras) / seconds / cameras, 2),
        "looks_per_s": round(len(looks) / seconds / cameras, 2),
        "worst_age_s": round(max((look.age_s for look in looks), default=0.0), 3),
    }


def is_saturated(runs: list[dict[str, Any]]) -> bool:
    few, most = compared_runs(runs)
    return bool(most["looks_per_s"] < NOT_SATURATED * few["looks_per_s"])


def cpu_growth(runs: list[dict[str, Any]]) -> float:
    few, most = compared_runs(runs)
    return float(most["cpu_ms_per_camera_s"] / few["cpu_ms_per_camera_s"])


def compared_runs(runs: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    (few,) = (run for run in runs if run["cameras"] == COMPARED_WITH)
    return few, runs[-1]


if __name__ == "__main__":
    sys.exit(main())
