"""Comparison of the days before and after a change of the road, such as a new signal plan."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from analytics.planning.annual_traffic import CONFIDENCE
from analytics.planning.local_hours import Dates, Floats, weekday_of

ROUNDING = 1e-9
"""Relative size below which a change is that of the arithmetic [float64 has 16 digits]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Change of the daily mean from before to after, at equal weekdays.

    before: mean over the days before. change: in the unit of the values. low, high: contain the true change with
    probability `CONFIDENCE`. p_value: of a change at least as large by chance. days_before, days_after: days that
    entered.
    """

    before: float
    change: float
    low: float
    high: float
    p_value: float
    days_before: int
    days_after: int

    @property
    def relative(self) -> float | None:
        """Change over the mean before; None where that is 0."""
        return self.change / self.before if self.before else None

    @property
    def significant(self) -> bool:
        """Whether the interval excludes no change."""
        return self.low > 0 or self.high < 0


def compare(dates: Dates, values: Floats, after: Dates, *, before: Dates | None = None) -> Comparison | None:
    """Return the change between two sets of dates: least squares of the daily values on weekday and period.

    dates, values: one value a day, NaN where the day was not observed. after: the dates of the later period. before:
    those of the earlier; by default all others. Days are the units, as the hours of one are not independent. Weekdays
    that occur in one of the periods alone are left out [block design, Montgomery 2017, chapter 4; Student's t].
    The test takes days as independent with one variance; a trend or a season between the periods is part of the change.
    None where fewer than two days are left to estimate the variance, or a period has none.
    """
    is_after = np.isin(dates, after)
    chosen = np.isfinite(values) & (is_after | (np.isin(dates, before) if before is not None else True))
    weekday, later, value = weekday_of(dates[chosen]), is_after[chosen], values[chosen]
    shared = np.intersect1d(weekday[later], weekday[~later])
    kept = np.isin(weekday, shared)
    weekday, later, value = weekday[kept], later[kept], value[kept]
    freedom = len(value) - len(shared) - 1
    if freedom < 2:
        return None
    design = np.column_stack([*(weekday == day for day in shared), later]).astype(float)
    fit, *_ = np.linalg.lstsq(design, value, rcond=None)
    residual = value - design @ fit
    variance = residual @ residual / freedom * np.linalg.inv(design.T @ design)[-1, -1]
    change, error = float(fit[-1]), float(variance) ** 0.5
    if max(abs(change), error) < ROUNDING * np.abs(value).max():  # what is left of equal days
        change = error = 0.0
    margin = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    p_value = float(2 * stdtr(freedom, -abs(change) / error)) if error > 0 else float(change == 0)
    return Comparison(
        before=float(value[~later].mean()),
        change=change,
        low=change - margin,
        high=change + margin,
        p_value=p_value,
        days_before=int((~later).sum()),
        days_after=int(later.sum()),
    )
