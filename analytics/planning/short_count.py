"""Expansion of a count of a few days to a year, by the pattern of a place that was observed all year."""

import numpy as np

from analytics.planning.annual_traffic import fhwa_aadt
from analytics.planning.local_hours import Dates, Floats, LocalHours, month_of, weekday_of


def expand(dates: Dates, totals: Floats, reference: LocalHours) -> float | None:
    """Return the AADT of a place from the totals of some days: mean of total times factor of its month and weekday.

    factor = AADT / (mean of the complete days of that month and weekday), both of the reference, a place of the same
    kind that was observed in the same year [FHWA Traffic Monitoring Guide 2022,
    chapter 3: monthly and day-of-week factors].
    dates: of one year. totals: NaN where a day was not observed completely. None where no day has a factor.
    """
    factors = []
    for date, total in zip(dates, totals, strict=True):
        annual = fhwa_aadt(reference, int(str(date)[:4]))
        alike = (
            reference.complete
            & (reference.dates.astype("datetime64[Y]") == date.astype("datetime64[Y]"))
            & (month_of(reference.dates) == month_of(np.array([date])))
            & (reference.weekday == weekday_of(np.array([date])))
        )
        if annual is not None and alike.any() and np.isfinite(total):
            mean = reference.volume[alike].sum(axis=1).mean()
            if mean > 0:
                factors.append(total * annual.aadt / mean)
    return float(np.mean(factors)) if factors else None
