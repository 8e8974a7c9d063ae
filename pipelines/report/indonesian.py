"""Numbers, dates and names in Indonesian, for printed reports."""

import math
from collections.abc import Mapping
from datetime import date, datetime

UNKNOWN = "–"
"""Text of a value that is not known."""
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
"""Names of the months [KBBI]."""
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
"""Names of the weekdays, from Monday [KBBI]."""
CAUSES: Mapping[str, str] = {
    "camera": "kamera",
    "link": "jaringan",
    "site_power": "listrik lokasi",
    "worker": "program analisis",
    "maintenance": "pemeliharaan",
    "view": "pandangan kamera",
    "overload": "beban komputer",
    "unknown": "tidak diketahui",
}
"""Causes of gaps, see docs/database.md."""


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with a decimal comma and points between thousands.

    >>> number(1234.56, 1), number(None), number(-0.04, 1)
    ('1.234,6', '–', '0,0')
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    text = f"{round(value, digits) + 0.0:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,"))


def percent(share: float | None) -> str:
    """Return a share as percent with one decimal.

    >>> percent(0.9876)
    '98,8 %'
    """
    return UNKNOWN if share is None else f"{number(100 * share, 1)} %"


def day(when: date) -> str:
    """Return a date with its weekday.

    >>> day(date(2026, 11, 30))
    'Senin, 30 November 2026'
    """
    return f"{WEEKDAYS[when.weekday()]}, {when.day} {month(when)}"


def month(when: date) -> str:
    """Return the month and year of a date."""
    return f"{MONTHS[when.month - 1]} {when.year}"


def moment(at: datetime) -> str:
    """Return a date and time in its own zone, with the name of the zone."""
    return f"{at.day} {month(at)} pukul {at:%H.%M} {at.tzname()}"


def hour(first_quarter: int) -> str:
    """Return the hour that begins with a quarter of the day.

    >>> hour(29)
    '07.15–08.15'
    """
    begin, end = (15 * quarter for quarter in (first_quarter, first_quarter + 4))
    return f"{begin // 60:02}.{begin % 60:02}–{end // 60:02}.{end % 60:02}"
