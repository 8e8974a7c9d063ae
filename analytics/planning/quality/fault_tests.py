"""Tests of a day's counts against what is expected: each returns what it found, or None."""

from dataclasses import dataclass

import numpy as np

from analytics.planning.local_hours import Floats

CERTAIN = 25.0
"""Expected vehicles from which a count of none is no chance: e^-25, and more for platoons [assumption]."""
LONG_QUARTERS = 24
"""Quarters of zeros from which a gate is dead, not interrupted: 6 h [assumption]."""
AROUND = 8
"""Quarters on each side that show how busy the time around a gap is: 2 h [assumption]."""
GONE = 0.1
"""Share of what is expected of a class up to which it is gone [assumption]."""
LEAST_SHIFT = 0.3
"""Smallest log of a shift of the level: 35 % more or 26 % less [assumption: rain and events stay below]."""
AGREEING = 0.8
"""Share of the blocks of a day that agree on a shift [assumption]."""
MOST_SHIFT = 0.4
"""Log of a shift that is always one: half as much again, or a third less [assumption]."""
SHIFT_SPREADS = 4.0
"""A shift of the level, or a doubling, is this many spreads [assumption]."""
DOUBLED = 1.6
"""Least ratio of a doubled hour to the hours around it [assumption]."""
LEAST_EVEN = 10
"""Fewest counts that are all even by no chance: 1 in 1000 hours, of which few have more traffic [assumption]."""
EVEN_DOUBLED = 1.3
"""Least ratio of an hour with even counts alone [assumption: chance and traffic may hide a part of a doubling]."""
SHARP = 1.35
"""Least ratio of each of its quarters [assumption: traffic itself rises and falls within the hour]."""
VARIATION = 0.12
"""Relative spread of an hour's traffic beside that of the day and chance [assumption]."""
BETTER = 60.0
"""Least gain in misfit for another explanation [assumption: in units of variances]."""
SHIFTS = (-5, -4, -3, 3, 4, 5)
"""Quarters by which a clock that is off by an hour shifts the day."""
BLOCK = 8
"""Quarters of a block that must agree with a shift of the level: 2 h [assumption: no event lasts all day]."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Quarters from `first` until before `end`, with the vehicles observed and expected in them."""

    first: int
    end: int
    observed: float
    expected: float


def zero_run(counts: Floats, usual: Floats) -> Stretch | None:
    """Return the zeros in sequence of which most was expected, where that is no chance. counts, usual: (96,)."""
    seen = np.isfinite(counts) & np.isfinite(usual)
    zero = np.append(seen & (counts == 0), False)
    edges = np.flatnonzero(np.diff(zero.astype(np.int8), prepend=0))
    found = None
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        sides = np.r_[max(0, first - 1 - AROUND) : max(0, first - 1), end + 1 : min(len(counts), end + 1 + AROUND)]
        sides = sides[seen[sides]]
        around = counts[sides].sum() / usual[sides].sum() if len(sides) and usual[sides].sum() > 0 else 1.0
        is_long = end - first >= LONG_QUARTERS
        expected = float(usual[first:end].sum()) * (1.0 if is_long else min(1.0, float(around)))
        if expected >= CERTAIN and (found is None or expected > found.expected):
            found = Stretch(int(first), int(end), 0.0, expected)
    return found


def doubled_hour(counts: Floats, usual: Floats) -> Stretch | None:
    """Return the clock hour that has twice the traffic of the hours on both sides.

    counts: (96, classes), usual: (96,). What is counted twice has even counts alone; other counts must be sharper.
    """
    total = counts.sum(axis=1)
    known = np.isfinite(total) & (usual > 0)
    found, largest = None, 0.0
    for first in range(0, len(total), 4):
        inside, before, after = (
            quarters[known[quarters]]
            for quarters in (
                np.arange(first, first + 4),
                np.arange(max(0, first - 4), first),
                np.arange(first + 4, min(len(total), first + 8)),
            )
        )
        sides = [total[side].sum() / usual[side].sum() for side in (before, after) if len(side) >= 2]
        if len(inside) < 3 or not sides:
            continue
        expected = np.max(sides) * usual[inside].sum()
        if expected < CERTAIN:
            continue
        observed = float(total[inside].sum())
        ratios = total[inside] / usual[inside] / np.max(sides)
        nonzero = counts[inside][counts[inside] > 0]
        is_even = len(nonzero) >= LEAST_EVEN and bool((nonzero % 2 == 0).all())
        spread = np.sqrt(1 / max(observed, 1.0) + 1 / expected + VARIATION**2 / 2)
        is_sharp = len(sides) == 2 and ratios.min() > SHARP and np.log(observed / expected) > SHIFT_SPREADS * spread
        factor = observed / expected
        if factor > largest and factor > (EVEN_DOUBLED if is_even else DOUBLED) and (is_even or is_sharp):
            largest, found = factor, Stretch(first, first + 4, observed, float(expected))
    return found


def gone_classes(observed: Floats, usual: Floats) -> list[int]:
    """Return the numbers of the classes that are gone. observed, usual: (classes,), of the day."""
    gone = []
    for number in range(len(usual)):
        others = np.arange(len(usual)) != number
        level = observed[others].sum() / usual[others].sum() if usual[others].sum() > 0 else 1.0
        if usual[number] * min(1.0, level) >= CERTAIN and observed[number] <= GONE * usual[number] * min(1.0, level):
            gone.append(number)
    return gone


def level_shift(counts: Floats, usual: Floats, level: float, least: float) -> float | None:
    """Return the ratio of a day's traffic to the usual, where all of the day agrees on a shift. counts, usual: (96,).

    level: log of the latest days' traffic over the usual; a shift is one from both. least: smallest log of a shift.
    """
    seen = np.isfinite(counts) & np.isfinite(usual)
    if seen.sum() < len(counts) / 2 or usual[seen].sum() < 4 * CERTAIN:
        return None
    log = float(np.log((counts[seen].sum() + 0.5) / usual[seen].sum()))
    if min(abs(log), abs(log - level)) < least or log * (log - level) < 0:
        return None
    blocks = np.where(seen, [counts, usual], 0).reshape(2, -1, BLOCK).sum(axis=2)
    observed, expected = blocks[:, blocks[1] >= 2 * CERTAIN]
    agreeing = np.log((observed + 0.5) / expected) * np.sign(log) > least / 2
    return float(np.exp(log)) if len(agreeing) and agreeing.mean() >= AGREEING else None


def misfit(counts: Floats, usual: Floats) -> float:
    """Return the sum of squares of (counts - level x usual) over their variance: chance, and `VARIATION`."""
    seen = np.isfinite(counts) & np.isfinite(usual)
    observed, expected = counts[seen], usual[seen]
    if expected.sum() <= 0:
        return 0.0
    expected = expected * (observed.sum() / expected.sum()) + 0.5
    return float(((observed - expected) ** 2 / (expected + (VARIATION * expected) ** 2)).sum())


def is_swapped(first: Floats, second: Floats, usual_first: Floats, usual_second: Floats) -> bool:
    """Return whether two gates fit each other's usual day better than their own. All (k,): hours and classes.

    The other explanation is a shift of one of them, which changes a level and no shape.
    """
    observed = np.concatenate([first, second])
    own = misfit(observed, np.concatenate([usual_first, usual_second]))
    swapped = misfit(observed, np.concatenate([usual_second, usual_first]))
    if own - swapped < BETTER or swapped > 0.4 * own:
        return False
    shifts = [
        np.log((each.sum() + 0.5) / (usual.sum() + 0.5))
        for each, usual in ((first, usual_first), (second, usual_second))
    ]
    one_shifted = (
        misfit(first, usual_first) + misfit(second, usual_second) + min((shift / VARIATION) ** 2 for shift in shifts)
    )
    return bool(one_shifted - swapped > BETTER / 4)


def clock_shift(counts: Floats, usual: Floats) -> int | None:
    """Return the quarters by which a day is later than usual, where an hour explains it. counts, usual: (96,)."""
    inner = slice(6, -6)  # what an hour moves over midnight is unknown
    now = misfit(counts[inner], usual[inner])
    shifted = {shift: misfit(counts[inner], np.roll(usual, shift)[inner]) for shift in SHIFTS}
    best = min(shifted, key=lambda shift: shifted[shift])
    return best if now - shifted[best] > BETTER and shifted[best] < 0.5 * now else None
