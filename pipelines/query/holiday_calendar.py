"""Public holidays of Indonesia, with joint leave and Lebaran, whose dates move (extra `planner`)."""

from datetime import date

import holidays
import numpy as np

from analytics.planning.local_hours import Dates


def holiday_names(first: date, end: date) -> dict[date, str]:
    """Return the holidays from `first` until before `end` with their names in Indonesian, as the library knows them."""
    years = range(first.year, end.year + 1)
    calendar = holidays.country_holidays("ID", years=years, categories=("government", "public"), language="id")
    return {day: name for day, name in sorted(calendar.items()) if first <= day < end}


def holiday_dates(first: date, end: date) -> Dates:
    """Return the dates of `holiday_names`, datetime64[D]."""
    return np.array(list(holiday_names(first, end)), "datetime64[D]")
