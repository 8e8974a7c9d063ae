"""What each further camera costs the live worker: CPU time by kind of thread, and memory, over real RTSP connections.

    python -m bench.growth [--quick] [--size 640x360] [--fps 12.5] [--with-detector]

Without a detector every look is taken and tracked but nothing is inferred, so that the machine is never saturated and
the figures are those of reading, cutting, decoding and converting. Writes build/bench/growth.json. Exit status 1 where
a camera among the most costs more than 1.1 times the CPU of one among four, or more than 40 MB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from threading import enumerate as threads
from typing import Any

from pydantic import SecretStr

from analytics.detections import Detections
from bench.camera_clips import as_camera, cameras_over_rtsp
from models.detector import Detector, RgbImage
from pipelines.config import AnalysisConfig, CameraConfig, Config
from pipelines.detection import open_detector
from pipelines.events import Event, Health
from pipelines.logs import configure_logging
from pipelines.worker import Worker

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
CLIPS = SHARED / "clips"
WEIGHTS = SHARED / "weights" / "yolo11n_int8_openvino_model"
BUILD = ROOT / "build" / "bench"
RESULT = BUILD / "growth.json"
SOURCES = ("nl_highway", "us_freeway", "vn_junction", "us_dusk_side")
TURNED_BY = (0.0, 0.5)
CAMERAS = (1, 2, 4, 8, 16, 32)
QUICK = (1, 4, 8)
COMPARED_WITH = 4
LOOKS_PER_S = 5.0
WARM_UP_S = 8.0
MEASURED_S = 20.0
ALLOWED_GROWTH = 1.1
ALLOWED_MB = 40.0
TICKS_PER_S = 100


class NothingSeen:
    """`models.detector.Detector` that costs nothing."""

    name = "nothing"
    in_flight = 1

    def submit(self, image: RgbImage) -> Future[Detections]:
        found: Future[Detections] = Future()
        found.set_result(Detections.empty())
        return found

    def close(self) -> None:
        pass


def main() -> int:
    options = parsed()
    if not CLIPS.is_dir():
        print(f"bench: needs clips in {CLIPS}; nothing was measured", file=sys.stderr)
        return 2
    if options.measure:
        json.dump(measure(json.loads(options.measure), options.with_detector), sys.stdout)
        return 0
    folder = prepared(options.size, options.fps)
    steps = QUICK if options.quick else CAMERAS
    with tempfile.TemporaryDirectory() as logs, cameras_over_rtsp(folder, steps[-1], Path(logs)) as urls:
        runs = [run_apart(urls[:cameras], options.with_detector) for cameras in steps]
    by_cameras = {run["cameras"]: run for run in runs}
    growth = runs[-1]["cpu_ms_per_camera_s"] / by_cameras[COMPARED_WITH]["cpu_ms_per_camera_s"]
    memory = (runs[-1]["resident_mb"] - runs[0]["resident_mb"]) / (runs[-1]["cameras"] - runs[0]["cameras"])
    result = {
        "size": options.size,
        "fps": float(options.fps),
        "looks_per_s": LOOKS_PER_S,
        "detector": options.with_detector,
        "cpu_growth": round(growth, 3),
        "memory_mb_per_camera": round(memory, 1),
        "runs": runs,
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0 if growth <= ALLOWED_GROWTH and memory <= ALLOWED_MB else 1


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--fps", type=Fraction, default=Fraction(25, 2))
    parser.add_argument("--with-detector", action="store_true")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    return parser.parse_args()


def prepared(size: str, fps: Fraction) -> Path:
    """Folder with the clips as cameras of that size would send them."""
    width, height = (int(side) for side in size.split("x"))
    folder = BUILD / f"cameras-{size}-{float(fps):g}"
    for name in SOURCES:
        for turned_by in TURNED_BY:
            target = folder / f"{name}-{turned_by:g}.mp4"
            as_camera(CLIPS / f"{name}.mp4", target, size=(width, height), fps=fps, turned_by=turned_by)
    return folder


def run_apart(urls: list[str], with_detector: bool) -> dict[str, Any]:
    """In a process of its own, so that no run inherits memory."""
    command = [sys.executable, "-m", "bench.growth", "--measure", json.dumps(urls)]
    command += ["--with-detector"] if with_detector else []
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def measure(urls: list[str], with_detector: bool) -> dict[str, Any]:
    configure_logging()
    cameras = len(urls)
    events: list[Event] = []
    detector: Detector = open_detector(str(WEIGHTS)) if with_detector else NothingSeen()
    with tempfile.TemporaryDirectory() as folder, closing(detector):
        config = Config(
            cameras=tuple(
                CameraConfig(id=f"camera-{n}", name=f"Camera {n}", url=SecretStr(url)) for n, url in enumerate(urls)
            ),
            data_dir=Path(folder),
            analysis=AnalysisConfig(looks_per_s=LOOKS_PER_S),
        )
        with Worker(config, detector, events.append):
            time.sleep(WARM_UP_S)
            seen, before, began = len(events), cpu_by_task(), time.monotonic()
            time.sleep(MEASURED_S)
            after, took_s, seen_until = cpu_by_task(), time.monotonic() - began, len(events)
            resident_mb = resident()
    spent = {task: after[task] - before.get(task, 0.0) for task in after}
    reports = [event.data for event in events[seen:seen_until] if isinstance(event.data, Health)]
    return {
        "cameras": cameras,
        "cpu_ms_per_camera_s": round(1000 * sum(spent.values()) / took_s / cameras, 2),
        "by_task_ms": {task: round(1000 * s / took_s / cameras, 2) for task, s in sorted(spent.items()) if s > 0},
        "resident_mb": round(resident_mb, 1),
        "received_fps": mean([report.received_fps for report in reports]),
        "analysed_fps": mean([report.analysed_fps for report in reports]),
        "worst_age_s": max((report.age_s for report in reports if report.age_s is not None), default=None),
    }


def cpu_by_task() -> dict[str, float]:
    """CPU seconds so far, by the first word of the thread's name; what no thread of ours used is `runtime`."""
    names = {thread.native_id: thread.name.split()[0] for thread in threads()}
    spent: dict[str, float] = {}
    for task in Path("/proc/self/task").iterdir():
        try:
            fields = (task / "stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        name = names.get(int(task.name), "runtime")
        spent[name] = spent.get(name, 0.0) + (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    return spent


def mean(rates: list[float | None]) -> float:
    known = [rate for rate in rates if rate is not None]
    return round(sum(known) / len(known), 2) if known else 0.0


def resident() -> float:
    """MB of this process in memory."""
    status = Path("/proc/self/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
