"""Measures of a run: all that are wanted, flat, and null where they were not taken."""

import json

from tests.faults.checker import Findings
from tests.faults.fault_report import summary
from tests.faults.group_run import GroupFigures
from tests.faults.history_run import Record
from tests.faults.kinds import Kind

WANTED = {
    "faults", "lost", "doubled", "unmarked_gaps", "neighbour_looks_lost", "camera_recovery_p99_s",
    "worker_recovery_p95_s", "cost_imbalance", "restart_moves",
}  # fmt: skip


def test_the_measures_are_flat_and_complete() -> None:
    findings = Findings(recovery_s={Kind.CUT: [3.0, 4.0], Kind.WORKER_KILLED: [9.0]})
    measures = json.loads(json.dumps(summary(2, Record(), findings, GroupFigures(0.02, 1))))
    assert measures.keys() >= WANTED
    assert not any(isinstance(value, dict | list) for value in measures.values())
    assert [measures[name] for name in ("camera_recovery_p99_s", "worker_recovery_p95_s")] == [4.0, 9.0]
    assert [measures[name] for name in ("cost_imbalance", "restart_moves")] == [0.02, 1]


def test_a_group_that_was_not_run_has_no_figures() -> None:
    measures = summary(2, Record(), Findings(), None)
    assert measures["cost_imbalance"] is measures["restart_moves"] is None
