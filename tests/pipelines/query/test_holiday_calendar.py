"""Holidays of Indonesia, of which some move."""

from datetime import date

import pytest

from pipelines.query.holiday_calendar import holiday_dates, holiday_names


@pytest.mark.parametrize(
    ("year", "lebaran"),
    [(2024, date(2024, 4, 10)), (2025, date(2025, 3, 31)), (2026, date(2026, 3, 20))],
)  # [source: joint decrees of three ministers, SKB 3 Menteri]
def test_lebaran_moves(year, lebaran):
    names = holiday_names(date(year, 1, 1), date(year + 1, 1, 1))
    assert any("Idul" in name for day, name in names.items() if abs((day - lebaran).days) <= 1)
    assert date(year, 8, 17) in names and date(year, 1, 1) in names
    assert date(year, 8, 18) not in names or year == 2025


def test_only_the_days_of_the_period_are_returned():
    assert list(holiday_names(date(2026, 8, 17), date(2026, 8, 18))) == [date(2026, 8, 17)]
    assert holiday_dates(date(2026, 9, 1), date(2026, 9, 2)).tolist() == []
