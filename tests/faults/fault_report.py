"""Table and JSON of a run of the fault suite."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from pipelines.observability.percentile import nearest_rank
from tests.faults.checker import Findings
from tests.faults.group_run import GroupFigures
from tests.faults.history_run import Record
from tests.faults.kinds import CAMERA, WORKER, Kind

SHOWN = 20
"""Most findings that are printed. [assumption]"""
_CAMERA_CAUSES = frozenset(CAMERA.kinds)
_WORKER_CAUSES = frozenset(WORKER.kinds) - {Kind.DISK_FULL}


def log(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def summary(seed: int, record: Record, findings: Findings, group: GroupFigures | None) -> dict[str, Any]:
    """Return the measures of a run, flat. group: None where it was not run."""
    recoveries = findings.recovery_s

    def percentile_of(kinds: frozenset[Kind], share: float) -> float | None:
        return nearest_rank([value for kind in kinds for value in recoveries.get(kind, [])], share)

    return {
        "seed": seed,
        "faults": len(record.incidences),
        "kinds": len({each.fault.kind for each in record.incidences}),
        "seconds": round(record.until - record.since),
        "crossings": findings.crossings,
        "stored": findings.stored,
        "marked_as_unobserved": findings.marked,
        "blinks": findings.blinks,
        "overloaded": findings.overloaded,
        "lost": len(findings.lost),
        "doubled": len(findings.doubled),
        "invented": len(findings.invented),
        "mistimed": len(findings.mistimed),
        "unmarked_gaps": len(findings.unmarked_gaps),
        "stuck": len(findings.stuck),
        "neighbour_looks_lost": round(findings.neighbour_frames_lost),
        "camera_recovery_p99_s": percentile_of(_CAMERA_CAUSES, 0.99),
        "worker_recovery_p95_s": percentile_of(_WORKER_CAUSES, 0.95),
        "cost_imbalance": None if group is None else group.cost_imbalance,
        "restart_moves": None if group is None else group.restart_moves,
    }


def table(record: Record, findings: Findings) -> str:
    """Return a line for each kind of fault: number, and recovery in seconds."""
    counts = Counter(each.fault.kind for each in record.incidences)
    lines = [f"{'fault':28}{'faults':>8}{'recovered':>11}{'p50 s':>8}{'p99 s':>8}"]
    for kind in Kind:
        values = findings.recovery_s.get(kind, [])
        p50, p99 = (_text(nearest_rank(values, share)) for share in (0.5, 0.99))
        lines.append(f"{kind:28}{counts[kind]:8}{len(values):11}{p50:>8}{p99:>8}")
    return "\n".join(lines)


def print_report(seed: int, record: Record, findings: Findings, group: GroupFigures | str) -> dict[str, Any]:
    """Print the table and the findings; return the measures. group: its figures, or why there are none."""
    measures = summary(seed, record, findings, None if isinstance(group, str) else group)
    log(table(record, findings))
    log(", ".join(f"{name} {_text(value)}" for name, value in measures.items()))
    if isinstance(group, str):
        log(f"cost_imbalance, restart_moves: not measured: {group}")
    shown = [*findings.failures, *sorted([*findings.invented, *findings.mistimed])]
    for finding in shown[:SHOWN]:
        log(f"  {finding.at - record.since:7.1f} s  {finding.camera}: {finding.what}")
    if len(shown) > SHOWN:
        log(f"  and {len(shown) - SHOWN} more")
    return measures


def write_json(path: Path, measures: dict[str, Any]) -> None:
    """Write the measures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(measures, indent=2) + "\n")


def _text(value: object) -> str:
    return "-" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)
