"""What to buy for a number of cameras, derived from one capacity run on a machine of the kind. Pure."""

import math
from dataclasses import dataclass
from enum import StrEnum

from analytics.camera_analyzer import COVERAGE_S
from pipelines.capacity.assessment import MIN_ANALYSED_FPS, CapacityResult
from pipelines.evidence.snapshots import MAX_SNAPSHOTS
from pipelines.worker.health_reporter import HEARTBEAT_S

MAX_BUSY = 0.92
"""Share of the cores that the worker uses where a machine is full. [assumption: target of bench.performance]"""

UNDISTURBED_BUSY = 0.8
"""Share of the cores in use by worker and servers of a run that failed, below which other programs used the rest.
[assumption]"""

CAMERA_SHARE = 0.8
"""Share of the cameras held that are planned for a machine; the rest is for portal, database and rush hours.
[assumption]"""

SYSTEM_MB = 2000
"""Memory (MB) of operating system, database and portal. [assumption]"""

MAIN_KBITS = 2000
"""Bit rate (kbit/s) of a main stream without another statement. [assumption: 1080p H.264 of a street camera]"""

LIVE_S = 10.0
"""Length (s) of the live video on disk of each camera. [source: stream.segments_kept, and one segment at each end]"""

SNAPSHOT_KB = 50
"""Size (kB) of a snapshot of an incident. [assumption: JPEG of a street at 640x360]"""

ROW_BYTES = {
    "crossings": 245,
    "observed": 228,
    "gate_intervals": 307,
    "zone_intervals": 393,
    "levels": 393,
    "health": 260,
}
"""Table -> bytes of a row with its indexes. [measured: bench/performance/row_sizes.py]"""

GATES, ZONES, CROSSINGS_A_DAY = 2, 1, 20_000
"""Gates and zones of a camera, and crossings of its gates in a day. [assumption: a busy street]"""

MINUTES_A_DAY, SECONDS_A_DAY, DAYS_A_YEAR = 1440, 86400, 365
"""Lengths of a day and a year. [source: definition]"""


class Origin(StrEnum):
    """Where a figure comes from."""

    MEASURED = "measured"
    DERIVED = "derived"
    ASSUMED = "assumed"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the answer. basis: how it was obtained, in plain words."""

    name: str
    value: float
    unit: str
    origin: Origin
    basis: str


def rows_a_day() -> dict[str, int]:
    """Return the rows that one camera adds in a day, by table."""
    return {
        "crossings": CROSSINGS_A_DAY,
        "observed": round(SECONDS_A_DAY / COVERAGE_S),
        "gate_intervals": 2 * GATES * MINUTES_A_DAY,
        "zone_intervals": ZONES * MINUTES_A_DAY,
        "levels": ZONES * MINUTES_A_DAY,
        "health": round(SECONDS_A_DAY / HEARTBEAT_S),
    }


def cameras_held(point: CapacityResult) -> Figure:
    """Return how many cameras the machine holds at the analysis rate at which counts are accurate.

    A run that passed with cores to spare is extrapolated by CPU time, one that failed by its analysed frames a second.
    """
    name, rate = "cameras held", f"{MIN_ANALYSED_FPS:g} analysed frames/s"
    if not point.passed:
        held = min(point.cameras - 1, math.floor(point.total_analysed_fps / MIN_ANALYSED_FPS))
        basis = f"a run of {point.cameras} failed at {point.total_analysed_fps:g} analysed frames/s in all; {rate} each"
        return Figure(name, held, "", Origin.DERIVED, basis)
    by_cpu = math.floor(MAX_BUSY * point.cores * point.cameras / point.worker_cpu) if point.worker_cpu else 0
    if point.reduced_share:
        by_cpu = point.cameras  # smaller pictures cost less than those of a machine with time to spare
    if by_cpu <= point.cameras:
        return Figure(name, point.cameras, "", Origin.MEASURED, f"a run of {point.seconds:g} s passed at {rate} each")
    basis = (
        f"a run of {point.cameras} passed and used {point.worker_cpu:g} of {point.cores:g} cores; {MAX_BUSY:.0%} used"
    )
    return Figure(name, by_cpu, "", Origin.DERIVED, basis)


def is_disturbed(point: CapacityResult) -> bool:
    """Return whether a run failed although the cores were not used up by it: other programs took them."""
    return not point.passed and point.cpu_busy < UNDISTURBED_BUSY


def machine_figures(point: CapacityResult) -> list[Figure]:
    """Return the figures of one machine of the measured kind."""
    held = cameras_held(point)
    planned = min(held.value, max(1, math.floor(CAMERA_SHARE * held.value)))
    per_camera = 1000 * point.worker_cpu / point.cameras
    worker_mb = point.worker_mb * max(1.0, held.value / point.cameras)
    return [
        held,
        Figure(
            "cameras planned", planned, "", Origin.ASSUMED, f"{CAMERA_SHARE:.0%} of those held; the rest is reserve"
        ),
        Figure("cores", point.cores, "", Origin.MEASURED, "those that this process may use"),
        Figure("CPU of a camera", round(per_camera), "ms/s", Origin.MEASURED, f"worker, with {point.cameras} cameras"),
        Figure("memory of the worker", round(point.worker_mb), "MB", Origin.MEASURED, f"with {point.cameras} cameras"),
        Figure(
            "memory",
            math.ceil((worker_mb + SYSTEM_MB) / 1000),
            "GB",
            Origin.DERIVED,
            f"the worker's, full, and {SYSTEM_MB} MB assumed for system, database and portal",
        ),
    ]


def purchase(point: CapacityResult, cameras: int, main_kbits: float | None = None) -> list[Figure]:
    """Return what `cameras` cameras need in all. Raises ValueError where the machine holds no camera.

    main_kbits: bit rate of a main stream; None where it is not known.
    """
    each = {figure.name: figure.value for figure in machine_figures(point)}
    planned = each["cameras planned"]
    if planned < 1:
        raise ValueError("the measured machine holds no camera")
    machines = math.ceil(cameras / planned)
    return [
        Figure("machines", machines, "", Origin.DERIVED, "by the cameras planned for each"),
        Figure("cores in all", machines * each["cores"], "", Origin.DERIVED, "of these machines"),
        Figure("memory in all", machines * each["memory"], "GB", Origin.DERIVED, "of these machines"),
        *_database(cameras),
        Figure(
            "evidence on disk",
            round(machines * MAX_SNAPSHOTS * SNAPSHOT_KB / 1000),
            "MB",
            Origin.DERIVED,
            f"at most {MAX_SNAPSHOTS} snapshots a machine of {SNAPSHOT_KB} kB, assumed",
        ),
        *_streams(point, cameras, main_kbits),
    ]


def _database(cameras: int) -> list[Figure]:
    """Return rows and size of what the cameras add to the database."""
    rows = rows_a_day()
    millions = cameras * sum(rows.values()) / 1e6
    day_mb = cameras * sum(ROW_BYTES[table] * number for table, number in rows.items()) / 1e6
    assumed = f"{GATES} gates, {ZONES} zone, {CROSSINGS_A_DAY} crossings a day assumed for each camera"
    return [
        Figure("database rows", round(millions, 2), "million/day", Origin.DERIVED, assumed),
        Figure("database", round(day_mb), "MB/day", Origin.DERIVED, "measured bytes of a row (PostgreSQL, indexes)"),
        Figure("database in a year", round(day_mb * DAYS_A_YEAR / 1000), "GB", Origin.DERIVED, "nothing is deleted"),
    ]


def _streams(point: CapacityResult, cameras: int, main_kbits: float | None) -> list[Figure]:
    """Return live video on disk, and the network of cameras and viewers."""
    main, origin = (MAIN_KBITS, Origin.ASSUMED) if main_kbits is None else (main_kbits, Origin.GIVEN)
    live_mb = cameras * main / 8 * LIVE_S / 1000
    in_mbits = cameras * (main + point.stream_kbits) / 1000
    return [
        Figure("main stream", main, "kbit/s", origin, "bit rate of a camera's main stream"),
        Figure("sub-stream", round(point.stream_kbits), "kbit/s", Origin.MEASURED, "of the analysed clips, 640x360"),
        Figure("live video on disk", round(live_mb), "MB", Origin.DERIVED, f"{LIVE_S:g} s of each main stream"),
        Figure("network in", round(in_mbits, 1), "Mbit/s", Origin.DERIVED, "main and sub-stream of every camera"),
        Figure("network out, each viewer", round(main / 1000, 2), "Mbit/s", Origin.DERIVED, "HLS is not transcoded"),
    ]
