"""A long recording takes no more memory than a short one."""

import gc
import sys

import pytest

from bench.performance.soak_replay import CAMERA, write_street
from pipelines.recordings.count_report import Report
from pipelines.recordings.detection_replay import replay_into

pytestmark = pytest.mark.slow  # an hour of traffic is replayed

LENGTH_S = 1800.0

KEPT_A_CROSSING = 4
"""Least number of memory blocks of a fact that stays in memory [assumption]."""


def test_memory_at_the_end_is_that_after_a_quarter_of_the_time(tmp_path):
    """Counted in blocks that Python has given out: resident memory hides a small leak in what was free already."""
    path = tmp_path / "street.jsonl.gz"
    write_street(path, LENGTH_S, busiest_per_s=1.4)
    blocks: list[int] = []

    def progress(t: float) -> None:
        if t >= (len(blocks) + 1) * LENGTH_S / 4 - 1:
            gc.collect()
            blocks.append(sys.getallocatedblocks())

    with Report(CAMERA) as report:
        replay_into(report, path, CAMERA, progress=progress)
        crossings = sum(row["n"] for row in report.counts())
    assert crossings > 1500
    after_a_quarter, *_, at_the_end = blocks
    assert at_the_end - after_a_quarter < KEPT_A_CROSSING * crossings / 4
