"""CPU time by kind of thread, and memory, that each further camera costs the live worker, over real RTSP connections.

    python -m bench.performance.scaling [--quick] [--without-detector]

The same four clips at every number of cameras, at 5 analysed frames a second each. With the detector, CPU a camera is
compared only where 32 cameras reach about the same analysis rate as four. A saturated machine is measured again without
inference, as with --without-detector: the figures are those of reading, cropping, decoding, converting and gating.
Writes build/bench/growth.json. Exit status 1 where one of the most cameras costs more than 1.1 times the CPU of one of
four, or more than 40 MB.
"""

import argparse
import json
import sys
from typing import Any

from bench.inputs import CLIPS, RESULTS, WEIGHTS
from bench.performance.capacity import CACHE
from pipelines.capacity.clips import PreparedClip, prepare_clips
from pipelines.capacity.records import RunRecord
from pipelines.capacity.run import SCALE_LEARNING_S, measure

RESULT = RESULTS / "growth.json"
"""Figures that this benchmark writes."""
SOURCES = ("nl_highway", "us_freeway", "vn_junction", "us_dusk_side")
"""Clips that the cameras play: by day and at dusk, dense and sparse [assumption]."""
CAMERAS = (1, 2, 4, 8, 16, 32)
"""Numbers of cameras [assumption]."""
QUICK = (1, 4, 8)
"""Numbers of cameras with --quick [assumption]."""
COMPARED_WITH = 4
"""Number of cameras that the largest number is compared with [assumption]."""
MEASURED_S = 15.0
"""Length of a measurement, in seconds [assumption]."""
STARTED_WITHIN_S = 8.0
"""Time before a measurement without inference, in seconds [assumption]."""
ANALYSIS_FPS = 5.0
"""Analysis rate of every camera, in frames a second. Without it, a worker with few cameras raises the rate."""
NOT_SATURATED = 0.9
"""Analysis rate at the most cameras, as a share of that at `COMPARED_WITH`; below it nothing compares [assumption]."""
ALLOWED_GROWTH = 1.1
"""Largest ratio of the CPU time of a camera at the most cameras and at `COMPARED_WITH` [assumption: target]."""
ALLOWED_MB = 40.0
"""Largest memory of one further camera, in MB [assumption: target]."""


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
    settle_s = SCALE_LEARNING_S if inference else STARTED_WITHIN_S
    record = measure(
        clips, cameras, MEASURED_S, str(WEIGHTS), settle_s=settle_s, inference=inference, analysis_fps=ANALYSIS_FPS
    )
    found = figures(record)
    summary = f"{found['cpu_ms_per_camera_s']} ms CPU a second and camera, {found['analysed_fps']} analysed frames/s"
    print(f"{cameras} cameras: {summary}, {found['resident_mb']} MB", file=sys.stderr)
    return found


def figures(record: RunRecord) -> dict[str, Any]:
    """Return the figures of a run. CPU in milliseconds a second and camera, memory in MB."""
    cameras, seconds = len(record.cameras), record.ended - record.began
    looks = [look for camera in record.cameras for look in camera.frames]

    def ms(cpu_s: float) -> float:
        return round(1000 * cpu_s / seconds / cameras, 2)

    return {
        "cameras": cameras,
        "cpu_ms_per_camera_s": ms(sum(record.cpu_s.values())),
        "by_task_ms": {task: ms(cpu_s) for task, cpu_s in record.cpu_s.items() if cpu_s > 0},
        "servers_cpu_ms_per_camera_s": ms(record.servers_cpu_s),
        "resident_mb": record.resident_mb,
        "received_fps": round(sum(camera.received for camera in record.cameras) / seconds / cameras, 2),
        "analysed_fps": round(len(looks) / seconds / cameras, 2),
        "worst_age_s": round(max((look.age_s for look in looks), default=0.0), 3),
    }


def is_saturated(runs: list[dict[str, Any]]) -> bool:
    few, most = compared_runs(runs)
    return bool(most["analysed_fps"] < NOT_SATURATED * few["analysed_fps"])


def cpu_growth(runs: list[dict[str, Any]]) -> float:
    few, most = compared_runs(runs)
    return float(most["cpu_ms_per_camera_s"] / few["cpu_ms_per_camera_s"])


def compared_runs(runs: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    (few,) = (run for run in runs if run["cameras"] == COMPARED_WITH)
    return few, runs[-1]


if __name__ == "__main__":
    sys.exit(main())
