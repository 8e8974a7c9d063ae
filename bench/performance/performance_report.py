"""Table of the performance targets on two cores. All are ratios of one run, except those of delay and memory.

    python -m bench.performance.performance_report [--gather]

Runs vs_objectcounter_clips, roofline, scaling and capacity one after the other, each in its own process. --gather reads
the results of their last runs instead. Writes build/bench/speed.json, one flat object, and build/bench/speed.png. Exit
status 1 where a target is missed.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from rich import box
from rich.console import Console
from rich.table import Table

from bench.inputs import RESULTS, ROOT, SHARED

PARTS = {
    "single_stream": "vs_objectcounter_clips",
    "limit": "roofline",
    "growth": "scaling",
    "capacity": "capacity",
}
"""Module of this package that writes each part, by the name of its file in build/bench."""
RESULT, PLOT = RESULTS / "speed.json", RESULTS / "speed.png"  # figures and plot that this report writes
NO_FIGURES = 2
"""Exit status of a part that could not measure."""

FIGURES = {
    "single_stream": ("single_stream_ratio", "single_stream_f1", "peer_f1"),
    "limit": ("limit_ratio",),
    "growth": ("cpu_growth", "memory_mb_per_camera"),
    "capacity": (
        "capacity_cameras",
        "looks_over_objectcounter",
        "outside_network_ratio",
        "analysis_over_network",
        "busy_before_miss",
        "overload_ratio",
        "capacity_count_error",
        "capacity_incidents_lost",
        "frame_to_event_p95_ms",
    ),
}
"""Figures that the report takes from each part."""


@dataclass(frozen=True, slots=True)
class PerformanceTarget:
    """A bound of one figure. figure: its name in speed.json. least, most: the bound; one of them is set."""

    measure: str
    figure: str
    least: float | None = None
    most: float | None = None

    def bound(self) -> str:
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"

    def met(self, value: float | None) -> bool | None:
        """Return whether the value is within the bound, None without a value."""
        if value is None:
            return None
        return value >= self.least if self.least is not None else self.most is not None and value <= self.most


# Figures and bounds of the report [assumption: the project's targets].
TARGETS = (
    PerformanceTarget("single stream at 5 frames/s, times ObjectCounter", "single_stream_ratio", least=12.0),
    PerformanceTarget("gating and cropping off, of the limit on shared cores", "limit_ratio", least=0.9),
    PerformanceTarget("analysed frames/s at capacity, times ObjectCounter's", "looks_over_objectcounter", least=6.3),
    PerformanceTarget("CPU outside the network, times the network's", "outside_network_ratio", most=0.6),
    PerformanceTarget("CPU of the analysis thread, times the network's", "analysis_over_network", most=0.2),
    PerformanceTarget("CPU busy at capacity", "busy_before_miss", least=0.92),
    PerformanceTarget("analysed frames/s at twice the capacity, of the most", "overload_ratio", least=0.95),
    PerformanceTarget("count error at capacity", "capacity_count_error", most=0.02),
    PerformanceTarget("incidents lost at capacity", "capacity_incidents_lost", most=0),
    PerformanceTarget("frame to event, p95, ms", "frame_to_event_p95_ms", most=250),
    PerformanceTarget("CPU a camera, 32 against 4", "cpu_growth", most=1.1),
    PerformanceTarget("memory a camera, MB", "memory_mb_per_camera", most=15),
)


def main() -> int:
    if not SHARED.is_dir():
        print(f"bench: needs {SHARED}; nothing was measured", file=sys.stderr)
        return NO_FIGURES
    if "--gather" not in sys.argv[1:]:
        for part, name in PARTS.items():
            module = f"bench.performance.{name}"
            (RESULTS / f"{part}.json").unlink(missing_ok=True)
            print(module, file=sys.stderr)
            subprocess.run([sys.executable, "-m", module], cwd=ROOT, check=False)
    parts = {part: read(RESULTS / f"{part}.json") for part in PARTS}
    figures = {name: parts[part].get(name) for part, names in FIGURES.items() for name in names}
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    plot(figures, parts).savefig(PLOT, dpi=120)
    met = [target.met(figures[target.figure]) for target in TARGETS]
    met.append(no_worse_than_the_peer(figures))
    print_table(figures)
    return 0 if all(met) else 1


def read(path: Path) -> dict[str, Any]:
    """Return the figures of a part, empty where it has measured nothing."""
    if not path.is_file():
        return {}
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def no_worse_than_the_peer(figures: dict[str, Any]) -> bool | None:
    ours, peer = figures["single_stream_f1"], figures["peer_f1"]
    return None if ours is None or peer is None else ours >= peer


def print_table(figures: dict[str, Any]) -> None:
    table = Table("measure", "target", "reached", "", title="targets", title_justify="left", box=box.SIMPLE_HEAD)
    words = {True: "[green]met", False: "[red]missed", None: "not measured"}
    peer = figures["peer_f1"]
    table.add_row(
        "single stream, crossing F1",
        "-" if peer is None else f">= {peer:g} (ObjectCounter)",
        formatted(figures["single_stream_f1"]),
        words[no_worse_than_the_peer(figures)],
    )
    for target in TARGETS:
        value = figures[target.figure]
        table.add_row(target.measure, target.bound(), formatted(value), words[target.met(value)])
    table.add_row("cameras of 640x360 at 12.5 frames/s here", "-", formatted(figures["capacity_cameras"]), "")
    (Console() if sys.stdout.isatty() else Console(width=120)).print(table)


def formatted(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def plot(figures: dict[str, Any], parts: dict[str, dict[str, Any]]) -> Figure:
    """Draw the share of each target, the CPU of a camera, and the points of the capacity search."""
    figure = Figure(figsize=(15, 4.5), layout="constrained")
    reached, cost, tried = figure.subplots(1, 3)
    known = [(t, figures[t.figure]) for t in reversed(TARGETS) if figures[t.figure] is not None]
    shares = [share(target, value) for target, value in known]
    reached.barh([t.measure for t, _ in known], shares, color=["#2a9d5c" if s >= 1 else "#d1495b" for s in shares])
    reached.axvline(1.0, color="black", linewidth=1)
    reached.set_title("of the target (from 1 on it is met)")
    runs = parts["growth"].get("runs", [])
    for task in sorted({task for run in runs for task in run["by_task_ms"]}):
        cost.plot(
            [run["cameras"] for run in runs], [run["by_task_ms"].get(task, 0.0) for run in runs], "o-", label=task
        )
    cost.set(title="CPU a camera, ms a second", xlabel="cameras", xscale="log", ylim=(0, None))
    if runs:
        cost.set_xticks([run["cameras"] for run in runs], [str(run["cameras"]) for run in runs])
        cost.legend(fontsize="small")
    points = parts["capacity"].get("tried", [])
    for holds, colour in ((True, "#2a9d5c"), (False, "#d1495b")):
        of_kind = [(n, point["cameras"]) for n, point in enumerate(points, start=1) if point["passed"] is holds]
        tried.scatter([n for n, _ in of_kind], [c for _, c in of_kind], c=colour, label="held" if holds else "not held")
    tried.axhline(36, color="black", linewidth=1)
    tried.set(title="capacity: points in the order tried", xlabel="point", ylabel="cameras", ylim=(0, None))
    tried.legend(fontsize="small")
    return figure


def share(target: PerformanceTarget, value: float) -> float:
    """Return the share of the target, limited to 2 so that one large value does not hide the others."""
    if target.least is not None:
        return min(2.0, value / target.least)
    most = target.most or 0.0
    return 2.0 if value <= 0 else min(2.0, most / value)


if __name__ == "__main__":
    sys.exit(main())
