"""Hourly vehicles of a gate by day of the city, as `analytics.planning` reads them."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from analytics.planning.local_hours import HOURS, LocalHours
from analytics.planning.peak_hour import LEAST_COVERAGE
from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.query.history_rows import HistoryInterval

VEHICLES = frozenset(ROAD_USERS) - {RoadUser.PERSON}
"""Classes of vehicles."""


def local_hours(
    intervals: Iterable[HistoryInterval], zone: ZoneInfo, classes: frozenset[RoadUser] = frozenset()
) -> LocalHours:
    """Return hourly intervals of a gate as days of 24 hours, scaled up to the whole of each hour.

    An hour with less than `LEAST_COVERAGE` observed is NaN. One that the clock repeats is the mean of both. classes: by
    default all vehicles.
    """
    found: dict[date, list[list[float]]] = {}
    for row in intervals:
        local = row.start_at.astimezone(zone)
        day = found.setdefault(local.date(), [[] for _ in range(HOURS)])
        if row.counts is not None and row.coverage >= LEAST_COVERAGE:
            day[local.hour].append(sum(row.counts[user] for user in classes or VEHICLES) / row.coverage)
    dates = sorted(found)
    volume = [[float(np.mean(hour)) if hour else np.nan for hour in found[day]] for day in dates]
    return LocalHours(np.array(dates, "datetime64[D]"), np.array(volume, float).reshape(-1, HOURS))
