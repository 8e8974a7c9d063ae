"""Memory of `simpang replay` over a day of synthetic traffic, at full speed.

    python -m bench.performance.soak_replay [--hours 24]

Writes the detections of a street to a temporary file, replays them in a process of its own, and prints its resident
memory after each simulated hour. Writes build/bench/day.json. Exit status 1 where the memory at the end exceeds that
after a quarter of the time by more than `ALLOWED_MB`.
"""

import gzip
import json
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, inf, pi
from pathlib import Path
from random import Random
from typing import Any

from bench.inputs import RESULTS, ROOT
from bench.performance.memory import resident
from pipelines.config.geometry_file import CameraGeometry
from pipelines.recordings.count_report import Report
from pipelines.recordings.detection_replay import replay_into

RESULT = RESULTS / "day.json"
"""Figures that this benchmark writes."""
ALLOWED_MB = 8.0
"""Growth of resident memory after the first quarter, in MB, up to which the target is met [assumption]."""
FPS = 5
"""Frames a second of the recording [source: default analysis rate]."""
HOUR_S = 3600
"""Seconds in an hour."""

# A street from above. 10 pixels are one metre; two lanes from left to right above two from right to left [assumption].
CAMERA = CameraGeometry.model_validate(
    {
        "image_size": [1000, 1000],
        "speed_limit_kmh": 50,
        "control_points": [
            {"pixel": [u, v], "ground": [u / 10, v / 10]} for u, v in [(0, 0), (1000, 0), (1000, 1000), (0, 1000)]
        ],
        "gates": [
            {"id": "west", "p1": [300, 900], "p2": [300, 100], "road_type": "4/2-T", "capacity_smp_h": 3000},
            {"id": "east", "p1": [700, 900], "p2": [700, 100]},
        ],
        "zones": [
            {
                "id": zone,
                "polygon": [[50, top], [950, top], [950, top + 300], [50, top + 300]],
                "direction": [way, 0],
                "lanes": 2,
                "length_m": 90,
                "road_type": "4/2-T",
                "capacity_smp_h": 3000,
            }
            for zone, top, way in (("eastward", 200, 1), ("westward", 500, -1))
        ],
    }
).camera("day", (1000, 1000))
LANES = ((300, 1), (400, 1), (600, -1), (700, -1))
"""Row of the bottom edge of a vehicle, in pixels, and direction along the row (1 or -1) of each lane [assumption]."""
SIZES = {"motorcycle": (18, 34), "car": (44, 40), "truck": (70, 60), "bus": (90, 62)}
"""Width and height of a box by class, in pixels [assumption]."""
SHARES = (6, 4, 1, 1)
"""Relative frequency of the classes in the order of `SIZES` [assumption]."""


@dataclass(slots=True)
class _Vehicle:
    """A vehicle on a lane. travelled, stops_at: pixels since it entered the frame. stands_s: remaining stop."""

    name: str
    v: float
    way: int
    speed: float
    stops_at: float
    stands_s: float = 60.0
    travelled: float = 0.0

    def drive(self, seconds: float) -> None:
        if self.travelled >= self.stops_at and self.stands_s > 0:
            self.stands_s -= seconds
        else:
            self.travelled += self.speed * seconds

    def box(self, rng: Random) -> list[Any]:
        width, height = SIZES[self.name]
        u = (self.travelled if self.way > 0 else 1000 - self.travelled) + rng.gauss(0, 0.8)
        v = self.v + rng.gauss(0, 0.8)
        corners = (u - width / 2, v - height, u + width / 2, v)
        return [*(round(corner, 1) for corner in corners), round(rng.uniform(0.5, 0.9), 2), self.name]


def street(seconds: float, *, busiest_per_s: float = 0.45, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Yield the lines of a recording: demand with a daily peak, box jitter, missed detections, and rare stops."""
    rng = Random(seed)
    driving: list[_Vehicle] = []
    for n in range(round(seconds * FPS)):
        busy = 0.55 - 0.45 * cos(2 * pi * n / FPS / (24 * HOUR_S) + 1)
        if rng.random() < busy * busiest_per_s / FPS:
            (v, way), (name,) = rng.choice(LANES), rng.choices(list(SIZES), SHARES)
            stops_at = 500.0 if rng.random() < 0.002 else inf
            driving.append(_Vehicle(name, v + rng.uniform(-25, 25), way, rng.uniform(90, 150), stops_at))
        for vehicle in driving:
            vehicle.drive(1 / FPS)
        driving = [vehicle for vehicle in driving if vehicle.travelled < 1000]
        yield {"t": n / FPS, "boxes": [vehicle.box(rng) for vehicle in driving if rng.random() > 0.05]}


def write_street(path: Path, seconds: float, **how: Any) -> None:
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.writelines(json.dumps(line) + "\n" for line in street(seconds, **how))


def measure(path: Path) -> dict[str, Any]:
    """Replay a recording, and return its figures with the resident MB of this process after each simulated hour."""
    hourly: list[float] = []

    def progress(t: float) -> None:
        if t >= (len(hourly) + 1) * HOUR_S - 1 / FPS:
            hourly.append(round(resident(), 1))
            print(f"{len(hourly)} h: {hourly[-1]} MB", file=sys.stderr)

    with Report(CAMERA) as report, tempfile.NamedTemporaryFile(suffix=".json") as out:
        run = replay_into(report, path, CAMERA, progress=progress)
        report.write(run, out.name)
        crossings = sum(row["n"] for row in report.counts())
        return {
            "frames": run.frames,
            "crossings": crossings,
            "wall_s": round(run.wall_s, 1),
            "resident_mb_by_hour": hourly,
            "resident_mb_written": round(resident(), 1),
        }


def main() -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--replay", type=Path, help="(internal) measure this recording in this process")
    options = parser.parse_args()
    if options.replay:
        json.dump(measure(options.replay), sys.stdout)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.jsonl.gz"
        write_street(path, options.hours * HOUR_S)
        command = [sys.executable, "-m", "bench.performance.soak_replay", "--replay", str(path)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    measured: dict[str, Any] = json.loads(done.stdout)
    hourly = measured["resident_mb_by_hour"]
    growth = hourly[-1] - hourly[max(0, len(hourly) // 4 - 1)]
    result = {"hours": options.hours, "growth_mb_after_first_quarter": round(growth, 1), **measured}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))
    return 0 if growth <= ALLOWED_MB else 1


if __name__ == "__main__":
    sys.exit(main())
