"""Memory and CPU time of the live worker with 720p RTSP cameras at five analysed frames a second each.

    python -m bench.performance.memory

Writes build/bench/memory.json. Exit status 1 where a camera costs 60 MB or more, or analysis falls behind.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bench.inputs import CLIPS, RESULTS, ROOT, WEIGHTS
from pipelines.analysis.detector_factory import open_detector
from pipelines.config.settings import AnalysisConfig, CameraConfig, Config
from pipelines.events.schema import CountsReport, Event, Health
from pipelines.logging import configure_logging
from pipelines.worker.worker import Worker
from simulator.cameras.file_rtsp_server import rtsp_server

CLIP = CLIPS / "nl_highway.mp4"
"""The clip that every camera plays."""
RESULT = RESULTS / "memory.json"
"""Figures that this benchmark writes."""
CAMERAS = (1, 2, 4)
"""Numbers of cameras; the first and the last give the memory of one [assumption]."""
ANALYSIS_FPS = 5.0
"""Requested analysis rate of each camera, in frames a second [source: default of the configuration]."""
WARM_UP_S = 20.0
"""Time before the measurement, in seconds, in which buffers and models settle [assumption]."""
MEASURED_S = 20.0
"""Length of the measurement, in seconds [assumption]."""
ALLOWED_MB = 60.0
"""Memory of one further camera, in MB, below which the target is met [assumption: the project's target]."""
REQUIRED_SHARE = 0.95
"""Least analysis rate, as a share of the requested one [assumption]."""


def main() -> int:
    if not CLIP.exists():
        print(f"bench: needs {CLIP} and the weights beside it; nothing was measured", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, rtsp_server(CLIP.parent, Path(folder) / "rtsp.log") as port:
        runs = [run_apart(cameras, port) for cameras in CAMERAS]
    per_camera = (runs[-1]["resident_mb"] - runs[0]["resident_mb"]) / (CAMERAS[-1] - CAMERAS[0])
    result = {"clip": CLIP.name, "mb_per_camera": round(per_camera, 1), "runs": runs}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    kept_up = all(run["analysed_fps"] >= REQUIRED_SHARE * ANALYSIS_FPS for run in runs)
    return 0 if per_camera < ALLOWED_MB and kept_up else 1


def run_apart(cameras: int, port: int) -> dict[str, Any]:
    """Measure in a process of its own, so that no run inherits memory."""
    command = [sys.executable, "-m", "bench.performance.memory", str(cameras), str(port)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def measure(cameras: int, port: int) -> dict[str, Any]:
    """Return resident memory (MB), CPU seconds a second, and the mean analysis rate of the slowest camera."""
    configure_logging()
    events: list[Event] = []
    url = SecretStr(f"rtsp://127.0.0.1:{port}/{CLIP.name}?play_count=0")
    detector = open_detector(str(WEIGHTS))
    with tempfile.TemporaryDirectory() as folder:
        config = Config(
            cameras=tuple(CameraConfig(id=f"camera-{n}", name=f"Camera {n}", url=url) for n in range(cameras)),
            data_dir=Path(folder),
            analysis=AnalysisConfig(analysis_fps=ANALYSIS_FPS),
        )
        with Worker(config, detector, events.append):
            time.sleep(WARM_UP_S)
            first, cpu_s = len(events), time.process_time()
            time.sleep(MEASURED_S)
            cpu_s, resident_mb, last = time.process_time() - cpu_s, resident(), len(events)
    detector.close()
    reports = [event.data for event in events[first:last]]
    rates: dict[str, list[float]] = {}
    for report in reports:
        if isinstance(report, Health):
            rates.setdefault(report.camera_id, []).append(report.analysed_fps or 0.0)
    return {
        "cameras": cameras,
        "resident_mb": round(resident_mb, 1),
        "cpu_s_per_s": round(cpu_s / MEASURED_S, 3),
        "analysed_fps": round(min(sum(fps) / len(fps) for fps in rates.values()), 2),
        "observed_share": round(observed_share(reports), 3),
    }


def observed_share(reports: list[Any]) -> float:
    counts = [report for report in reports if isinstance(report, CountsReport)]
    spans = [(report.end_at - report.start_at).total_seconds() for report in counts]
    return sum(report.observed_s for report in counts) / sum(spans) if spans else 0.0


def resident() -> float:
    """Return the resident memory of this process in MB."""
    status = Path("/proc/self/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    if len(sys.argv) == 3:
        json.dump(measure(int(sys.argv[1]), int(sys.argv[2])), sys.stdout)
    else:
        sys.exit(main())
