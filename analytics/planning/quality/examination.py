"""Examination of a day of a camera: the faults that its counts show, as new or recurring."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import partial
from itertools import combinations

import numpy as np

from analytics.planning.local_hours import Dates, Floats
from analytics.planning.quality.camera_days import QUARTERS_OF_DAY, CameraDays, Usual, usual_of
from analytics.planning.quality.fault_tests import (
    LEAST_SHIFT,
    LONG_QUARTERS,
    MOST_SHIFT,
    SHIFT_SPREADS,
    clock_shift,
    doubled_hour,
    gone_classes,
    is_swapped,
    level_shift,
    zero_run,
)

FEAST_AROUND_DAYS = 12
"""Days before and after a feast, such as Lebaran, in which traffic is unlike that of other weeks [assumption]."""
FEAST_HOLIDAYS = 4
"""Holidays within `FEAST_AROUND_DAYS` that make a feast [calendar: Lebaran has five and more]."""
MEMORY_DAYS = 7
"""Days before a finding in which the same one makes it recurring [assumption: a week]."""


class Fault(StrEnum):
    """Kinds of faults of counts."""

    ZERO = "zero"
    GAP = "gap"
    CLASS_GONE = "class_gone"
    LEGS_SWAPPED = "legs_swapped"
    LEVEL_SHIFT = "level_shift"
    DOUBLED_HOUR = "doubled_hour"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A fault of a day.

    gate: None for the whole camera. other: the second gate of swapped legs, or the class that is gone. first, end:
    quarters of the day, from 0. observed, expected: vehicles in them. recurring: whether it was found in the
    `MEMORY_DAYS` before, too.
    """

    fault: Fault
    date: np.datetime64
    gate: str | None = None
    other: str | None = None
    first: int = 0
    end: int = QUARTERS_OF_DAY
    observed: float
    expected: float
    recurring: bool = False

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """What makes two findings the same."""
        return self.fault, self.gate, self.other


def examine(days: CameraDays, holidays: Dates, number: int = -1) -> list[Finding]:
    """Return the faults of a day, by default of the last one, each as new or recurring.

    Earlier days show what is usual. On a holiday a fault must hold against the usual weekday, Sunday and holiday, and
    the level is not examined.
    """
    number %= len(days.dates)
    before = {
        finding.key
        for earlier in range(max(0, number - MEMORY_DAYS), number)
        for finding in examine_day(days, earlier, holidays)
    }
    return [replace(found, recurring=found.key in before) for found in examine_day(days, number, holidays)]


def examine_day(days: CameraDays, number: int, holidays: Dates) -> list[Finding]:
    """Return the faults of a day without regard to those of earlier days."""
    against = [list(_against(days, number, usual, holidays)) for usual in usual_of(days, number, holidays)]
    shared = set.intersection(*({found.key for found in findings} for findings in against)) if against else set()
    # The expectation of the last kind, that of holidays, is the nearest.
    return [found for found in against[-1] if found.key in shared] if against else []


def _against(days: CameraDays, number: int, usual: Usual, holidays: Dates) -> Iterator[Finding]:
    """Yield the faults of a day against one expectation. The first explanation of a gate's counts is the only one."""
    counts = days.counts[number]
    totals = np.where(np.isfinite(usual.quarters), counts.sum(axis=2), np.nan)
    of_class = np.where(np.isfinite(totals)[:, :, None], counts, 0).sum(axis=0)
    found = partial(Finding, date=days.dates[number])
    clock = clock_shift(totals.sum(axis=1), usual.quarters.sum(axis=1))
    if clock is not None:
        yield found(fault=Fault.CLOCK, observed=np.nansum(totals), expected=np.nansum(usual.quarters))
    open_gates = []
    for k, gate in enumerate(days.gates):
        run = zero_run(totals[:, k], usual.quarters[:, k])
        is_dead = run is not None and run.end - run.first >= LONG_QUARTERS
        if run is not None:
            yield found(fault=Fault.ZERO if is_dead else Fault.GAP, gate=gate, **asdict(run))
        gone = [] if is_dead else gone_classes(of_class[k], usual.classes[k])
        for c in gone:
            yield found(
                fault=Fault.CLASS_GONE,
                gate=gate,
                other=days.classes[c],
                observed=of_class[k, c],
                expected=usual.classes[k, c],
            )
        hour = doubled_hour(counts[:, k], usual.quarters[:, k]) if clock is None else None
        if hour is not None:
            yield found(fault=Fault.DOUBLED_HOUR, gate=gate, **asdict(hour))
        if not is_dead and not gone:
            open_gates.append(k)
    swapped = set()
    for first, second in combinations(open_gates, 2):
        pair = [_profile(totals[:, k], of_class[k]) for k in (first, second)]
        if is_swapped(*pair, *(_profile(usual.quarters[:, k], usual.classes[k]) for k in (first, second))):
            swapped |= {first, second}
            yield found(
                fault=Fault.LEGS_SWAPPED,
                gate=days.gates[first],
                other=days.gates[second],
                observed=of_class[first].sum(),
                expected=usual.classes[first].sum(),
            )
    if np.isin(days.dates[number], holidays):
        return
    for k in sorted(set(open_gates) - swapped):
        least = _least_shift(days.dates[number], holidays, float(usual.spread[k]))
        if level_shift(totals[:, k], usual.quarters[:, k], float(usual.level[k]), least):
            yield found(
                fault=Fault.LEVEL_SHIFT,
                gate=days.gates[k],
                observed=np.nansum(totals[:, k]),
                expected=np.nansum(usual.quarters[:, k]),
            )


def _least_shift(date: np.datetime64, holidays: Dates, spread: float) -> float:
    """Return the smallest log of a shift of the level: larger around a feast, whose weeks differ from all others."""
    around = np.abs((holidays - date).astype(int)) <= FEAST_AROUND_DAYS
    if around.sum() >= FEAST_HOLIDAYS:
        return MOST_SHIFT
    return float(np.clip(SHIFT_SPREADS * spread, LEAST_SHIFT, MOST_SHIFT))


def _profile(quarters: Floats, classes: Floats) -> Floats:
    """Return the hours (24,) of a day, 0 where nothing is known of one, and its classes."""
    return np.concatenate([np.nan_to_num(quarters).reshape(-1, 4).sum(axis=1), classes])
