"""Shortest form of a history that fails: the fewest of its faults that still fail."""

from collections.abc import Callable, Sequence

from tests.faults.checker import Finding
from tests.faults.history_run import Record
from tests.faults.schedule import Fault

BEFORE_S, AFTER_S = 45.0, 5.0
"""Time (s) before and after a finding in which faults may have caused it. [assumption: a minute's report and a restart]
"""

Fails = Callable[[Sequence[Fault]], bool]
"""Run these faults alone; return whether the run fails."""


def suspects(record: Record, finding: Finding, cameras_of: Callable[[str], Sequence[str]]) -> list[Fault]:
    """Return the faults near a finding at its camera, or at a part of the city that all cameras share.

    cameras_of: returns the cameras of a worker; none for any other part.
    """
    found = []
    for each in record.incidences:
        is_near = finding.at - BEFORE_S < each.ended_at and each.began_at < finding.at + AFTER_S
        own = each.cameras or cameras_of(each.fault.target)
        if is_near and (not own or finding.camera in own):
            found.append(each.fault)
    return sorted(found)


def shortest(faults: Sequence[Fault], fails: Fails, tries: int) -> list[Fault]:
    """Return the fewest faults that still fail, within a number of tries; all of them where the run is not repeatable.

    >>> faults = [Fault(float(n), "a", None, 0.0, 0.0, n) for n in range(8)]
    >>> [fault.number for fault in shortest(faults, lambda kept: {2, 5} <= {f.number for f in kept}, tries=40)]
    [2, 5]
    """
    kept, parts = list(faults), 2
    while tries > 0 and len(kept) > 1:
        size = max(1, len(kept) // parts)
        for start in range(0, len(kept), size):
            fewer = kept[:start] + kept[start + size :]
            tries -= 1
            if fewer and fails(fewer):
                kept, parts = fewer, max(2, parts - 1)
                break
            if tries <= 0:
                break
        else:
            if size == 1:
                break
            parts = min(len(kept), parts * 2)
    return kept
