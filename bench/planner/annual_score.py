"""AADT of 48-hour counts against the whole year, on synthetic gates of one city."""

import numpy as np

from analytics.planning.annual_traffic import fhwa_aadt
from analytics.planning.local_hours import HOURS, LocalHours
from analytics.planning.short_count import expand
from bench.planner.synthetic_camera import conditions, synthetic_camera
from bench.planner.usual_day_score import FIRST, SEED, holidays, lebaran

YEAR = 2026
"""Year of the counts."""
TUESDAY, WEDNESDAY = 1, 2
"""First days of a count: it lasts two working days [FHWA Traffic Monitoring Guide 2022, 3.2: 48 hours]."""
NEAR = 0.1
"""Relative error of a count that is near [requirement]."""


def short_counts(sites: int = 60) -> dict[str, float]:
    """Expand a count of two days at each site by another gate of the city; return the share that is near.

    Sites have weather, feasts and trends of the city in common with the reference, and hours, classes and days of their
    own. Holidays are no days of a count.
    """
    dates = np.arange(np.datetime64(FIRST), np.datetime64(f"{YEAR + 1}-01-01"))
    rng = np.random.default_rng([SEED, 4])
    city = conditions(rng, dates, holidays(), lebaran())
    reference = synthetic_camera(rng, dates, holidays(), lebaran(), gates=1, city=city).hours()
    errors, inside = [], 0
    for _ in range(sites):
        site = synthetic_camera(rng, dates, holidays(), lebaran(), gates=1, city=city).hours(whole=True)
        weekday, is_holiday = site.weekday, np.isin(site.dates, holidays())
        first = int(
            rng.choice(
                np.flatnonzero(
                    np.isin(weekday[:-1], (TUESDAY, WEDNESDAY))
                    & ~is_holiday[:-1]
                    & ~is_holiday[1:]
                    & (site.dates[:-1] >= np.datetime64(f"{YEAR}-01-01"))
                )
            )
        )
        two = slice(first, first + 2)
        found = expand(site.dates[two], site.volume[two].sum(axis=1), reference)
        true = fhwa_aadt(LocalHours(site.dates, site.volume.reshape(-1, HOURS)), YEAR)
        if found is None or true is None or found.low is None or found.high is None:
            continue
        errors.append(abs(found.aadt / true.aadt - 1))
        inside += found.low <= true.aadt <= found.high
    return {
        "aadt_short_counts": len(errors),
        "aadt_short_counts_near_pct": round(100 * float(np.mean(np.array(errors) < NEAR)), 1),
        "aadt_short_count_interval_holds_pct": round(100 * inside / len(errors), 1),
    }
